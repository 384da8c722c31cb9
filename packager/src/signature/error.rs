//! What can go wrong with keys and signatures, and the way out of it.

use crate::Digest;

/// The older form of a key of elliptic curves (RFC 5915).
pub(super) const SEC1: &str = "EC PRIVATE KEY";

/// Why a text is not a key that can be used. Nothing of the text is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is no PEM.
    #[error("it is not in PEM, which begins with `-----BEGIN `")]
    NotPem,
    /// It is cut, or was changed.
    #[error("it is damaged")]
    Damaged,
    /// A password is needed to read it.
    #[error("it is encrypted (`{label}`)")]
    Encrypted {
        /// What it says it is.
        label: String,
    },
    /// An older form of PEM.
    #[error("it is in the older form `{SEC1}`, not in PKCS #8")]
    Older,
    /// A public key where a private one is needed.
    #[error("it is a public key, and signing takes the private one")]
    IsPublic,
    /// A private key where a public one is needed.
    #[error("it is a private key, and verifying takes the public one")]
    IsPrivate,
    /// A key for another way to sign.
    #[error("it is a key of {kind}, not of ECDSA on the curve P-256")]
    OtherKind {
        /// The algorithm or curve, by name or object identifier.
        kind: String,
    },
    /// PEM of something else.
    #[error("it is `{}`, not a key", .label.escape_debug())]
    NotAKey {
        /// What it says it is.
        label: String,
    },
}

impl KeyError {
    /// What is in PEM that says it is this, which is not what was wanted.
    pub(super) fn of_label(label: &str) -> Self {
        let owned = || label.to_owned();
        match label {
            SEC1 => Self::Older,
            "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => Self::OtherKind { kind: "RSA".to_owned() },
            _ if label.starts_with("ENCRYPTED ") => Self::Encrypted { label: owned() },
            _ => Self::NotAKey { label: owned() },
        }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            // Whoever has a key of cosign's has cosign.
            Self::Encrypted { label } if label.contains("SIGSTORE") || label.contains("COSIGN") => {
                "a key of cosign's stays with cosign: push the image and use `cosign sign --key`; \
                 or make a key for here: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY`"
            }
            Self::Encrypted { .. } => "decrypt it: `openssl pkey -in ENCRYPTED -out KEY`",
            Self::Older => "convert it: `openssl pkcs8 -topk8 -nocrypt -in OLD -out KEY`",
            Self::IsPrivate => "write the public one beside it: `openssl pkey -in KEY -pubout -out KEY.pub`",
            Self::IsPublic => "name the file that `openssl genpkey` wrote",
            _ => "make one: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out KEY`",
        })
    }
}

/// Why something is not signed, or not by whom it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A document that is not about the image, or none at all, must not be signed as if it were.
    #[error("failed to sign document {document} (`{media_type}`): {problem}")]
    Sign {
        /// The document.
        document: Digest,
        /// What it says it is.
        media_type: String,
        /// Why not.
        problem: String,
    },
    /// Bytes that should be a signature are none.
    #[error("failed to read signature {bundle}: {problem}")]
    Read {
        /// The signature.
        bundle: Digest,
        /// What is wrong with it.
        problem: String,
    },
    /// A signature that names the key is not right.
    #[error("failed to verify signature {bundle}: {problem}")]
    Verify {
        /// The signature.
        bundle: Digest,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody with this key has signed the image.
    #[error("image {image} is not signed by this key{}", others(*.by_others))]
    NotSigned {
        /// The image.
        image: Digest,
        /// How many signatures it has by other keys.
        by_others: usize,
    },
    /// What refers to an image is not what was signed.
    #[error("the {what} of image {image} is not the one that is signed")]
    Replaced {
        /// The image.
        image: Digest,
        /// What kind of document.
        what: String,
    },
}

impl Error {
    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotSigned { by_others: 0, .. } => Some("sign it: `cargo wasmpack sign TARGET --key KEY`"),
            Self::NotSigned { .. } => Some("give the public key of who signed it, if you trust them"),
            Self::Read { .. } | Self::Verify { .. } => Some(
                "somebody has changed it, or it belongs to another image: get the image again, from who signed it",
            ),
            Self::Replaced { .. } => {
                Some("if it is yours, sign it again; otherwise get the image from who signed it")
            }
            Self::Sign { .. } => Some("build the image again"),
        }
    }
}

fn others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; its signature is of another".to_owned(),
        count => format!("; its {count} signatures are of others"),
    }
}
