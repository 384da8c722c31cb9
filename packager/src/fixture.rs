//! Images for tests: one of ours, and ones that other tools could have made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::{Blob, Compression, Digest, File, Image, Layer, Platform, Reference, Tar, json, layout};

pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A small image that runs this module.
pub(crate) fn image(module: &[u8]) -> Image {
    let tar = Tar::from_files([File::executable("/app.wasm", module)]).unwrap();
    image_of(Layer::new(&tar, Compression::default()).unwrap())
}

/// An image that runs `/app.wasm` of this layer.
pub(crate) fn image_of(layer: Layer) -> Image {
    let draft = Image::scratch(Platform::WASI_WASM).with_layer(layer);
    draft.with_entrypoint(["/app.wasm"]).build().unwrap()
}

/// An image whose layer is in a file, beside one that is the same in memory; and the path of that file.
pub(crate) fn in_file(folder: &Path) -> (Image, Image, PathBuf) {
    let tar = Tar::from_files([File::executable("/app.wasm", b"module".repeat(100_000))]).unwrap();
    let path = folder.join("layer");
    let file = fs::File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    let layers = [Layer::in_file(&tar, Compression::None, file), Layer::new(&tar, Compression::None)];
    let [file, memory] = layers.map(|layer| image_of(layer.unwrap()));
    (file, memory, path)
}

/// The config of such an image.
pub(crate) fn config(image: &Image) -> &Blob {
    &image.blobs()[image.blobs().len() - 2]
}

/// Its lowest layer.
pub(crate) fn layer(image: &Image) -> &Blob {
    &image.blobs()[0]
}

pub(crate) fn name(text: &str) -> Reference {
    text.parse().unwrap()
}

/// Every file below a folder, with its bytes and the time of its last change.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            files.extend(
                self::files(&path).into_iter().map(|(below, file)| (format!("{name}/{below}"), file)),
            );
        } else {
            files.insert(name, (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap()));
        }
    }
    files
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    files(folder).into_keys().collect()
}

/// Changes one bit in the middle of a file.
pub(crate) fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A layout made by hand, for what our own sinks never write.
pub(crate) struct Foreign<'a>(pub(crate) &'a Path);

impl Foreign<'_> {
    /// Stores any bytes; the descriptor for them.
    pub(crate) fn blob(&self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Value {
        let blob = Blob::new(media_type, bytes.into());
        let path = self.0.join(layout::blob_path(blob.digest()));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, blob.bytes().unwrap()).unwrap();
        serde_json::to_value(blob.descriptor()).unwrap()
    }

    /// Stores an image of these plain tars; the descriptor for its manifest.
    pub(crate) fn image(&self, layers: &[Vec<u8>], execution: &Value) -> Value {
        let diff_ids: Vec<String> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
        let rootfs = json!({ "type": "layers", "diff_ids": diff_ids });
        let config = json!({ "os": "wasi", "architecture": "wasm", "config": execution, "rootfs": rootfs });
        let tar = "application/vnd.oci.image.layer.v1.tar";
        let layers: Vec<Value> = layers.iter().map(|layer| self.blob(tar, layer.clone())).collect();
        let config = self.blob("application/vnd.oci.image.config.v1+json", json::canonical(&config));
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        self.blob("application/vnd.oci.image.manifest.v1+json", json::canonical(&manifest))
    }

    /// Stores an index; the descriptor for it.
    pub(crate) fn index(&self, entries: &[Value]) -> Value {
        let index = json!({ "schemaVersion": 2, "manifests": entries });
        self.blob("application/vnd.oci.image.index.v1+json", json::canonical(&index))
    }

    /// Writes what makes the folder a layout of these entries.
    pub(crate) fn finish(&self, entries: &[Value]) {
        fs::write(self.0.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
        fs::write(self.0.join("index.json"), json!({ "schemaVersion": 2, "manifests": entries }).to_string())
            .unwrap();
    }
}
