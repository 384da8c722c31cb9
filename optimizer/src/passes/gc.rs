//! Removes everything that no root reaches. The only file that knows walrus.

use std::thread;

use walrus::ModuleConfig;

use crate::{Error, Pass, Settings};

/// Removes functions, globals, tables, segments, types and imports that no root reaches, with walrus.
///
/// Roots are the exports, the start function, active segments, and every function in a table that is used.
#[derive(Debug)]
pub(crate) struct Gc;

/// Compiled without optimization, walrus has large frames and overflows the 2 MiB that a thread has by default. The
/// system hands out only the part that is touched.
const STACK_BYTES: usize = 64 * 1024 * 1024;

impl Pass for Gc {
    fn name(&self) -> &'static str {
        "gc"
    }

    fn run(&self, wasm: &[u8], _settings: &Settings) -> Result<Vec<u8>, Error> {
        thread::scope(|scope| {
            let thread = thread::Builder::new().name("walrus".into()).stack_size(STACK_BYTES);
            let thread = thread.spawn_scoped(scope, || collect(wasm));
            thread.map_err(|source| Error::Thread { source })?.join().map_err(|_| Error::Panicked)?
        })
    }
}

fn collect(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let mut config = ModuleConfig::new();
    // Walrus writes both by itself, and what is not written need not be removed.
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = config.parse(wasm).map_err(|error| Error::Walrus { source: error.into() })?;
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    #[test]
    fn deep_nesting_does_not_end_the_process() {
        const DEPTH: usize = 100_000;
        let mut body = wasm_encoder::Function::new([]);
        for _ in 0..DEPTH {
            body.instructions().block(wasm_encoder::BlockType::Empty);
        }
        for _ in 0..=DEPTH {
            body.instructions().end();
        }
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut code = wasm_encoder::CodeSection::new();
        code.function(&body);
        let mut exports = wasm_encoder::ExportSection::new();
        exports.export("_start", wasm_encoder::ExportKind::Func, 0);
        let mut functions = wasm_encoder::FunctionSection::new();
        functions.function(0);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        let wasm = module.finish();
        let settings = Settings::resolve(&wasm, &Pipeline::for_tests()).unwrap();
        assert_eq!(Gc.run(&wasm, &settings).unwrap().len(), wasm.len());
    }
}
