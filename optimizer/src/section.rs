//! The sections of a module, as they lie in the file.
//!
//! Passes that only drop or replace whole sections copy the rest byte for byte from here, headers included.
//! Binary format: <https://webassembly.github.io/spec/core/binary/modules.html>.

use std::borrow::Cow;

use serde::Serialize;
use wasmparser::{BinaryReader, CustomSectionReader};

use crate::Error;

/// Length of the magic number and the version, in bytes.
pub(crate) const HEADER_BYTES: usize = 8;

/// Names by section id, as the specification spells them.
const NAMES: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

/// The same for components.
const COMPONENT_NAMES: [&str; 13] = [
    "custom",
    "core module",
    "core instance",
    "core type",
    "component",
    "instance",
    "alias",
    "type",
    "canonical",
    "start",
    "import",
    "export",
    "value",
];

/// More than any module has. A file could be made of nothing but the headers of empty sections, and each takes ten times
/// its length in memory.
const MOST_SECTIONS: usize = 100_000;

/// The id of a custom section.
pub(crate) const CUSTOM: u8 = 0;
/// The id of the section with the types.
pub(crate) const TYPE: u8 = 1;
/// The id of the import section.
pub(crate) const IMPORT: u8 = 2;
/// The id of the function section.
pub(crate) const FUNCTION: u8 = 3;
/// The id of the table section.
pub(crate) const TABLE: u8 = 4;
/// The id of the memory section.
pub(crate) const MEMORY: u8 = 5;
/// The id of the export section.
pub(crate) const EXPORT: u8 = 7;
/// The id of the element section.
pub(crate) const ELEMENT: u8 = 9;
/// The id of the code section.
pub(crate) const CODE: u8 = 10;
/// The id of the data section.
pub(crate) const DATA: u8 = 11;
/// The id of a component's section that is a module.
pub(crate) const CORE_MODULE: u8 = 1;
/// The id of a component's section that is another component.
pub(crate) const COMPONENT: u8 = 4;
/// The id of a component's section of imports.
pub(crate) const COMPONENT_IMPORT: u8 = 10;
/// The id of a component's section of exports.
pub(crate) const COMPONENT_EXPORT: u8 = 11;

/// One section, borrowed from the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    /// Id, size and contents.
    pub(crate) whole: &'a [u8],
    /// What the size in the header counts.
    pub(crate) contents: &'a [u8],
    /// Where the contents begin, in bytes from the start of the module.
    pub(crate) offset: usize,
}

impl<'a> Section<'a> {
    /// A reader over the contents that reports offsets in the module.
    pub(crate) fn reader(&self) -> BinaryReader<'a> {
        BinaryReader::new(self.contents, self.offset)
    }

    /// Name and data of a custom section; `None` for every other kind and for a name that is not UTF-8.
    pub(crate) fn as_custom(&self) -> Option<CustomSectionReader<'a>> {
        (self.id == CUSTOM).then(|| CustomSectionReader::new(self.reader()).ok()).flatten()
    }

    /// The name as the specification spells it; for a custom section its own name.
    pub(crate) fn name(&self) -> Cow<'a, str> {
        self.name_among(&NAMES)
    }

    /// The same for a section of a component.
    pub(crate) fn component_name(&self) -> Cow<'a, str> {
        self.name_among(&COMPONENT_NAMES)
    }

    fn name_among(&self, names: &[&'static str]) -> Cow<'a, str> {
        match self.as_custom() {
            Some(custom) => Cow::Borrowed(custom.name()),
            None => Cow::Borrowed(names[usize::from(self.id)]),
        }
    }
}

/// The names of the custom sections.
pub(crate) fn custom_names(wasm: &[u8]) -> Result<Vec<String>, Error> {
    let customs = walk(wasm)?.into_iter().filter_map(|section| section.as_custom());
    Ok(customs.map(|custom| custom.name().to_owned()).collect())
}

/// Every section of a module, in file order. Contents are not looked at.
pub(crate) fn walk(wasm: &[u8]) -> Result<Vec<Section<'_>>, Error> {
    check_header(wasm)?;
    split(wasm, NAMES.len())
}

/// The same of a component.
pub(crate) fn walk_component(component: &[u8]) -> Result<Vec<Section<'_>>, Error> {
    match check_header(component) {
        Ok(()) | Err(Error::Component) => split(component, COMPONENT_NAMES.len()),
        Err(error) => Err(error),
    }
}

/// Deeper than any component is in another. Whoever looks into them needs room on the stack for each, which a file of
/// nothing but headers would use up.
const DEEPEST: usize = 100;

/// Refuses a component with others too deep inside it.
pub(crate) fn check_depth(component: &[u8]) -> Result<(), Error> {
    let mut left = vec![(component, 0)];
    while let Some((component, depth)) = left.pop() {
        if depth > DEEPEST {
            return Err(Error::Reading { reason: format!("it has components more than {DEEPEST} deep") });
        }
        let inner = walk_component(component)?.into_iter().filter(|section| section.id == COMPONENT);
        left.extend(inner.map(|section| (section.contents, depth + 1)));
    }
    Ok(())
}

/// The sections behind the header; there are so many kinds of them.
fn split(wasm: &[u8], kinds: usize) -> Result<Vec<Section<'_>>, Error> {
    let mut sections = Vec::new();
    let mut reader = BinaryReader::new(&wasm[HEADER_BYTES..], HEADER_BYTES);
    while !reader.eof() {
        let start = reader.original_position();
        let truncated = |_| Error::Truncated { offset: start };
        let id = reader.read_u8().map_err(truncated)?;
        if usize::from(id) >= kinds {
            return Err(Error::Invalid { offset: start, reason: format!("unknown section id {id}") });
        }
        let size = match reader.read_var_u32() {
            Ok(size) => size as usize,
            Err(_) if reader.eof() => return Err(Error::Truncated { offset: start }),
            Err(error) => return Err(Error::invalid(&error)),
        };
        let offset = reader.original_position();
        if id == CUSTOM && size == 0 {
            return Err(Error::Invalid { offset: start, reason: "custom section without a name".to_owned() });
        }
        if sections.len() == MOST_SECTIONS {
            return Err(Error::Reading { reason: format!("it has more than {MOST_SECTIONS} sections") });
        }
        let contents = reader.read_bytes(size).map_err(truncated)?;
        sections.push(Section { id, whole: &wasm[start..offset + size], contents, offset });
    }
    Ok(sections)
}

/// Every section of a module that is not custom, header included, in file order.
pub(crate) fn without_custom(wasm: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Error> {
    let sections = walk(wasm)?.into_iter().filter(|section| section.id != CUSTOM);
    Ok(sections.map(|section| section.whole))
}

/// Tells a module from a component and from everything else.
fn check_header(wasm: &[u8]) -> Result<(), Error> {
    const MAGIC: &[u8] = b"\0asm";
    const VERSION: [u8; 4] = [1, 0, 0, 0];
    // The second half of the version word: 0 for a module, 1 for a component
    // (<https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>).
    const COMPONENT_LAYER: &[u8] = &[1, 0];
    let magic = wasm.get(..MAGIC.len()).unwrap_or(wasm);
    if magic.is_empty() || !MAGIC.starts_with(magic) {
        return Err(Error::NotWasm);
    }
    match wasm.get(6..HEADER_BYTES) {
        None => Err(Error::Truncated { offset: 0 }),
        Some(COMPONENT_LAYER) => Err(Error::Component),
        Some(_) if wasm[4..HEADER_BYTES] != VERSION => {
            Err(Error::Invalid { offset: 4, reason: "unknown version of the format".to_owned() })
        }
        Some(_) => Ok(()),
    }
}

/// A module made of the header of `wasm` and the given sections.
pub(crate) fn join<'a>(wasm: &[u8], sections: impl IntoIterator<Item = Cow<'a, [u8]>>) -> Vec<u8> {
    let mut joined = Vec::with_capacity(wasm.len());
    joined.extend_from_slice(&wasm[..HEADER_BYTES]);
    for section in sections {
        joined.extend_from_slice(&section);
    }
    joined
}

/// The data of the first custom section of this name, of a module or component, if it has one.
#[must_use]
pub fn custom_section<'a>(wasm: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let customs = walk_component(wasm).or_else(|_| walk(wasm)).ok()?.into_iter();
    customs
        .filter_map(|section| section.as_custom())
        .find(|custom| custom.name() == name)
        .map(|custom| custom.data())
}

/// The name of a section and what it weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SectionSize {
    /// As the specification spells it; a custom section's own name.
    pub name: String,
    /// Whether it is a custom section.
    pub custom: bool,
    /// Length in the file with its header. All sections and the 8 bytes of the module's header make the file.
    pub bytes: u64,
}

/// The sections of a module with their sizes, in file order.
///
/// # Errors
/// Where the bytes are no module, or end in the middle of a section. The contents are not validated.
pub fn sections(wasm: &[u8]) -> Result<Vec<SectionSize>, Error> {
    let size = |section: &Section<'_>| SectionSize {
        name: section.name().into_owned(),
        custom: section.id == CUSTOM,
        bytes: section.whole.len() as u64,
    };
    Ok(walk(wasm)?.iter().map(size).collect())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::Encode as _;

    use super::*;
    use crate::{Anatomy, Pipeline, Symbols, optimize};

    #[test]
    fn the_sections_and_the_header_make_the_file() {
        let wasm = wat::parse_str(r#"(module (func (export "f")) (@custom "note" "hello"))"#).unwrap();
        let sections = sections(&wasm).unwrap();
        let names: Vec<&str> = sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["type", "function", "export", "code", "note"]);
        let bytes: u64 = sections.iter().map(|section| section.bytes).sum();
        assert_eq!(bytes + 8, wasm.len() as u64);
        let custom: Vec<bool> = sections.iter().map(|section| section.custom).collect();
        assert_eq!(custom, [false, false, false, false, true]);
    }

    #[test]
    fn components_in_each_other_have_an_end() {
        let nested = |depth| {
            let inside = |inner: Vec<u8>, _| {
                let mut outer = wat::parse_str("(component)").unwrap();
                outer.push(COMPONENT);
                inner.encode(&mut outer);
                outer
            };
            (0..depth).fold(wat::parse_str("(component)").unwrap(), inside)
        };
        check_depth(&nested(DEEPEST)).unwrap();
        let component = nested(DEEPEST + 1);
        assert!(matches!(check_depth(&component), Err(Error::Reading { .. })));
        assert!(matches!(Anatomy::of(&component), Err(Error::Reading { .. })));
        assert!(matches!(Symbols::of(&component), Err(Error::Reading { .. })));
        assert!(matches!(optimize(&component, &Pipeline::for_tests()), Err(Error::Reading { .. })));
    }

    #[test]
    fn each_bad_file_gets_its_own_error() {
        let module = wat::parse_str("(module (func))").unwrap();
        let component = wat::parse_str("(component)").unwrap();
        let error = |bytes: &[u8]| walk(bytes).unwrap_err();
        assert!(matches!(error(b""), Error::NotWasm));
        assert!(matches!(error(b"(module)"), Error::NotWasm));
        assert!(matches!(error(b"\x7fELF\x02\x01\x01\x00"), Error::NotWasm));
        assert!(matches!(error(&module[..3]), Error::Truncated { offset: 0 }));
        assert!(matches!(error(&module[..7]), Error::Truncated { offset: 0 }));
        assert!(matches!(error(&module[..9]), Error::Truncated { offset: 8 }));
        assert!(matches!(error(&module[..10]), Error::Truncated { offset: 8 }));
        assert!(matches!(error(&module[..module.len() - 1]), Error::Truncated { offset: 18 }));
        assert!(matches!(error(&component), Error::Component));
        assert!(matches!(error(b"\0asm\x01\0\0\0\x63\0"), Error::Invalid { offset: 8, .. }));
        assert!(matches!(error(b"\0asm\x02\0\0\0"), Error::Invalid { offset: 4, .. }));
        assert!(matches!(error(b"\0asm\x01\0\0\0\0\0"), Error::Invalid { offset: 8, .. }));
        let endless = [b"\0asm\x01\0\0\0".as_slice(), &b"\0\x01\0".repeat(MOST_SECTIONS + 1)].concat();
        assert!(matches!(error(&endless), Error::Reading { .. }));
    }
}
