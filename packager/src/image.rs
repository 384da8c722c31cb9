//! An image as a value: parts go in, and its digest is known before anything is written.

use crate::{Blob, Digest, Draft, Layer, Platform};

/// A whole image: config, layers and the manifest that names them (image manifest and config, OCI image
/// specification 1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub(crate) platform: Platform,
    pub(crate) layers: Vec<Layer>,
    pub(crate) config: Blob,
    pub(crate) manifest: Blob,
}

impl Image {
    /// An image without a base: what is in it is what is put in.
    pub fn scratch(platform: Platform) -> Draft {
        Draft::new(platform)
    }

    /// What names the image everywhere: the digest of its manifest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.manifest.digest()
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &Blob {
        &self.manifest
    }

    /// The config.
    #[must_use]
    pub fn config(&self) -> &Blob {
        &self.config
    }

    /// The layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What the image is for.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Layers, config and manifest, in the order a registry wants them: what is named comes before what names
    /// it.
    pub fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.layers.iter().map(Layer::blob).chain([&self.config, &self.manifest])
    }

    /// The bytes of all blobs as stored: what a first pull transfers.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.blobs().map(Blob::size_bytes).sum()
    }
}
