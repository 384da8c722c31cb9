//! A layout whose files all have the digests that they are named by: an index, and whatever it leads to.

#![no_main]

use std::fs;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use wasmpack_packager::Digest;

/// Documents, each of which may name the ones before it.
#[derive(Debug, Arbitrary)]
struct Layout<'a> {
    blobs: Vec<Blob<'a>>,
    index: &'a str,
}

/// A document, and what it is called where another names it: `@0`, `@1` and so on stand for digests.
#[derive(Debug, Arbitrary)]
struct Blob<'a> {
    text: &'a str,
}

fuzz_target!(|layout: Layout<'_>| {
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(folder.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let mut digests = Vec::new();
    for Blob { text } in layout.blobs.iter().take(8) {
        let text = named(text, &digests);
        let digest = Digest::of(text.as_bytes());
        fs::write(blobs.join(digest.hex()), &text).unwrap();
        digests.push(descriptor(digest, text.len()));
    }
    fs::write(folder.path().join("index.json"), named(layout.index, &digests)).unwrap();
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
