//! What lies around an image: the other entries of its index, and what refers to it.

use std::fmt;

use serde::Serialize;
use wasmpack_packager::survey::{Content, Entry, Manifest};
use wasmpack_packager::{Annotations, Digest, Survey};

use crate::bill::{Bill, Document};
use crate::description::line;
use crate::size::Size;

/// The field names are keys of `inspect --json`.
#[derive(Debug, Default, Serialize)]
pub struct Surroundings {
    /// The entries of the index that the image is chosen from, if it is from one.
    pub entries: Vec<EntryDescription>,
    /// Bills of materials, provenance, signatures and such, of the image or its index.
    pub referrers: Vec<ReferrerDescription>,
}

/// One of several images in an index.
#[derive(Debug, Serialize)]
pub struct EntryDescription {
    /// What it is for, as the index says; `unknown/unknown` are attestations of `BuildKit`.
    pub platform: Option<String>,
    /// What it is for, as its own config says.
    pub config_platform: Option<String>,
    /// Digest of its manifest.
    pub digest: String,
    /// Media type of its config.
    pub config_type: Option<String>,
    /// What the index says of it.
    pub annotations: Annotations,
    /// What of manifest, config and layers is not there; nothing if all is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
}

/// Something that refers to the image.
#[derive(Debug, Serialize)]
pub struct ReferrerDescription {
    /// What kind of thing it is.
    pub artifact_type: String,
    /// Digest of its manifest.
    pub digest: String,
    /// Bytes of what it holds.
    pub size_bytes: u64,
    /// What it lists, if it is a bill of materials in SPDX or CycloneDX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
    /// Which of the two it is.
    #[serde(skip)]
    document: Option<Document>,
}

impl Surroundings {
    /// Those of the image that has this digest, of its index or manifest.
    #[must_use]
    pub fn of(digest: Digest, survey: &Survey) -> Self {
        let root = survey.entries.iter().find(|entry| entry.digest == digest);
        let index = root.filter(|root| matches!(root.content, Content::Index(_)));
        let manifests = index.iter().flat_map(|index| index.manifests()).map(|(entry, _)| entry.digest);
        // What refers to one image of the index is about this image, too.
        let subjects: Vec<Digest> = [digest].into_iter().chain(manifests).collect();
        let referrers = subjects.iter().flat_map(|subject| survey.referrers(*subject));
        Self {
            entries: index.map(entries).unwrap_or_default(),
            referrers: referrers.map(|referrer| ReferrerDescription::of(referrer, survey)).collect(),
        }
    }
}

fn entries(entry: &Entry) -> Vec<EntryDescription> {
    match &entry.content {
        Content::Index(inner) => inner.iter().flat_map(entries).collect(),
        Content::Manifest(manifest) => vec![EntryDescription::of(entry, Some(manifest))],
        Content::Foreign | Content::Absent => vec![EntryDescription::of(entry, None)],
    }
}

impl EntryDescription {
    fn of(entry: &Entry, manifest: Option<&Manifest>) -> Self {
        let config = manifest.and_then(|manifest| manifest.config.platform.as_ref());
        let absent = match (&entry.content, manifest) {
            (Content::Absent, _) => vec![entry.digest.to_string()],
            (_, Some(manifest)) => manifest.absent.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        Self {
            platform: entry.platform.as_ref().map(ToString::to_string),
            config_platform: config.map(ToString::to_string),
            digest: entry.digest.to_string(),
            config_type: manifest.map(|manifest| manifest.config_type.clone()),
            annotations: entry.annotations.clone(),
            absent,
        }
    }
}

impl ReferrerDescription {
    fn of((entry, manifest): (&Entry, &Manifest), survey: &Survey) -> Self {
        let documents = manifest.layers.iter().map(|layer| (layer, Document::of(&layer.media_type)));
        let found = documents.filter_map(|(layer, document)| Some((layer, document?))).next();
        let bill = found.map(|(layer, document)| match survey.blob(layer) {
            Ok(json) => document.read(&json),
            Err(error) => Bill::Unreadable(error.to_string()),
        });
        let kind = manifest.artifact_type.as_ref().or(entry.artifact_type.as_ref());
        Self {
            // Before version 1.1 of the specification, the config's media type said it.
            artifact_type: kind.unwrap_or(&manifest.config_type).clone(),
            digest: entry.digest.to_string(),
            size_bytes: manifest.layers.iter().map(|layer| layer.size_bytes).fold(0, u64::saturating_add),
            bill,
            document: found.map(|(_, document)| document),
        }
    }
}

impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            let platform = entry.platform.as_ref().or(entry.config_platform.as_ref());
            let platform = platform.map_or("any", |platform| &**platform);
            let absent = match &entry.absent[..] {
                [] => String::new(),
                [manifest] if *manifest == entry.digest => ", which is not there".to_owned(),
                parts => format!(", which lacks {}", parts.join(", ")),
            };
            line(f, "entry", &format!("{} {platform}{absent}", entry.digest))?;
        }
        for referrer in &self.referrers {
            let size = Size(referrer.size_bytes);
            line(f, "referrer", &format!("{} {size} {}", referrer.digest, referrer.artifact_type))?;
            if let Some((bill, document)) = referrer.bill.as_ref().zip(referrer.document) {
                line(f, "bill", &format!("{bill}, in the {document} document of {}", referrer.digest))?;
            }
        }
        Ok(())
    }
}
