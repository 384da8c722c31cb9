//! Removes everything that no root reaches. The only file that knows walrus.

use std::thread;

use walrus::ModuleConfig;

use crate::{Error, Pass, Settings};

/// Removes functions, globals, tables, segments, types and imports that no root reaches, with walrus.
///
/// Roots are the exports, the start function, active segments, and every function in a table that is used.
#[derive(Debug)]
pub(crate) struct Gc;

/// Walrus keeps large frames for each instruction it reads, and debug builds overflow the 2 MiB a thread has by
/// default. The system hands out only the part that is touched.
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
