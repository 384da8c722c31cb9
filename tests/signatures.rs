//! Signatures: verifiers of other people accept them, and nobody accepts what was changed since.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use wasmpack_packager::Digest;

use crate::installed::installed;
use crate::support::{copy, example, said, stdout_of, wasmpack};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A file of the key that everybody knows.
fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packager/src/signature/test-keys").join(name)
}

/// An image of an example in its layout.
struct Built {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl Built {
    fn of(name: &'static str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&example(name), &folder.path().join(name));
        let built = Self { folder, name };
        let mut build = wasmpack();
        build.args(["build", "--quiet", "--level", "0"]).args(arguments);
        stdout_of(build.arg(built.folder.path().join(name)));
        built
    }

    fn signed(name: &'static str) -> Self {
        Self::of(name, &["--sign", key("rfc6979.pem").to_str().unwrap()])
    }

    fn layout(&self) -> PathBuf {
        self.folder.path().join(self.name).join("target/wasmpack").join(self.name)
    }

    fn beside(&self, end: &str) -> Vec<u8> {
        fs::read(self.layout().with_extension(end)).unwrap()
    }

    fn blob(&self, digest: &Value) -> PathBuf {
        self.layout().join("blobs").join(digest.as_str().unwrap().replace(':', "/"))
    }

    fn json(&self, digest: &Value) -> Value {
        serde_json::from_slice(&fs::read(self.blob(digest)).unwrap()).unwrap()
    }

    fn index(&self) -> Value {
        serde_json::from_slice(&fs::read(self.layout().join("index.json")).unwrap()).unwrap()
    }

    fn entries(&self) -> Vec<Value> {
        self.index()["manifests"].as_array().unwrap().clone()
    }

    fn digest(&self) -> String {
        self.entries()[0]["digest"].as_str().unwrap().to_owned()
    }

    /// What refers to the image and has this type: the place in the index, and the bytes.
    fn referrers(&self, artifact_type: &str) -> Vec<(usize, Vec<u8>)> {
        let entries = self.entries().into_iter().enumerate();
        let wanted = entries.filter(|(_, entry)| entry["artifactType"] == artifact_type);
        let content = |entry: &Value| self.json(&entry["digest"])["layers"][0]["digest"].clone();
        wanted.map(|(place, entry)| (place, fs::read(self.blob(&content(&entry))).unwrap())).collect()
    }

    /// Stores a blob as one who knows how; the descriptor of it.
    fn store(&self, bytes: &[u8], media_type: &str) -> Value {
        let digest = Digest::of(bytes);
        fs::write(self.layout().join("blobs/sha256").join(digest.hex()), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    /// Puts other bytes in the place of a referrer's, with every digest on the way to them.
    fn replace(&self, place: usize, bytes: &[u8]) {
        let mut index = self.index();
        let entry = &mut index["manifests"][place];
        let mut manifest = self.json(&entry["digest"]);
        let media_type = manifest["layers"][0]["mediaType"].as_str().unwrap().to_owned();
        manifest["layers"][0] = self.store(bytes, &media_type);
        let stored =
            self.store(manifest.to_string().as_bytes(), "application/vnd.oci.image.manifest.v1+json");
        entry["digest"] = stored["digest"].clone();
        entry["size"] = stored["size"].clone();
        fs::write(self.layout().join("index.json"), index.to_string()).unwrap();
    }

    fn verify(&self, public: &Path) -> Output {
        wasmpack().arg("verify").arg(self.layout()).arg("--key").arg(public).output().unwrap()
    }
}

fn base64(value: &Value) -> Vec<u8> {
    Base64::decode_vec(value.as_str().unwrap()).unwrap()
}

/// What sigstore-js says of a bundle: the payload, or why it is refused. Nothing where it is not installed.
fn sigstore(folder: &Path, bundle: &[u8], public: &Path) -> Option<Result<Value, String>> {
    let path = folder.join("bundle.json");
    fs::write(&path, bundle).unwrap();
    let output = Command::new(installed("sigstore-verify")?).arg(path).arg(public).output().unwrap();
    Some(match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(said(&output)),
    })
}

/// Whether openssl finds that the key has signed the envelope in a bundle.
fn openssl(folder: &Path, bundle: &[u8], public: &Path) -> Option<bool> {
    let mut openssl = Command::new(installed("openssl")?);
    let bundle: Value = serde_json::from_slice(bundle).unwrap();
    let payload = base64(&bundle["dsseEnvelope"]["payload"]);
    let head = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len());
    let (signed, signature) = (folder.join("signed"), folder.join("signature"));
    fs::write(&signed, [head.as_bytes(), &payload].concat()).unwrap();
    fs::write(&signature, base64(&bundle["dsseEnvelope"]["signatures"][0]["sig"])).unwrap();
    openssl.args(["dgst", "-sha256", "-verify"]).arg(public).arg("-signature").arg(signature).arg(signed);
    Some(openssl.output().unwrap().status.success())
}

#[test]
fn other_verifiers_accept_the_signatures_of_image_bill_and_provenance() {
    let built = Built::signed("factorial");
    let folder = built.folder.path();
    let bundles = built.referrers(BUNDLE);
    let kinds = [
        "https://sigstore.dev/cosign/sign/v1",
        "https://spdx.dev/Document",
        "https://slsa.dev/provenance/v1",
    ];
    assert_eq!(bundles.len(), kinds.len());
    let (digest, public) = (built.digest(), key("rfc6979.pub"));
    for ((_, bundle), kind) in bundles.iter().zip(kinds) {
        let parsed: Value = serde_json::from_slice(bundle).unwrap();
        let payload = base64(&parsed["dsseEnvelope"]["payload"]);
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(statement["predicateType"], kind);
        let subject = statement["subject"][0]["digest"]["sha256"].as_str().unwrap();
        assert_eq!(format!("sha256:{subject}"), digest, "{kind}");
        match kind {
            "https://spdx.dev/Document" => {
                let bill: Value = serde_json::from_slice(&built.beside("spdx.json")).unwrap();
                assert_eq!(statement["predicate"], bill);
            }
            "https://slsa.dev/provenance/v1" => assert!(payload == built.beside("provenance.json")),
            _ => assert_eq!(statement["predicate"], json!({})),
        }
        if let Some(verdict) = sigstore(folder, bundle, &public) {
            assert_eq!(verdict, Ok(statement), "{kind}");
        }
        assert_ne!(openssl(folder, bundle, &public), Some(false), "{kind}");
    }
    let verified = stdout_of(wasmpack().arg("verify").arg(built.layout()).arg("--key").arg(public));
    assert_eq!(verified.matches("\nsigned ").count(), 3, "{verified}");
}

/// A change, and how verifying ends and what it says then.
struct Change {
    what: &'static str,
    make: fn(&Built, &mut Value),
    says: &'static str,
}

/// Of the signature of the image itself.
const CHANGES: [Change; 7] = [
    Change {
        what: "payload",
        make: |_, bundle| {
            change_statement(bundle, |statement| statement["predicate"] = json!({ "trusted": true }));
        },
        says: "the key that it names has not signed this content",
    },
    Change {
        what: "digest",
        make: |_, bundle| {
            change_statement(bundle, |statement| {
                statement["subject"][0]["digest"]["sha256"] = "0".repeat(64).into();
            });
        },
        says: "the key that it names has not signed this content",
    },
    Change {
        what: "type of the statement",
        make: |_, bundle| {
            change_statement(bundle, |statement| statement["_type"] = "https://example.com/".into());
        },
        says: "the key that it names has not signed this content",
    },
    Change {
        what: "type of the payload",
        make: |_, bundle| bundle["dsseEnvelope"]["payloadType"] = "application/json".into(),
        says: "its payload is `application/json`, not `application/vnd.in-toto+json`",
    },
    Change {
        what: "type of the bundle",
        make: |_, bundle| bundle["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.9+json".into(),
        says: "it says it is `application/vnd.dev.sigstore.bundle.v0.9+json`, not `application/vnd.dev.sigstore.bundle.v0.3+json`",
    },
    Change {
        what: "signature",
        make: |_, bundle| {
            let sig = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
            let mut bytes = base64(sig);
            *bytes.last_mut().unwrap() ^= 1;
            *sig = Base64::encode_string(&bytes).into();
        },
        says: "the key that it names has not signed this content",
    },
    Change {
        what: "signature of another statement",
        make: |built, bundle| {
            let other: Value = serde_json::from_slice(&built.referrers(BUNDLE)[1].1).unwrap();
            bundle["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"].clone();
        },
        says: "the key that it names has not signed this content",
    },
];

fn change_statement(bundle: &mut Value, change: impl Fn(&mut Value)) {
    let payload = &mut bundle["dsseEnvelope"]["payload"];
    let mut statement: Value = serde_json::from_slice(&base64(payload)).unwrap();
    change(&mut statement);
    *payload = Base64::encode_string(statement.to_string().as_bytes()).into();
}

/// Verifying fails with the code for signatures and these words; what it was tried with.
fn refused(built: &Built, public: &Path, says: &str) {
    let output = built.verify(public);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(118), "{said}");
    assert!(said.contains(says), "expected `{says}`: {said}");
    let run = wasmpack().arg("run").arg(built.layout()).arg("--verify-key").arg(public).output().unwrap();
    assert_eq!((run.status.code(), run.stdout), (Some(118), Vec::new()));
}

#[test]
fn nobody_accepts_a_signature_that_was_changed() {
    let built = Built::signed("factorial");
    let (folder, public) = (built.folder.path(), key("rfc6979.pub"));
    let (place, original) = built.referrers(BUNDLE).swap_remove(0);
    for Change { what, make, says } in CHANGES {
        let mut bundle: Value = serde_json::from_slice(&original).unwrap();
        make(&built, &mut bundle);
        let bundle = bundle.to_string();
        assert_ne!(bundle.as_bytes(), original, "{what}");
        built.replace(place, bundle.as_bytes());
        refused(&built, &public, says);
        // sigstore-js leaves the version of a bundle to its callers.
        let verdict = sigstore(folder, bundle.as_bytes(), &public).filter(|_| what != "type of the bundle");
        assert!(verdict.is_none_or(|verdict| verdict.is_err()), "sigstore-js accepts another {what}");
    }
    for end in [0, 1, original.len() / 2, original.len() - 1] {
        built.replace(place, &original[..end]);
        refused(&built, &public, "it is no Sigstore bundle: ");
    }
    built.replace(place, &original);
    assert!(built.verify(&public).status.success(), "the original is right");
}

#[test]
fn nobody_accepts_another_key_another_image_or_another_document() {
    let built = Built::signed("factorial");
    let (folder, public) = (built.folder.path(), key("rfc6979.pub"));
    let other = key("other.pub");
    let (place, original) = built.referrers(BUNDLE).swap_remove(0);
    refused(&built, &other, "is not signed by this key; its 3 signatures are of others");
    assert!(sigstore(folder, &original, &other).is_none_or(|verdict| verdict.is_err()));
    assert_ne!(openssl(folder, &original, &other), Some(true));

    let stranger = Built::signed("hundred");
    built.replace(place, &stranger.referrers(BUNDLE)[0].1);
    refused(&built, &public, &format!("it is about {}, not about {}", stranger.digest(), built.digest()));
    built.replace(place, &original);

    for (artifact_type, says) in [
        ("application/spdx+json", "the bill of materials (SPDX) of image"),
        ("application/vnd.in-toto+json", "the provenance (SLSA) of image"),
    ] {
        let (place, document) = built.referrers(artifact_type).swap_remove(0);
        let changed = String::from_utf8(document.clone()).unwrap().replace("cargo-wasmpack", "somebody");
        built.replace(place, changed.as_bytes());
        refused(&built, &public, says);
        built.replace(place, &document);
    }
    assert!(built.verify(&public).status.success(), "the original is right");

    // Bytes that are not those of their digest are no matter of signatures.
    let layer =
        built.json(&built.json(&built.entries()[0]["digest"])["manifests"][0]["digest"])["layers"][0].clone();
    let path = built.blob(&layer["digest"]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(built.verify(&public).status.code(), Some(112));
    let run = wasmpack().arg("run").arg(built.layout()).arg("--verify-key").arg(&public).output().unwrap();
    assert_eq!((run.status.code(), run.stdout), (Some(112), Vec::new()));
}

#[test]
fn signing_while_building_and_afterwards_is_the_same() {
    let [during, after] = [Built::signed("factorial"), Built::of("factorial", &[])];
    for _ in 0..2 {
        let mut sign = wasmpack();
        sign.arg("sign").arg(after.layout()).arg("--key").arg("env://KEY");
        sign.env("KEY", fs::read_to_string(key("rfc6979.pem")).unwrap());
        let printed = stdout_of(&mut sign);
        assert_eq!(printed.trim_end(), format!("docker.io/library/factorial@{}", after.digest()));
    }
    assert_eq!(during.index(), after.index());
    // A build that signs nothing leaves the signatures of the very same image.
    stdout_of(
        wasmpack().args(["build", "--quiet", "--level", "0"]).arg(after.folder.path().join("factorial")),
    );
    assert_eq!(after.referrers(BUNDLE).len(), 3);
    assert!(after.verify(&key("rfc6979.pub")).status.success());
}

#[test]
fn nothing_that_is_said_or_written_shows_the_key() {
    let built = Built::of("factorial", &[]);
    let text = fs::read_to_string(key("other.pem")).unwrap();
    let secret = text.lines().nth(2).unwrap();
    let damaged = text.replace(secret, &format!("?{secret}"));
    for (value, succeeds) in [(&text, true), (&damaged, false)] {
        let mut sign = wasmpack();
        sign.args(["sign", "-vv", "--key", "env://KEY"]).arg(built.layout()).env("KEY", value);
        let output = sign.output().unwrap();
        assert_eq!(output.status.success(), succeeds, "{}", said(&output));
        let all = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8(all).unwrap().contains(&secret[48..]));
    }
    for blob in fs::read_dir(built.layout().join("blobs/sha256")).unwrap() {
        let bytes = fs::read(blob.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&secret[48..]));
    }
}
