//! What a registry says when it wants to know who asks.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: Vec<&str>| {
    let understood = wasmpack_packager::registry::challenges(&headers);
    assert!(understood <= headers.iter().map(|header| header.len()).sum());
});
