//! Bytes that are named by their digest.

use std::io::{self, Cursor, Read};

use bytes::Bytes;
use oci_spec::image::{Descriptor, MediaType};
use serde::Serialize;

use crate::{Digest, json};

/// Immutable bytes with their media type and digest. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    media_type: MediaType,
    bytes: Bytes,
    digest: Digest,
}

impl Blob {
    /// A blob of these bytes, as stored.
    pub fn new(media_type: impl Into<MediaType>, bytes: Vec<u8>) -> Self {
        let digest = Digest::of(&bytes);
        Self::known(media_type, bytes.into(), digest)
    }

    /// The same of bytes whose digest is known.
    pub(crate) fn known(media_type: impl Into<MediaType>, bytes: Bytes, digest: Digest) -> Self {
        Self { media_type: media_type.into(), bytes, digest }
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

    /// The bytes as stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes from their beginning, for whoever need not have them all at once.
    ///
    /// # Errors
    /// Where they lie cannot be read.
    pub fn reader(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(self.bytes.clone())))
    }

    /// The digest of [`Self::bytes`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The number of [`Self::bytes`].
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// How another document points to this blob (descriptor.md).
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.clone(), self.size_bytes(), self.digest.to_oci())
    }
}
