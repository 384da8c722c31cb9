//! All that a layout or archive lists, without choosing: for whoever asks what another program would see in it.
//!
//! [`crate::open`] chooses one image and refuses what it could not run. Here everything is kept, shapes that nobody knows
//! too; but a document that a descriptor names is checked against it, as there.

mod programs;
mod read;

use std::path::PathBuf;

use crate::digest::Hashing;
use crate::layout::blob_path;
use crate::module::{find_within, read_layer, read_raw};
use crate::store::Store;
use crate::{
    Annotations, Blob, Digest, Error, Form, INFLATE_LIMIT_BYTES, Platform, StoredLayer, documents, keys,
    signature,
};

pub use programs::Program;
use read::DOCUMENTS_LIMIT_BYTES;
pub use read::survey;

/// By this annotation `BuildKit` tells what it says of images from images.
pub(crate) const ATTESTATION: &str = "vnd.docker.reference.type";

/// What is in a layout or archive.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The folder or file.
    pub path: PathBuf,
    /// How it lies there.
    pub form: Form,
    /// What its `index.json` lists.
    pub entries: Vec<Entry>,
    /// The configs that its `manifest.json` names, in archives for Docker; none where there is no such file.
    pub docker_configs: Option<Vec<Digest>>,
    store: Store,
}

/// What an index says of a blob, and what is there.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its length.
    pub size_bytes: u64,
    /// What it is for, if the index says so.
    pub platform: Option<Platform>,
    /// What kind of artifact it is, if the index says so.
    pub artifact_type: Option<String>,
    /// What the index says beside that.
    pub annotations: Annotations,
    /// What is there.
    pub content: Content,
}

/// What is behind an entry.
#[derive(Debug, Clone)]
pub enum Content {
    /// Further entries.
    Index(Vec<Entry>),
    /// One image or artifact.
    Manifest(Box<Manifest>),
    /// Something else, which is not read.
    Foreign,
    /// Nothing, though it would be an index or a manifest: what is saved of a pulled image most often has the whole index, and
    /// of one platform only what it names (<https://github.com/containerd/containerd/issues/10032>).
    Absent,
}

/// A manifest, with what its config says.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The media type it gives itself.
    pub media_type: Option<String>,
    /// What kind of artifact it says it is.
    pub artifact_type: Option<String>,
    /// The manifest that it refers to.
    pub subject: Option<Digest>,
    /// Its annotations.
    pub annotations: Annotations,
    /// The media type of its config.
    pub config_type: String,
    /// The digest of its config.
    pub config_digest: Digest,
    /// What the config says, if it is of a kind that is read.
    pub config: Config,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
    /// What of its config and layers is not there.
    pub absent: Vec<Digest>,
}

impl Manifest {
    /// The first part of it that is not there: what it is, and its digest.
    #[must_use]
    pub fn lacks(&self) -> Option<(&'static str, Digest)> {
        let digest = *self.absent.first()?;
        Some((if digest == self.config_digest { "config" } else { "layer" }, digest))
    }
}

/// What a config says; nothing where it is absent or of a kind that is not read.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What it is for.
    pub platform: Option<Platform>,
    /// The digests of its layers' tars.
    pub diff_ids: Vec<String>,
    /// What runs.
    pub entrypoint: Vec<String>,
    /// Arguments, or without an entrypoint what runs.
    pub cmd: Vec<String>,
    /// Whom it runs as.
    pub user: Option<String>,
    /// Where it runs.
    pub working_dir: Option<String>,
}

/// What a manifest says of a layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// How it is stored.
    pub media_type: String,
    /// The digest of the bytes as stored.
    pub digest: Digest,
    /// The number of bytes as stored.
    pub size_bytes: u64,
    /// Its annotations.
    pub annotations: Annotations,
}

/// What a layer's tar says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarEntry {
    /// Relative to the root of the image.
    pub path: String,
    /// `regular`, `directory`, `symlink` ...
    pub kind: String,
    /// What it points to, if it is a link.
    pub link: Option<String>,
    /// Its permissions.
    pub mode: Option<u64>,
    /// The number of its owner.
    pub user: Option<u64>,
    /// The number of its group.
    pub group: Option<u64>,
    /// When it was changed, in seconds since 1970.
    pub modified: Option<u64>,
    /// The digest of its content.
    pub digest: Digest,
    /// The length of its content.
    pub size_bytes: u64,
}

impl Survey {
    /// The images, and artifacts that stand for themselves: neither what refers to another one nor what is not read.
    pub fn images(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| match &entry.content {
            Content::Index(_) => true,
            Content::Manifest(manifest) => manifest.subject.is_none(),
            // Nobody can say whether it refers to another one, but for the index.
            Content::Absent => entry.artifact_type.is_none(),
            Content::Foreign => false,
        })
    }

    /// What refers to this digest, such as a bill of materials.
    pub fn referrers(&self, digest: Digest) -> impl Iterator<Item = (&Entry, &Manifest)> {
        self.entries.iter().filter_map(move |entry| match &entry.content {
            Content::Manifest(manifest) if manifest.subject == Some(digest) => Some((entry, &**manifest)),
            _ => None,
        })
    }

    /// What refers to this digest and is a signature or can be signed; each is a document by itself.
    ///
    /// # Errors
    /// One is missing or damaged, or together they have more than 32 MiB.
    pub fn signed_documents(&self, digest: Digest) -> Result<Vec<Blob>, Error> {
        let (mut documents, mut left_bytes) = (Vec::new(), DOCUMENTS_LIMIT_BYTES);
        for (_, manifest) in self.referrers(digest) {
            for layer in manifest.layers.iter().filter(|layer| signature::is_read(&layer.media_type)) {
                left_bytes = left_bytes.checked_sub(layer.size_bytes).ok_or_else(|| {
                    self.store.refuse(&format!(
                        "what is told of {digest} has more than {DOCUMENTS_LIMIT_BYTES} bytes"
                    ))
                })?;
                documents.push(Blob::new(layer.media_type.as_str(), self.blob(layer)?));
            }
        }
        Ok(documents)
    }

    /// The manifest or index of an entry.
    ///
    /// # Errors
    /// It is missing, damaged or too long.
    pub fn root(&self, entry: &Entry) -> Result<Blob, Error> {
        Ok(Blob::new(entry.media_type.as_str(), self.document(entry.digest)?))
    }

    /// The module that a manifest starts, or why there is none. Reading may inflate as many bytes as are left.
    ///
    /// # Errors
    /// A layer is damaged, or stored in a way that is not read here.
    pub fn module(
        &self,
        manifest: &Manifest,
        left_bytes: &mut u64,
    ) -> Result<Result<Vec<u8>, String>, Error> {
        if let Some(layer) = manifest.layers.iter().find(|layer| layer.is_module()) {
            return self.blob(layer).map(Ok);
        }
        let Some(path) = manifest.config.program() else {
            return Ok(Err("is not named".to_owned()));
        };
        match self.tars(manifest) {
            Some(layers) => find_within(&self.store, &layers, &path, left_bytes),
            None => Ok(Err("is in layers that its config does not list".to_owned())),
        }
    }

    /// Whether the topmost layer is a tar that has a file of this name, in whatever folder.
    ///
    /// # Errors
    /// As [`Self::module`].
    pub fn has_on_top(&self, manifest: &Manifest, name: &str, left_bytes: &mut u64) -> Result<bool, Error> {
        let Some(layer) = self.tars(manifest).and_then(|mut layers| layers.pop()) else { return Ok(false) };
        let mut found = false;
        read_layer(&self.store, &layer, left_bytes, |entry| {
            found |= entry.kind.is_file() && entry.path.rsplit('/').next() == Some(name);
            Ok(())
        })?;
        Ok(found)
    }

    /// A blob as it is stored, checked against its digest.
    ///
    /// # Errors
    /// It is missing, damaged, or longer than a module may be.
    pub fn blob(&self, layer: &Layer) -> Result<Vec<u8>, Error> {
        let Layer { digest, size_bytes, media_type, .. } = layer;
        let stored = StoredLayer {
            digest: *digest,
            size_bytes: *size_bytes,
            media_type: media_type.clone(),
            diff_id: None,
        };
        read_raw(&self.store, &stored)
    }

    /// A file by its path in an image of tars, or why there is none.
    ///
    /// # Errors
    /// As [`Self::module`].
    pub fn file(
        &self,
        manifest: &Manifest,
        path: &str,
        left_bytes: &mut u64,
    ) -> Result<Result<Vec<u8>, String>, Error> {
        let Some(layers) = self.tars(manifest) else { return Ok(Err("is in no tar".to_owned())) };
        find_within(&self.store, &layers, path, left_bytes)
    }

    /// Whether a blob is there, damaged or not.
    #[must_use]
    pub fn has(&self, digest: Digest) -> bool {
        self.store.has(&blob_path(digest))
    }

    /// A document as it is stored: a manifest, config or index that an entry names.
    ///
    /// # Errors
    /// It is missing, damaged or too long.
    pub fn document(&self, digest: Digest) -> Result<Vec<u8>, Error> {
        let place = blob_path(digest);
        let bytes = self.store.document(&place)?;
        match Digest::of(&bytes) == digest {
            true => Ok(bytes),
            false => Err(self.store.damaged(&place, format!("its digest is {}", Digest::of(&bytes)))),
        }
    }

    /// Every entry of a layer that is a tar, in the order of the tar; nothing if it is none, or one of several layers is none.
    ///
    /// # Errors
    /// As [`Self::module`].
    pub fn files(
        &self,
        manifest: &Manifest,
        number: usize,
        left_bytes: &mut u64,
    ) -> Result<Option<Vec<TarEntry>>, Error> {
        let Some(layers) = self.tars(manifest) else { return Ok(None) };
        let mut files = Vec::new();
        read_layer(&self.store, &layers[number], left_bytes, |entry| {
            let ([mode, user, group, modified], path) = (entry.attributes, entry.path);
            let kind = format!("{:?}", entry.kind).to_lowercase();
            // Headers of other kinds may have anything there.
            let link = entry.link.filter(|_| entry.kind.is_symlink() || entry.kind.is_hard_link());
            let (digest, size_bytes) = Hashing::new(entry.content).finish()?;
            files.push(TarEntry { path, kind, link, mode, user, group, modified, digest, size_bytes });
            Ok(())
        })?;
        Ok(Some(files))
    }

    /// What may be inflated for one answer about a survey.
    pub const INFLATE_BYTES: u64 = INFLATE_LIMIT_BYTES;

    /// The layers, if all are tars and the config lists them.
    fn tars(&self, manifest: &Manifest) -> Option<Vec<StoredLayer>> {
        let (layers, diff_ids) = (&manifest.layers, &manifest.config.diff_ids);
        let listed = layers.len() == diff_ids.len() && layers.iter().all(Layer::is_tar);
        let layer = |(layer, diff_id): (&Layer, &String)| {
            Some(StoredLayer {
                digest: layer.digest,
                size_bytes: layer.size_bytes,
                media_type: layer.media_type.clone(),
                diff_id: Some(diff_id.parse().ok()?),
            })
        };
        listed.then(|| layers.iter().zip(diff_ids).map(layer).collect()).flatten()
    }
}

impl Entry {
    /// The name it is kept under by containerd and Docker.
    #[must_use]
    pub fn long_name(&self) -> Option<&str> {
        self.annotations.get(keys::CONTAINERD_NAME).map(String::as_str)
    }

    /// The name that tools of the specification look for, most often a bare tag.
    #[must_use]
    pub fn short_name(&self) -> Option<&str> {
        self.annotations.get(keys::REF_NAME).map(String::as_str)
    }

    /// What to call it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.long_name().or_else(|| self.short_name())
    }

    /// The manifests it leads to, itself or those in the index, with the entry that names each.
    pub fn manifests(&self) -> Vec<(&Self, &Manifest)> {
        let listed = self.listed().into_iter();
        listed.filter_map(|(entry, manifest)| Some((entry, manifest?))).collect()
    }

    /// The same, and the entries of what is not there.
    pub fn listed(&self) -> Vec<(&Self, Option<&Manifest>)> {
        match &self.content {
            Content::Manifest(manifest) => vec![(self, Some(manifest))],
            Content::Index(entries) => entries.iter().flat_map(Self::listed).collect(),
            Content::Absent => vec![(self, None)],
            Content::Foreign => Vec::new(),
        }
    }

    /// Whether it says something about an image and is none, as attestations of `BuildKit` do
    /// (<https://docs.docker.com/build/metadata/attestations/attestation-storage/>).
    #[must_use]
    pub fn is_attestation(&self) -> bool {
        self.annotations.contains_key(ATTESTATION)
    }
}

impl Config {
    /// The absolute path in the image of what runs, if it says so.
    #[must_use]
    pub fn program(&self) -> Option<String> {
        let program = self.entrypoint.first().or(self.cmd.first())?;
        // `/app.wasm#function` is how runwasi is told of another start.
        let program =
            program.split_once(".wasm#").map_or_else(|| program.clone(), |(path, _)| format!("{path}.wasm"));
        let folder =
            if program.starts_with('/') { "" } else { self.working_dir.as_deref().unwrap_or_default() };
        let path = format!("{folder}/{program}");
        let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
        Some(parts.fold(String::new(), |path, part| path + "/" + part))
    }
}

impl Layer {
    /// Whether it is a tar, compressed or not.
    #[must_use]
    pub fn is_tar(&self) -> bool {
        documents::compression(&self.media_type.as_str().into()).is_some()
    }

    /// Whether it is a module as it is, without a tar around it.
    #[must_use]
    pub fn is_module(&self) -> bool {
        documents::is_module(&self.media_type.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::read::ENTRIES_LIMIT;
    use super::*;
    use crate::fixture::{self, Foreign, MODULE, flip, image, name};
    use crate::layout::MANIFEST_JSON;
    use crate::{DOCUMENT_LIMIT_BYTES, Sink, artifact, sinks};

    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

    impl Foreign<'_> {
        /// The bytes behind a descriptor.
        fn document(&self, descriptor: &Value) -> Vec<u8> {
            let digest = descriptor["digest"].as_str().unwrap().parse().unwrap();
            fs::read(self.0.join(blob_path(digest))).unwrap()
        }
    }

    fn artifact(foreign: &Foreign<'_>, subject: Option<&Value>) -> Value {
        let layer = foreign.blob("application/wasm", MODULE);
        let config = json!({ "os": "wasip1", "architecture": "wasm", "layerDigests": [layer["digest"]] });
        let config = foreign.blob(artifact::CONFIG, config.to_string());
        let mut manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        if let Some(subject) = subject {
            manifest["subject"] = subject.clone();
        }
        foreign.blob(MANIFEST, manifest.to_string())
    }

    #[test]
    fn everything_that_is_listed_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let image = foreign.image(&[], &json!({ "Entrypoint": ["app.wasm"], "WorkingDir": "/srv" }));
        let index = foreign.index(&[image.clone(), foreign.blob("text/plain", "a note")]);
        let referrer = artifact(&foreign, Some(&index));
        foreign.finish(&[index.clone(), referrer, artifact(&foreign, None)]);
        let survey = survey(folder.path()).unwrap();
        let images: Vec<&Entry> = survey.images().collect();
        assert_eq!(images.len(), 2, "what refers to another one is none");
        let Content::Index(entries) = &images[0].content else { panic!("an index went in") };
        assert!(matches!(entries[1].content, Content::Foreign));
        let manifests = images[0].manifests();
        assert_eq!(manifests[0].1.config.program().as_deref(), Some("/srv/app.wasm"));
        assert_eq!(survey.referrers(images[0].digest).count(), 1);
        let [(_, artifact)] = images[1].manifests()[..] else { panic!("an artifact went in") };
        assert_eq!(artifact.config.platform.as_ref().unwrap().to_string(), "wasip1/wasm");
        assert_eq!(survey.module(artifact, &mut 0).unwrap().unwrap(), MODULE);
    }

    #[test]
    fn what_is_not_there_is_known_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let [here, gone] = ["/here.wasm", "/gone.wasm"]
            .map(|program| foreign.image(&[program.into()], &json!({ "Entrypoint": [program] })));
        let document: Value = serde_json::from_slice(&foreign.document(&gone)).unwrap();
        let remove = |descriptor: &Value| {
            let digest: Digest = descriptor["digest"].as_str().unwrap().parse().unwrap();
            fs::remove_file(folder.path().join(blob_path(digest))).unwrap();
            digest
        };
        foreign.finish(&[foreign.index(&[here, gone.clone()])]);
        let layer = remove(&document["layers"][0]);
        let absent = |expected: &[Digest]| {
            let survey = survey(folder.path()).unwrap();
            assert_eq!(survey.entries[0].manifests()[1].1.absent, expected);
        };
        absent(&[layer]);
        absent(&[remove(&document["config"]), layer]);
        remove(&gone);
        let survey = survey(folder.path()).unwrap();
        assert_eq!(survey.entries[0].manifests().len(), 1);
        assert!(matches!(survey.entries[0].listed()[1].0.content, Content::Absent));
    }

    #[test]
    fn links_are_told_with_their_targets_however_long() {
        let long = "folder/".repeat(40);
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        for (kind, target) in [(tar::EntryType::Symlink, &*long), (tar::EntryType::Link, "app.wasm")] {
            header.set_entry_type(kind);
            builder.append_link(&mut header, "link", target).unwrap();
        }
        let pax = [("linkpath", long.as_bytes())];
        builder.append_pax_extensions(pax).unwrap();
        builder.append_link(&mut header, "pax", "short").unwrap();
        let layer = builder.into_inner().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[foreign.image(&[layer], &json!({}))]);
        let survey = survey(folder.path()).unwrap();
        let [(_, manifest)] = survey.entries[0].manifests()[..] else { panic!("one image went in") };
        let files = survey.files(manifest, 0, &mut Survey::INFLATE_BYTES.clone()).unwrap().unwrap();
        let links: Vec<_> = files.iter().map(|file| file.link.as_deref().unwrap()).collect();
        assert_eq!(links, [&*long, "app.wasm", &*long]);
    }

    #[test]
    fn an_archive_says_which_config_docker_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.tar");
        let image = image(MODULE);
        sinks::Archive::at(&path).write(&image, &name("app")).unwrap();
        let survey = survey(&path).unwrap();
        assert_eq!(survey.form, Form::Archive);
        assert_eq!(survey.docker_configs, Some(vec![fixture::config(&image).digest()]));
        let [(_, manifest)] = survey.entries[0].manifests()[..] else { panic!("one image went in") };
        let mut left_bytes = Survey::INFLATE_BYTES;
        assert_eq!(survey.module(manifest, &mut left_bytes).unwrap().unwrap(), MODULE);
        assert!(survey.has_on_top(manifest, "app.wasm", &mut left_bytes).unwrap());
        assert!(!survey.has_on_top(manifest, "plugin.wasm", &mut left_bytes).unwrap());
        assert!(left_bytes < Survey::INFLATE_BYTES);
        let [file] = &survey.files(manifest, 0, &mut left_bytes).unwrap().unwrap()[..] else {
            panic!("one file went in")
        };
        assert_eq!((&*file.path, file.digest, file.size_bytes), ("app.wasm", Digest::of(MODULE), 8));
        assert_eq!((&*file.kind, file.mode, file.modified), ("regular", Some(0o755), Some(0)));
    }

    #[test]
    fn a_flipped_bit_is_refused_wherever_it_is() {
        let image = image(MODULE);
        for blob in image.blobs() {
            let folder = tempfile::tempdir().unwrap();
            sinks::Layout::at(folder.path()).write(&image, &name("app")).unwrap();
            flip(&folder.path().join(blob_path(blob.digest())));
            let mut left_bytes = Survey::INFLATE_BYTES;
            let read = survey(folder.path()).and_then(|survey| {
                let [(_, manifest)] = survey.entries[0].manifests()[..] else { panic!("one image went in") };
                survey.module(manifest, &mut left_bytes).map(drop)
            });
            assert!(matches!(read, Err(Error::Damaged { .. })), "{read:?}");
        }
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[artifact(&foreign, None)]);
        flip(&folder.path().join(blob_path(Digest::of(MODULE))));
        let survey = survey(folder.path()).unwrap();
        let [(_, manifest)] = survey.entries[0].manifests()[..] else { panic!("one artifact went in") };
        assert!(matches!(survey.module(manifest, &mut 0), Err(Error::Damaged { .. })));
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let refused = |expected: &str| {
            let error = survey(folder.path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let image = foreign.image(&[], &json!({}));
        foreign.finish(&vec![image.clone(); ENTRIES_LIMIT + 1]);
        refused("more than 10000 entries");
        // Each level has the one below a hundred times: a few documents, and a million entries.
        let many = (0..3).fold(image.clone(), |entry, _| foreign.index(&vec![entry; 100]));
        foreign.finish(&[many]);
        refused("more than 10000 entries");
        let padded = [foreign.document(&image), vec![b' '; 3 << 20]].concat();
        foreign.finish(&vec![foreign.blob(MANIFEST, padded); 11]);
        refused("more than 33554432 bytes");
        foreign.finish(&[(0..9).fold(image, |entry, _| foreign.index(&[entry]))]);
        refused("nested too deeply");
        let huge = vec![b' '; usize::try_from(DOCUMENT_LIMIT_BYTES).unwrap() + 1];
        foreign.finish(&[foreign.blob(MANIFEST, huge)]);
        refused("more than the 4194304");
        let mut lying = artifact(&foreign, None);
        lying["size"] = json!(-1);
        foreign.finish(&[lying]);
        refused("JSON expected");
    }

    #[test]
    fn a_document_that_two_readers_could_read_differently_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let config = foreign.blob(artifact::CONFIG, r#"{"os":"wasip1","os":"wasip2","architecture":"wasm"}"#);
        let twice = json!({ "schemaVersion": 2, "config": config, "layers": [] });
        let both = json!({ "schemaVersion": 2, "config": config, "layers": [], "manifests": [] });
        for (manifest, expected) in [(twice, "duplicate field"), (both, "ambiguous")] {
            foreign.finish(&[foreign.blob(MANIFEST, manifest.to_string())]);
            let error = survey(folder.path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_docker_list_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[artifact(&foreign, None)]);
        fs::write(folder.path().join(MANIFEST_JSON), "{}").unwrap();
        assert!(survey(folder.path()).unwrap_err().to_string().contains("`manifest.json`"));
    }
}
