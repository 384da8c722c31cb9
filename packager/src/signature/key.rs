//! Keys of ECDSA on the curve P-256, as `openssl` and cosign write them: the private one as PKCS #8 (RFC 5958), the public
//! one as `SubjectPublicKeyInfo` (RFC 5280), both in PEM (RFC 7468).

use std::fmt;

use base64ct::{Base64, Encoding};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::pkcs8::der::pem::decode_label;
use p256::pkcs8::{
    DecodePrivateKey, Document, EncodePublicKey, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument,
    SubjectPublicKeyInfoRef,
};
use sha2::{Digest as _, Sha256};

use super::KeyError;
use super::error::SEC1;

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// What signs. Nothing of it is ever shown, and its memory is cleared when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

/// What signatures are verified with.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    hint: String,
}

impl PrivateKey {
    /// Reads a key that is not encrypted.
    ///
    /// # Errors
    /// It is none, encrypted, or of another kind than is signed with here.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match label(text)? {
            PRIVATE => {}
            PUBLIC => return Err(KeyError::IsPublic),
            label => return Err(KeyError::of_label(label)),
        }
        let (_, document) = SecretDocument::from_pem(text).map_err(|_| KeyError::Damaged)?;
        let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| KeyError::Damaged)?;
        refuse_other_kinds(info.algorithm.oids())?;
        SigningKey::from_pkcs8_der(document.as_bytes()).map(Self).map_err(|_| KeyError::Damaged)
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey::new(*self.0.verifying_key())
    }

    /// The signature of these bytes in DER, as RFC 6979 determines it.
    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(bytes);
        signature.as_ref().to_vec()
    }
}

impl PublicKey {
    /// Reads a key.
    ///
    /// # Errors
    /// It is none, a private one, or of another kind than is verified with here.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        match label(text)? {
            PUBLIC => {}
            label if label.ends_with(PRIVATE) => return Err(KeyError::IsPrivate),
            label => return Err(KeyError::of_label(label)),
        }
        let (_, document) = Document::from_pem(text).map_err(|_| KeyError::Damaged)?;
        let info = SubjectPublicKeyInfoRef::try_from(document.as_bytes()).map_err(|_| KeyError::Damaged)?;
        refuse_other_kinds(info.algorithm.oids())?;
        VerifyingKey::try_from(info).map(Self::new).map_err(|_| KeyError::Damaged)
    }

    fn new(key: VerifyingKey) -> Self {
        let document = key.to_public_key_der().expect("a point on the curve has a form in DER");
        Self { key, hint: Base64::encode_string(&Sha256::digest(document.as_bytes())) }
    }

    /// What bundles name it by: SHA-256 of its `SubjectPublicKeyInfo`, in base 64, as cosign has it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Whether this key's private half made the signature of these bytes.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        DerSignature::try_from(signature).is_ok_and(|signature| self.key.verify(bytes, &signature).is_ok())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.hint).finish()
    }
}

/// What the text says it is.
fn label(text: &str) -> Result<&str, KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    // `openssl ecparam` writes the name of the curve before the key.
    if text.contains("-----BEGIN EC PRIVATE KEY-----") {
        return Ok(SEC1);
    }
    decode_label(text.as_bytes())
        .map_err(|_| if text.contains("-----BEGIN ") { KeyError::Damaged } else { KeyError::NotPem })
}

/// The kinds of keys that people have, by their object identifiers.
const KINDS: [(&str, &str); 6] = [
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.132.0.10", "secp256k1"),
];

/// Signatures of elliptic curves (RFC 5480).
const ELLIPTIC: &str = "1.2.840.10045.2.1";
const CURVE: &str = "1.2.840.10045.3.1.7";

fn refuse_other_kinds(
    kind: p256::pkcs8::der::Result<(ObjectIdentifier, Option<ObjectIdentifier>)>,
) -> Result<(), KeyError> {
    let (algorithm, curve) = kind.map_err(|_| KeyError::Damaged)?;
    let (algorithm, curve) = (algorithm.to_string(), curve.map(|curve| curve.to_string()));
    let name = |identifier: &str| {
        let known = KINDS.iter().find(|(known, _)| *known == identifier);
        known.map_or_else(|| identifier.to_owned(), |(_, name)| (*name).to_owned())
    };
    match (algorithm.as_str(), curve.as_deref()) {
        (ELLIPTIC, Some(CURVE)) => Ok(()),
        (ELLIPTIC, Some(curve)) => Err(KeyError::OtherKind { kind: name(curve) }),
        (other, _) => Err(KeyError::OtherKind { kind: name(other) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::fixture::{OTHER, PRIVATE_PEM, PUBLIC_PEM};

    fn private(text: &str) -> KeyError {
        PrivateKey::from_pem(text).unwrap_err()
    }

    fn public(text: &str) -> KeyError {
        PublicKey::from_pem(text).unwrap_err()
    }

    #[test]
    fn a_signature_is_the_one_of_the_rfc() {
        // A.2.5 of RFC 6979: the message "sample" with SHA-256.
        let (r, s) = (
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        );
        let signature = PrivateKey::from_pem(PRIVATE_PEM).unwrap().sign(b"sample");
        let hex: String = signature.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(hex, format!("3046022100{r}022100{s}"));
        let key = PublicKey::from_pem(PUBLIC_PEM).unwrap();
        assert!(key.has_signed(b"sample", &signature));
        assert!(!key.has_signed(b"sampl", &signature) && !key.has_signed(b"sample", &signature[..70]));
    }

    #[test]
    fn both_halves_name_the_key_as_openssl_hashes_it() {
        // openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
        let hint = "Wnp4zKSg9CDZvGK7Zpw8J1njn3I9OuENy+DwgVoH7NQ=";
        assert_eq!(PublicKey::from_pem(PUBLIC_PEM).unwrap().hint(), hint);
        assert_eq!(PrivateKey::from_pem(PRIVATE_PEM).unwrap().public().hint(), hint);
    }

    #[test]
    fn a_key_is_read_with_whatever_is_around_it() {
        let windows = PUBLIC_PEM.replace('\n', "\r\n");
        for text in [windows.as_str(), &format!("\n\n{PUBLIC_PEM}\n\n"), PUBLIC_PEM.trim_end()] {
            assert!(PublicKey::from_pem(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_sign_is_told_by_what_it_is() {
        let other_kind = |kind: &str| KeyError::OtherKind { kind: kind.to_owned() };
        assert_eq!(private(" \n"), KeyError::Empty);
        assert_eq!(private("secret"), KeyError::NotPem);
        assert_eq!(private(PUBLIC_PEM), KeyError::IsPublic);
        assert_eq!(private(include_str!("test-keys/p384.pem")), other_kind("P-384"));
        assert_eq!(private(include_str!("test-keys/ed25519.pem")), other_kind("Ed25519"));
        assert_eq!(private(include_str!("test-keys/rsa.pem")), other_kind("RSA"));
        assert_eq!(private(include_str!("test-keys/sec1.pem")), KeyError::Older);
        for label in ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"] {
            let text = format!(
                "-----BEGIN {label}-----\neyJrZGYiOnsibmFtZSI6InNjcnlwdCJ9fQ==\n-----END {label}-----\n"
            );
            assert_eq!(private(&text), KeyError::Encrypted { label: label.to_owned() });
            assert!(private(&text).hint().unwrap().contains("cosign sign --key"), "{label}");
        }
        let label = "ENCRYPTED PRIVATE KEY";
        let text = format!("-----BEGIN {label}-----\nMIHs\n-----END {label}-----\n");
        assert!(private(&text).hint().unwrap().contains("openssl pkey"));
    }

    #[test]
    fn what_cannot_verify_is_told_by_what_it_is() {
        assert_eq!(public(""), KeyError::Empty);
        assert_eq!(public(PRIVATE_PEM), KeyError::IsPrivate);
        assert_eq!(public(include_str!("test-keys/rsa.pub")), KeyError::OtherKind { kind: "RSA".to_owned() });
        let label = "CERTIFICATE";
        let text = format!("-----BEGIN {label}-----\nMIHs\n-----END {label}-----\n");
        assert_eq!(public(&text), KeyError::NotAKey { label: label.to_owned() });
    }

    #[test]
    fn a_cut_or_changed_key_is_damaged() {
        let start = PRIVATE_PEM.find("-----BEGIN").unwrap();
        for end in (start + 30..PRIVATE_PEM.trim_end().len() - 1).step_by(7) {
            assert_eq!(private(&PRIVATE_PEM[..end]), KeyError::Damaged, "{end}");
        }
        // The point is not on the curve; the number is not that of the point.
        assert_eq!(
            public(&PUBLIC_PEM.replace("YPKftnkD", "YPKftnkE").replace("LmDyn7Z5", "LmDyn7Z6")),
            KeyError::Damaged
        );
        assert_eq!(private(&PRIVATE_PEM.replace("ya+p2EW6", "ya+p2EW7")), KeyError::Damaged);
    }

    #[test]
    fn nothing_shows_a_private_key() {
        let key = PrivateKey::from_pem(OTHER).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey { .. }");
        let secret = OTHER.lines().nth(2).unwrap();
        let broken = OTHER.replace(secret, &secret[1..]);
        let error = private(&broken);
        assert!(!format!("{error} {error:?}").contains(&secret[48..]));
    }
}
