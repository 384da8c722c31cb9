//! Bytes that are named by their digest.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use oci_spec::image::{Descriptor, MediaType};
use serde::Serialize;

use crate::digest::Hashing;
use crate::{Digest, json};

/// Immutable bytes with their media type and digest. Cloning shares the bytes.
///
/// Large ones are in a file, which stays open: it may lose its name meanwhile, as what is cached does now and then.
#[derive(Debug, Clone)]
pub struct Blob {
    media_type: MediaType,
    content: Content,
    size_bytes: u64,
    digest: Digest,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Bytes),
    /// From there on in a file. All readers share its one place to read from, and so take turns.
    File(Arc<Mutex<File>>, u64),
}

impl Blob {
    /// A blob of these bytes, as stored.
    pub fn new(media_type: impl Into<MediaType>, bytes: Vec<u8>) -> Self {
        let digest = Digest::of(&bytes);
        Self::known(media_type, bytes, digest)
    }

    /// The same of bytes whose digest is known.
    pub(crate) fn known(media_type: impl Into<MediaType>, bytes: Vec<u8>, digest: Digest) -> Self {
        let (media_type, size_bytes) = (media_type.into(), bytes.len() as u64);
        Self { media_type, content: Content::Memory(bytes.into()), size_bytes, digest }
    }

    /// A blob of `size_bytes` bytes of a file that begin at `offset_bytes`.
    ///
    /// The caller answers for the digest. Where the file has other bytes by the time that they are read, reading fails.
    pub fn in_file(
        media_type: impl Into<MediaType>,
        file: File,
        offset_bytes: u64,
        size_bytes: u64,
        digest: Digest,
    ) -> Self {
        let content = Content::File(Arc::new(Mutex::new(file)), offset_bytes);
        Self { media_type: media_type.into(), content, size_bytes, digest }
    }

    /// A document in its canonical bytes.
    pub(crate) fn json(media_type: MediaType, document: &impl Serialize) -> Self {
        Self::new(media_type, json::canonical(document))
    }

    /// Media type, as RFC 6838 spells it.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.media_type.as_ref()
    }

    /// Reads the bytes as stored.
    ///
    /// # Errors
    /// Those in a file cannot be read, or are not those of the digest any more, which the last of them tells: nobody who
    /// reads to the end has bytes of another blob.
    pub fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match &self.content {
            Content::Memory(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            Content::File(file, offset_bytes) => {
                let part = Part { file: Arc::clone(file), offset_bytes: *offset_bytes };
                let part = BufReader::with_capacity(BUFFER_BYTES, part.take(self.size_bytes));
                Box::new(Checked { part: Hashing::new(part), expected: (self.digest, self.size_bytes) })
            }
        })
    }

    /// The bytes as stored, in memory: for documents, which are small.
    ///
    /// # Errors
    /// As [`Self::reader`].
    pub fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        if let Content::Memory(bytes) = &self.content {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    /// Writes the bytes as stored.
    pub(crate) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.content {
            Content::Memory(bytes) => out.write_all(bytes),
            Content::File(..) => io::copy(&mut self.reader()?, out).map(drop),
        }
    }

    /// The digest of the bytes as stored.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The number of bytes as stored.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// How another document points to this blob (descriptor.md).
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.clone(), self.size_bytes, self.digest.to_oci())
    }
}

/// The same bytes, wherever they are.
impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        (&self.media_type, self.digest) == (&other.media_type, other.digest)
    }
}

impl Eq for Blob {}

/// How much of a file is read at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What a file has from some place on.
struct Part {
    file: Arc<Mutex<File>>,
    offset_bytes: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever panicked here left the file as good as it was.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.offset_bytes))?;
        let count = file.read(buffer)?;
        self.offset_bytes += count as u64;
        Ok(count)
    }
}

/// A reader that keeps the end to itself where the bytes are not those expected.
struct Checked<R> {
    part: Hashing<R>,
    expected: (Digest, u64),
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.part.read(buffer)?;
        let (digest, size_bytes) = self.expected;
        let is_end = count == 0 && !buffer.is_empty() || self.part.size_bytes() == size_bytes;
        if is_end && self.part.so_far() != (digest, size_bytes) {
            let problem = format!("the file that holds {digest} has been changed");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TYPE: &str = "application/octet-stream";

    /// These bytes behind others in a file, whose path it gives too.
    fn in_file(bytes: &[u8]) -> (tempfile::NamedTempFile, Blob) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[b"before", bytes, b"behind"].concat()).unwrap();
        let blob = Blob::in_file(TYPE, file.reopen().unwrap(), 6, bytes.len() as u64, Digest::of(bytes));
        (file, blob)
    }

    #[test]
    fn a_blob_is_the_same_in_memory_and_in_a_file() {
        for bytes in [&b""[..], b"bytes", &b"many".repeat(1 << 20)] {
            let (memory, (_path, file)) = (Blob::new(TYPE, bytes.to_vec()), in_file(bytes));
            assert_eq!(memory, file);
            assert_eq!(memory.descriptor(), file.descriptor());
            for blob in [memory, file] {
                assert!(blob.bytes().unwrap() == bytes);
                let mut written = Vec::new();
                blob.write_to(&mut written).unwrap();
                assert!(written == bytes);
            }
        }
    }

    #[test]
    fn several_read_a_file_at_once_even_after_it_lost_its_name() {
        let bytes: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
        let (path, blob) = in_file(&bytes);
        drop(path);
        let mut readers = [blob.reader().unwrap(), blob.reader().unwrap()];
        for expected in bytes.chunks(1000) {
            for reader in &mut readers {
                let mut found = vec![0; expected.len()];
                reader.read_exact(&mut found).unwrap();
                assert!(found == expected);
            }
        }
    }

    #[test]
    fn nobody_gets_to_the_end_of_bytes_that_were_changed() {
        let whole = b"bytes of a layer";
        for changed in [&b"beforeBytes of a layerbehind"[..], b"beforebytes of a l", b""] {
            let (path, blob) = in_file(whole);
            fs::write(path.path(), changed).unwrap();
            let error = blob.bytes().unwrap_err();
            assert!(error.to_string().ends_with("has been changed"), "{error}");
            // Who knows the size asks for no more.
            blob.reader().unwrap().read_exact(&mut [0; 16]).unwrap_err();
        }
    }
}
