//! Whether bytes on disk are the image they say they are.
//!
//! Nothing that wrote them is asked: every digest and size is derived again, every document read again, and
//! all that is wrong is told, not only the first. The rules are the MUSTs of the OCI image specification 1.1,
//! and nothing of what one consumer or another prefers.

mod image;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use oci_spec::image::{Descriptor, MediaType};

use crate::digest::Hashing;
use crate::error::printable;
use crate::files::TEMPORARY_PREFIX;
use crate::layout::{BLOBS, INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, blob_path};
use crate::store::{Store, mismatch};
use crate::survey::ATTESTATION;
use crate::{Digest, Error, INFLATE_LIMIT_BYTES, docker_archive, documents};

/// More than anybody nests; each level takes room on the stack.
const DEPTH_LIMIT: usize = 16;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The file in the layout, and the part of it where that helps.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
    /// How much it matters.
    pub gravity: Gravity,
}

/// How much something matters that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    /// What is there is not what it should be, or lacks a part.
    Wrong,
    /// What is there is right, and of an index one manifest is not there, with all that it names: what `docker save` and
    /// `ctr image export` write of a pulled image has one platform, and the index of all.
    Partial,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.place.escape_debug(), self.problem)
    }
}

/// Checks a layout folder, or a tar of one, against the specification.
///
/// # Errors
/// Everything that is wrong, in the order of the files. What cannot be checked here, such as a layer
/// compressed in a way that is not read, counts as wrong.
pub fn validate(path: impl AsRef<Path>) -> Result<(), Vec<Violation>> {
    let store = Store::open(path.as_ref()).map_err(|error| {
        vec![match error {
            Error::Damaged { place, problem, .. } => Violation { place, problem, gravity: Gravity::Wrong },
            error => Violation {
                place: path.as_ref().display().to_string(),
                problem: in_full(&error),
                gravity: Gravity::Wrong,
            },
        }]
    })?;
    let mut check = Check {
        store,
        sizes: BTreeMap::new(),
        seen: BTreeSet::new(),
        left_bytes: 0,
        layers: BTreeSet::new(),
        violations: Vec::new(),
    };
    check.marker();
    check.blobs();
    check.left_bytes = inflatable(check.sizes.values().sum());
    check.index();
    check.docker_manifest();
    if check.violations.is_empty() { Ok(()) } else { Err(check.violations) }
}

/// What may be inflated of so many stored bytes. Layers become four times as large, perhaps ten; a thousand times, those that
/// are made to keep who reads them busy.
fn inflatable(stored_bytes: u64) -> u64 {
    stored_bytes.saturating_mul(32).saturating_add(INFLATE_LIMIT_BYTES)
}

/// What has been found so far.
struct Check {
    store: Store,
    /// The blobs whose bytes have the digest they are named after, with their sizes.
    sizes: BTreeMap<Digest, u64>,
    /// The manifests and indexes that have been looked at.
    seen: BTreeSet<Digest>,
    /// How many bytes may still be inflated.
    left_bytes: u64,
    /// The layers that have been read, with the `diff_id` that they had to have.
    layers: BTreeSet<(Digest, Option<Digest>)>,
    violations: Vec<Violation>,
}

impl Check {
    fn marker(&mut self) {
        self.read(OCI_LAYOUT, self.store.document(OCI_LAYOUT), documents::marker);
    }

    /// Every blob, whether or not something names it.
    fn blobs(&mut self) {
        for name in self.noted(BLOBS, self.store.blob_names()).unwrap_or_default() {
            if name.starts_with(TEMPORARY_PREFIX) {
                // A run that was killed left it, and the next one removes it; nothing can name it.
                continue;
            }
            let place = format!("{BLOBS}/{name}");
            let Ok(named) = format!("sha256:{name}").parse::<Digest>() else {
                self.note(&place, "its name is not a digest");
                continue;
            };
            let hashed = self.store.reader(&place).and_then(|(reader, _)| {
                Hashing::new(reader).finish().map_err(|cause| self.store.damaged(&place, cause.to_string()))
            });
            match self.noted(&place, hashed) {
                Some((digest, size_bytes)) if digest == named => {
                    self.sizes.insert(named, size_bytes);
                }
                Some((digest, _)) => self.note(&place, format!("its digest is {digest}")),
                None => {}
            }
        }
    }

    fn index(&mut self) {
        if let Some(index) = self.read(INDEX_JSON, self.store.document(INDEX_JSON), documents::index) {
            self.entries(INDEX_JSON, index.manifests(), DEPTH_LIMIT);
        }
    }

    /// What the entries of an index lead to. What is neither image nor index is only checked to be there.
    fn entries(&mut self, place: &str, entries: &[Descriptor], depth: usize) {
        // Of an image that is named by `index.json`, and of one of which nothing is there, the lack is no choice of anybody's.
        let is_there = |entry: &Descriptor| {
            documents::is_document(entry.media_type())
                && !is_attestation(entry)
                && self.absent(entry).is_none()
        };
        let is_partial = place != INDEX_JSON && entries.iter().any(is_there);
        for (number, entry) in entries.iter().enumerate() {
            let place = format!("{place} manifests[{number}]");
            if let Some(digest) = self.absent(entry).filter(|_| is_partial) {
                let platform = entry.platform().as_ref();
                let platform = platform.map(|it| format!(" for {}/{}", it.os(), it.architecture()));
                let problem = format!("manifest {digest}{} is not there", platform.unwrap_or_default());
                self.noted_as(&place, &problem, Gravity::Partial);
                continue;
            }
            let Some(digest) = self.descriptor(&place, entry) else { continue };
            if !self.seen.insert(digest) {
                continue;
            }
            let place = blob_path(digest);
            if documents::is_index(entry.media_type()) {
                if let Some(index) = self.read(&place, self.store.blob(entry), documents::index) {
                    self.media_type(&place, index.media_type().as_ref(), entry);
                    self.artifact_type(&place, index.artifact_type().as_ref(), entry);
                    self.subject(&place, index.subject().as_ref());
                    match depth.checked_sub(1) {
                        Some(depth) => self.entries(&place, index.manifests(), depth),
                        None => self.note(&place, "it is nested too deeply"),
                    }
                }
            } else if documents::is_manifest(entry.media_type())
                && let Some(manifest) = self.read(&place, self.store.blob(entry), documents::manifest)
            {
                self.media_type(&place, manifest.media_type().as_ref(), entry);
                self.artifact_type(&place, manifest.artifact_type().as_ref(), entry);
                self.subject(&place, manifest.subject().as_ref());
                self.manifest(&place, &manifest);
            }
        }
    }

    /// The digest of what an entry of an index names, if it is a manifest or index that is not there.
    fn absent(&self, entry: &Descriptor) -> Option<Digest> {
        let is_document = documents::is_document(entry.media_type());
        let digest = Digest::from_oci(entry.digest()).ok().filter(|_| is_document)?;
        (!self.store.has(&blob_path(digest))).then_some(digest)
    }

    /// What a document says it refers to. That may be elsewhere; if it is here, it has to be what is said.
    fn subject(&mut self, place: &str, subject: Option<&Descriptor>) {
        let Some(subject) = subject else { return };
        let Some(digest) = self.noted(place, Digest::from_oci(subject.digest())) else { return };
        let known = self.sizes.get(&digest).copied();
        if let Some(problem) =
            known.and_then(|size_bytes| mismatch((digest, size_bytes), (digest, subject.size())))
        {
            self.note(&format!("{place} subject"), problem);
        }
        let kind = subject.media_type();
        if !documents::is_manifest(kind) && !documents::is_index(kind) {
            self.note(
                &format!("{place} subject"),
                format!("it is of type `{kind}`, neither manifest nor index"),
            );
        }
    }

    /// The blob that a descriptor names, if its bytes are there and right.
    fn descriptor(&mut self, place: &str, descriptor: &Descriptor) -> Option<Digest> {
        let digest = self.noted(place, Digest::from_oci(descriptor.digest()))?;
        let Some(size_bytes) = self.sizes.get(&digest) else {
            // A blob with other bytes has been told of already.
            if !self.store.has(&blob_path(digest)) {
                self.note(place, format!("blob {digest} is missing"));
            }
            return None;
        };
        match mismatch((digest, *size_bytes), (digest, descriptor.size())) {
            Some(problem) => self.note(&blob_path(digest), problem),
            None => return Some(digest),
        }
        None
    }

    /// A document that says its media type must say the same as its descriptor.
    fn media_type(&mut self, place: &str, own: Option<&MediaType>, descriptor: &Descriptor) {
        if let Some(own) = own.filter(|own| *own != descriptor.media_type()) {
            let said = descriptor.media_type();
            self.note(place, format!("its media type is `{own}`, its descriptor says `{said}`"));
        }
    }

    /// The same for the kind of artifact, where the descriptor tells it.
    fn artifact_type(&mut self, place: &str, own: Option<&MediaType>, descriptor: &Descriptor) {
        let Some(said) = descriptor.artifact_type().as_ref() else { return };
        if own.is_some_and(|own| own != said) {
            let own = own.map(ToString::to_string).unwrap_or_default();
            self.note(place, format!("its artifact type is `{own}`, its descriptor says `{said}`"));
        }
    }

    /// What Docker's list names must be there; the rest of it is for Docker to judge.
    fn docker_manifest(&mut self) {
        if !self.store.has(MANIFEST_JSON) {
            return;
        }
        for entry in self.noted(MANIFEST_JSON, docker_archive::listed(&self.store)).unwrap_or_default() {
            for path in entry.layers.iter().chain([&entry.config]) {
                if !self.store.has(path) {
                    self.note(MANIFEST_JSON, format!("it names `{}`, which is missing", path.escape_debug()));
                }
            }
        }
    }

    /// A document, or nothing and a violation.
    fn read<T>(
        &mut self,
        place: &str,
        bytes: Result<Vec<u8>, Error>,
        parse: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Option<T> {
        let bytes = self.noted(place, bytes)?;
        parse(&bytes).map_err(|problem| self.note(place, problem)).ok()
    }

    /// The value, or nothing and a violation at the place that the error names, else at this one.
    fn noted<T>(&mut self, place: &str, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Error::Damaged { place, problem, .. }) => {
                self.note(&place, problem);
                None
            }
            Err(error) => {
                self.note(place, in_full(&error));
                None
            }
        }
    }

    fn note(&mut self, place: &str, problem: impl Into<String>) {
        self.noted_as(place, &problem.into(), Gravity::Wrong);
    }

    fn noted_as(&mut self, place: &str, problem: &str, gravity: Gravity) {
        let place = self.store.place(place).to_owned();
        self.violations.push(Violation { place, problem: printable(problem), gravity });
    }
}

fn in_full(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// What `BuildKit` adds to an index: it is about an image, and is none.
fn is_attestation(entry: &Descriptor) -> bool {
    entry.annotations().as_ref().is_some_and(|annotations| annotations.contains_key(ATTESTATION))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{self, Foreign, MODULE, flip, image, name, names};
    use crate::{Image, Sink, artifact, sinks};

    fn written(folder: &Path) -> Image {
        let image = image(MODULE);
        sinks::Layout::at(folder).write(&image, &name("app")).unwrap();
        image
    }

    fn violations(path: &Path) -> Vec<String> {
        validate(path).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn one_flipped_bit_is_one_violation_and_named() {
        let image = image(MODULE);
        for blob in image.blobs() {
            let folder = tempfile::tempdir().unwrap();
            written(folder.path());
            let place = blob_path(blob.digest());
            flip(&folder.path().join(&place));
            let found = violations(folder.path());
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("`{place}`: its digest is sha256:")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn every_bit_of_an_archive_counts_or_is_padding() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.tar");
        let image = image(MODULE);
        sinks::Archive::at(&path).write(&image, &name("app")).unwrap();
        let bytes = fs::read(&path).unwrap();
        for blob in image.blobs() {
            let stored = blob.bytes().unwrap();
            let start = bytes.windows(stored.len()).position(|window| window == &*stored).unwrap();
            for place in (start..start + stored.len()).step_by(7) {
                let mut flipped = bytes.clone();
                flipped[place] ^= 4;
                fs::write(&path, flipped).unwrap();
                let found = violations(&path);
                assert!(
                    found.iter().any(|line| line.contains(&blob.digest().hex())),
                    "byte {place}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn what_the_index_names_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let image = written(folder.path());
        let layer = fixture::layer(&image);
        fs::remove_file(folder.path().join(blob_path(layer.digest()))).unwrap();
        let expected =
            format!("`{} layers[0]`: blob {} is missing", blob_path(image.digest()), layer.digest());
        assert_eq!(violations(folder.path()), [expected]);
        fs::remove_file(folder.path().join(blob_path(image.digest()))).unwrap();
        assert_eq!(
            violations(folder.path()),
            [format!("`index.json manifests[0]`: blob {} is missing", image.digest())]
        );
    }

    #[test]
    fn a_platform_that_is_not_there_is_told_from_one_that_lacks_a_part() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let images = ["one", "two"].map(|layer| foreign.image(&[layer.into()], &json!({})));
        let [one, two] =
            images.each_ref().map(|image| -> Digest { image["digest"].as_str().unwrap().parse().unwrap() });
        let remove = |digest| fs::remove_file(folder.path().join(blob_path(digest))).unwrap();
        let gravities = || {
            let found = validate(folder.path()).unwrap_err();
            found.iter().filter(|it| !it.problem.contains("tar")).map(|it| it.gravity).collect::<Vec<_>>()
        };
        foreign.finish(&[foreign.index(&images)]);
        remove(two);
        assert_eq!(gravities(), [Gravity::Partial]);
        remove(Digest::of(b"one"));
        assert_eq!(gravities(), [Gravity::Wrong, Gravity::Partial]);
        // Of an image nothing is there, and `index.json` says that both are.
        remove(one);
        assert_eq!(gravities(), [Gravity::Wrong; 2]);
        foreign.finish(&images);
        assert_eq!(gravities(), [Gravity::Wrong; 2]);
    }

    #[test]
    fn the_marker_and_strange_files_are_told() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        fs::write(folder.path().join(OCI_LAYOUT), r#"{"imageLayoutVersion":"2"}"#).unwrap();
        fs::write(folder.path().join(BLOBS).join("rest"), "").unwrap();
        let expected = [
            "`oci-layout`: its layout version is `2`, not `1.0.0`",
            "`blobs/sha256/rest`: its name is not a digest",
        ];
        assert_eq!(violations(folder.path()), expected);
    }

    #[test]
    fn a_document_that_contradicts_another_is_told() {
        // Each changes one word of a sound image made by hand; digests and sizes are right again.
        for (document, pointer, value, expected) in [
            ("config", "/os", json!(""), "its os is empty"),
            ("config", "/architecture", json!(""), "its architecture is empty"),
            ("config", "/rootfs/type", json!("base"), "its rootfs is not of type `layers`"),
            ("config", "/rootfs/diff_ids", json!([]), "it lists 0 diff_ids for 1 layers"),
            ("config", "/rootfs/diff_ids/0", json!(Digest::of(b"x").to_string()), "the config says"),
            (
                "config",
                "/history/0/empty_layer",
                json!(true),
                "its history tells of 0 layers, its rootfs of 1",
            ),
            ("manifest", "/schemaVersion", json!(1), "its schema version is 1"),
            (
                "manifest",
                "/mediaType",
                json!("application/vnd.docker.distribution.manifest.v2+json"),
                "its descriptor says",
            ),
            ("manifest", "/layers/0/size", json!(1), "its descriptor says 1"),
            ("manifest", "/layers/0/mediaType", json!("text/plain"), "is stored as `text/plain`"),
            ("manifest", "/layers/0/mediaType", json!("application/wasm"), "the config says that it is"),
            ("manifest", "/layers/0/digest", json!("sha512:x"), "JSON expected"),
            ("manifest", "/manifests", json!([]), "ambiguous"),
            ("none", "", json!(null), ""),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let foreign = Foreign(folder.path());
            let image = image(MODULE);
            let changed = |name: &str, bytes: &[u8]| {
                let mut json: Value = serde_json::from_slice(bytes).unwrap();
                if name == document {
                    let (parent, key) = pointer.rsplit_once('/').unwrap();
                    match json.pointer_mut(parent).unwrap() {
                        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
                        parent => parent[key] = value.clone(),
                    }
                }
                json
            };
            let [config_type, manifest_type] =
                [fixture::config(&image), image.root()].map(crate::Blob::media_type);
            foreign.blob("x", fixture::layer(&image).bytes().unwrap());
            let config = foreign
                .blob(config_type, changed("config", &fixture::config(&image).bytes().unwrap()).to_string());
            let mut manifest = changed("manifest", &image.root().bytes().unwrap());
            manifest["config"] = config;
            foreign.finish(&[foreign.blob(manifest_type, manifest.to_string())]);
            let found = violations(folder.path());
            if expected.is_empty() {
                assert!(found.is_empty(), "{found:?}");
            } else {
                assert!(found.iter().any(|line| line.contains(expected)), "{pointer}: {found:?}");
            }
        }
    }

    #[test]
    fn what_refers_to_an_image_must_be_right_about_it() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let image = foreign.image(&[], &json!({}));
        let referring = |subject: &Value, artifact_type: Option<&str>| {
            let config = foreign.blob("application/vnd.oci.empty.v1+json", "{}");
            let mut manifest =
                json!({ "schemaVersion": 2, "config": config, "layers": [config], "subject": subject });
            if let Some(artifact_type) = artifact_type {
                manifest["artifactType"] = json!(artifact_type);
            }
            foreign.finish(&[
                image.clone(),
                foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string()),
            ]);
            violations(folder.path())
        };
        let bill = Some("application/spdx+json");
        let changed = |key: &str, value: Value| {
            let mut changed = image.clone();
            changed[key] = value;
            changed
        };
        assert_eq!(referring(&image, bill), [""; 0]);
        let elsewhere = changed("digest", json!(Digest::of(b"elsewhere").to_string()));
        assert_eq!(referring(&elsewhere, bill), [""; 0], "what it refers to may be in a registry");
        assert!(referring(&changed("size", json!(1)), bill)[0].ends_with("its descriptor says 1"));
        assert!(
            referring(&changed("mediaType", json!("text/plain")), bill)[0]
                .contains("neither manifest nor index")
        );
        assert!(referring(&image, None)[0].contains("what kind of artifact"));
    }

    #[test]
    fn an_artifact_names_its_layer_in_its_config() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let layer = foreign.blob("application/wasm", MODULE);
        let found = |config: Value| {
            let config = foreign.blob(artifact::CONFIG, config.to_string());
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] }).to_string();
            foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)]);
            violations(folder.path())
        };
        let digest = &layer["digest"];
        assert_eq!(
            found(json!({ "os": "wasip1", "architecture": "wasm", "layerDigests": [digest] })),
            [""; 0]
        );
        assert!(found(json!({ "architecture": "wasm", "layerDigests": [] }))[0].contains("layerDigests"));
        assert!(found(json!({ "architecture": "amd64", "layerDigests": [digest] }))[0].contains("`amd64`"));
        assert!(found(json!({ "architecture": "wasm" }))[0].contains("missing field"));
    }

    #[test]
    fn what_buildkit_says_about_an_image_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let statement = foreign.blob("application/vnd.in-toto+json", "{}");
        for (diff_id, is_right) in [(Digest::of(b"{}"), true), (Digest::of(b"other"), false)] {
            let rootfs = json!({ "type": "layers", "diff_ids": [diff_id.to_string()] });
            let config = json!({ "os": "unknown", "architecture": "unknown", "rootfs": rootfs }).to_string();
            let config = foreign.blob("application/vnd.oci.image.config.v1+json", config);
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [statement] }).to_string();
            foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)]);
            assert_eq!(violations(folder.path()).is_empty(), is_right);
        }
    }

    #[test]
    fn what_inflates_without_end_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let zeros = std::io::Read::take(std::io::repeat(0), INFLATE_LIMIT_BYTES + (64 << 20));
        let mut bomb = Vec::new();
        let mut encoder = flate2::read::GzEncoder::new(zeros, flate2::Compression::fast());
        std::io::Read::read_to_end(&mut encoder, &mut bomb).unwrap();
        let layer = foreign.blob("application/vnd.oci.image.layer.v1.tar+gzip", bomb);
        let image = |diff_id: Digest| {
            let rootfs = json!({ "type": "layers", "diff_ids": [diff_id.to_string()] });
            let config = json!({ "os": "wasi", "architecture": "wasm", "rootfs": rootfs }).to_string();
            let config = foreign.blob("application/vnd.oci.image.config.v1+json", config);
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] }).to_string();
            foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)
        };
        let images: Vec<Value> = (0_u8..100).map(|number| image(Digest::of(&[number]))).collect();
        foreign.finish(&images);
        let found = violations(folder.path());
        // It may be read whole once, and then no more.
        assert!(found.len() <= 2 && found.last().unwrap().contains("bytes as a plain tar"), "{found:?}");
    }

    #[test]
    fn indexes_in_each_other_have_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let nested =
            |depth| (0..depth).fold(foreign.image(&[], &json!({})), |entry, _| foreign.index(&[entry]));
        foreign.finish(&[nested(DEPTH_LIMIT)]);
        assert_eq!(violations(folder.path()), [""; 0]);
        foreign.finish(&[nested(2000)]);
        assert!(violations(folder.path())[0].ends_with("it is nested too deeply"));
    }

    #[test]
    fn all_violations_are_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        for file in names(folder.path()).iter().filter(|file| file.starts_with(BLOBS)) {
            flip(&folder.path().join(file));
        }
        assert_eq!(violations(folder.path()).len(), 3);
    }

    #[test]
    fn dockers_list_must_not_point_into_nothing() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        fs::write(
            folder.path().join(MANIFEST_JSON),
            r#"[{"Config":"gone.json","RepoTags":null,"Layers":[]}]"#,
        )
        .unwrap();
        assert_eq!(violations(folder.path()), ["`manifest.json`: it names `gone.json`, which is missing"]);
    }

    #[test]
    fn what_is_no_layout_at_all_is_one_violation() {
        let folder = tempfile::tempdir().unwrap();
        assert!(violations(folder.path())[0].ends_with("it is a folder without `oci-layout`"));
    }
}
