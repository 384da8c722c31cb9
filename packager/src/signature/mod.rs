//! Signatures by a key: of an image, and of what is told of it.
//!
//! ```text
//! sign(image, documents, key)   -> bundles, each a referrer of the image
//! verify(digest, documents, key) -> what the key vouches for, or what is wrong
//! ```
//!
//! A signature is a Sigstore bundle, kept where cosign 3 and newer look for it: as what refers to the image. The same key and image give
//! the same bytes. What signs is the digest of the image's root; who verifies has to check the bytes against that digest, as
//! [`crate::open`] and [`crate::validate`] do.

mod bundle;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod key;
mod statement;

pub use bundle::MEDIA_TYPE;
pub use error::{Error, KeyError};
pub use key::{PrivateKey, PublicKey};
pub use statement::name_of;

use bundle::{Bundle, is_bundle};
use statement::{IMAGE, Statement, kind_of};

use crate::error::printable;
use crate::{Annotations, Blob, Digest, Referrer};

/// What bundles are told of in annotations, as cosign has it.
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// What a key vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The kinds of statements that are signed, the image first; [`name_of`] has words for them.
    pub signed: Vec<String>,
    /// The kinds of statements about the image that this key has not signed.
    pub unsigned: Vec<String>,
    /// How many signatures are of other keys, or cannot be read.
    pub by_others: usize,
}

/// Whether a blob is of a kind that is signed, or a signature: whoever verifies has to be given those.
#[must_use]
pub fn is_read(media_type: &str) -> bool {
    is_bundle(media_type) || kind_of(media_type).is_some()
}

/// Signs an image, given by its root, and those of the documents about it that can be signed: bills of materials and statements of
/// in-toto. The rest is left out.
///
/// # Errors
/// A document is broken or about another image.
pub fn sign(image: &Blob, documents: &[Blob], key: &PrivateKey) -> Result<Vec<Referrer>, Error> {
    let digest = image.digest();
    let told = documents.iter().filter_map(|document| {
        let kind = kind_of(document.media_type())?;
        Some(Statement::of_document(digest, document, kind).map_err(|problem| Error::Sign {
            document: document.digest(),
            media_type: document.media_type().to_owned(),
            problem: printable(&problem),
        }))
    });
    let statements = [Ok(Statement::of_image(digest))].into_iter().chain(told);
    statements.map(|statement| Ok(referrer(image, &statement?, key))).collect()
}

fn referrer(image: &Blob, statement: &Statement, key: &PrivateKey) -> Referrer {
    // cosign says as well when it was made. Nobody reads that, and here it would have to be the clock.
    let annotations = Annotations::from([
        (CONTENT.to_owned(), "dsse-envelope".to_owned()),
        (PREDICATE_TYPE.to_owned(), statement.predicate_type.clone()),
    ]);
    Referrer::annotated(image, MEDIA_TYPE, bundle::sign(&statement.bytes, key), annotations)
}

/// Verifies what refers to an image: that this key has signed the image, that each signature which names this key is right, and that
/// bills of materials and provenance are the ones that were signed, where one of their kind was.
///
/// A signature that neither names this key nor is by it, or is none, is only counted: anybody may add to what refers to an image.
///
/// # Errors
/// The image is not signed by this key, or the first thing that is not right.
pub fn verify(image: Digest, documents: &[Blob], key: &PublicKey) -> Result<Verified, Error> {
    let (bundles, documents): (Vec<_>, Vec<_>) =
        documents.iter().partition(|document| is_bundle(document.media_type()));
    let (mut signed, mut by_others, mut unreadable) = (Vec::new(), 0, None);
    for blob in bundles {
        let bytes = blob.bytes().map_err(|cause| cause.to_string());
        let bundle = match bytes.and_then(|bytes| Bundle::parse(&bytes)) {
            Ok(bundle) => bundle,
            // It names no key, so it is nobody's; where there is no other signature, it is what is told of.
            Err(problem) => {
                let problem = printable(&problem);
                unreadable.get_or_insert(Error::Read { bundle: blob.digest(), problem });
                by_others += 1;
                continue;
            }
        };
        let refuse = |problem: String| Error::Verify { bundle: blob.digest(), problem: printable(&problem) };
        match bundle.open(key) {
            Ok(payload) => signed.push(Statement::parse(image, &payload).map_err(refuse)?),
            Err(problem) if bundle.names(key) => return Err(refuse(problem)),
            Err(_) => by_others += 1,
        }
    }
    if !signed.iter().any(|statement| statement.predicate_type == IMAGE) {
        return Err(unreadable.unwrap_or(Error::NotSigned { image, by_others }));
    }
    let unsigned = unsigned(image, &documents, &signed)?;
    let mut signed: Vec<String> = signed.into_iter().map(|statement| statement.predicate_type).collect();
    signed.sort_by_key(|kind| (kind != IMAGE, kind.clone()));
    signed.dedup();
    Ok(Verified { signed, unsigned, by_others })
}

/// The kinds of documents that nothing signed speaks of.
fn unsigned(image: Digest, documents: &[&Blob], signed: &[Statement]) -> Result<Vec<String>, Error> {
    let mut unsigned = Vec::new();
    for document in documents {
        let Some(kind) = kind_of(document.media_type()) else { continue };
        // A document that is broken says nothing that could have been signed.
        let statement = Statement::of_document(image, document, kind);
        let kind = statement.as_ref().map_or(kind, |statement| statement.predicate_type.as_str());
        let is_signed =
            |own: &Statement| statement.as_ref().is_ok_and(|statement| own.says_the_same(statement));
        if signed.iter().any(is_signed) {
            continue;
        }
        if signed.iter().any(|own| own.predicate_type == kind) {
            return Err(Error::Replaced { image, what: name_of(kind).to_owned() });
        }
        unsigned.push(kind.to_owned());
    }
    unsigned.sort();
    unsigned.dedup();
    Ok(unsigned)
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};
    use serde_json::{Value, json};

    use super::fixture::{key, other_key, public};
    use super::*;
    use crate::bill::Form;
    use crate::fixture::{MODULE, image};
    use crate::{Image, json, provenance};

    fn spdx(name: &str) -> Blob {
        Blob::new(
            Form::Spdx.media_type(),
            json!({ "spdxVersion": "SPDX-2.3", "name": name }).to_string().into(),
        )
    }

    fn provenance_of(image: Digest, commit: &str) -> Blob {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "other", "digest": { "sha256": "00" } }, { "digest": { "sha256": image.hex() } }],
            "predicateType": provenance::PREDICATE_TYPE,
            "predicate": { "commit": commit },
        });
        Blob::new(provenance::MEDIA_TYPE, statement.to_string().into())
    }

    /// An image with a bill and provenance, signed.
    fn signed() -> Image {
        let image = image(MODULE);
        let provenance = provenance_of(image.digest(), "ab");
        image
            .with_referrer(Form::Spdx.media_type(), spdx("app"))
            .with_referrer(provenance::MEDIA_TYPE, provenance)
            .with_referrer("application/vnd.example.debug", Blob::new("application/wasm", b"names".to_vec()))
            .signed(&key())
            .unwrap()
    }

    fn documents(image: &Image) -> Vec<Blob> {
        image.referrers().iter().map(|referrer| referrer.blobs()[0].clone()).collect()
    }

    /// The signature of the image itself, alone.
    fn signature() -> Value {
        let [referrer] = &sign(image(MODULE).root(), &[], &key()).unwrap()[..] else {
            panic!("one of the image")
        };
        serde_json::from_slice(&referrer.blobs()[0].bytes().unwrap()).unwrap()
    }

    /// What is wrong with a bundle as the only one of an image.
    fn refused(bundle: &[u8]) -> String {
        let blob = Blob::new(MEDIA_TYPE, bundle.to_vec());
        let name = blob.digest().to_string();
        verify(image(MODULE).digest(), &[blob], &public()).unwrap_err().to_string().replace(&name, "X")
    }

    fn statement(bundle: &Value) -> Value {
        let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
        serde_json::from_slice(&Base64::decode_vec(payload).unwrap()).unwrap()
    }

    #[test]
    fn what_is_signed_is_verified() {
        let image = signed();
        let verified = verify(image.digest(), &documents(&image), &public()).unwrap();
        assert_eq!(
            verified,
            Verified {
                signed: [
                    "https://sigstore.dev/cosign/sign/v1",
                    "https://slsa.dev/provenance/v1",
                    "https://spdx.dev/Document"
                ]
                .map(str::to_owned)
                .to_vec(),
                unsigned: Vec::new(),
                by_others: 0,
            }
        );
    }

    #[test]
    fn a_signature_is_what_cosign_writes_and_finds() {
        let image = image(MODULE);
        let referrers = sign(image.root(), &[], &key()).unwrap();
        let [content, config, manifest] = referrers[0].blobs() else { panic!("three blobs") };
        let bundle: Value = serde_json::from_slice(&content.bytes().unwrap()).unwrap();
        let envelope = &bundle["dsseEnvelope"];
        assert_eq!(
            bundle,
            json!({
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": { "publicKey": { "hint": public().hint() } },
                "dsseEnvelope": {
                    "payload": envelope["payload"],
                    "payloadType": "application/vnd.in-toto+json",
                    "signatures": [{ "sig": envelope["signatures"][0]["sig"] }],
                },
            })
        );
        assert_eq!(
            statement(&bundle),
            json!({
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{ "digest": { "sha256": image.digest().hex() } }],
                "predicateType": "https://sigstore.dev/cosign/sign/v1",
                "predicate": {},
            })
        );
        assert_eq!(
            serde_json::from_slice::<Value>(&manifest.bytes().unwrap()).unwrap(),
            json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "config": config.descriptor(),
                "layers": [content.descriptor()],
                "subject": image.root().descriptor(),
                "annotations": {
                    "dev.sigstore.bundle.content": "dsse-envelope",
                    "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
                },
            })
        );
        assert_eq!(
            (config.media_type(), &*config.bytes().unwrap()),
            ("application/vnd.oci.empty.v1+json", &b"{}"[..])
        );
    }

    #[test]
    fn the_same_key_and_image_give_the_same_bytes() {
        let digests = || signed().referrers().iter().map(|all| all.blobs()[2].digest()).collect::<Vec<_>>();
        assert_eq!(digests(), digests());
        assert_eq!(
            Digest::of(&json::canonical(&signature())).to_string(),
            "sha256:f4feb413308ee7d0bf0a92d56c367a24bd335c871551de0b1f80b9455370a4e9"
        );
    }

    #[test]
    fn a_document_is_signed_as_it_is() {
        let image = signed();
        let documents = documents(&image);
        let statements: Vec<Value> = documents[4..]
            .iter()
            .map(|bundle| statement(&serde_json::from_slice(&bundle.bytes().unwrap()).unwrap()))
            .collect();
        assert_eq!(statements[0]["predicateType"], "https://spdx.dev/Document");
        assert_eq!(
            statements[0]["predicate"],
            serde_json::from_slice::<Value>(&documents[0].bytes().unwrap()).unwrap()
        );
        assert_eq!(statements[0]["subject"], json!([{ "digest": { "sha256": image.digest().hex() } }]));
        assert_eq!(statements[1], serde_json::from_slice::<Value>(&documents[1].bytes().unwrap()).unwrap());
        assert_eq!(statements.len(), 2, "what is no statement about the image is not signed");
    }

    #[test]
    fn what_is_about_another_image_is_not_signed() {
        let stray = provenance_of(Digest::of(b"other"), "ab");
        let error = sign(image(MODULE).root(), &[stray], &key()).unwrap_err().to_string();
        assert!(error.contains("it is about sha256:00, not about sha256:"), "{error}");
        let broken = Blob::new(Form::CycloneDx.media_type(), b"{".to_vec());
        let error = sign(image(MODULE).root(), &[broken], &key()).unwrap_err().to_string();
        assert!(error.contains("it is no JSON"), "{error}");
    }

    #[test]
    fn a_changed_bundle_is_refused_and_why() {
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut bundle = signature();
            change(&mut bundle);
            refused(bundle.to_string().as_bytes())
        };
        let payload = |change: &dyn Fn(&mut Value)| {
            changed(&|bundle| {
                let mut statement = statement(bundle);
                change(&mut statement);
                bundle["dsseEnvelope"]["payload"] =
                    Base64::encode_string(statement.to_string().as_bytes()).into();
            })
        };
        let not_signed = "failed to verify signature X: the key that it names has not signed this content";
        assert_eq!(payload(&|statement| statement["predicate"] = json!({ "more": 1 })), not_signed);
        let digest = Digest::of(b"other").hex();
        assert_eq!(
            payload(&|statement| statement["subject"][0]["digest"]["sha256"] = digest.clone().into()),
            not_signed
        );
        assert_eq!(payload(&|statement| statement["predicateType"] = "x".into()), not_signed);
        let signature = |sig: Vec<u8>| {
            changed(&|bundle| {
                bundle["dsseEnvelope"]["signatures"][0]["sig"] = Base64::encode_string(&sig).into();
            })
        };
        assert_eq!(signature(key().sign(b"else")), not_signed);
        assert_eq!(signature(Vec::new()), not_signed);
        assert_eq!(
            changed(&|bundle| bundle["dsseEnvelope"]["payloadType"] = "text/plain".into()),
            "failed to verify signature X: its payload is `text/plain`, not `application/vnd.in-toto+json`"
        );
        assert_eq!(
            changed(&|bundle| bundle["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json".into()),
            "failed to verify signature X: it says it is `application/vnd.dev.sigstore.bundle.v0.4+json`, \
             not `application/vnd.dev.sigstore.bundle.v0.3+json`"
        );
        assert_eq!(
            changed(&|bundle| bundle["dsseEnvelope"]["payload"] = "?".into()),
            "failed to verify signature X: its payload is not in base 64"
        );
        assert_eq!(
            changed(&|bundle| {
                let first = bundle["dsseEnvelope"]["signatures"][0].clone();
                bundle["dsseEnvelope"]["signatures"] = json!([first.clone(), first]);
            }),
            "failed to verify signature X: it has 2 signatures in place of one"
        );
        assert_eq!(
            changed(&|bundle| bundle["dsseEnvelope"] = Value::Null),
            "failed to verify signature X: it has no DSSE envelope"
        );
    }

    #[test]
    fn no_bit_of_the_payload_or_the_signature_can_be_changed() {
        for (pointer, what) in
            [("/dsseEnvelope/payload", "payload"), ("/dsseEnvelope/signatures/0/sig", "signature")]
        {
            let bundle = signature();
            let bytes = Base64::decode_vec(bundle.pointer(pointer).unwrap().as_str().unwrap()).unwrap();
            for bit in 0..bytes.len() * 8 {
                let (mut bundle, mut bytes) = (bundle.clone(), bytes.clone());
                bytes[bit / 8] ^= 1 << (bit % 8);
                *bundle.pointer_mut(pointer).unwrap() = Base64::encode_string(&bytes).into();
                let error = refused(bundle.to_string().as_bytes());
                assert!(error.ends_with("has not signed this content"), "bit {bit} of the {what}: {error}");
            }
        }
    }

    #[test]
    fn a_cut_bundle_is_refused_wherever_it_is_cut() {
        let bytes = json::canonical(&signature());
        for end in 0..bytes.len() {
            let error = refused(&bytes[..end]);
            assert!(
                error.starts_with("failed to read signature X: it is no Sigstore bundle: "),
                "{end}: {error}"
            );
        }
    }

    #[test]
    fn a_bundle_of_another_image_is_refused() {
        let other = image(b"else");
        let referrers = sign(other.root(), &[], &key()).unwrap();
        let expected = format!(
            "failed to verify signature X: it is about {}, not about {}",
            other.digest(),
            image(MODULE).digest()
        );
        assert_eq!(refused(&referrers[0].blobs()[0].bytes().unwrap()), expected);
    }

    #[test]
    fn another_key_has_not_signed() {
        let image = image(MODULE);
        let by_other = image.clone().signed(&other_key()).unwrap();
        let by_both = by_other.clone().signed(&key()).unwrap();
        let verify = |image: &Image| verify(image.digest(), &documents(image), &public());
        let error = verify(&image).unwrap_err().to_string();
        assert_eq!(error, format!("image {} is not signed by this key", image.digest()));
        let error = verify(&by_other).unwrap_err().to_string();
        assert!(error.ends_with("is not signed by this key; its signature is of another"), "{error}");
        assert_eq!(verify(&by_both).unwrap().by_others, 1);
    }

    #[test]
    fn the_name_of_a_key_proves_nothing() {
        let mut bundle = signature();
        let hint = "/verificationMaterial/publicKey/hint";
        *bundle.pointer_mut(hint).unwrap() = "x".into();
        let blob = |bundle: &Value| Blob::new(MEDIA_TYPE, json::canonical(bundle));
        let image = image(MODULE);
        assert!(
            verify(image.digest(), &[blob(&bundle)], &public()).is_ok(),
            "other tools name keys otherwise"
        );
        let by_other = image.signed(&other_key()).unwrap();
        let mut bundle: Value =
            serde_json::from_slice(&by_other.referrers()[0].blobs()[0].bytes().unwrap()).unwrap();
        *bundle.pointer_mut(hint).unwrap() = public().hint().into();
        assert!(refused(&json::canonical(&bundle)).ends_with("has not signed this content"));
    }

    #[test]
    fn an_image_is_not_signed_by_what_is_signed_of_it() {
        let image = signed();
        let mut documents = documents(&image);
        documents.remove(3);
        let error = verify(image.digest(), &documents, &public()).unwrap_err();
        assert!(matches!(error, Error::NotSigned { by_others: 0, .. }), "{error}");
    }

    #[test]
    fn a_document_that_was_replaced_is_refused() {
        let image = signed();
        let with = |number: usize, document: Blob| {
            let mut documents = documents(&image);
            documents[number] = document;
            verify(image.digest(), &documents, &public())
        };
        let told =
            |what: &str| format!("the {what} of image {} is not the one that is signed", image.digest());
        let error = |number, document| with(number, document).unwrap_err().to_string();
        assert_eq!(error(0, spdx("other")), told("bill of materials (SPDX)"));
        assert_eq!(
            error(0, Blob::new(Form::Spdx.media_type(), b"{".to_vec())),
            told("bill of materials (SPDX)")
        );
        assert_eq!(error(1, provenance_of(image.digest(), "cd")), told("provenance (SLSA)"));
        let strange = provenance_of(Digest::of(b"other"), "ab");
        assert_eq!(error(1, strange), told("provenance (SLSA)"));
        let spaced =
            Blob::new(Form::Spdx.media_type(), [&*documents(&image)[0].bytes().unwrap(), b"\n"].concat());
        assert!(with(0, spaced).is_ok(), "it says the same");
    }

    #[test]
    fn what_cosign_attests_is_verified_too() {
        let image = image(MODULE).signed(&key()).unwrap();
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "subject": [{ "name": "registry.example/app", "digest": { "sha256": image.digest().hex() } }],
            "predicateType": "https://example.com/scan/v1",
            "predicate": { "found": 0 },
        });
        let attested = bundle::sign(statement.to_string().as_bytes(), &key());
        let verified =
            verify(image.digest(), &[&documents(&image)[..], &[attested]].concat(), &public()).unwrap();
        assert_eq!(verified.signed, ["https://sigstore.dev/cosign/sign/v1", "https://example.com/scan/v1"]);
    }

    #[test]
    fn what_is_not_signed_is_told() {
        let image = image(MODULE).signed(&key()).unwrap();
        let documents = [&documents(&image)[..], &[spdx("app")]].concat();
        let verified = verify(image.digest(), &documents, &public()).unwrap();
        assert_eq!(verified.signed.len(), 1);
        assert_eq!(verified.unsigned, ["https://spdx.dev/Document"]);
        assert_eq!(name_of(&verified.unsigned[0]), "bill of materials (SPDX)");
    }

    #[test]
    fn no_message_steers_the_terminal() {
        for bundle in [
            json!({ "mediaType": "\u{1b}[2J", "verificationMaterial": { "publicKey": { "hint": public().hint() } } }),
            json!({ "mediaType": 1, "\u{1b}[2J": 1 }),
        ] {
            let error = refused(bundle.to_string().as_bytes());
            assert!(!error.contains(char::is_control), "{error:?}");
        }
    }
}
