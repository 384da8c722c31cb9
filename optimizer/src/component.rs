//! Components that are still modules: what linkers leave when they are told to leave the last step out.
//!
//! Neither walrus nor Binaryen reads components. So the module goes through the passes first, and then becomes a
//! component by what it says of its interface in custom sections
//! (<https://github.com/WebAssembly/component-model/blob/main/design/mvp/Linking.md>).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use wit_component::metadata::{self, Bindgen};
use wit_component::{ComponentEncoder, DecodedWasm, StringEncoding};
use wit_parser::{IndexMap, WorldItem, WorldKey};

use crate::section::{self, Section};
use crate::{Error, names};

/// What a component asks of its host and what it offers: interfaces and functions, by their names in WIT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct World {
    /// What it asks for.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

impl World {
    /// Reads it from a component.
    ///
    /// # Errors
    /// Where the bytes are no valid component.
    pub fn of(component: &[u8]) -> Result<Self, Error> {
        match wit_component::decode(component).map_err(|error| Error::component(&error))? {
            DecodedWasm::Component(resolve, world) => {
                let names = |items: &IndexMap<WorldKey, WorldItem>| {
                    items.keys().map(|key| resolve.name_world_key(key)).collect()
                };
                let world = &resolve.worlds[world];
                Ok(Self { imports: names(&world.imports), exports: names(&world.exports) })
            }
            DecodedWasm::WitPackage(..) => {
                Err(Error::Interface { reason: "it is a package of interfaces".to_owned() })
            }
        }
    }
}

/// Whether the bytes are a component: their header has the layer that modules do not have.
#[must_use]
pub fn is_component(wasm: &[u8]) -> bool {
    wasm.starts_with(b"\0asm") && wasm.get(6..8) == Some(&[1, 0])
}

/// The module as it is before any pass: itself, or the component that it asks to become.
///
/// # Errors
/// Where the bytes are no module, or it cannot become the component it says it is.
pub fn unoptimized(wasm: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if is_component(wasm) {
        return Ok(Cow::Borrowed(wasm));
    }
    match Interface::of(wasm)? {
        Some(interface) => interface.encode(&names::only_names(wasm)?).map(Cow::Owned),
        None => Ok(Cow::Borrowed(wasm)),
    }
}

/// The component without the names of what is in it, which only tools read.
fn without_names(component: &[u8]) -> Result<Vec<u8>, Error> {
    let is_names = |section: &Section<'_>| section.as_custom().is_some_and(|custom| custom.name() == NAMES);
    let sections = section::walk_component(component)?.into_iter().filter(|section| !is_names(section));
    Ok(section::join(component, sections.map(|section| section.whole.into())))
}

/// The name of the custom section with the names of what is in a component.
pub(crate) const NAMES: &str = "component-name";

/// How the custom sections with a component's interface begin.
const SECTION: &str = "component-type";

/// What makes a service, and what makes a command.
const SERVICE: &str = "wasi:http/incoming-handler@";
const COMMAND: &str = "wasi:cli/run@";

/// The interface that a module asks to be given as a component.
pub(crate) struct Interface {
    bindgen: Bindgen,
    /// How its strings are written in memory.
    encoding: StringEncoding,
    /// What is not exported, though the module would: see [`Interface::of`].
    pub(crate) dropped: Option<String>,
}

impl Interface {
    /// Reads it from the module; nothing if it is to stay a module.
    ///
    /// A service that was built as a program is a command too, one whose `main` does nothing. Runtimes that look
    /// for a command first would run that and be done; so it is dropped.
    pub(crate) fn of(wasm: &[u8]) -> Result<Option<Self>, Error> {
        if !section::custom_names(wasm)?.iter().any(|name| name.starts_with(SECTION)) {
            return Ok(None);
        }
        let (_, mut bindgen) = metadata::decode(wasm).map_err(|error| Error::component(&error))?;
        let exports = &bindgen.resolve.worlds[bindgen.world].exports;
        let named = |start: &str| {
            let mut keys = exports.keys().map(|key| (key.clone(), bindgen.resolve.name_world_key(key)));
            keys.find(|(_, name)| name.starts_with(start))
        };
        let command = named(SERVICE).and_then(|_| named(COMMAND));
        let dropped = command.map(|(key, name)| {
            bindgen.resolve.worlds[bindgen.world].exports.shift_remove(&key);
            name
        });
        Ok(Some(Self { bindgen, encoding: encoding(wasm)?, dropped }))
    }

    /// Takes from the roots of the module what is not exported.
    pub(crate) fn restrict(&self, roots: &mut BTreeSet<String>) {
        if let Some(dropped) = &self.dropped {
            roots.retain(|root| !root.starts_with(&format!("{dropped}#")));
        }
    }

    /// Makes a component of the module, for an image: what is in it has no names.
    pub(crate) fn encode_bare(&self, module: &[u8]) -> Result<Vec<u8>, Error> {
        without_names(&self.encode(module)?)
    }

    /// Makes a component of the module, and validates it.
    pub(crate) fn encode(&self, module: &[u8]) -> Result<Vec<u8>, Error> {
        let mut module = module.to_vec();
        let Bindgen { resolve, world, .. } = &self.bindgen;
        wit_component::embed_component_metadata(&mut module, resolve, *world, self.encoding)
            .and_then(|()| ComponentEncoder::default().module(&module)?.validate(true).encode())
            .map_err(|error| Error::component(&error))
    }
}

/// How the strings of a module are written, which each section with an interface says of what is in it: a section of its own in what is
/// itself a component, with a version and a number (`wit_component::metadata`). Those of older versions do not, and mean UTF-8.
fn encoding(wasm: &[u8]) -> Result<StringEncoding, Error> {
    let mut found = BTreeSet::new();
    for section in section::walk(wasm)? {
        let Some(custom) = section.as_custom().filter(|custom| custom.name().starts_with(SECTION)) else {
            continue;
        };
        let parts = section::walk_component(custom.data()).unwrap_or_default();
        let said = parts.iter().filter_map(Section::as_custom).find(|part| part.name() == ENCODING);
        found.insert(said.and_then(|said| said.data().get(1).copied()).unwrap_or(0));
    }
    match Vec::from_iter(found)[..] {
        [] | [0] => Ok(StringEncoding::UTF8),
        [1] => Ok(StringEncoding::UTF16),
        [2] => Ok(StringEncoding::CompactUTF16),
        _ => Err(Error::Interface { reason: "its parts have strings in different encodings".to_owned() }),
    }
}

/// The name of the custom section with the encoding.
const ENCODING: &str = "wit-component-encoding";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Level, Pipeline, optimize};

    /// Whether a component has names for what is in it, having become one or having been one before.
    fn has_names(wasm: &[u8], keep_names: bool) -> bool {
        let pipeline = Pipeline { level: Level::O0, keep_names, ..Pipeline::for_tests() };
        let component = optimize(wasm, &pipeline).unwrap().wasm;
        let sections = section::walk_component(&component).unwrap();
        sections.iter().any(|section| section.component_name() == NAMES)
    }

    #[test]
    fn a_service_is_no_command_besides() {
        let mut resolve = wit_parser::Resolve::default();
        let text = "package wasi:http@0.2.0; interface incoming-handler { handle: func(); }
            world w { export incoming-handler; export wasi:cli/run@0.2.0; }
            package wasi:cli@0.2.0 { interface run { run: func(); } }";
        let package = resolve.push_str("a.wit", text).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = wat::parse_str("(module)").unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        let interface = Interface::of(&module).unwrap().unwrap();
        assert_eq!(interface.dropped.as_deref(), Some("wasi:cli/run@0.2.0"));
        let [run, handle] = ["wasi:cli/run@0.2.0#run", "wasi:http/incoming-handler@0.2.0#handle"];
        let mut roots: BTreeSet<_> = [run, handle, "memory"].map(ToOwned::to_owned).into();
        interface.restrict(&mut roots);
        assert_eq!(roots, [handle, "memory"].map(ToOwned::to_owned).into());
    }

    #[test]
    fn strings_stay_in_their_encoding() {
        let mut resolve = wit_parser::Resolve::default();
        let package =
            resolve.push_str("a.wit", "package a:b; world w { export run: func(s: string); }").unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        for (encoding, expected) in [
            (StringEncoding::UTF8, "string-encoding=utf8"),
            (StringEncoding::UTF16, "string-encoding=utf16"),
            (StringEncoding::CompactUTF16, "string-encoding=latin1+utf16"),
        ] {
            let mut module = wat::parse_str(
                r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32))
                    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))"#,
            )
            .unwrap();
            wit_component::embed_component_metadata(&mut module, &resolve, world, encoding).unwrap();
            let pipeline = Pipeline { level: Level::O0, ..Pipeline::for_tests() };
            for component in
                [unoptimized(&module).unwrap().to_vec(), optimize(&module, &pipeline).unwrap().wasm]
            {
                let text = wasmprinter::print_bytes(component).unwrap();
                assert!(text.contains(expected), "{text}");
            }
        }
    }

    #[test]
    fn what_is_in_a_component_has_names_only_where_names_are_kept() {
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve.push_str("a.wit", "package a:b; world w { export run: func(); }").unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let mut module = wat::parse_str(r#"(module (func (export "run")))"#).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        let component = unoptimized(&module).unwrap();
        for wasm in [&module, &component.to_vec()] {
            assert!(has_names(wasm, true));
            assert!(!has_names(wasm, false));
        }
    }
}
