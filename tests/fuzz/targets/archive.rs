//! A file that somebody says is an image: whatever it is, it is read inside bounds.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    read(file.path());
});

fn read(path: &std::path::Path) {
    let is_valid = wasmpack_packager::validate(path).is_ok();
    let stored = wasmpack_packager::open(path);
    if let Ok(stored) = &stored {
        let module = stored.module();
        assert!(!is_valid || stored.layers.is_empty() || module.is_ok() || stored.module_path().is_none() || stored.modules().is_ok());
    }
    let _ = wasmpack_packager::survey(path);
}
