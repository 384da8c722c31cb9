//! Docker's archives without `index.json`, seen as the layouts that they would be.
//!
//! `docker save` before version 25, `podman save`, and `skopeo` and `buildah` with `docker-archive:` write a `manifest.json`
//! that names config and layers by their paths in the tar, and no manifest
//! (<https://github.com/moby/moby/blob/v24.0.9/image/spec/v1.2.md>). The manifests that are missing are made here as
//! containerd makes them when it imports such an archive. Digests are those that config and paths claim, where they claim one, so
//! that whoever reads a blob finds out whether that is true.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;

use oci_spec::image::{Descriptor, ImageManifestBuilder, SCHEMA_VERSION};
use serde::Deserialize;

use crate::digest::Hashing;
use crate::layout::{self, BLOBS, INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, blob_path};
use crate::store::Store;
use crate::walk::Coding;
use crate::{Digest, Error, Platform, Reference, documents, json, keys};

/// All layers and names of all images together may be this many.
const PARTS_LIMIT: usize = 10_000;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// One image in `manifest.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listed {
    /// The path of its config.
    pub(crate) config: String,
    /// Its names.
    pub(crate) repo_tags: Option<Vec<String>>,
    /// The paths of its layers, lowest first.
    pub(crate) layers: Vec<String>,
}

/// What a layout has and such an archive has not.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    documents: BTreeMap<String, Vec<u8>>,
    /// The path in the tar of each blob.
    members: BTreeMap<String, String>,
}

impl View {
    /// A document that is in no file.
    pub(crate) fn document(&self, name: &str) -> Option<&[u8]> {
        self.documents.get(name).map(Vec::as_slice)
    }

    /// Where a file of the layout is in the tar; the same path, if it is no blob.
    pub(crate) fn member<'a>(&'a self, name: &'a str) -> &'a str {
        self.members.get(name).map_or(name, String::as_str)
    }

    /// The digest by which the blob at this path in the tar is found.
    pub(crate) fn digest(&self, member: &str) -> Option<Digest> {
        self.members.iter().find(|(_, path)| *path == member).and_then(|(name, _)| named_after(name))
    }

    /// Every file of the layout.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.documents.keys().chain(self.members.keys())
    }
}

/// The images that `manifest.json` lists.
///
/// # Errors
/// It is missing, too long, or not such a list.
pub(crate) fn listed(store: &Store) -> Result<Vec<Listed>, Error> {
    serde_json::from_slice(&store.document(MANIFEST_JSON)?)
        .map_err(|cause| store.damaged(MANIFEST_JSON, format!("it is not the JSON expected: {cause}")))
}

/// What is missing in an archive to be a layout.
///
/// # Errors
/// `manifest.json` is no such list, has more than [`PARTS_LIMIT`] parts, or names what is not there.
pub(crate) fn view(store: &Store) -> Result<View, Error> {
    let images = listed(store)?;
    let parts = |image: &Listed| image.layers.len() + image.repo_tags.as_ref().map_or(0, Vec::len) + 1;
    if images.iter().map(parts).sum::<usize>() > PARTS_LIMIT {
        return Err(store.refuse(&format!("its `{MANIFEST_JSON}` names more than {PARTS_LIMIT} things")));
    }
    let mut maker = Maker { store, view: View::default(), configs: BTreeMap::new(), layers: BTreeMap::new() };
    let mut entries = Vec::new();
    for image in &images {
        entries.extend(maker.image(image)?);
    }
    let Maker { mut view, .. } = maker;
    view.documents.insert(OCI_LAYOUT.to_owned(), layout::marker());
    view.documents.insert(INDEX_JSON.to_owned(), json::canonical(&layout::index(entries)));
    Ok(view)
}

/// What makes a view; each file of the tar is looked at once, however often it is named.
struct Maker<'a> {
    store: &'a Store,
    view: View,
    configs: BTreeMap<String, (Descriptor, Said)>,
    layers: BTreeMap<String, Descriptor>,
}

/// What a config says that is needed here; nothing if it cannot be read, which whoever reads it next will tell.
#[derive(Debug, Clone, Default)]
struct Said {
    platform: Option<Platform>,
    diff_ids: Vec<Digest>,
}

impl Maker<'_> {
    /// The entries of an image: one for each of its names, or one without.
    fn image(&mut self, image: &Listed) -> Result<Vec<Descriptor>, Error> {
        let (config, said) = self.config(&image.config)?;
        let claims = said.diff_ids.iter().copied().map(Some).chain(std::iter::repeat(None));
        let layers = image.layers.iter().zip(claims).map(|(path, claim)| self.layer(path, claim));
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MANIFEST)
            .config(config)
            .layers(layers.collect::<Result<Vec<_>, Error>>()?)
            .build()
            .expect("every required part is given");
        let manifest = json::canonical(&manifest);
        let digest = Digest::of(&manifest);
        let mut entry = Descriptor::new(MANIFEST.into(), manifest.len() as u64, digest.to_oci());
        self.view.documents.insert(blob_path(digest), manifest);
        entry.set_platform(said.platform.as_ref().map(Platform::to_oci));
        let names = image.repo_tags.as_deref().unwrap_or_default();
        if names.is_empty() {
            return Ok(vec![entry]);
        }
        let named = |name: &String| {
            let mut entry = entry.clone();
            entry.set_annotations(Some(annotations(name)));
            entry
        };
        Ok(names.iter().map(named).collect())
    }

    fn config(&mut self, path: &str) -> Result<(Descriptor, Said), Error> {
        if let Some(known) = self.configs.get(path) {
            return Ok(known.clone());
        }
        self.look_for(path)?;
        let bytes = self.store.document(path)?;
        let config = documents::config(&bytes).ok();
        let said = config.map_or_else(Said::default, |config| Said {
            platform: Some(Platform::new(config.os().to_string(), config.architecture().to_string())),
            diff_ids: config.rootfs().diff_ids().iter().map_while(|diff_id| diff_id.parse().ok()).collect(),
        });
        let known = (self.blob(path, CONFIG, named_after(path))?, said);
        self.configs.insert(path.to_owned(), known.clone());
        Ok(known)
    }

    /// A layer, of which the config says that its tar has the digest `claim`.
    fn layer(&mut self, path: &str, claim: Option<Digest>) -> Result<Descriptor, Error> {
        if let Some(known) = self.layers.get(path) {
            return Ok(known.clone());
        }
        self.look_for(path)?;
        let mut magic = Vec::new();
        let read = self.store.reader(path)?.0.take(4).read_to_end(&mut magic);
        read.map_err(|cause| self.store.damaged(path, cause.to_string()))?;
        let coding = Coding::of(&magic);
        // What is compressed has another digest than its tar.
        let claim = claim.filter(|_| coding == Coding::None);
        let known = self.blob(path, documents::docker_layer(coding), named_after(path).or(claim))?;
        self.layers.insert(path.to_owned(), known.clone());
        Ok(known)
    }

    /// A file as a blob that has the digest `claim`, or where nothing claims one, the digest that it has.
    fn blob(&mut self, path: &str, media_type: &str, claim: Option<Digest>) -> Result<Descriptor, Error> {
        let (reader, size_bytes) = self.store.reader(path)?;
        // Two files are not the same because both claim to be.
        let is_free = |claim: &Digest| !self.view.members.contains_key(&blob_path(*claim));
        let digest = match claim.filter(is_free) {
            Some(digest) => digest,
            None => {
                let hashed = Hashing::new(reader).finish();
                hashed.map_err(|cause| self.store.damaged(path, cause.to_string()))?.0
            }
        };
        self.view.members.entry(blob_path(digest)).or_insert_with(|| path.to_owned());
        Ok(Descriptor::new(media_type.into(), size_bytes, digest.to_oci()))
    }

    fn look_for(&self, path: &str) -> Result<(), Error> {
        if self.store.has(path) {
            return Ok(());
        }
        let problem = format!("it names `{}`, which is missing", path.escape_debug());
        Err(self.store.damaged(MANIFEST_JSON, problem))
    }
}

/// The digest that a path has in it: configs are called after theirs, and newer versions call all blobs so.
pub(crate) fn named_after(path: &str) -> Option<Digest> {
    let blob = path.strip_prefix(BLOBS).and_then(|name| name.strip_prefix('/'));
    format!("sha256:{}", blob.or_else(|| path.strip_suffix(".json"))?).parse().ok()
}

/// An entry's names, as of an archive of our own.
fn annotations(name: &str) -> HashMap<String, String> {
    let named = match name.parse::<Reference>().map(|name| name.fully_qualified()) {
        Ok(name) => vec![
            (keys::CONTAINERD_NAME, name.to_string()),
            (keys::REF_NAME, name.tag().unwrap_or_default().to_owned()),
        ],
        Err(_) => vec![(keys::REF_NAME, name.to_owned())],
    };
    named.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};
    use tar::{EntryType, Header};

    use super::*;
    use crate::fixture::MODULE;
    use crate::{Compression, File, Form, Layer, Survey, Tar, open, survey, validate};

    const LAYER: &str = "5e1f/layer.tar";

    /// What lies at a path of an archive.
    enum Member {
        Bytes(Vec<u8>),
        Link(&'static str),
    }
    use Member::{Bytes, Link};

    fn archive(folder: &Path, listed: &Value, members: &[(&str, Member)]) -> PathBuf {
        let mut tar = tar::Builder::new(Vec::new());
        let listed = (MANIFEST_JSON, Bytes(listed.to_string().into()));
        for (path, member) in members.iter().chain([&listed]) {
            let mut header = Header::new_ustar();
            match member {
                Bytes(bytes) => {
                    header.set_size(bytes.len() as u64);
                    tar.append_data(&mut header, path, &bytes[..]).unwrap();
                }
                Link(target) => {
                    header.set_entry_type(EntryType::Symlink);
                    header.set_size(0);
                    tar.append_link(&mut header, path, target).unwrap();
                }
            }
        }
        let path = folder.join("docker.tar");
        fs::write(&path, tar.into_inner().unwrap()).unwrap();
        path
    }

    fn tar(path: &str, bytes: &[u8]) -> Tar {
        Tar::from_files([File::executable(path, bytes)]).unwrap()
    }

    /// The config of an image of these layers, and its path.
    fn config(diff_ids: &[Digest]) -> (String, Vec<u8>) {
        let diff_ids: Vec<String> = diff_ids.iter().map(ToString::to_string).collect();
        let bytes = json::canonical(&json!({
            "os": "linux", "architecture": "amd64",
            "config": { "Entrypoint": ["/app.wasm"] },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        }));
        (format!("{}.json", Digest::of(&bytes).hex()), bytes)
    }

    /// An image of one layer, as it comes from `docker save`.
    fn saved(folder: &Path, change: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> PathBuf {
        let layer = tar("/app.wasm", MODULE);
        let (name, mut config) = config(&[layer.diff_id().unwrap()]);
        let mut layer = layer.bytes().to_vec();
        change(&mut config, &mut layer);
        let listed = json!([{ "Config": name, "RepoTags": ["app:v1", "app:latest"], "Layers": [LAYER] }]);
        archive(folder, &listed, &[(&name, Bytes(config)), (LAYER, Bytes(layer))])
    }

    fn violations(path: &Path) -> Vec<String> {
        validate(path).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn it_is_the_image_that_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = saved(folder.path(), |_, _| ());
        let stored = open(&path).unwrap();
        assert_eq!((stored.form, stored.module().unwrap()), (Form::DockerArchive, MODULE.to_vec()));
        assert_eq!(stored.reference.as_deref(), Some("docker.io/library/app:v1"));
        assert_eq!(stored.layers[0].diff_id, Some(stored.layers[0].digest));
        let survey = survey(&path).unwrap();
        let names: Vec<&str> = survey.images().filter_map(|entry| entry.name()).collect();
        assert_eq!(names, ["docker.io/library/app:v1", "docker.io/library/app:latest"]);
        assert_eq!(survey.entries[0].platform.as_ref().unwrap().to_string(), "linux/amd64");
        assert_eq!(survey.docker_configs, Some(vec![stored.config_digest]));
        let [(_, manifest)] = survey.entries[0].manifests()[..] else { panic!("one image went in") };
        let mut left_bytes = Survey::INFLATE_BYTES;
        assert_eq!(survey.module(manifest, &mut left_bytes).unwrap().unwrap(), MODULE);
        assert_eq!(validate(&path), Ok(()));
    }

    #[test]
    fn a_large_layer_is_read_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let large: Vec<u8> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
        let layer = tar("/app.wasm", &large);
        let (name, config) = config(&[layer.diff_id().unwrap()]);
        let listed = json!([{ "Config": name, "RepoTags": ["app:v1"], "Layers": [LAYER] }]);
        let members = [(&*name, Bytes(config)), (LAYER, Bytes(layer.bytes().to_vec()))];
        let path = archive(folder.path(), &listed, &members);
        let image = open(&path).unwrap().image().unwrap();
        let blob = image.blobs().iter().find(|blob| blob.digest() == layer.diff_id().unwrap()).unwrap();
        assert_eq!(blob.bytes().unwrap(), layer.bytes().to_vec());
    }

    #[test]
    fn a_flipped_bit_is_named_by_its_path_in_the_archive() {
        let folder = tempfile::tempdir().unwrap();
        let path = saved(folder.path(), |config, _| config[9] ^= 1);
        let found = violations(&path);
        assert!(found[0].contains(".json`: its digest is sha256:"), "{found:?}");
        assert!(!found.iter().any(|line| line.contains(BLOBS)), "{found:?}");
        assert!(open(&path).is_err());
        let path = saved(folder.path(), |_, layer| layer[600] ^= 1);
        let found = violations(&path);
        assert!(found[0].starts_with("`5e1f/layer.tar`: its digest is sha256:"), "{found:?}");
        assert!(open(&path).unwrap().module().unwrap_err().to_string().contains(LAYER));
    }

    #[test]
    fn a_layer_may_be_a_link_to_that_of_another_image() {
        let folder = tempfile::tempdir().unwrap();
        let layer = tar("/app.wasm", MODULE);
        let (name, config) = config(&[layer.diff_id().unwrap()]);
        let listed = json!([{ "Config": name, "RepoTags": null, "Layers": ["b/layer.tar"] }]);
        for (link, expected) in [
            ("../a/layer.tar", ""),
            ("../a/./layer.tar", ""),
            ("/a/layer.tar", "missing"),
            ("../../a/layer.tar", "missing"),
            ("../../../../../../etc/passwd", "missing"),
            ("../c/layer.tar", "missing"),
            ("layer.tar", "missing"),
        ] {
            let members = [
                ("a/layer.tar", Bytes(layer.bytes().to_vec())),
                ("b/layer.tar", Link(link)),
                ("c/layer.tar", Link("../a/layer.tar")),
                (&name, Bytes(config.clone())),
            ];
            let path = archive(folder.path(), &listed, &members);
            let found = violations(&path).join("");
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{link}: {found}");
            let module = open(&path).and_then(|stored| stored.module()).ok();
            assert_eq!(module, expected.is_empty().then(|| MODULE.to_vec()), "{link}");
        }
    }

    #[test]
    fn layers_may_be_compressed() {
        let folder = tempfile::tempdir().unwrap();
        for compression in [Compression::default(), Compression::Zstd] {
            let tar = tar("/app.wasm", MODULE);
            let (_, config) = config(&[tar.diff_id().unwrap()]);
            let layer = Layer::new(&tar, compression).unwrap();
            let listed = json!([{ "Config": "config", "Layers": ["layer"] }]);
            let members =
                [("config", Bytes(config)), ("layer", Bytes(layer.blob().bytes().unwrap().to_vec()))];
            let path = archive(folder.path(), &listed, &members);
            assert_eq!(open(&path).unwrap().module().unwrap(), MODULE);
            let stored = open(&path).unwrap();
            assert_eq!((stored.layers[0].digest, stored.reference), (layer.digest(), None));
            assert_eq!(validate(&path), Ok(()));
        }
    }

    #[test]
    fn two_files_that_claim_one_digest_are_both_read() {
        let folder = tempfile::tempdir().unwrap();
        let layer = tar("/app.wasm", MODULE);
        let (name, config) = config(&[layer.diff_id().unwrap(), layer.diff_id().unwrap()]);
        let listed = json!([{ "Config": name, "Layers": ["one", "two"] }]);
        let mut other = layer.bytes().to_vec();
        for expected in [0, 1] {
            let members = [
                (&*name, Bytes(config.clone())),
                ("one", Bytes(layer.bytes().to_vec())),
                ("two", Bytes(other.clone())),
            ];
            let found = violations(&archive(folder.path(), &listed, &members));
            assert_eq!(found.len(), expected, "{found:?}");
            assert!(found.iter().all(|line| line.starts_with("`two`: its tar is")), "{found:?}");
            other[600] ^= 1;
        }
    }

    #[test]
    fn what_its_list_says_must_be_there_and_have_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let (name, config) = config(&[]);
        let many = vec![json!({ "Config": name, "Layers": [] }); PARTS_LIMIT + 1];
        for (listed, expected) in [
            (json!({}), "`manifest.json`: it is not the JSON expected"),
            (
                json!([{ "Config": "gone", "Layers": [] }]),
                "`manifest.json`: it names `gone`, which is missing",
            ),
            (
                json!([{ "Config": name, "Layers": ["gone"] }]),
                "`manifest.json`: it names `gone`, which is missing",
            ),
            (json!([{ "Config": name, "Layers": [name] }]), "it lists 0 diff_ids for 1 layers"),
            (json!(many), "names more than 10000 things"),
        ] {
            let path = archive(folder.path(), &listed, &[(&name, Bytes(config.clone()))]);
            let found = violations(&path);
            assert!(found.iter().any(|line| line.contains(expected)), "{found:?}");
            assert!(open(&path).is_err());
        }
    }
}
