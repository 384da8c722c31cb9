//! A layout whose files all have the digests that they are named by: an index, and whatever it leads to.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use wasmpack_packager::Digest;

/// Documents with such a line between them. Each may name those before it, as `@0`, `@1` and so on; the last is the index.
const BETWEEN: &str = "\n---\n";

fuzz_target!(|text: &str| {
    let (blobs, index) = text.rsplit_once(BETWEEN).unwrap_or(("", text));
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("blobs/sha256");
    fs::create_dir_all(&place).unwrap();
    fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let mut digests = Vec::new();
    for blob in blobs.split(BETWEEN).take(8) {
        let blob = named(blob, &digests);
        let digest = Digest::of(blob.as_bytes());
        fs::write(place.join(digest.hex()), &blob).unwrap();
        digests.push(descriptor(digest, blob.len()));
    }
    fs::write(folder.path().join("index.json"), named(index, &digests)).unwrap();
    let _ = wasmpack_packager::validate(folder.path());
    let _ = wasmpack_packager::survey(folder.path());
    if let Ok(stored) = wasmpack_packager::open(folder.path()) {
        let _ = stored.modules();
    }
});

/// The middle of a descriptor.
fn descriptor(digest: Digest, size_bytes: usize) -> String {
    format!(r#""digest":"{digest}","size":{size_bytes}"#)
}

fn named(text: &str, digests: &[String]) -> String {
    digests.iter().enumerate().fold(text.to_owned(), |text, (number, digest)| text.replace(&format!("@{number}"), digest))
}
