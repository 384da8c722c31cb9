//! Provenance: which sources, tools and settings an image was made with. A statement of in-toto
//! (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>) with the predicate of SLSA
//! (<https://slsa.dev/spec/v1.0/provenance>).
//!
//! It says nothing that is different on another machine: no clock, no path. Nobody vouches for it but whoever signs it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::bill::{Component, OUR_VERSION, OURSELVES, Tool};
use crate::{Blob, Digest, json};

/// How an image came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The image in each of its formats: what it is called, without a digest, and what names its bytes.
    pub images: Vec<(String, Digest)>,
    /// The sources' commit, where they have one.
    pub source: Option<Revision>,
    /// What the build was asked for, in words.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// The module that is started, as the toolchain left it.
    pub module: Digest,
    /// The names of the other modules, and those as the toolchain left them.
    pub others: Vec<(String, Digest)>,
    /// What had a part in it.
    pub tools: Vec<Tool>,
    /// What is linked besides the program itself.
    pub components: Vec<Component>,
    /// The sources of each module, by its name; of the one that is started, without one.
    pub sources: Vec<(Option<String>, Sources)>,
    /// The digest of the tar of what else is in the image.
    pub files: Option<Digest>,
}

/// The files that a module was compiled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The `dirHash` of in-toto, in hexadecimal digits
    /// (<https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md#dirhash>).
    pub dir_hash: String,
    /// How many there are.
    pub files: usize,
}

/// A state of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Where the repository is, if that is a public address.
    pub repository: Option<String>,
    /// The commit, in hexadecimal digits.
    pub commit: String,
    /// Whether files were changed since.
    pub is_dirty: bool,
}

/// What kind of statement it is, as in-toto names it.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// The media type of statements that are not signed.
pub const MEDIA_TYPE: &str = "application/vnd.in-toto+json";

/// Who builds, and how to understand the parameters.
const BUILDER: &str = "https://github.com/cargo-wasmpack/cargo-wasmpack";
const BUILD_TYPE: &str = "https://github.com/cargo-wasmpack/cargo-wasmpack/blob/main/docs/provenance-v1.md";

impl Provenance {
    /// The statement as a document.
    #[must_use]
    pub fn document(&self) -> Blob {
        let mut versions = BTreeMap::from([(OURSELVES, OUR_VERSION.to_owned())]);
        for Tool { name, version } in &self.tools {
            // Libraries come compiled already, by other versions.
            let known = versions.entry(name).or_default();
            let separator = if known.is_empty() { "" } else { ", " };
            *known += &format!("{separator}{}", version.as_deref().unwrap_or_default());
        }
        let mut parameters: Map<String, Value> =
            self.parameters.iter().map(|(name, words)| (name.clone(), words.join(" ").into())).collect();
        if let Some(repository) = self.source.as_ref().and_then(|source| source.repository.as_deref()) {
            parameters.insert("repository".to_owned(), repository.into());
        }
        let subject =
            |(name, image): &(String, Digest)| json!({ "name": name, "digest": { "sha256": image.hex() } });
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": self.images.iter().map(subject).collect::<Vec<_>>(),
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": parameters,
                    "resolvedDependencies": self.dependencies(),
                },
                "runDetails": { "builder": { "id": BUILDER, "version": versions } },
            },
        });
        Blob::new(MEDIA_TYPE, json::canonical(&statement))
    }

    /// The sources, the module before it was made smaller, and what is linked, as far as it has a hash.
    fn dependencies(&self) -> Vec<Value> {
        let source = self.source.as_ref().map(|Revision { repository, commit, is_dirty }| {
            let mut source = json!({ "name": "source", "digest": { "gitCommit": commit } });
            if let Some(repository) = repository {
                source["uri"] = format!("git+{repository}@{commit}").into();
            }
            if *is_dirty {
                source["annotations"] = json!({ "dirty": true });
            }
            source
        });
        let module =
            |name: &str, digest: &Digest| json!({ "name": name, "digest": { "sha256": digest.hex() } });
        let sources = self.sources.iter().map(|(of, Sources { dir_hash, files })| {
            let name = of.as_ref().map_or_else(|| "sources".to_owned(), |of| format!("sources of {of}"));
            json!({ "name": name, "digest": { "dirHash": dir_hash }, "annotations": { "files": files } })
        });
        let others = self.others.iter().map(|(name, digest)| module(&format!("module {name}"), digest));
        let modules = [module("module", &self.module)].into_iter().chain(others);
        let linked = self.components.iter().filter_map(|component| {
            let (purl, sha256) = (component.purl.as_ref()?, component.sha256.as_ref()?);
            Some(json!({ "uri": purl, "digest": { "sha256": sha256 } }))
        });
        let files = self.files.iter().map(|digest| module("files", digest));
        source.into_iter().chain(sources).chain(modules).chain(files).chain(linked).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_as_the_standard_has_it() {
        let component = Component {
            name: "libc".to_owned(),
            purl: Some("pkg:cargo/libc@1.0.0".to_owned()),
            sha256: Some("cd".to_owned()),
            ..Component::default()
        };
        let provenance = Provenance {
            images: vec![
                ("app".to_owned(), Digest::of(b"image")),
                ("app:latest-artifact".to_owned(), Digest::of(b"artifact")),
            ],
            source: Some(Revision {
                repository: Some("https://example.com/app".to_owned()),
                commit: "ab".to_owned(),
                is_dirty: true,
            }),
            parameters: BTreeMap::from([("features".to_owned(), vec!["a".to_owned(), "b".to_owned()])]),
            module: Digest::of(b"module"),
            others: Vec::new(),
            tools: vec![Tool { name: "rustc".to_owned(), version: Some("1.95.0".to_owned()) }],
            components: vec![component, Component::default()],
            sources: vec![(None, Sources { dir_hash: "ef".to_owned(), files: 2 })],
            files: Some(Digest::of(b"files")),
        };
        let document: Value = serde_json::from_slice(&provenance.document().bytes().unwrap()).unwrap();
        assert_eq!(document["subject"][0]["digest"]["sha256"], Digest::of(b"image").hex());
        assert_eq!(document["subject"][1]["name"], "app:latest-artifact");
        let definition = &document["predicate"]["buildDefinition"];
        assert_eq!(definition["externalParameters"]["features"], "a b");
        assert_eq!(
            definition["resolvedDependencies"],
            json!([
                {
                    "name": "source",
                    "uri": "git+https://example.com/app@ab",
                    "digest": { "gitCommit": "ab" },
                    "annotations": { "dirty": true },
                },
                { "name": "sources", "digest": { "dirHash": "ef" }, "annotations": { "files": 2 } },
                { "name": "module", "digest": { "sha256": Digest::of(b"module").hex() } },
                { "name": "files", "digest": { "sha256": Digest::of(b"files").hex() } },
                { "uri": "pkg:cargo/libc@1.0.0", "digest": { "sha256": "cd" } },
            ])
        );
        let versions = &document["predicate"]["runDetails"]["builder"]["version"];
        assert_eq!(versions, &json!({ "cargo-wasmpack": OUR_VERSION, "rustc": "1.95.0" }));
    }
}
