//! One changeset of an image, as it is stored.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use oci_spec::image::MediaType;

use crate::digest::Hashing;
use crate::walk::walk_layer;
use crate::{Blob, Compression, Digest, Error, Tar, documents};

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
    /// Compresses a tar, in memory.
    ///
    /// # Errors
    /// A file on disk cannot be read, or has another size than it had.
    pub fn new(tar: &Tar, compression: Compression) -> Result<Self, Error> {
        let known_bytes = if compression == Compression::None { tar.size_bytes() } else { 0 };
        let mut bytes = Vec::with_capacity(usize::try_from(known_bytes).unwrap_or_default());
        let (diff_id, digest, _) = write(tar, compression, &mut bytes)?;
        Ok(Self::restored(Blob::known(compression.media_type(), bytes, digest), diff_id, tar.paths()))
    }

    /// The same, in a file, from where it is now on; there the bytes stay. Of them and of those of the tar only a few are in
    /// memory at a time.
    ///
    /// # Errors
    /// As [`Layer::new`], and if the file cannot be written.
    pub fn in_file(tar: &Tar, compression: Compression, mut file: File) -> Result<Self, Error> {
        let offset_bytes = file.stream_position().map_err(Error::of_layer)?;
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, &file);
        let (diff_id, digest, size_bytes) = write(tar, compression, &mut out)?;
        out.flush().map_err(Error::of_layer)?;
        drop(out);
        let blob = Blob::in_file(compression.media_type(), file, offset_bytes, size_bytes, digest);
        Ok(Self::restored(blob, diff_id, tar.paths()))
    }

    /// A layer from what a caller kept of one: the bytes as stored, the digest of the tar inside, and the files in it.
    ///
    /// The caller answers for it that these belong together. (Whoever runs the image unpacks the layer, compares
    /// digests, and refuses what does not fit.)
    pub fn restored<'a>(blob: Blob, diff_id: Digest, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let relative = |path: &str| path.strip_prefix('/').unwrap_or(path).to_owned();
        Self { blob, diff_id: Some(diff_id), paths: Arc::new(paths.into_iter().map(relative).collect()) }
    }

    /// A module as it is, without a tar around it, which must be the only layer of its image.
    #[must_use]
    pub fn raw(module: Vec<u8>) -> Self {
        Self { blob: Blob::new(MODULE, module), diff_id: None, paths: Arc::default() }
    }

    /// Reads the layer again, of `limit_bytes` as a plain tar at most, and shows each file in it with its path.
    ///
    /// # Errors
    /// The bytes as stored are no such tar, or another one than [`Layer::diff_id`] says; `show` fails.
    pub fn read(
        &self,
        limit_bytes: u64,
        mut show: impl FnMut(&str, &mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        let media_type = MediaType::from(self.blob.media_type());
        let (Some(coding), Some(diff_id)) = (documents::compression(&media_type), self.diff_id) else {
            return Err(invalid("it is no tar".to_owned()));
        };
        let walked =
            walk_layer(self.blob.reader()?, coding, limit_bytes, |entry| match entry.kind.is_file() {
                true => show(&entry.path, entry.content),
                false => Ok(()),
            })?;
        match walked.tar? {
            (found, _) if found == diff_id => Ok(()),
            (found, _) => Err(invalid(format!("the tar in it is {found}, not {diff_id}"))),
        }
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

/// How much is written to a file at once.
const BUFFER_BYTES: usize = 256 << 10;

/// Writes a layer as it is stored; the digests of the tar and of the bytes as stored, and how many those are.
fn write(tar: &Tar, compression: Compression, out: &mut dyn Write) -> Result<(Digest, Digest, u64), Error> {
    let mut stored = Hashing::new(out);
    let diff_id = if compression == Compression::None {
        // The same bytes, and so the same digest.
        tar.write(&mut stored).map_err(Error::of_layer)?;
        None
    } else {
        let mut diff_id = None;
        let through = |plain: &mut dyn Write| {
            let mut plain = Hashing::new(plain);
            tar.write(&mut plain)?;
            diff_id = Some(plain.so_far().0);
            Ok(())
        };
        compression.compress(tar.size_bytes(), &mut stored, through).map_err(Error::of_layer)?;
        diff_id
    };
    let (digest, size_bytes) = stored.so_far();
    Ok((diff_id.unwrap_or(digest), digest, size_bytes))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::walk::inflate;

    fn tar() -> Tar {
        let module: Vec<u8> = (0..40_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        Tar::from_files([
            crate::File::executable("/app.wasm", module),
            crate::File::readable("/data/words", "one two three"),
        ])
        .unwrap()
    }

    #[test]
    fn a_layer_that_is_read_again_has_the_files_and_the_tar_that_it_says() {
        for compression in Compression::ALL {
            let layer = Layer::new(&tar(), compression).unwrap();
            let mut files = Vec::new();
            let mut read = |layer: &Layer, limit_bytes| {
                layer.read(limit_bytes, |path, content| {
                    files.push((path.to_owned(), io::read_to_string(content).map(|text| text.len()).ok()));
                    Ok(())
                })
            };
            read(&layer, tar().size_bytes()).unwrap();
            assert!(read(&layer, 100_000).is_err(), "there is more");
            let other = Layer::restored(layer.blob().clone(), Digest::of(b"another"), ["app.wasm"]);
            assert!(read(&other, tar().size_bytes()).unwrap_err().to_string().contains("the tar in it is"));
            assert_eq!(files[1], ("data/words".to_owned(), Some(13)));
        }
        assert!(Layer::raw(Vec::new()).read(0, |_, _| Ok(())).is_err());
    }

    #[test]
    fn the_bytes_of_a_layer_do_not_move() {
        let layer = Layer::new(&tar(), Compression::default()).unwrap();
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
        let layer = Layer::new(&tar(), Compression::default()).unwrap();
        // RFC 1952: magic, deflate, no flags, no time, slowest, system unknown.
        assert_eq!(layer.blob().bytes().unwrap()[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_restored_layer_equals_the_first() {
        let layer = Layer::new(&tar(), Compression::default()).unwrap();
        let paths = ["/app.wasm", "data/words"];
        assert_eq!(Layer::restored(layer.blob().clone(), layer.diff_id().unwrap(), paths), layer);
    }

    #[test]
    fn a_layer_knows_its_files() {
        let layer = Layer::new(&tar(), Compression::default()).unwrap();
        assert!(layer.holds("/app.wasm") && layer.holds("data/words"));
        assert!(!layer.holds("/data") && !layer.holds("/other.wasm"));
    }

    /// Bytes that compress a little.
    fn bytes(size_bytes: usize) -> Vec<u8> {
        (0..size_bytes as u32).map(|n| (n.wrapping_mul(n) >> 7) as u8 ^ (n >> 12) as u8 & 0x3f).collect()
    }

    /// A file of this length in a folder, as a tar that holds its bytes and as one that reads them.
    fn both(folder: &Path, size_bytes: usize) -> [Tar; 2] {
        let (bytes, path) = (bytes(size_bytes), folder.join("source"));
        std::fs::write(&path, &bytes).unwrap();
        let disk = crate::File::on_disk("/data/file", path, size_bytes as u64, 0o644);
        [crate::File::readable("/data/file", bytes), disk].map(|file| Tar::from_files([file]).unwrap())
    }

    fn in_file(tar: &Tar, compression: Compression) -> Result<Layer, Error> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"what is there already").unwrap();
        Layer::in_file(tar, compression, file)
    }

    fn inflated(layer: &Layer) -> Vec<u8> {
        let coding = crate::documents::compression(&layer.blob().media_type().into()).unwrap();
        let (mut tar, reader) = (Vec::new(), layer.blob().reader().unwrap());
        inflate(reader, coding, 1 << 30).unwrap().read_to_end(&mut tar).unwrap();
        tar
    }

    #[test]
    fn a_layer_from_files_equals_the_one_from_memory_whatever_the_size_and_compression() {
        let folder = tempfile::tempdir().unwrap();
        let (block, piece) = (512, 2 << 20);
        let sizes = [0, block - 1, block, block + 1, piece - 1, piece, piece + 1, 5 * piece + 7];
        // Headers and end belong to the size that decides about pieces.
        for size_bytes in sizes.into_iter().chain([piece - 4 * block, piece - 4 * block + 1]) {
            let [memory, disk] = both(folder.path(), size_bytes);
            assert_eq!(memory.size_bytes(), memory.bytes().len() as u64);
            for compression in [Compression::None, Compression::Fast, Compression::Gzip, Compression::Zstd] {
                let expected = Layer::new(&memory, compression).unwrap();
                let layer = in_file(&disk, compression).unwrap();
                assert_eq!(layer, expected, "{size_bytes} {compression}");
                assert!(layer.blob().bytes().unwrap() == expected.blob().bytes().unwrap());
                assert!(inflated(&layer) == memory.bytes(), "{size_bytes} {compression}");
                assert_eq!(layer.diff_id(), Some(disk.diff_id().unwrap()));
            }
        }
        let [memory, disk] = both(folder.path(), 3000);
        assert_eq!(
            in_file(&disk, Compression::Best).unwrap(),
            Layer::new(&memory, Compression::Best).unwrap()
        );
    }

    #[test]
    fn a_file_of_another_size_than_was_planned_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let [_, tar] = both(folder.path(), 70_000);
        let path = folder.path().join("source");
        for size_bytes in [0, 69_999, 70_001, 700_000] {
            std::fs::write(&path, bytes(size_bytes)).unwrap();
            for failed in [
                tar.diff_id().map(drop),
                Layer::new(&tar, Compression::None).map(drop),
                in_file(&tar, Compression::Fast).map(drop),
            ] {
                let error = failed.unwrap_err();
                assert!(matches!(&error, Error::FileChanged { path: named } if *named == path), "{error}");
            }
        }
        std::fs::remove_file(&path).unwrap();
        let error = in_file(&tar, Compression::Zstd).unwrap_err();
        assert!(matches!(&error, Error::Read { path: named, .. } if *named == path), "{error}");
    }
}
