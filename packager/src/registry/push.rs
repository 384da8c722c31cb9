//! Bringing an image into a repository.
//!
//! Blobs go first, several at a time, then documents, each after what it names, then what refers to the image, and tags last.
//! So whatever fails, a tag names the old image or all of the new one.

use oci_spec::image::Descriptor;

use super::failure::Failure;
use super::manifests;
use super::parallel::each;
use super::plan::{Plan, Tally, survey};
use super::progress::{Meter, Tell};
use super::referrers;
use super::remote::Remote;
use super::upload::{Uploads, Way};
use crate::{Digest, Error, Image};

/// How an image is pushed.
#[derive(Clone, Copy, Default)]
pub struct PushOptions<'a> {
    /// Another repository of the same registry that may have some of the blobs.
    pub source: Option<&'a str>,
    /// Whom to tell how far it is.
    pub progress: Option<Tell<'a>>,
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// What names the image in the registry.
    pub digest: Digest,
    /// The tags that name it now and did not before.
    pub tags: Vec<String>,
    /// What was sent.
    pub sent: Tally,
    /// What came from another repository of the registry.
    pub mounted: Tally,
    /// What was there already.
    pub present: Tally,
}

/// Brings an image into a repository, under tags or, without any, under its digest alone, together with what refers to it.
///
/// # Errors
/// The registry cannot be reached, does not allow it or does not answer as registries do; a blob cannot be read. The tags name
/// what they named before then, or the new image.
pub fn push(
    remote: &Remote,
    image: &Image,
    tags: &[&str],
    options: PushOptions<'_>,
) -> Result<Pushed, Error> {
    Ok(bring(remote, image, tags, options).map_err(|failure| failure.during("push to"))?)
}

fn bring(remote: &Remote, image: &Image, tags: &[&str], options: PushOptions<'_>) -> Result<Pushed, Failure> {
    if let Some(source) = options.source {
        remote.may_read(source);
    }
    let plan = survey(remote, image, tags)?;
    let meter = Meter::new(plan.missing().size_bytes, options.progress.unwrap_or(&|_| {}));
    let uploads = Uploads::new(remote, options.source, &meter);
    let ways = each(&plan.blobs, |blob| uploads.bring(blob))?;

    let mut pushed = Pushed {
        digest: image.digest(),
        tags: plan.tags.clone(),
        sent: Tally::default(),
        mounted: Tally::default(),
        present: plan.present,
    };
    for (blob, way) in plan.blobs.iter().zip(ways) {
        match way {
            Way::Sent => pushed.sent.add(blob.size_bytes()),
            Way::Mounted => pushed.mounted.add(blob.size_bytes()),
        }
    }
    let documents = documents(remote, image, &plan, &meter)?;
    pushed.sent.count += documents.count;
    pushed.sent.size_bytes += documents.size_bytes;
    Ok(pushed)
}

/// Manifests, indexes, what refers to the image, and tags.
fn documents(remote: &Remote, image: &Image, plan: &Plan<'_>, meter: &Meter<'_>) -> Result<Tally, Failure> {
    let mut sent = Tally::default();
    let (root, tags) = (image.root(), &plan.tags);
    // The root goes by its first tag, unless something else has to come before that.
    let is_first = tags.is_empty() || !plan.referrers.is_empty();
    for document in &plan.documents {
        sent.add(document.size_bytes());
        if document.digest() != root.digest() || is_first {
            manifests::put(remote, &document.digest().to_string(), document, None)?;
            meter.add(document.size_bytes());
        }
    }
    let listed = each(&plan.referrers, |referrer| {
        let manifest = referrer.manifest();
        let taken = manifests::put(remote, &manifest.digest().to_string(), manifest, None)?;
        meter.add(manifest.size_bytes());
        Ok(taken.knows_subject)
    })?;
    let mut unlisted: Vec<Descriptor> = Vec::new();
    for (referrer, is_listed) in plan.referrers.iter().zip(listed) {
        sent.add(referrer.manifest().size_bytes());
        if !is_listed {
            unlisted.push(referrer.descriptor());
        }
    }
    if !unlisted.is_empty() {
        referrers::attach(remote, image.digest(), &unlisted)?;
    }
    for tag in tags {
        manifests::put(remote, tag, root, None)?;
    }
    Ok(sent)
}
