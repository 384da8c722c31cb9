//! An image as a value: parts go in, and its digest is known before anything is written.

use crate::signature::{self, PrivateKey};
use crate::{Blob, Digest, Draft, Platform, Referrer};

/// A whole image: every blob of it, in one of the shapes that [`crate::Format`] names, and what refers to it (image
/// manifest, image index and config, OCI image specification 1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Each once; what is named comes before what names it, and the root is the last.
    pub(crate) blobs: Vec<Blob>,
    /// What Docker's own list says, unless Docker cannot run this.
    pub(crate) docker: Option<DockerEntry>,
    pub(crate) referrers: Vec<Referrer>,
}

/// An image as Docker's classic store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DockerEntry {
    pub(crate) config: Digest,
    pub(crate) layers: Vec<Digest>,
}

impl Image {
    /// An image without a base: what is in it is what is put in.
    pub fn scratch(platform: Platform) -> Draft {
        Draft::new(platform)
    }

    /// The same with one thing more that refers to it. Its own digest stays what it is.
    #[must_use]
    pub fn with_referrer(mut self, artifact_type: &str, content: Blob) -> Self {
        self.referrers.push(Referrer::new(self.root(), artifact_type, content));
        self
    }

    /// The same, signed by this key: the image, and what of that which refers to it can be signed. Its own digest stays what it is.
    ///
    /// # Errors
    /// What refers to it is broken or about another image.
    pub fn signed(mut self, key: &PrivateKey) -> Result<Self, signature::Error> {
        let documents: Vec<Blob> = self.referrers.iter().flat_map(Referrer::blobs).cloned().collect();
        for signature in signature::sign(self.root(), &documents, key)? {
            if !self.referrers.contains(&signature) {
                self.referrers.push(signature);
            }
        }
        Ok(self)
    }

    /// The manifest, or the index of several.
    ///
    /// # Panics
    /// Never: an image has a root.
    #[must_use]
    pub fn root(&self) -> &Blob {
        self.blobs.last().expect("an image has a root")
    }

    /// What names the image everywhere: the digest of its root.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.root().digest()
    }

    /// Layers, configs, manifests and index, each once, in the order a registry wants them: what is named comes before
    /// what names it.
    #[must_use]
    pub fn blobs(&self) -> &[Blob] {
        &self.blobs
    }

    /// What refers to the image, in the order it was given.
    #[must_use]
    pub fn referrers(&self) -> &[Referrer] {
        &self.referrers
    }

    /// The bytes of all blobs as stored: what a first pull of all platforms transfers.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.blobs.iter().map(Blob::size_bytes).sum()
    }
}
