//! What refers to an image: bills of materials, provenance, signatures.

use std::collections::HashMap;

use oci_spec::image::{Descriptor, ImageManifestBuilder, MediaType, SCHEMA_VERSION};

use crate::{Annotations, Blob, Digest, documents};

/// The kind of thing a debug module is: the code of an image with the names of its functions, as this tool makes it.
pub const DEBUG_MODULE: &str = "application/vnd.wasmpack.debug-module.v1+wasm";

/// What makes an artifact of its one content: the config and the manifest.
pub(crate) fn around(
    content: &Blob,
    artifact_type: &MediaType,
    annotations: Annotations,
    subject: Option<&Blob>,
) -> [Blob; 2] {
    // Registries demand a config; this is the specification's word for none.
    let config = Blob::new(MediaType::EmptyJSON, b"{}".to_vec());
    let mut manifest = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .artifact_type(artifact_type.clone())
        .config(config.descriptor())
        .layers([content.descriptor()]);
    if let Some(subject) = subject {
        manifest = manifest.subject(subject.descriptor());
    }
    if !annotations.is_empty() {
        manifest = manifest.annotations(annotations.into_iter().collect::<HashMap<_, _>>());
    }
    let manifest = manifest.build().expect("every required part is given");
    let manifest = Blob::json(MediaType::ImageManifest, &manifest);
    [config, manifest]
}

/// A manifest whose `subject` is an image (manifest.md, "Guidelines for Artifact Usage"). Registries list it when asked
/// what refers to the image; the image's own digest does not depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    artifact_type: MediaType,
    /// Content, config and manifest: what is named comes before what names it.
    blobs: Vec<Blob>,
}

impl Referrer {
    /// A manifest with this content alone.
    pub(crate) fn new(subject: &Blob, artifact_type: &str, content: Blob) -> Self {
        Self::annotated(subject, artifact_type, content, Annotations::new())
    }

    /// The same, with annotations in the manifest.
    pub(crate) fn annotated(
        subject: &Blob,
        artifact_type: &str,
        content: Blob,
        annotations: Annotations,
    ) -> Self {
        let artifact_type = MediaType::from(artifact_type);
        let [config, manifest] = around(&content, &artifact_type, annotations, Some(subject));
        Self { artifact_type, blobs: vec![content, config, manifest] }
    }

    /// One that is there already, as an index lists it; the manifest is the last of these.
    pub(crate) fn stored(artifact_type: MediaType, blobs: Vec<Blob>) -> Self {
        Self { artifact_type, blobs }
    }

    /// What names the image, unless the manifest is somebody else's and broken.
    #[must_use]
    pub fn subject(&self) -> Option<Digest> {
        let manifest = documents::manifest(&self.manifest().bytes().ok()?).ok()?;
        Digest::from_oci(manifest.subject().as_ref()?.digest()).ok()
    }

    /// What kind of thing it is, a media type such as `application/spdx+json`.
    #[must_use]
    pub fn artifact_type(&self) -> &str {
        self.artifact_type.as_ref()
    }

    /// Content, config and manifest, in the order a registry wants them.
    #[must_use]
    pub fn blobs(&self) -> &[Blob] {
        &self.blobs
    }

    /// Its manifest.
    ///
    /// # Panics
    /// Never: it has one.
    #[must_use]
    pub fn manifest(&self) -> &Blob {
        self.blobs.last().expect("a referrer has a manifest")
    }

    /// What the manifest names.
    pub(crate) fn parts(&self) -> &[Blob] {
        &self.blobs[..self.blobs.len() - 1]
    }

    /// The entry in the list of a registry that keeps none itself: annotations of the manifest are to be there too (distribution
    /// specification, "Pushing Manifests with Subject").
    pub(crate) fn listed(&self) -> Descriptor {
        let mut descriptor = self.descriptor();
        let manifest = self.manifest().bytes().ok().and_then(|bytes| documents::manifest(&bytes).ok());
        descriptor.set_annotations(manifest.and_then(|manifest| manifest.annotations().clone()));
        descriptor
    }

    /// The entry in an index. It has no name, so that nobody takes it for an image.
    pub(crate) fn descriptor(&self) -> Descriptor {
        let mut descriptor = self.manifest().descriptor();
        descriptor.set_artifact_type(Some(self.artifact_type.clone()));
        descriptor
    }
}
