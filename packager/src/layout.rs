//! The names and documents of an OCI image layout (image-layout.md), which a folder and an archive share.

use std::collections::HashMap;
use std::path::Path;

use oci_spec::image::{
    Descriptor, ImageIndex, ImageIndexBuilder, MediaType, OciLayoutBuilder, SCHEMA_VERSION,
};
use serde_json::json;

use crate::image::DockerEntry;
use crate::store::Store;
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

/// How images lie on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// An OCI layout, a folder.
    #[default]
    Layout,
    /// The same as one tar.
    Archive,
    /// Docker's own archive, without manifests: the digests of those are not known before a registry has them.
    DockerArchive,
}

impl Form {
    /// Looks at a folder or file, and into it as far as needed.
    ///
    /// # Errors
    /// [`Error::NotAnImage`]; or it cannot be read, or is damaged so much that nothing can be said.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        Store::open(path.as_ref()).map(|store| store.form())
    }

    /// Whether manifests are there, which have digests.
    #[must_use]
    pub fn has_manifests(self) -> bool {
        self != Self::DockerArchive
    }
}

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

/// The name that an image will be found by.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// The long form: containerd and Docker keep nothing that has only a short name.
    pub(crate) long: String,
    /// The bare tag: skopeo and umoci look for it. Nothing for an image that is named by its digest alone.
    pub(crate) tag: Option<String>,
    /// The image that it is another format of, in the long form.
    pub(crate) format_of: Option<String>,
}

impl Name {
    pub(crate) fn new(reference: &Reference) -> Self {
        let reference = reference.fully_qualified();
        Self { long: reference.to_string(), tag: reference.tag().map(str::to_owned), format_of: None }
    }

    /// The entry in [`INDEX_JSON`]. It names no platform: with one, a plain `ctr image import` filters the
    /// image out.
    pub(crate) fn entry(&self, mut root: Descriptor) -> Descriptor {
        let tag = self.tag.as_ref().map(|tag| (keys::REF_NAME, tag));
        let format_of = self.format_of.as_ref().map(|chosen| (keys::FORMAT_OF, chosen));
        let annotations = [(keys::CONTAINERD_NAME, &self.long)].into_iter().chain(tag).chain(format_of);
        let annotations: HashMap<_, _> =
            annotations.map(|(key, value)| (key.to_owned(), value.clone())).collect();
        root.set_annotations(Some(annotations));
        root
    }

    /// Whether an entry is what this one replaces. Other tools name an image by its tag alone.
    pub(crate) fn replaces(&self, entry: &Descriptor) -> bool {
        let annotation = |key| entry.annotations().as_ref().and_then(|all| all.get(key));
        // The other formats of a build are of no use beside an image of another.
        if annotation(keys::FORMAT_OF) == Some(&self.long) {
            return true;
        }
        match annotation(keys::CONTAINERD_NAME) {
            Some(name) => *name == self.long,
            None => self.tag.is_some() && annotation(keys::REF_NAME) == self.tag.as_ref(),
        }
    }
}

/// An image under the name that it will be found by.
pub(crate) struct Named<'a> {
    pub(crate) image: &'a Image,
    pub(crate) name: Name,
}

impl<'a> Named<'a> {
    /// # Errors
    /// The reference has a digest, and it is not this image's.
    pub(crate) fn new(image: &'a Image, reference: &Reference) -> Result<Self, Error> {
        if let Some(asked) = reference.digest().filter(|asked| *asked != image.digest()) {
            return Err(Error::OtherDigest { digest: image.digest(), asked });
        }
        Ok(Self { image, name: Name::new(&reference.without_digest()) })
    }

    /// The entry in [`INDEX_JSON`].
    pub(crate) fn descriptor(&self) -> Descriptor {
        self.name.entry(self.image.root().descriptor())
    }

    /// The content of [`MANIFEST_JSON`], by which Docker's classic store and older `podman load` find their
    /// way; nothing for what Docker cannot run.
    pub(crate) fn docker_manifest(&self) -> Option<Vec<u8>> {
        let DockerEntry { config, layers } = self.image.docker.as_ref()?;
        let layers: Vec<String> = layers.iter().copied().map(blob_path).collect();
        let entry = json!({ "Config": blob_path(*config), "RepoTags": [self.name.long], "Layers": layers });
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
