//! Makes the code itself smaller or faster.

use crate::{Error, Level, Pass, Settings};

/// Runs Binaryen's optimizer at the level asked for, in a child process.
#[derive(Debug)]
pub(crate) struct WasmOpt;

impl Pass for WasmOpt {
    fn name(&self) -> &'static str {
        "wasm-opt"
    }

    fn runs_at(&self, level: Level) -> bool {
        level != Level::O0
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Vec<u8>, Error> {
        settings.binaryen.optimize(wasm, settings.level, settings.features)
    }
}
