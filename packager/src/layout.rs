//! The names and documents of an OCI image layout (image-layout.md), which a folder and an archive share.

use std::collections::HashMap;

use oci_spec::image::{
    Descriptor, ImageIndex, ImageIndexBuilder, MediaType, OciLayoutBuilder, SCHEMA_VERSION,
};
use serde_json::json;

use crate::image::DockerEntry;
use crate::{Digest, Error, Image, Reference, json, keys};

/// The marker that says: this is a layout.
pub(crate) const OCI_LAYOUT: &str = "oci-layout";
/// The list of the images in it.
pub(crate) const INDEX_JSON: &str = "index.json";
/// Docker's own list, in archives only.
pub(crate) const MANIFEST_JSON: &str = "manifest.json";
/// The folder of the blobs.
pub(crate) const BLOBS: &str = "blobs/sha256";
/// The only version of the layout there is.
pub(crate) const VERSION: &str = "1.0.0";

/// Where a blob is.
pub(crate) fn blob_path(digest: Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}

/// The content of [`OCI_LAYOUT`].
pub(crate) fn marker() -> Vec<u8> {
    json::canonical(
        &OciLayoutBuilder::default().image_layout_version(VERSION).build().expect("the version is given"),
    )
}

/// An image under the name that it will be found by.
pub(crate) struct Named<'a> {
    pub(crate) image: &'a Image,
    /// The long form: containerd and Docker keep nothing that has only a short name.
    pub(crate) name: String,
    /// The bare tag: skopeo and umoci look for it.
    pub(crate) tag: String,
    /// The image that it is another format of, in the long form.
    pub(crate) format_of: Option<String>,
}

impl<'a> Named<'a> {
    /// # Errors
    /// The reference has a digest, and it is not this image's.
    pub(crate) fn new(image: &'a Image, reference: &Reference) -> Result<Self, Error> {
        if let Some(asked) = reference.digest().filter(|asked| *asked != image.digest()) {
            return Err(Error::OtherDigest { digest: image.digest(), asked });
        }
        let reference = reference.without_digest().fully_qualified();
        let tag = reference.tag().expect("a qualified name without digest has a tag").to_owned();
        Ok(Self { image, name: reference.to_string(), tag, format_of: None })
    }

    /// The entry in [`INDEX_JSON`]. It names no platform: with one, a plain `ctr image import` filters the
    /// image out.
    pub(crate) fn descriptor(&self) -> Descriptor {
        let annotations = [(keys::CONTAINERD_NAME, &self.name), (keys::REF_NAME, &self.tag)];
        let format_of = self.format_of.iter().map(|name| (keys::FORMAT_OF, name));
        let annotations: HashMap<_, _> = annotations
            .into_iter()
            .chain(format_of)
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect();
        let mut descriptor = self.image.root().descriptor();
        descriptor.set_annotations(Some(annotations));
        descriptor
    }

    /// Whether an entry is what this one replaces. Other tools name an image by its tag alone.
    pub(crate) fn replaces(&self, entry: &Descriptor) -> bool {
        let annotation = |key| entry.annotations().as_ref().and_then(|all| all.get(key));
        // The other formats of a build are of no use beside an image of another.
        if annotation(keys::FORMAT_OF) == Some(&self.name) {
            return true;
        }
        match annotation(keys::CONTAINERD_NAME) {
            Some(name) => *name == self.name,
            None => annotation(keys::REF_NAME) == Some(&self.tag),
        }
    }

    /// The content of [`MANIFEST_JSON`], by which Docker's classic store and older `podman load` find their
    /// way; nothing for what Docker cannot run.
    pub(crate) fn docker_manifest(&self) -> Option<Vec<u8>> {
        let DockerEntry { config, layers } = self.image.docker.as_ref()?;
        let layers: Vec<String> = layers.iter().copied().map(blob_path).collect();
        let entry = json!({ "Config": blob_path(*config), "RepoTags": [self.name], "Layers": layers });
        Some(json::canonical(&[entry]))
    }
}

/// What [`INDEX_JSON`] says, before it is written.
pub(crate) fn index(entries: Vec<Descriptor>) -> ImageIndex {
    let index = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(entries)
        .build();
    index.expect("every required part is given")
}
