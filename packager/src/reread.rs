//! A stored image as a value again, so that it can go to another place as it is.

use oci_spec::image::{Descriptor, ImageManifest};

use crate::image::DockerEntry;
use crate::layout::INDEX_JSON;
use crate::store::Store;
use crate::{Blob, Digest, Error, Image, Platform, Referrer, Stored, documents, layout};

/// An index in an index in an index is more than anybody writes.
const DEPTH_LIMIT: usize = 3;

impl Stored {
    /// The whole image with what refers to it: every platform of its index, each blob checked against its descriptor.
    ///
    /// # Errors
    /// A blob is missing or damaged, or a document is nested too deeply.
    pub fn image(&self) -> Result<Image, Error> {
        self.read(Store::content)
    }

    /// The same, where large blobs are checked against their digests by whoever reads them: for those who may not have to read
    /// any.
    ///
    /// # Errors
    /// As [`Self::image`], but a large blob may have other bytes of the same number.
    pub fn image_unread(&self) -> Result<Image, Error> {
        self.read(Store::promise)
    }

    fn read(&self, take: Take) -> Result<Image, Error> {
        let mut reader = Reader { store: &self.store, take, blobs: Vec::new(), docker: None };
        reader.read(&self.root, is_for_docker(&self.root), DEPTH_LIMIT)?;
        let Reader { blobs, docker, .. } = reader;
        Ok(Image { blobs, docker, referrers: self.referrers()? })
    }

    /// What the layout lists beside the image and refers to it.
    fn referrers(&self) -> Result<Vec<Referrer>, Error> {
        let store = &self.store;
        let index = documents::index(&store.document(INDEX_JSON)?)
            .map_err(|problem| store.damaged(INDEX_JSON, problem))?;
        let mut referrers = Vec::new();
        for entry in index.manifests() {
            // What says nothing of its kind is an image.
            let Some(artifact_type) = entry.artifact_type() else { continue };
            if !documents::is_manifest(entry.media_type()) {
                continue;
            }
            let (blob, manifest) = manifest(store, entry)?;
            if manifest.subject().as_ref().is_some_and(|subject| subject.digest() == self.root.digest()) {
                let mut blobs = Vec::new();
                for part in parts(&manifest) {
                    blobs.push(store.content(part)?);
                }
                blobs.push(blob);
                referrers.push(Referrer::stored(artifact_type.clone(), blobs));
            }
        }
        Ok(referrers)
    }
}

/// How a blob is had.
type Take = fn(&Store, &Descriptor) -> Result<Blob, Error>;

/// Takes the blobs of an image, each once; what is named before what names it.
struct Reader<'a> {
    store: &'a Store,
    take: Take,
    blobs: Vec<Blob>,
    docker: Option<DockerEntry>,
}

impl Reader<'_> {
    fn read(&mut self, entry: &Descriptor, for_docker: bool, depth: usize) -> Result<(), Error> {
        if documents::is_index(entry.media_type()) {
            let blob = document(self.store, entry)?;
            let place = layout::blob_path(blob.digest());
            let damaged = |problem| self.store.damaged(&place, problem);
            let index = blob.bytes().map_err(|cause| damaged(cause.to_string()))?;
            let index = documents::index(&index).map_err(damaged)?;
            let depth = depth.checked_sub(1).ok_or_else(|| damaged("it is nested too deeply".to_owned()))?;
            for entry in index.manifests() {
                self.read(entry, is_for_docker(entry), depth)?;
            }
            self.keep(blob);
        } else if documents::is_manifest(entry.media_type()) {
            let (blob, manifest) = manifest(self.store, entry)?;
            for part in parts(&manifest) {
                self.take(part)?;
            }
            if for_docker && self.docker.is_none() {
                self.docker = docker_entry(&manifest)?;
            }
            self.keep(blob);
        } else {
            self.take(entry)?;
        }
        Ok(())
    }

    fn take(&mut self, descriptor: &Descriptor) -> Result<(), Error> {
        let digest = Digest::from_oci(descriptor.digest())?;
        if !self.has(digest) {
            self.blobs.push((self.take)(self.store, descriptor)?);
        }
        Ok(())
    }

    fn keep(&mut self, blob: Blob) {
        if !self.has(blob.digest()) {
            self.blobs.push(blob);
        }
    }

    fn has(&self, digest: Digest) -> bool {
        self.blobs.iter().any(|blob| blob.digest() == digest)
    }
}

/// Whether Docker's own list may name this entry: the one for its machine, or the only one there is.
fn is_for_docker(entry: &Descriptor) -> bool {
    let platform = entry.platform().as_ref();
    platform.is_none_or(|platform| *platform == Platform::DOCKER_CLASSIC.to_oci())
}

/// What that list says of an image; nothing for what Docker cannot unpack.
fn docker_entry(manifest: &ImageManifest) -> Result<Option<DockerEntry>, Error> {
    let (config, layers) = (manifest.config(), manifest.layers());
    let is_tar = |layer: &Descriptor| documents::compression(layer.media_type()).is_some();
    if !documents::is_config(config.media_type()) || !layers.iter().all(is_tar) {
        return Ok(None);
    }
    let layers = layers.iter().map(|layer| Digest::from_oci(layer.digest())).collect::<Result<_, _>>()?;
    Ok(Some(DockerEntry { config: Digest::from_oci(config.digest())?, layers }))
}

/// A document that is parsed and kept.
fn document(store: &Store, entry: &Descriptor) -> Result<Blob, Error> {
    let bytes = store.blob(entry)?;
    Ok(Blob::known(entry.media_type().clone(), bytes, Digest::from_oci(entry.digest())?))
}

fn manifest(store: &Store, entry: &Descriptor) -> Result<(Blob, ImageManifest), Error> {
    let blob = document(store, entry)?;
    let damaged = |problem| store.damaged(&layout::blob_path(blob.digest()), problem);
    let bytes = blob.bytes().map_err(|cause| damaged(cause.to_string()))?;
    let manifest = documents::manifest(&bytes).map_err(damaged)?;
    drop(bytes);
    Ok((blob, manifest))
}

/// What a manifest names, in the order a registry wants it.
fn parts(manifest: &ImageManifest) -> impl Iterator<Item = &Descriptor> {
    manifest.layers().iter().chain([manifest.config()])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fixture::{self, Foreign, MODULE, flip, image, name};
    use crate::{Artifact, Compression, File, Layer, Sink, Tar, open_reference, sinks};

    fn everywhere() -> Image {
        let tar = Tar::from_files([File::executable("/app.wasm", MODULE)]).unwrap();
        let draft = Image::scratch(Platform::WASI_WASM)
            .with_layer(Layer::new(&tar, Compression::default()).unwrap())
            .with_entrypoint(["/app.wasm"]);
        draft.build_everywhere().unwrap()
    }

    fn written(folder: &std::path::Path, image: &Image) -> Stored {
        sinks::Layout::at(folder).write(image, &name("app")).unwrap();
        open_reference(folder, &name("app")).unwrap()
    }

    #[test]
    fn an_image_of_any_format_comes_back_whole() {
        let raw = Image::scratch(Platform::WASI_WASM)
            .with_layer(Layer::raw(MODULE.to_vec()))
            .with_entrypoint(["/app.wasm"]);
        let artifact = Artifact {
            module: Layer::raw(MODULE.to_vec()),
            file_name: "app.wasm".to_owned(),
            component: None,
            annotations: crate::Annotations::new(),
            created_seconds: 0,
        };
        let images = [image(MODULE), everywhere(), raw.build().unwrap(), artifact.build().unwrap()];
        for image in images {
            let folder = tempfile::tempdir().unwrap();
            let image = image
                .with_referrer("application/spdx+json", Blob::new("application/spdx+json", b"{}".to_vec()))
                .with_referrer("application/x", Blob::new("application/x", b"other".to_vec()));
            assert_eq!(written(folder.path(), &image).image().unwrap(), image);
        }
    }

    #[test]
    fn an_archive_made_of_it_is_the_same_as_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first.tar", "second.tar"].map(|file| folder.path().join(file));
        let stored = written(&folder.path().join("layout"), &everywhere());
        sinks::Archive::for_docker(&first).write(&everywhere(), &name("app")).unwrap();
        sinks::Archive::for_docker(&second).write(&stored.image().unwrap(), &name("app")).unwrap();
        assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
    }

    #[test]
    fn a_large_layer_comes_from_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (image, ..) = fixture::in_file(folder.path());
        let [archive, again] = ["archive.tar", "again.tar"].map(|file| folder.path().join(file));
        let from_layout = written(&folder.path().join("layout"), &image).image().unwrap();
        sinks::Archive::at(&archive).write(&from_layout, &name("app")).unwrap();
        let from_archive = crate::open(&archive).unwrap().image().unwrap();
        assert_eq!([&from_layout, &from_archive], [&image, &image]);
        sinks::Archive::at(&again).write(&from_archive, &name("app")).unwrap();
        assert!(fs::read(&archive).unwrap() == fs::read(&again).unwrap());
        flip(&archive);
        sinks::Archive::at(folder.path().join("third.tar")).write(&from_archive, &name("app")).unwrap_err();
    }

    #[test]
    fn what_is_not_read_yet_is_checked_when_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (image, ..) = fixture::in_file(folder.path());
        let [layout, archive] = ["layout", "archive.tar"].map(|file| folder.path().join(file));
        sinks::Layout::at(&layout).write(&image, &name("app")).unwrap();
        sinks::Archive::at(&archive).write(&image, &name("app")).unwrap();
        let place = layout.join(layout::blob_path(fixture::layer(&image).digest()));
        for (path, changed) in [(&layout, &place), (&archive, &archive)] {
            let stored = crate::open(path).unwrap();
            assert_eq!(stored.image_unread().unwrap(), image);
            flip(changed);
            stored.image().unwrap_err();
            let layer = fixture::layer(&stored.image_unread().unwrap()).clone();
            assert!(layer.bytes().unwrap_err().to_string().ends_with("has been changed"));
        }
        fs::write(&place, "short").unwrap();
        let error = crate::open(&layout).unwrap().image_unread().unwrap_err().to_string();
        assert!(error.contains("it has 5 bytes, its descriptor says"), "{error}");
    }

    #[test]
    fn what_is_missing_or_damaged_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(MODULE);
        let stored = written(folder.path(), &image);
        let place = layout::blob_path(fixture::layer(&image).digest());
        flip(&folder.path().join(&place));
        let error = stored.image().unwrap_err().to_string();
        assert!(error.contains(&place) && error.contains("its digest is"), "{error}");
        fs::remove_file(folder.path().join(&place)).unwrap();
        let error = stored.image().unwrap_err().to_string();
        assert!(error.contains(&place) && error.contains("it is missing"), "{error}");
    }

    #[test]
    fn what_refers_to_another_image_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let (one, two) = (
            foreign.image(&[], &serde_json::json!({})),
            foreign.image(&[], &serde_json::json!({ "Cmd": ["x"] })),
        );
        let config = foreign.blob("application/vnd.oci.empty.v1+json", "{}");
        let referrer =
            serde_json::json!({ "schemaVersion": 2, "config": config, "layers": [], "subject": two });
        let mut referrer = foreign.blob("application/vnd.oci.image.manifest.v1+json", referrer.to_string());
        referrer["artifactType"] = "application/x".into();
        let named = |mut entry: serde_json::Value, tag: &str| {
            entry["annotations"] = serde_json::json!({ crate::keys::REF_NAME: tag });
            entry
        };
        foreign.finish(&[named(one, "one"), named(two, "two"), referrer]);
        let count = |tag: &str| {
            let stored = open_reference(folder.path(), &name(&format!("app:{tag}"))).unwrap();
            stored.image().unwrap().referrers().len()
        };
        assert_eq!([count("one"), count("two")], [0, 1]);
    }
}
