//! What a module or component asks its host for, import by import.
//!
//! A module asks for functions, a component for interfaces. What is inside a component gets from the host what the
//! component hands on, so its own imports count for nothing, unless the component gives it away whole: whoever takes
//! it can link it as he likes.

use std::collections::BTreeSet;

use wasmparser::{
    ComponentExport, ComponentExportSectionReader, ComponentExternName, ComponentExternalKind,
    ComponentImport, ComponentImportSectionReader, ComponentTypeRef,
};

use crate::known::Known;
use crate::section::{self, COMPONENT, COMPONENT_EXPORT, COMPONENT_IMPORT, CORE_MODULE, Section};
use crate::{Capability, Error, imports, is_component};

/// Something that is asked of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// As a policy names it: `wasi_snapshot_preview1.fd_write`, `wasi:cli/stdout@0.2.0`, or `$root.log` for what a
    /// component imports without an interface.
    pub name: String,
    /// What the host gives with it. Where no standard has it, what something of this name might give, so far as
    /// anybody can tell.
    pub gives: &'static [Capability],
    /// Whether a standard known here has it.
    pub is_standard: bool,
    /// Whether it is something the host asks for in turn: who exports a handler of HTTP gets requests.
    pub is_export: bool,
}

impl Request {
    /// All of a module or component, each once, in file order.
    ///
    /// # Errors
    /// Where the bytes are neither, or what they import cannot be read. The rest is not validated.
    pub fn all(wasm: &[u8]) -> Result<Vec<Self>, Error> {
        let mut found = Found::default();
        if is_component(wasm) {
            section::check_depth(wasm)?;
            component(wasm, &mut found)?;
        } else {
            module(wasm, &mut found)?;
        }
        let mut found = found.all;
        // Messages are nothing by themselves: a handler of either side says what they are for.
        let is_handler = |request: &Request| {
            request.is_standard && request.name.starts_with("wasi:http/") && !request.is_types_of_http()
        };
        if found.iter().any(is_handler) {
            for types in found.iter_mut().filter(|request| request.is_standard && request.is_types_of_http())
            {
                types.gives = &[];
            }
        }
        Ok(found)
    }

    /// Whether it is neither in a standard nor named as what runtimes add to one: a runtime of WASI, as it comes, has nothing like
    /// it, and does not start the program.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        !self.is_standard && !["wasi", "wasmedge"].iter().any(|start| name.starts_with(start))
    }

    fn is_types_of_http(&self) -> bool {
        self.name.starts_with("wasi:http/types@")
    }

    fn new(name: String, known: Known) -> Self {
        Self { name, gives: known.gives, is_standard: known.is_standard, is_export: false }
    }
}

/// What has been found, each once: there may be many.
#[derive(Default)]
struct Found {
    all: Vec<Request>,
    names: BTreeSet<(String, bool)>,
}

impl Found {
    fn add(&mut self, request: Request) {
        if self.names.insert((request.name.clone(), request.is_export)) {
            self.all.push(request);
        }
    }
}

fn module(wasm: &[u8], found: &mut Found) -> Result<(), Error> {
    for import in imports(wasm)? {
        found.add(Request::new(import.policy_name(), Known::of_import(&import)));
    }
    Ok(())
}

fn component(wasm: &[u8], found: &mut Found) -> Result<(), Error> {
    let sections = section::walk_component(wasm)?;
    for section in sections.iter().filter(|section| section.id == COMPONENT_IMPORT) {
        let reader = ComponentImportSectionReader::new(section.reader());
        for import in reader.map_err(|error| Error::invalid(&error))? {
            let ComponentImport { name, ty } = import.map_err(|error| Error::invalid(&error))?;
            // A type is a name for what comes with something else.
            if !matches!(ty, ComponentTypeRef::Type(_)) {
                found.add(component_import(name, ty));
            }
        }
    }
    let mut is_given_away = false;
    for section in sections.iter().filter(|section| section.id == COMPONENT_EXPORT) {
        let reader = ComponentExportSectionReader::new(section.reader());
        for export in reader.map_err(|error| Error::invalid(&error))? {
            let ComponentExport { name, kind, .. } = export.map_err(|error| Error::invalid(&error))?;
            let is_whole = matches!(kind, ComponentExternalKind::Module | ComponentExternalKind::Component);
            is_given_away |= is_whole;
            if is_handler(name.name) || name.implements.is_some_and(is_handler) {
                let known = Known { gives: &[Capability::HttpServer], is_standard: true };
                found.add(Request { is_export: true, ..Request::new(name.name.to_owned(), known) });
            }
        }
    }
    if is_given_away { inside(&sections, found) } else { Ok(()) }
}

/// What the modules and components in a component ask for.
fn inside(sections: &[Section<'_>], found: &mut Found) -> Result<(), Error> {
    for section in sections {
        match section.id {
            CORE_MODULE => module(section.contents, found)?,
            COMPONENT => {
                component(section.contents, found)?;
                inside(&section::walk_component(section.contents)?, found)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn component_import(name: ComponentExternName<'_>, ty: ComponentTypeRef) -> Request {
    // An interface may go by another name.
    let interface = name.implements.unwrap_or(name.name);
    if !interface.contains(':') {
        return Request::new(format!("$root.{interface}"), Known::of_interface(""));
    }
    let known = Known::of_interface(interface);
    let is_instance = matches!(ty, ComponentTypeRef::Instance(_));
    let known = Known { is_standard: known.is_standard && is_instance, ..known };
    Request::new(interface.to_owned(), known)
}

/// Whether this is what hosts of HTTP call.
fn is_handler(name: &str) -> bool {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    ["wasi:http/incoming-handler", "wasi:http/handler"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(wat: &str) -> Vec<String> {
        let requests = Request::all(&wat::parse_str(wat).unwrap()).unwrap();
        requests.into_iter().map(|request| request.name).collect()
    }

    #[test]
    fn what_is_inside_a_component_asks_the_component() {
        let inside = r#"(core module $m (import "env" "fork" (func)))"#;
        assert!(names(&format!("(component {inside})")).is_empty());
        assert_eq!(names(&format!(r#"(component {inside} (export "m" (core module $m)))"#)), ["env.fork"]);
        let deeper = format!(r#"(component (component $c {inside}) (export "c" (component $c)))"#);
        assert_eq!(names(&deeper), ["env.fork"]);
    }

    #[test]
    fn a_component_names_what_it_asks_for() {
        let component = r#"(component
            (import "wasi:io/poll@0.2.0" (instance)) (import "clock" (func)) (import "t" (type (sub resource)))
            (import "c" (component)))"#;
        assert_eq!(names(component), ["wasi:io/poll@0.2.0", "$root.clock", "$root.c"]);
    }

    #[test]
    fn what_neither_standards_nor_runtimes_name_is_foreign() {
        let foreign = |wat: &str| {
            let requests = Request::all(&wat::parse_str(wat).unwrap()).unwrap();
            requests.into_iter().filter(Request::is_foreign).map(|request| request.name).collect::<Vec<_>>()
        };
        let module = r#"(module (import "env" "fork" (func)) (import "wasi_snapshot_preview1" "fd_write" (func))
            (import "wasi_snapshot_preview1" "sock_connect" (func)) (import "wasi_ephemeral_nn" "load" (func))
            (import "env" "memory" (memory 1)))"#;
        assert_eq!(foreign(module), ["env.fork"]);
        let component = r#"(component (import "wasi:keyvalue/store@0.2.0" (instance)) (import "acme:store/keys" (instance)))"#;
        assert_eq!(foreign(component), ["acme:store/keys"]);
    }

    #[test]
    fn messages_of_http_are_of_the_handler_beside_them() {
        let gives = |wat: &str| {
            let all = Request::all(&wat::parse_str(format!("(component {wat})")).unwrap()).unwrap();
            all.iter().flat_map(|request| request.gives).copied().collect::<Vec<_>>()
        };
        let types = r#"(import "wasi:http/types@0.2.0" (instance))"#;
        assert_eq!(gives(types), [Capability::HttpServer, Capability::HttpClient]);
        let client = r#"(import "wasi:http/outgoing-handler@0.2.0" (instance))"#;
        assert_eq!(gives(&format!("{types} {client}")), [Capability::HttpClient]);
        let server = r#"(instance $i) (export "wasi:http/incoming-handler@0.2.0" (instance $i))"#;
        assert_eq!(gives(&format!("{types} {server}")), [Capability::HttpServer]);
    }
}
