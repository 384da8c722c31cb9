//! What a registry keeps.

use std::collections::BTreeMap;

use serde_json::Value;
use wasmpack_packager::Digest;

#[derive(Default, Clone)]
pub struct Store {
    /// By repository and digest.
    pub blobs: BTreeMap<(String, String), Vec<u8>>,
    /// By repository and digest: media type and bytes.
    pub manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    /// By repository and tag.
    pub tags: BTreeMap<(String, String), String>,
    /// By number.
    pub uploads: BTreeMap<usize, Upload>,
    pub begun: usize,
}

/// An upload that is not at its end.
#[derive(Clone, Default)]
pub struct Upload {
    pub bytes: Vec<u8>,
    /// How many answers there were, so that an old address is known for one.
    pub state: usize,
}

impl Store {
    pub fn put_blob(&mut self, repository: &str, bytes: Vec<u8>) -> String {
        let digest = Digest::of(&bytes).to_string();
        self.blobs.insert((repository.to_owned(), digest.clone()), bytes);
        digest
    }

    pub fn put_manifest(&mut self, repository: &str, name: &str, kind: &str, bytes: &[u8]) -> String {
        let digest = Digest::of(bytes).to_string();
        self.manifests.insert((repository.to_owned(), digest.clone()), (kind.to_owned(), bytes.to_vec()));
        if !name.starts_with("sha256:") {
            self.tags.insert((repository.to_owned(), name.to_owned()), digest.clone());
        }
        digest
    }

    /// Media type, bytes and digest of what is under a tag or a digest.
    pub fn manifest(&self, repository: &str, name: &str) -> Option<(String, Vec<u8>, String)> {
        let digest = match name.starts_with("sha256:") {
            true => name.to_owned(),
            false => self.tags.get(&(repository.to_owned(), name.to_owned()))?.clone(),
        };
        let (kind, bytes) = self.manifests.get(&(repository.to_owned(), digest.clone()))?;
        Some((kind.clone(), bytes.clone(), digest))
    }

    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.tags.get(&(repository.to_owned(), tag.to_owned())).cloned()
    }

    /// What a document names and is not there. `subject` may be missing.
    pub fn lacks(&self, repository: &str, document: &Value) -> Option<String> {
        let digest = |entry: &Value| entry["digest"].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| document[key].as_array().into_iter().flatten().map(digest).collect::<Vec<_>>();
        let config = document.get("config").map(digest);
        let is_blob = |found: &String| self.blobs.contains_key(&(repository.to_owned(), found.clone()));
        let is_manifest =
            |found: &String| self.manifests.contains_key(&(repository.to_owned(), found.clone()));
        let blobs = list("layers").into_iter().chain(config).find(|found| !is_blob(found));
        blobs.or_else(|| list("manifests").into_iter().find(|found| !is_manifest(found)))
    }

    /// The index of what refers to an image.
    pub fn referrers(&self, repository: &str, subject: &str) -> Value {
        let entry = |((place, digest), (kind, bytes)): (&(String, String), &(String, Vec<u8>))| {
            let document: Value = serde_json::from_slice(bytes).ok()?;
            let refers = place == repository && document["subject"]["digest"] == subject;
            refers.then(|| {
                serde_json::json!({ "mediaType": kind, "digest": digest, "size": bytes.len(),
                    "artifactType": document["artifactType"] })
            })
        };
        let entries: Vec<Value> = self.manifests.iter().filter_map(entry).collect();
        serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries })
    }
}

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
