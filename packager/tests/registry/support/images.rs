//! Images to send, and the look at what came back.

use std::io::Read;
use std::path::Path;

use wasmpack_packager::{
    Blob, Compression, File, Image, Layer, Platform, Reference, Tar, open_reference, validate,
};

/// Bytes that do not become less when they are compressed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut byte = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| byte()).collect()
}

/// An index of four platforms with one layer of about this size.
pub fn everywhere(seed: u64, layer_bytes: usize) -> Image {
    draft(seed, layer_bytes).build_everywhere().unwrap()
}

/// One manifest with one layer.
pub fn single(seed: u64, layer_bytes: usize) -> Image {
    draft(seed, layer_bytes).build().unwrap()
}

fn draft(seed: u64, layer_bytes: usize) -> wasmpack_packager::Draft {
    let module = [b"\0asm\x01\0\0\0", &noise(seed, layer_bytes)[..]].concat();
    let tar = Tar::from_files([File::executable("/app.wasm", module)]).unwrap();
    Image::scratch(Platform::WASI_WASM)
        .with_layer(Layer::new(&tar, Compression::default()).unwrap())
        .with_entrypoint(["/app.wasm"])
}

/// The same with a bill of materials and a signature.
pub fn attested(image: Image) -> Image {
    image
        .with_referrer("application/spdx+json", Blob::new("application/spdx+json", b"{\"spdx\":1}".to_vec()))
        .with_referrer("application/vnd.example.signature", Blob::new("text/plain", b"signed".to_vec()))
}

/// Whether a layout holds this very image under this name, with no byte changed.
pub fn assert_holds(folder: &Path, reference: &Reference, image: &Image) {
    assert_eq!(validate(folder), Ok(()));
    let stored = open_reference(folder, &reference.with_digest(image.digest())).unwrap();
    assert_eq!(stored.digest, image.digest());
    for blob in image.blobs() {
        let path = folder.join("blobs/sha256").join(blob.digest().hex());
        assert!(std::fs::read(path).unwrap() == bytes(blob), "{} differs", blob.digest());
    }
}

pub fn bytes(blob: &Blob) -> Vec<u8> {
    let mut bytes = Vec::new();
    blob.reader().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
