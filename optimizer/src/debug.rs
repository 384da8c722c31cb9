//! The debug module: what was known of the code before it became an image.
//!
//! It is the image's module with the names of its functions and its lines, so that a place in one is the same place in
//! the other. Of a component it is the component itself, and behind it, in a custom section for each module inside, the
//! same: only there nothing moves.
//! What it belongs to it says in the custom section `build_id`
//! (<https://github.com/WebAssembly/tool-conventions/blob/main/BuildId.md>); the image's module has none, because its
//! own hash is its id.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasm_encoder::{CustomSection, Encode, Section as _};

use crate::section::{self, CUSTOM};
use crate::{Error, custom::Fate, lines, names, parts};

/// The id of a module: the beginning of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildId([u8; BuildId::BYTES]);

/// The name of the custom section.
const SECTION: &str = "build_id";

impl BuildId {
    /// The length of an id, in bytes.
    pub const BYTES: usize = 16;

    /// The id of the module with these bytes.
    #[must_use]
    pub fn of(wasm: &[u8]) -> Self {
        let mut id = [0; Self::BYTES];
        id.copy_from_slice(&Sha256::digest(wasm)[..Self::BYTES]);
        Self(id)
    }

    /// The id itself.
    #[must_use]
    pub fn bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// The id of the module that a debug module belongs to.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub fn in_debug_module(debug: &[u8]) -> Result<Option<Self>, Error> {
        let customs = section::walk(debug)?.into_iter().filter_map(|section| section.as_custom());
        let id = customs.filter(|custom| custom.name() == SECTION).find_map(|custom| {
            let mut data = custom.data_reader();
            let bytes = data.read_var_u32().ok()? as usize;
            data.read_bytes(bytes).ok()?.try_into().ok()
        });
        Ok(id.map(Self))
    }
}

/// The debug module for the image's module `wasm`: its code as it was `named`. None, if nothing is known of it.
pub(crate) fn module(named: &[u8], wasm: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let mut debug = named.to_vec();
    append_id(&mut debug, wasm);
    Ok(says_something(named)?.then_some(debug))
}

/// The debug module for a component, made of what is known of the modules inside, in their order. None, if nothing is.
pub(crate) fn component(component: &[u8], named: &[Option<Vec<u8>>]) -> Result<Option<Vec<u8>>, Error> {
    let (mut debug, mut is_known) = (component.to_vec(), false);
    for ((offset, _), named) in parts::modules(component)?.iter().zip(named) {
        let Some(named) = named else { continue };
        if says_something(named)? {
            let mut data = Vec::new();
            offset.encode(&mut data);
            data.extend(without_code(named)?);
            append(&mut debug, INSIDE, &data);
            is_known = true;
        }
    }
    append_id(&mut debug, component);
    Ok(is_known.then_some(debug))
}

/// The debug module for a component that was made around one module.
pub(crate) fn component_of(component: &[u8], named: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let code = |wasm| Ok::<_, Error>(lines::code(wasm)?.map(|(_, code)| code));
    let own = code(named)?;
    let modules = parts::modules(component)?;
    let known = modules.iter().map(|(_, module)| Ok((code(module)? == own).then(|| named.to_vec())));
    self::component(component, &known.collect::<Result<Vec<_>, Error>>()?)
}

/// The custom section with what is known of a module inside: where that begins in the component, and a module of custom
/// sections.
const INSIDE: &str = "debug_module";

/// What a debug module says of modules in a component: where each begins, and its custom sections.
pub(crate) fn inside(debug: &[u8]) -> Result<Vec<(usize, &[u8])>, Error> {
    let customs = section::walk_component(debug)?.into_iter().filter_map(|section| section.as_custom());
    let known = customs.filter(|custom| custom.name() == INSIDE).filter_map(|custom| {
        let mut data = custom.data_reader();
        let offset = data.read_var_u32().ok()? as usize;
        Some((offset, data.read_bytes(data.bytes_remaining()).ok()?))
    });
    Ok(known.collect())
}

fn says_something(named: &[u8]) -> Result<bool, Error> {
    Ok(!names::function_names(named)?.is_empty() || !lines::Lines::of(named)?.is_empty())
}

/// Of a module, only what it says of itself. Lines are checked against the code that is not there any more.
fn without_code(named: &[u8]) -> Result<Vec<u8>, Error> {
    let is_known = |section: &section::Section<'_>| {
        section.id == CUSTOM
            && section.as_custom().is_some_and(|custom| {
                Fate::of(custom.name()) == Fate::Carried || custom.name().starts_with(lines::SECTIONS)
            })
    };
    let sections = section::walk(named)?.into_iter().filter(is_known);
    Ok(section::join(named, sections.map(|section| section.whole.into())))
}

fn append_id(debug: &mut Vec<u8>, wasm: &[u8]) {
    let mut data = Vec::new();
    BuildId::of(wasm).0.as_slice().encode(&mut data);
    append(debug, SECTION, &data);
}

fn append(debug: &mut Vec<u8>, name: &str, data: &[u8]) {
    let section = CustomSection { name: name.into(), data: data.into() };
    debug.push(section.id());
    section.encode(debug);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_module_says_what_it_belongs_to() {
        let named = wat::parse_str("(module (func $f))").unwrap();
        let bare = wat::parse_str("(module (func))").unwrap();
        let debug = module(&named, &bare).unwrap().unwrap();
        assert_eq!(BuildId::in_debug_module(&debug).unwrap(), Some(BuildId::of(&bare)));
        assert_eq!(BuildId::in_debug_module(&named).unwrap(), None);
        wasmparser::validate(&debug).unwrap();
        assert_eq!(module(&bare, &bare).unwrap(), None);
    }

    #[test]
    fn of_a_component_nothing_moves() {
        let parse = |name: &str| {
            let inner = format!("(core module) (component (core module (func {name} nop)))");
            wat::parse_str(format!("(component {inner})")).unwrap()
        };
        let bare = parse("");
        let named = parse("$f");
        let (_, named) = parts::modules(&named).unwrap()[1];
        let debug = component_of(&bare, named).unwrap().unwrap();
        assert!(debug.starts_with(&bare));
        let (offset, _) = parts::modules(&bare).unwrap()[1];
        let known = inside(&debug).unwrap();
        assert_eq!(known.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [offset]);
        assert_eq!(names::function_names(known[0].1).unwrap()[&0], "f");
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(&debug)
            .unwrap();
    }
}
