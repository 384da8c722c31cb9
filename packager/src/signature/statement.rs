//! What a signature says: a statement of in-toto about an image
//! (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::bill::Form;
use crate::{Blob, Digest, json, provenance};

const TYPE: &str = "https://in-toto.io/Statement/v1";

/// What cosign still writes around documents; it has the same fields.
const OLDER_TYPE: &str = "https://in-toto.io/Statement/v0.1";

/// That an image is whom it says it is of; the statement says nothing else (cosign, `pkg/types/predicate.go`).
pub(super) const IMAGE: &str = "https://sigstore.dev/cosign/sign/v1";

const SPDX: &str = "https://spdx.dev/Document";
const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// What people call a kind of statement; its address, if it is none of those that are known here.
#[must_use]
pub fn name_of(predicate_type: &str) -> &str {
    match predicate_type {
        IMAGE => "image",
        SPDX => "bill of materials (SPDX)",
        CYCLONEDX => "bill of materials (CycloneDX)",
        provenance::PREDICATE_TYPE => "provenance (SLSA)",
        other => other,
    }
}

/// The kind of statement that a document of this media type makes, or that is in it; nothing for what is no such document.
pub(super) fn kind_of(media_type: &str) -> Option<&'static str> {
    match media_type {
        spdx if spdx == Form::Spdx.media_type() => Some(SPDX),
        cyclonedx if cyclonedx == Form::CycloneDx.media_type() => Some(CYCLONEDX),
        provenance::MEDIA_TYPE => Some(provenance::PREDICATE_TYPE),
        _ => None,
    }
}

/// What is said of an image, whoever says it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) predicate_type: String,
    predicate: Value,
    /// In the bytes that are signed.
    pub(super) bytes: Vec<u8>,
}

impl Statement {
    /// That the image is ours.
    pub(super) fn of_image(image: Digest) -> Self {
        Self::new(image, IMAGE, json!({}))
    }

    /// What a document that refers to the image says of it, being of this kind; what is wrong with it otherwise.
    pub(super) fn of_document(image: Digest, document: &Blob, kind: &str) -> Result<Self, String> {
        let bytes = document.bytes().map_err(|cause| cause.to_string())?;
        if document.media_type() == provenance::MEDIA_TYPE {
            // It is a statement already.
            return Self::parse(image, &bytes);
        }
        let predicate = serde_json::from_slice(&bytes);
        predicate
            .map(|predicate| Self::new(image, kind, predicate))
            .map_err(|cause| format!("it is no JSON: {cause}"))
    }

    fn new(image: Digest, predicate_type: &str, predicate: Value) -> Self {
        let statement = json!({
            "_type": TYPE,
            "subject": [{ "digest": { "sha256": image.hex() } }],
            "predicateType": predicate_type,
            "predicate": predicate,
        });
        let bytes = json::canonical(&statement);
        Self { predicate_type: predicate_type.to_owned(), predicate, bytes }
    }

    /// Reads a statement; what is wrong with it otherwise, also when it is about another image.
    pub(super) fn parse(image: Digest, bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Document {
            #[serde(rename = "_type")]
            kind: String,
            subject: Vec<Subject>,
            predicate_type: String,
            #[serde(default)]
            predicate: Value,
        }
        #[derive(Deserialize)]
        struct Subject {
            digest: DigestSet,
        }
        #[derive(Deserialize)]
        struct DigestSet {
            sha256: Option<String>,
        }
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|cause| format!("it holds no statement of in-toto: {cause}"))?;
        if ![TYPE, OLDER_TYPE].contains(&&*document.kind) {
            return Err(format!("it holds `{}`, not `{TYPE}`", document.kind.escape_debug()));
        }
        let subjects: Vec<&str> =
            document.subject.iter().filter_map(|subject| subject.digest.sha256.as_deref()).collect();
        if !subjects.contains(&&*image.hex()) {
            let subjects =
                subjects.first().map_or("nothing".to_owned(), |hex| format!("sha256:{}", hex.escape_debug()));
            return Err(format!("it is about {subjects}, not about {image}"));
        }
        let Document { predicate_type, predicate, .. } = document;
        Ok(Self { predicate_type, predicate, bytes: bytes.to_vec() })
    }

    /// Whether the other one says the same, in whatever bytes.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (&self.predicate_type, &self.predicate) == (&other.predicate_type, &other.predicate)
    }
}
