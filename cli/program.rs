//! What a file is that an image starts, for those who judge the image.

use wasmpack_optimizer::World;
use wasmpack_packager::consumers::Program;

/// Looks at its first bytes and at its exports.
#[must_use]
pub fn look(bytes: &[u8]) -> Program {
    if !bytes.starts_with(b"\0asm") {
        return Program::Native;
    }
    let exports = if wasmpack_optimizer::is_component(bytes) {
        World::of(bytes).map(|world| Program::Component(world.exports))
    } else {
        let names = |exports: Vec<wasmpack_optimizer::Export>| exports.into_iter().map(|export| export.name);
        wasmpack_optimizer::exports(bytes).map(|exports| Program::Module(names(exports).collect()))
    };
    exports.unwrap_or_else(|error| Program::Broken(format!("cannot be read: {error}")))
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
            assert_eq!(look(&component), Program::Component(names.map(str::to_owned).to_vec()));
        }
    }

    #[test]
    fn what_is_no_webassembly_is_told_from_what_is_broken() {
        assert_eq!(look(b"#!/bin/sh"), Program::Native);
        assert_eq!(look(b"\0asm\x01\0\0\0"), Program::Module(Vec::new()));
        assert!(matches!(look(b"\0asm\x01\0\0\0\x63"), Program::Broken(_)));
    }
}
