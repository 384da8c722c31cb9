//! One changeset of an image, as it is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::{Blob, Compression, Digest, Tar};

/// A tar as it is stored, with the digest it has and the digest of the tar inside; or a module as it is. Cloning
/// shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    blob: Blob,
    diff_id: Option<Digest>,
    paths: Arc<BTreeSet<String>>,
}

/// The media type of a module that is a layer by itself.
pub(crate) const MODULE: &str = "application/wasm";

impl Layer {
    /// Compresses a tar.
    #[must_use]
    pub fn new(tar: &Tar, compression: Compression) -> Self {
        let blob = match compression {
            // The same bytes, and so the same digest.
            Compression::None => Blob::known(compression.media_type(), tar.shared(), tar.diff_id()),
            _ => Blob::new(compression.media_type(), compression.compress(tar.bytes())),
        };
        Self { blob, diff_id: Some(tar.diff_id()), paths: Arc::new(tar.paths().clone()) }
    }

    /// A layer from what a caller kept of one: the bytes as stored, the digest of the tar inside, and the files in it.
    ///
    /// The caller answers for it that these belong together. (Whoever runs the image unpacks the layer, compares
    /// digests, and refuses what does not fit.)
    pub fn restored(
        stored: Vec<u8>,
        compression: Compression,
        diff_id: Digest,
        paths: impl IntoIterator<Item = String>,
    ) -> Self {
        let relative = |path: String| path.strip_prefix('/').map(ToOwned::to_owned).unwrap_or(path);
        let blob = Blob::new(compression.media_type(), stored);
        let paths = Arc::new(paths.into_iter().map(relative).collect());
        Self { blob, diff_id: Some(diff_id), paths }
    }

    /// A module as it is, without a tar around it, which must be the only layer of its image.
    #[must_use]
    pub fn raw(module: Vec<u8>) -> Self {
        Self { blob: Blob::new(MODULE, module), diff_id: None, paths: Arc::default() }
    }

    /// The bytes as stored.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The digest of the bytes as stored, which the manifest lists.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.blob.digest()
    }

    /// The digest of the tar inside, which the config lists; nothing for a module as it is.
    #[must_use]
    pub fn diff_id(&self) -> Option<Digest> {
        self.diff_id
    }

    /// The number of bytes as stored.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.blob.size_bytes()
    }

    /// Whether a file is in this layer; a leading `/` makes no difference. A module as it is has no name, and so any.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.diff_id.is_none() || self.paths.contains(path.strip_prefix('/').unwrap_or(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::File;

    fn tar() -> Tar {
        let module: Vec<u8> = (0..40_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        Tar::from_files([
            File::executable("/app.wasm", module),
            File::readable("/data/words", "one two three"),
        ])
        .unwrap()
    }

    #[test]
    fn the_bytes_of_a_layer_do_not_move() {
        let layer = Layer::new(&tar(), Compression::default());
        // Users compare these digests between machines and releases. A change of the tar or of the compressor
        // moves them: that needs a line in CHANGELOG.md, and another identity.
        assert_eq!(
            layer.diff_id().unwrap().to_string(),
            "sha256:0a0f92891ae940b63949b023726f0017bc20cbb08322101ee285fd903ca84437"
        );
        assert_eq!(
            layer.digest().to_string(),
            "sha256:b349c30cdec648de1a425b4d56f3a73bfbcb9b92952bd6f5d3eb2d73bb9af738"
        );
    }

    #[test]
    fn the_gzip_header_tells_neither_time_nor_system() {
        let layer = Layer::new(&tar(), Compression::default());
        // RFC 1952: magic, deflate, no flags, no time, slowest, system unknown.
        assert_eq!(layer.blob().bytes()[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_restored_layer_equals_the_first() {
        let layer = Layer::new(&tar(), Compression::default());
        let paths = ["/app.wasm", "data/words"].map(ToOwned::to_owned);
        assert_eq!(
            Layer::restored(
                layer.blob().bytes().to_vec(),
                Compression::default(),
                layer.diff_id().unwrap(),
                paths
            ),
            layer
        );
    }

    #[test]
    fn a_layer_knows_its_files() {
        let layer = Layer::new(&tar(), Compression::default());
        assert!(layer.holds("/app.wasm") && layer.holds("data/words"));
        assert!(!layer.holds("/data") && !layer.holds("/other.wasm"));
    }
}
