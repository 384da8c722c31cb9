//! One changeset of an image, as it is stored.

use std::collections::BTreeSet;
use std::sync::Arc;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use oci_spec::image::MediaType;

use crate::{Blob, Digest, Error, Tar};

/// What decides the bytes of a layer besides its tar: a part of any key under which a caller keeps them.
pub const COMPRESSOR: &str = "gzip, libdeflater 1.26.1, level 12";

/// The slowest and smallest of libdeflate: an image is written once and pulled many times.
const LEVEL: i32 = 12;

/// A gzip-compressed tar, with the digest it has and the digest of the tar inside. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    blob: Blob,
    diff_id: Digest,
    paths: Arc<BTreeSet<String>>,
}

impl Layer {
    /// Compresses a tar.
    ///
    /// The gzip header carries no name and no time, and "unknown" as operating system: libdeflate writes it
    /// so on every platform. The deflated bytes depend on the release of libdeflate, which the workspace
    /// therefore pins.
    #[must_use]
    pub fn gzip(tar: &Tar) -> Self {
        let level = CompressionLvl::new(LEVEL).expect("libdeflate has level 12");
        let mut compressor = Compressor::new(level);
        let mut stored = vec![0; compressor.gzip_compress_bound(tar.bytes().len())];
        let size =
            compressor.gzip_compress(tar.bytes(), &mut stored).expect("the bound leaves room for any input");
        stored.truncate(size);
        Self::of(stored, tar.diff_id(), tar.paths().clone())
    }

    /// The layer of a tar from bytes that [`Layer::gzip`] made of it earlier and a caller kept, which saves
    /// compressing again.
    ///
    /// A cache can rot, so the bytes are inflated and must give this very tar.
    ///
    /// # Errors
    /// The bytes are not that layer; the caller should compress again.
    pub fn restored(tar: &Tar, stored: Vec<u8>) -> Result<Self, Error> {
        // What follows the end of the stream would be passed over, so the end has to be where the bytes end.
        let [checksum, length] = footer(tar.bytes());
        if !stored.ends_with(&[checksum, length].concat()) {
            let problem = "they do not end as that layer does".to_owned();
            return Err(Error::RestoreLayer { diff_id: tar.diff_id(), problem });
        }
        let mut inflated = vec![0; tar.bytes().len()];
        let problem = match Decompressor::new().gzip_decompress(&stored, &mut inflated) {
            Ok(size) if inflated[..size] == *tar.bytes() => {
                return Ok(Self::of(stored, tar.diff_id(), tar.paths().clone()));
            }
            Ok(_) => "they are another tar".to_owned(),
            Err(cause) => cause.to_string(),
        };
        Err(Error::RestoreLayer { diff_id: tar.diff_id(), problem })
    }

    fn of(stored: Vec<u8>, diff_id: Digest, paths: BTreeSet<String>) -> Self {
        Self { blob: Blob::new(MediaType::ImageLayerGzip, stored), diff_id, paths: Arc::new(paths) }
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

    /// The digest of the tar inside, which the config lists.
    #[must_use]
    pub fn diff_id(&self) -> Digest {
        self.diff_id
    }

    /// The number of bytes as stored.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.blob.size_bytes()
    }

    /// Whether a file is in this layer; a leading `/` makes no difference.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.paths.contains(path.strip_prefix('/').unwrap_or(path))
    }
}

/// The last two words of a gzip stream: checksum and length, modulo 2³², of what is in it (RFC 1952).
fn footer(bytes: &[u8]) -> [[u8; 4]; 2] {
    let length = u32::try_from(bytes.len() as u64 & u64::from(u32::MAX)).expect("32 bits are left");
    [libdeflater::crc32(bytes), length].map(u32::to_le_bytes)
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
        let layer = Layer::gzip(&tar());
        // Users compare these digests between machines and releases. A change of the tar or of the compressor
        // moves them: that needs a line in CHANGELOG.md.
        assert_eq!(
            layer.diff_id().to_string(),
            "sha256:0a0f92891ae940b63949b023726f0017bc20cbb08322101ee285fd903ca84437"
        );
        assert_eq!(
            layer.digest().to_string(),
            "sha256:b349c30cdec648de1a425b4d56f3a73bfbcb9b92952bd6f5d3eb2d73bb9af738"
        );
    }

    #[test]
    fn the_gzip_header_tells_neither_time_nor_system() {
        let layer = Layer::gzip(&tar());
        // RFC 1952: magic, deflate, no flags, no time, slowest, system unknown.
        assert_eq!(layer.blob().bytes()[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_restored_layer_equals_the_first() {
        let layer = Layer::gzip(&tar());
        assert_eq!(Layer::restored(&tar(), layer.blob().bytes().to_vec()).unwrap(), layer);
    }

    #[test]
    fn a_rotten_cache_restores_nothing() {
        let layer = Layer::gzip(&tar());
        let whole = layer.blob().bytes();
        let mut flipped = whole.to_vec();
        flipped[whole.len() / 2] ^= 1;
        for stored in [flipped, whole[..whole.len() - 9].to_vec(), Vec::new(), [whole, b"tail"].concat()] {
            assert!(matches!(Layer::restored(&tar(), stored), Err(Error::RestoreLayer { .. })));
        }
        let another = Tar::from_files([File::executable("/app.wasm", b"another".as_slice())]).unwrap();
        assert!(Layer::restored(&another, whole.to_vec()).is_err());
    }

    #[test]
    fn a_layer_knows_its_files() {
        let layer = Layer::gzip(&tar());
        assert!(layer.holds("/app.wasm") && layer.holds("data/words"));
        assert!(!layer.holds("/data") && !layer.holds("/other.wasm"));
    }
}
