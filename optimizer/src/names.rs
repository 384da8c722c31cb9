//! The names of functions, which go along through the passes and end up in the debug module.
//!
//! Format: <https://webassembly.github.io/spec/core/appendix/custom.html#name-section>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wasm_encoder::Encode;
use wasmparser::{BinaryReader, ComponentName, KnownCustom, Name, NameMap};

use crate::section::{self, CUSTOM, Section};
use crate::{Error, custom::Fate};

/// The name of the custom section with names.
pub(crate) const SECTION: &str = "name";

/// The names of functions by their index; none where the module has no names, or they cannot be read.
///
/// # Errors
/// Where the bytes are no module.
pub fn function_names(wasm: &[u8]) -> Result<BTreeMap<u32, String>, Error> {
    let mut names = named(wasm, functions)?;
    // So Binaryen calls functions that have none.
    names.retain(|_, name| !name.chars().all(|c| c.is_ascii_digit()));
    for name in names.values_mut() {
        // And so what several that are alike have become, after one of them.
        if let Some(one) = name.strip_prefix("byn$mgfn-shared$") {
            *name = one.to_owned();
        }
    }
    Ok(names)
}

/// The names of data segments by their index.
pub(crate) fn data_names(wasm: &[u8]) -> Result<BTreeMap<u32, String>, Error> {
    named(wasm, |name| match name {
        Name::Data(segments) => Some(segments),
        _ => None,
    })
}

/// The names of the modules in a component, by their index.
pub(crate) fn module_names(sections: &[Section<'_>]) -> BTreeMap<u32, String> {
    fn read<'a>(section: &Section<'a>) -> Option<Vec<(u32, &'a str)>> {
        let KnownCustom::ComponentName(reader) = section.as_custom()?.as_known() else { return None };
        let modules = reader.into_iter().find_map(|subsection| match subsection.ok()? {
            ComponentName::CoreModules(modules) => Some(modules),
            _ => None,
        });
        entries(modules?)
    }
    owned(sections.iter().rev().find_map(read))
}

fn functions(name: Name<'_>) -> Option<NameMap<'_>> {
    match name {
        Name::Function(functions) => Some(functions),
        _ => None,
    }
}

fn named(wasm: &[u8], pick: Pick) -> Result<BTreeMap<u32, String>, Error> {
    Ok(owned(section::walk(wasm)?.iter().rev().find_map(|section| read(section, pick))))
}

/// Chooses what is to be read of a section with names.
type Pick = for<'a> fn(Name<'a>) -> Option<NameMap<'a>>;

fn owned(names: Option<Vec<(u32, &str)>>) -> BTreeMap<u32, String> {
    names.unwrap_or_default().into_iter().map(|(index, name)| (index, name.to_owned())).collect()
}

fn read<'a>(section: &Section<'a>, pick: Pick) -> Option<Vec<(u32, &'a str)>> {
    let KnownCustom::Name(reader) = section.as_custom()?.as_known() else { return None };
    let mut names = Vec::new();
    for subsection in reader {
        if let Some(map) = pick(subsection.ok()?) {
            names.extend(entries(map)?);
        }
    }
    Some(names)
}

fn entries(map: NameMap<'_>) -> Option<Vec<(u32, &str)>> {
    map.into_iter().map(|naming| naming.ok().map(|naming| (naming.index, naming.name))).collect()
}

/// The module with no custom section but the names of its functions: not those of locals, types and labels, which are
/// most of the bytes. Names that cannot be read are no names.
pub(crate) fn only_names(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let sections = section::walk(wasm)?.into_iter();
    let kept = sections.filter_map(|section| match section.as_custom() {
        _ if section.id != CUSTOM => Some(Cow::Borrowed(section.whole)),
        Some(custom) if Fate::of(custom.name()) == Fate::Carried => {
            read(&section, functions).and_then(|_| functions_of(custom.data_reader())).map(Cow::Owned)
        }
        _ => None,
    });
    Ok(section::join(wasm, kept))
}

/// The module without any custom section.
pub(crate) fn without(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(section::join(wasm, section::without_custom(wasm)?.map(Cow::Borrowed)))
}

/// A section with the subsection of functions, as it is.
fn functions_of(mut data: BinaryReader<'_>) -> Option<Vec<u8>> {
    const FUNCTIONS: u8 = 1;
    while !data.eof() {
        let (id, size) = (data.read_u8().ok()?, data.read_var_u32().ok()?);
        let contents = data.read_bytes(size as usize).ok()?;
        if id == FUNCTIONS {
            let mut section = Vec::new();
            SECTION.encode(&mut section);
            section.push(id);
            contents.encode(&mut section);
            let mut whole = vec![CUSTOM];
            section.encode(&mut whole);
            return Some(whole);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_keep_their_names_and_locals_do_not() {
        let wasm = wat::parse_str("(module $m (func $f (param $p i32)) (func) (func $g))").unwrap();
        let bare = only_names(&wasm).unwrap();
        let names = function_names(&bare).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), [(0, "f".to_owned()), (2, "g".to_owned())]);
        assert!(bare.len() < wasm.len() && !bare.contains(&b'p'));
        assert_eq!(only_names(&bare).unwrap(), bare);
    }

    #[test]
    fn a_number_is_no_name() {
        let wasm = wat::parse_str("(module (func $12) (func $f12))").unwrap();
        assert_eq!(function_names(&wasm).unwrap().into_values().collect::<Vec<_>>(), ["f12"]);
    }

    #[test]
    fn names_that_are_not_utf_8_are_no_names() {
        let mut wasm = wat::parse_str("(module (func $fff))").unwrap();
        let place = wasm.windows(3).position(|bytes| bytes == b"fff").unwrap();
        wasm[place] = 0xff;
        assert!(function_names(&wasm).unwrap().is_empty());
        assert_eq!(section::custom_names(&only_names(&wasm).unwrap()).unwrap(), [""; 0]);
    }
}
