//! What a file is that an image starts, for those who judge the image.

use wasmpack_optimizer::{Error, Request, World};
use wasmpack_packager::consumers::{Interface, Program};

/// Looks at its first bytes, its exports and its imports.
#[must_use]
pub fn look(bytes: &[u8]) -> Program {
    if !bytes.starts_with(b"\0asm") {
        return Program::Native;
    }
    let program = if wasmpack_optimizer::is_component(bytes) {
        interface(bytes, |bytes| Ok(World::of(bytes)?.exports)).map(Program::Component)
    } else {
        let names = |bytes: &[u8]| {
            let exports = wasmpack_optimizer::exports(bytes)?;
            Ok(exports.into_iter().map(|export| export.name).collect())
        };
        interface(bytes, names).map(Program::Module)
    };
    program.unwrap_or_else(|error| Program::Broken(format!("cannot be read: {error}")))
}

fn interface(
    bytes: &[u8],
    exports: impl Fn(&[u8]) -> Result<Vec<String>, Error>,
) -> Result<Interface, Error> {
    let requests = Request::all(bytes)?.into_iter();
    let foreign = requests.filter(Request::is_foreign).map(|request| request.name).collect();
    Ok(Interface { exports: exports(bytes)?, foreign })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exports_of_a_component_are_in_its_order() {
        // Which of them is first decides what a runtime starts.
        let both = ["wasi:http/incoming-handler@0.2.0", "wasi:cli/run@0.2.0"];
        for names in [both, [both[1], both[0]]] {
            let exports = names.map(|name| format!(r#"(export "{name}" (instance $i))"#)).concat();
            let component = wat::parse_str(format!("(component (instance $i) {exports})")).unwrap();
            let exports = names.map(str::to_owned).to_vec();
            assert_eq!(look(&component), Program::Component(Interface { exports, foreign: Vec::new() }));
        }
    }

    #[test]
    fn what_no_runtime_offers_is_found() {
        let module = r#"(module (import "env" "frobnicate" (func)) (import "wasi_snapshot_preview1" "fd_write" (func)))"#;
        let foreign = vec!["env.frobnicate".to_owned()];
        let expected = Program::Module(Interface { exports: Vec::new(), foreign });
        assert_eq!(look(&wat::parse_str(module).unwrap()), expected);
    }

    #[test]
    fn what_is_no_webassembly_is_told_from_what_is_broken() {
        assert_eq!(look(b"#!/bin/sh"), Program::Native);
        assert_eq!(look(b"\0asm\x01\0\0\0"), Program::Module(Interface::default()));
        assert!(matches!(look(b"\0asm\x01\0\0\0\x63"), Program::Broken(_)));
    }
}
