//! Tells a command from everything else one may want to run, and compiles it.

use wasmtime::{Engine, ExternType, Module};

use crate::Error;

/// The export that WASI calls a command's entry.
pub(crate) const START: &str = "_start";

/// Magic number and version of a core module; of a component, the last four bytes are version and layer.
const MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// Compiles a module after looking at its header, and looks at its exports afterwards.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module, Error> {
    if !wasm.starts_with(&MODULE[..4]) {
        let text = wasm.trim_ascii_start().starts_with(b"(");
        return Err(Error::NotWasm { text });
    }
    // The root tells what and where; what Wasmtime puts around it tells how far it had come.
    let module = Module::new(engine, wasm)
        .map_err(|error| Error::InvalidModule { cause: error.root_cause().to_string() })?;
    match module.get_export(START) {
        Some(ExternType::Func(start)) if start.params().len() + start.results().len() == 0 => Ok(module),
        None if module.get_export("_initialize").is_some() => Err(Error::Reactor),
        _ => Err(Error::NoStart),
    }
}
