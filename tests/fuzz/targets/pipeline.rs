//! All passes but Binaryen, which is a process of its own, and has fuzzers of its own.

use std::time::Duration;

use wasmpack_optimizer::{Binaryen, Engine, Error, Level, Optimized, Pipeline, optimize as optimize_by};

pub fn optimize(wasm: &[u8]) -> Result<Optimized, Error> {
    let binaryen =
        Binaryen { engine: Engine::Off, cores: Some(1), time_limit: Duration::from_secs(1), scratch: "/nonexistent".into() };
    let weigh = |wasm: &[u8]| wasm.len() as u64;
    optimize_by(wasm, &Pipeline { level: Level::Size, keep: Vec::new(), binaryen, keep_names: false, weigh })
}
