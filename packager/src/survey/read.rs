//! Reading every document that a layout or archive lists, as long as there are not too many.

use std::path::Path;

use oci_spec::image::{Descriptor, ImageManifest};
use serde::Deserialize;

use super::{Config, Content, Entry, Layer, Manifest, Survey};
use crate::layout::{INDEX_JSON, MANIFEST_JSON, blob_path};
use crate::store::Store;
use crate::{Digest, Error, Platform, artifact, docker_archive, documents};

/// An index in an index in an index is more than anybody writes.
const DEPTH_LIMIT: usize = 3;

/// All entries of all indexes together may be this many.
pub(super) const ENTRIES_LIMIT: usize = 10_000;

/// All documents together may have this many bytes, 32 MiB. What they say is held in memory.
pub(super) const DOCUMENTS_LIMIT_BYTES: u64 = 32 << 20;

/// Reads all that is listed.
///
/// # Errors
/// It is no layout; or a document is missing, damaged, too long, or nested too deeply; or there are too many.
pub fn survey(path: impl AsRef<Path>) -> Result<Survey, Error> {
    let path = path.as_ref();
    let store = Store::open(path)?;
    let index = documents::index(&store.document(INDEX_JSON)?)
        .map_err(|problem| store.damaged(INDEX_JSON, problem))?;
    let mut reader = Reader { store: &store, left: ENTRIES_LIMIT, left_bytes: DOCUMENTS_LIMIT_BYTES };
    let entries = reader.entries(index.manifests(), DEPTH_LIMIT)?;
    let docker_configs = docker_configs(&store)?;
    Ok(Survey { path: path.to_owned(), form: store.form(), entries, docker_configs, store })
}

/// What reads documents, until there are too many.
struct Reader<'a> {
    store: &'a Store,
    left: usize,
    left_bytes: u64,
}

impl Reader<'_> {
    fn entries(&mut self, descriptors: &[Descriptor], depth: usize) -> Result<Vec<Entry>, Error> {
        descriptors.iter().map(|descriptor| self.entry(descriptor, depth)).collect()
    }

    fn entry(&mut self, descriptor: &Descriptor, depth: usize) -> Result<Entry, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Err(self.store.refuse(&format!("its indexes have more than {ENTRIES_LIMIT} entries")));
        };
        self.left = left;
        let digest = Digest::from_oci(descriptor.digest())?;
        let place = blob_path(digest);
        let store = self.store;
        let damaged = |problem: String| store.damaged(&place, problem);
        let [is_index, is_manifest] =
            [documents::is_index, documents::is_manifest].map(|is| is(descriptor.media_type()));
        let content = if (is_index || is_manifest) && !store.has(&place) {
            Content::Absent
        } else if is_index {
            let index = documents::index(&self.document(descriptor)?).map_err(damaged)?;
            let Some(depth) = depth.checked_sub(1) else {
                return Err(damaged("it is nested too deeply".to_owned()));
            };
            Content::Index(self.entries(index.manifests(), depth)?)
        } else if is_manifest {
            let manifest = documents::manifest(&self.document(descriptor)?).map_err(damaged)?;
            Content::Manifest(Box::new(self.manifest(&manifest)?))
        } else {
            Content::Foreign
        };
        let platform = descriptor.platform().as_ref();
        Ok(Entry {
            media_type: descriptor.media_type().to_string(),
            digest,
            size_bytes: descriptor.size(),
            platform: platform.map(|platform| {
                Platform::new(platform.os().to_string(), platform.architecture().to_string())
            }),
            artifact_type: descriptor.artifact_type().as_ref().map(ToString::to_string),
            annotations: descriptor.annotations().clone().unwrap_or_default().into_iter().collect(),
            content,
        })
    }

    /// A document, as long as there are not too many bytes of them.
    fn document(&mut self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let Some(left_bytes) = self.left_bytes.checked_sub(descriptor.size()) else {
            let problem = format!("its documents have more than {DOCUMENTS_LIMIT_BYTES} bytes");
            return Err(self.store.refuse(&problem));
        };
        self.left_bytes = left_bytes;
        self.store.blob(descriptor)
    }

    fn manifest(&mut self, manifest: &ImageManifest) -> Result<Manifest, Error> {
        let layer = |layer: &Descriptor| {
            Ok(Layer {
                media_type: layer.media_type().to_string(),
                digest: Digest::from_oci(layer.digest())?,
                size_bytes: layer.size(),
                annotations: layer.annotations().clone().unwrap_or_default().into_iter().collect(),
            })
        };
        let subject = manifest.subject().as_ref();
        let mut absent = Vec::new();
        for descriptor in [manifest.config()].into_iter().chain(manifest.layers()) {
            let digest = Digest::from_oci(descriptor.digest())?;
            if !self.store.has(&blob_path(digest)) && !absent.contains(&digest) {
                absent.push(digest);
            }
        }
        Ok(Manifest {
            media_type: manifest.media_type().as_ref().map(ToString::to_string),
            artifact_type: manifest.artifact_type().as_ref().map(ToString::to_string),
            subject: subject.map(|subject| Digest::from_oci(subject.digest())).transpose()?,
            annotations: manifest.annotations().clone().unwrap_or_default().into_iter().collect(),
            config_type: manifest.config().media_type().to_string(),
            config_digest: Digest::from_oci(manifest.config().digest())?,
            config: self.config(manifest.config())?,
            layers: manifest.layers().iter().map(layer).collect::<Result<_, Error>>()?,
            absent,
        })
    }

    fn config(&mut self, descriptor: &Descriptor) -> Result<Config, Error> {
        let parse: fn(&[u8]) -> Result<Config, String> = if documents::is_config(descriptor.media_type()) {
            image_config
        } else if descriptor.media_type().as_ref() == artifact::CONFIG {
            artifact_config
        } else {
            return Ok(Config::default());
        };
        let place = blob_path(Digest::from_oci(descriptor.digest())?);
        if !self.store.has(&place) {
            return Ok(Config::default());
        }
        parse(&self.document(descriptor)?).map_err(|problem| self.store.damaged(&place, problem))
    }
}

fn image_config(bytes: &[u8]) -> Result<Config, String> {
    let config = documents::config(bytes)?;
    let execution = config.config().clone().unwrap_or_default();
    Ok(Config {
        platform: Some(Platform::new(config.os().to_string(), config.architecture().to_string())),
        diff_ids: config.rootfs().diff_ids().clone(),
        entrypoint: execution.entrypoint().clone().unwrap_or_default(),
        cmd: execution.cmd().clone().unwrap_or_default(),
        user: execution.user().clone().filter(|user| !user.is_empty()),
        working_dir: execution.working_dir().clone().filter(|folder| !folder.is_empty()),
    })
}

fn artifact_config(bytes: &[u8]) -> Result<Config, String> {
    #[derive(Deserialize)]
    struct Artifact {
        os: Option<String>,
        architecture: Option<String>,
        #[serde(default)]
        rootfs: Rootfs,
    }
    #[derive(Deserialize, Default)]
    struct Rootfs {
        #[serde(default)]
        diff_ids: Vec<String>,
    }
    let Artifact { os, architecture, rootfs } =
        serde_json::from_slice(bytes).map_err(|cause| format!("it is not the JSON expected: {cause}"))?;
    let platform = os.zip(architecture).map(|(os, architecture)| Platform::new(os, architecture));
    Ok(Config { platform, diff_ids: rootfs.diff_ids, ..Config::default() })
}

/// The configs that `manifest.json` names.
fn docker_configs(store: &Store) -> Result<Option<Vec<Digest>>, Error> {
    if !store.has(MANIFEST_JSON) {
        return Ok(None);
    }
    let listed = docker_archive::listed(store)?;
    Ok(Some(listed.iter().filter_map(|image| store.digest(&image.config)).collect()))
}
