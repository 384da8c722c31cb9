//! What a registry says when it wants to know who asks.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    let understood = wasmpack_packager::registry::challenges(&[header, header]);
    assert!(understood <= 2 * header.len() && understood % 2 == 0);
});
