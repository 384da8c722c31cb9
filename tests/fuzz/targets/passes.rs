//! Valid modules through every pass: what comes out is valid, no larger, and asks for nothing new.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasmpack_optimizer::imports;

#[path = "pipeline.rs"]
mod pipeline;

fuzz_target!(|module: wasm_smith::Module| {
    let wasm = module.to_bytes();
    let Ok(optimized) = pipeline::optimize(&wasm) else { return };
    assert!(optimized.wasm.len() <= wasm.len());
    let before = imports(&wasm).unwrap();
    for import in imports(&optimized.wasm).unwrap() {
        assert!(before.iter().any(|other| (&other.module, &other.name) == (&import.module, &import.name)));
    }
    // A second time there is nothing left to do that would break it.
    pipeline::optimize(&optimized.wasm).unwrap();
});
