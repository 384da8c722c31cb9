//! Names of images, digests and platforms: what is understood reads the same when it is written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasmpack_packager::{Digest, Platform, Reference};

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<Reference>() {
        let written = reference.to_string();
        assert_eq!(written.parse::<Reference>().ok().as_ref(), Some(&reference), "{written}");
        let full = reference.fully_qualified().to_string();
        assert_eq!(full.parse::<Reference>().map(|again| again.fully_qualified().to_string()).ok(), Some(full));
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(platform) = text.parse::<Platform>() {
        assert_eq!(platform.to_string().parse::<Platform>().ok(), Some(platform));
    }
});
