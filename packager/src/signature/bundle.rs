//! A Sigstore bundle: an envelope with a signature in it, and by which key
//! (<https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>).
//!
//! The envelope is DSSE (<https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>). There is no entry of a
//! transparency log in what is made here, and none is looked at: who has the public key needs none.

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde_json::json;

use super::{PrivateKey, PublicKey};
use crate::{Blob, json};

/// The media type of a bundle, and the kind of artifact that refers with it to an image.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The same version in the older spelling, which readers have to take too.
const OLDER_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.3";

/// What is in the envelope.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Whether a blob says that it is a bundle, of whatever version: cosign finds them by this beginning.
pub(super) fn is_bundle(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.dev.sigstore.bundle")
}

/// The statement under this key's signature. The envelope has no `keyid`: the verifier in cosign compares it with a hash of its
/// own, and passes over what is not equal.
pub(super) fn sign(statement: &[u8], key: &PrivateKey) -> Blob {
    let signature = key.sign(&signed_bytes(PAYLOAD_TYPE, statement));
    let bundle = json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": { "publicKey": { "hint": key.public().hint() } },
        "dsseEnvelope": {
            "payload": Base64::encode_string(statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{ "sig": Base64::encode_string(&signature) }],
        },
    });
    Blob::new(MEDIA_TYPE, json::canonical(&bundle))
}

/// What a signature is over: the "pre-authentication encoding" of DSSE, which binds the type to the content.
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// A bundle of whatever maker, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    media_type: String,
    verification_material: Option<Material>,
    dsse_envelope: Option<Envelope>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    /// Nothing where a certificate stands in its place.
    public_key: Option<KeyName>,
}

#[derive(Deserialize)]
struct KeyName {
    #[serde(default)]
    hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

impl Bundle {
    /// Reads a bundle; what is wrong with it otherwise.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|cause| format!("it is no Sigstore bundle: {cause}"))
    }

    /// Whether it says that this key has signed it. That is no proof, in either direction.
    pub(super) fn names(&self, key: &PublicKey) -> bool {
        let material = self.verification_material.as_ref();
        material.and_then(|material| material.public_key.as_ref()).is_some_and(|name| name.hint == key.hint())
    }

    /// The statement, if this key has signed it; what is wrong otherwise.
    pub(super) fn open(&self, key: &PublicKey) -> Result<Vec<u8>, String> {
        if ![MEDIA_TYPE, OLDER_MEDIA_TYPE].contains(&&*self.media_type) {
            return Err(format!("it says it is `{}`, not `{MEDIA_TYPE}`", self.media_type.escape_debug()));
        }
        let Some(Envelope { payload, payload_type, signatures }) = &self.dsse_envelope else {
            return Err("it has no DSSE envelope".to_owned());
        };
        if payload_type != PAYLOAD_TYPE {
            let payload_type = payload_type.escape_debug();
            return Err(format!("its payload is `{payload_type}`, not `{PAYLOAD_TYPE}`"));
        }
        // More than one is forbidden, because verifiers could choose differently.
        let [Signature { sig }] = &signatures[..] else {
            return Err(format!("it has {} signatures in place of one", signatures.len()));
        };
        let decoded =
            |text: &str, what| Base64::decode_vec(text).map_err(|_| format!("its {what} is not in base 64"));
        let (payload, signature) = (decoded(payload, "payload")?, decoded(sig, "signature")?);
        match key.has_signed(&signed_bytes(payload_type, &payload), &signature) {
            true => Ok(payload),
            false => Err("the key that it names has not signed this content".to_owned()),
        }
    }
}
