//! What a module asks of its host and what it offers: imports and exports.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use wasmparser::{ExportSectionReader, ExternalKind, ImportSectionReader, TypeRef};

use crate::Error;
use crate::section::{self, EXPORT, IMPORT};

/// What an import or export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A function.
    Function,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag of the exception handling proposal.
    Tag,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Function => "function",
            Self::Table => "table",
            Self::Memory => "memory",
            Self::Global => "global",
            Self::Tag => "tag",
        })
    }
}

impl From<ExternalKind> for Kind {
    fn from(kind: ExternalKind) -> Self {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Self::Function,
            ExternalKind::Table => Self::Table,
            ExternalKind::Memory => Self::Memory,
            ExternalKind::Global => Self::Global,
            ExternalKind::Tag => Self::Tag,
        }
    }
}

impl From<TypeRef> for Kind {
    fn from(reference: TypeRef) -> Self {
        match reference {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => Self::Function,
            TypeRef::Table(_) => Self::Table,
            TypeRef::Memory(_) => Self::Memory,
            TypeRef::Global(_) => Self::Global,
            TypeRef::Tag(_) => Self::Tag,
        }
    }
}

/// Something the host has to provide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Import {
    /// The first part of its name, `wasi_snapshot_preview1` for one.
    pub module: String,
    /// The second part of its name, `fd_write` for one.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

impl Import {
    /// As a policy names it: `env.fork`; where the module part is an interface, that, as it is given as a whole.
    pub(crate) fn policy_name(&self) -> String {
        let Self { module, name, .. } = self;
        if module.contains(':') { module.clone() } else { format!("{module}.{name}") }
    }
}

/// Something the module offers to its host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// The imports of a module, in file order.
///
/// # Errors
/// Where the bytes are no module or the import section cannot be read. The rest is not validated.
pub fn imports(wasm: &[u8]) -> Result<Vec<Import>, Error> {
    let mut imports = Vec::new();
    for section in section::walk(wasm)?.iter().filter(|section| section.id == IMPORT) {
        let reader = ImportSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
        for import in reader.into_imports() {
            let import = import.map_err(|error| Error::invalid(&error))?;
            imports.push(Import {
                module: import.module.to_owned(),
                name: import.name.to_owned(),
                kind: import.ty.into(),
            });
        }
    }
    Ok(imports)
}

/// The exports of a module, in file order.
///
/// # Errors
/// Where the bytes are no module or the export section cannot be read. The rest is not validated.
pub fn exports(wasm: &[u8]) -> Result<Vec<Export>, Error> {
    let mut exports = Vec::new();
    for section in section::walk(wasm)?.iter().filter(|section| section.id == EXPORT) {
        let reader = ExportSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
        for export in reader {
            let export = export.map_err(|error| Error::invalid(&error))?;
            exports.push(Export { name: export.name.to_owned(), kind: export.kind.into() });
        }
    }
    Ok(exports)
}

/// The functions a module exports, by their index; one that is exported twice has its first name.
pub(crate) fn exported_functions(wasm: &[u8]) -> Result<BTreeMap<u32, String>, Error> {
    let mut exported = BTreeMap::new();
    for section in section::walk(wasm)?.iter().filter(|section| section.id == EXPORT) {
        let reader = ExportSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
        for export in reader {
            let export = export.map_err(|error| Error::invalid(&error))?;
            if Kind::from(export.kind) == Kind::Function {
                exported.entry(export.index).or_insert_with(|| export.name.to_owned());
            }
        }
    }
    Ok(exported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_exports_are_read_with_their_kinds() {
        let wasm = wat::parse_str(
            r#"(module (import "host" "print" (func)) (memory (export "memory") 1) (func (export "f")))"#,
        )
        .unwrap();
        let import = Import { module: "host".into(), name: "print".into(), kind: Kind::Function };
        assert_eq!(imports(&wasm).unwrap(), [import]);
        let memory = Export { name: "memory".into(), kind: Kind::Memory };
        let f = Export { name: "f".into(), kind: Kind::Function };
        assert_eq!(exports(&wasm).unwrap(), [memory, f]);
    }
}
