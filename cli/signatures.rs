//! Who signed an image, for people and as JSON.

use std::fmt;

use serde::Serialize;
use wasmpack_packager::signature::{self, PublicKey, Verified};
use wasmpack_packager::survey::Entry;
use wasmpack_packager::{Digest, Reference, Stored, Survey};

use crate::description::line;
use crate::error::Error;

/// What a key vouches for, image by image. The field names are the keys of `--json`.
#[derive(Debug, Default, Serialize)]
pub struct Signatures {
    /// Each was verified.
    pub images: Vec<SignedImage>,
}

/// One image.
#[derive(Debug, Serialize)]
pub struct SignedImage {
    /// Its name, if it has one.
    pub reference: Option<String>,
    /// Its digest.
    pub digest: String,
    /// The kinds of statements that are signed, as their authors name them; the image first.
    pub signed: Vec<String>,
    /// The kinds of statements about it that this key has not signed.
    pub unsigned: Vec<String>,
    /// How many signatures it has by other keys.
    pub by_others: usize,
}

impl Signatures {
    /// Verifies one more image.
    ///
    /// # Errors
    /// The key has not signed it, or a signature or what was signed is not right.
    pub fn add(&mut self, survey: &Survey, entry: &Entry, key: &PublicKey) -> Result<(), Error> {
        let Verified { signed, unsigned, by_others } = verify(survey, entry.digest, key)?;
        self.images.push(SignedImage {
            reference: entry.name().map(ToOwned::to_owned),
            digest: entry.digest.to_string(),
            signed,
            unsigned,
            by_others,
        });
        Ok(())
    }
}

fn verify(survey: &Survey, image: Digest, key: &PublicKey) -> Result<Verified, Error> {
    Ok(signature::verify(image, &survey.signed_documents(image)?, key)?)
}

/// Refuses an image that this key has not signed. Its bytes are checked against its digest by whoever reads them.
///
/// # Errors
/// The key has not signed it, or a signature or what was signed is not right.
pub fn refuse_unsigned(image: &Stored, key: &PublicKey) -> Result<(), Error> {
    verify(&wasmpack_packager::survey(&image.path)?, image.digest, key).map(drop)
}

/// `name@sha256:…`, with the whole name; the digest alone if it has no name.
#[must_use]
pub fn pinned(entry: &Entry) -> String {
    let name = entry.name().and_then(|name| name.parse::<Reference>().ok());
    name.map_or_else(
        || entry.digest.to_string(),
        |name| name.without_digest().without_tag().with_digest(entry.digest).to_string(),
    )
}

impl fmt::Display for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for SignedImage { reference, digest, signed, unsigned, by_others } in &self.images {
            if let Some(reference) = reference {
                line(f, "image", reference)?;
            }
            line(f, "digest", digest)?;
            for (label, kinds) in [("signed", signed), ("unsigned", unsigned)] {
                for kind in kinds {
                    line(f, label, signature::name_of(kind))?;
                }
            }
            if *by_others > 0 {
                line(f, "others", &format!("{by_others} by other keys"))?;
            }
        }
        Ok(())
    }
}
