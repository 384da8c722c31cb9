//! Bytes that somebody says are a module or a component: whatever they are, they are looked at inside bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasmpack_optimizer as optimizer;

#[path = "pipeline.rs"]
mod pipeline;

fuzz_target!(|bytes: &[u8]| {
    let _ = optimizer::imports(bytes);
    let _ = optimizer::exports(bytes);
    let _ = optimizer::sections(bytes);
    let _ = optimizer::features(bytes);
    let _ = optimizer::function_names(bytes);
    let _ = optimizer::Capabilities::of(bytes);
    let _ = optimizer::Symbols::of(bytes).map(|symbols| symbols.at(bytes.len() / 2));
    let _ = pipeline::optimize(bytes);
});
