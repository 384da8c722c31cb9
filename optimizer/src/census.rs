//! What is in a module, counted: the figures of a report.

use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

use serde::{Deserialize, Serialize};
use wasmparser::{CodeSectionReader, DataSectionReader, FunctionSectionReader};

use crate::section::{self, CODE, CUSTOM, DATA, FUNCTION};
use crate::{Error, Item, Kind, interface};

/// The figures of one module, counted from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Census {
    /// Length of the whole file.
    pub bytes: u64,
    /// Functions with a body; imported ones count as imports.
    pub functions: u32,
    /// Imports of any kind.
    pub imports: u32,
    /// Exports of any kind.
    pub exports: u32,
    /// Length of the code section, header included.
    pub code_bytes: u64,
    /// Length of the data section, header included.
    pub data_bytes: u64,
    /// Length of all custom sections (names, debug information ...), headers included.
    pub custom_bytes: u64,
}

impl Census {
    /// Counts a module.
    ///
    /// # Errors
    /// Where the bytes are no module or a counted section cannot be read. The rest is not validated.
    pub fn of(wasm: &[u8]) -> Result<Self, Error> {
        let mut census = Self {
            bytes: wasm.len() as u64,
            imports: interface::imports(wasm)?.len() as u32,
            exports: interface::exports(wasm)?.len() as u32,
            ..Self::default()
        };
        for section in section::walk(wasm)? {
            let bytes = section.whole.len() as u64;
            match section.id {
                FUNCTION => {
                    let reader = FunctionSectionReader::new(section.reader());
                    census.functions += reader.map_err(|error| Error::invalid(&error))?.count();
                }
                CODE => census.code_bytes += bytes,
                DATA => census.data_bytes += bytes,
                CUSTOM => census.custom_bytes += bytes,
                _ => {}
            }
        }
        Ok(census)
    }
}

impl Census {
    /// Counts a module as it would be without its custom sections.
    ///
    /// # Errors
    /// As [`Census::of`].
    pub(crate) fn without_custom(wasm: &[u8]) -> Result<Self, Error> {
        let census = Self::of(wasm)?;
        Ok(Self { bytes: census.bytes - census.custom_bytes, custom_bytes: 0, ..census })
    }
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.functions += other.functions;
        self.imports += other.imports;
        self.exports += other.exports;
        self.code_bytes += other.code_bytes;
        self.data_bytes += other.data_bytes;
        self.custom_bytes += other.custom_bytes;
    }
}

/// The bytes of each function's body and of each data segment: what can be removed from a module in a worthwhile way.
pub(crate) fn weights(wasm: &[u8]) -> Result<BTreeMap<Item, usize>, Error> {
    let bodies = bodies(wasm)?.into_iter().map(|(body, function)| (Item::Function(function), body.len()));
    let mut weights: BTreeMap<_, _> = bodies.collect();
    for section in section::walk(wasm)?.iter().filter(|section| section.id == DATA) {
        let segments = DataSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
        for (number, segment) in (0..).zip(segments) {
            let segment = segment.map_err(|error| Error::invalid(&error))?;
            weights.insert(Item::Data(number), segment.range.len());
        }
    }
    Ok(weights)
}

/// Where each function's body is, in bytes from the start of the module, and which function that is; in order.
pub(crate) fn bodies(wasm: &[u8]) -> Result<Vec<(Range<usize>, u32)>, Error> {
    let imports = interface::imports(wasm)?;
    let first = imports.iter().filter(|import| import.kind == Kind::Function).count() as u32;
    let mut bodies = Vec::new();
    for section in section::walk(wasm)?.iter().filter(|section| section.id == CODE) {
        let reader = CodeSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
        for (function, body) in (first..).zip(reader) {
            bodies.push((body.map_err(|error| Error::invalid(&error))?.range(), function));
        }
    }
    Ok(bodies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imported_function_counts_as_an_import_only() {
        let wasm = wat::parse_str(
            r#"(module (import "a" "b" (func)) (memory 1) (data (i32.const 0) "hello")
                 (func) (func (export "f")) (@custom "note" "123"))"#,
        )
        .unwrap();
        let census = Census::of(&wasm).unwrap();
        assert_eq!((census.functions, census.imports, census.exports), (2, 1, 1));
        assert_eq!(census.bytes, wasm.len() as u64);
        // Header of 2, count, flag, `i32.const 0 end`, length, five letters.
        assert_eq!(census.data_bytes, 2 + 1 + 1 + 3 + 1 + 5);
        assert_eq!(census.custom_bytes, 2 + 1 + 4 + 3);
        let without = Census { bytes: census.bytes - census.custom_bytes, custom_bytes: 0, ..census };
        assert_eq!(Census::without_custom(&wasm).unwrap(), without);
        let mut twice = census;
        twice += census;
        assert_eq!((twice.bytes, twice.functions, twice.custom_bytes), (2 * census.bytes, 4, 20));
        assert_eq!((twice.imports, twice.exports), (2, 2));
        assert_eq!((twice.code_bytes, twice.data_bytes), (2 * census.code_bytes, 2 * census.data_bytes));
    }
}
