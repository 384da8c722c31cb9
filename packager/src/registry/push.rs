//! Bringing an image into a repository.
//!
//! Blobs go first, several at a time, then documents, each after what it names. What refers to the image goes before it, which
//! the specification allows, and tags go last. So whatever fails, a tag names the old image or all of the new one.

use std::collections::BTreeSet;

use oci_spec::image::Descriptor;

use super::failure::Failure;
use super::manifests::{self, Taken};
use super::parallel::{both, each};
use super::plan::{Plan, Tally, names, survey};
use super::progress::{Meter, Tell};
use super::referrers::{self, List};
use super::remote::Remote;
use super::upload::{Uploads, Way};
use crate::{Blob, Digest, Error, Image, Referrer};

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
    let push = Push { remote, image, plan: &plan, uploads: &uploads, meter: &meter };

    let came = if plan.missing().count > 0 { push.all()? } else { Vec::new() };
    for tag in &plan.tags {
        manifests::put(remote, tag, image.root(), None)?;
    }

    let mut pushed = Pushed {
        digest: image.digest(),
        tags: plan.tags.clone(),
        sent: Tally::default(),
        mounted: Tally::default(),
        present: plan.present,
    };
    for (way, size_bytes) in came {
        match way {
            Way::Sent => pushed.sent.add(size_bytes),
            Way::Mounted => pushed.mounted.add(size_bytes),
        }
    }
    let referrers = plan.referrers.iter().map(|referrer| referrer.manifest());
    plan.documents.iter().copied().chain(referrers).for_each(|sent| pushed.sent.add(sent.size_bytes()));
    Ok(pushed)
}

/// How blobs came, with their sizes.
type Came = Vec<(Way, u64)>;

/// A push that knows what to do.
#[derive(Clone, Copy)]
struct Push<'a> {
    remote: &'a Remote,
    image: &'a Image,
    plan: &'a Plan<'a>,
    uploads: &'a Uploads<'a>,
    meter: &'a Meter<'a>,
}

impl Push<'_> {
    /// All but the tags. What refers to the image goes first, so that the list under its tag settles while the image goes.
    fn all(self) -> Result<Came, Failure> {
        let parts: BTreeSet<Digest> =
            self.image.referrers().iter().flat_map(Referrer::parts).map(Blob::digest).collect();
        let (parts, below): (Vec<&Blob>, Vec<&Blob>) =
            self.plan.blobs.iter().partition(|blob| parts.contains(&blob.digest()));
        let mut came = self.blobs(&parts)?;
        match self.refer() {
            Ok(None) => came.extend(self.image(&below)?),
            Ok(Some(list)) => {
                let (image, listed) = both(|| self.image(&below), || list.settle());
                came.extend(image?);
                listed?;
            }
            Err(failure) => {
                self.check_order(failure)?;
                came.extend(self.image(&below)?);
                self.root_by_digest()?;
                self.refer()?.map_or(Ok(()), List::settle)?;
            }
        }
        Ok(came)
    }

    fn blobs(self, blobs: &[&Blob]) -> Result<Came, Failure> {
        each(blobs, |blob| Ok((self.uploads.bring(blob)?, blob.size_bytes())))
    }

    /// The image itself: blobs, then documents, each after what it names. The root goes by its tags, if it has any.
    fn image(self, blobs: &[&Blob]) -> Result<Came, Failure> {
        let came = self.blobs(blobs)?;
        let (root, is_named) = (self.image.digest(), !self.plan.tags.is_empty());
        let is_later = |document: &&Blob| is_named && document.digest() == root;
        let mut left: Vec<&Blob> = self.plan.documents.clone();
        left.retain(|document| !is_later(document));
        while !left.is_empty() {
            let waited_for: BTreeSet<Digest> = left.iter().map(|document| document.digest()).collect();
            let waits = |document: &&Blob| names(document).iter().any(|digest| waited_for.contains(digest));
            let (waiting, ready): (Vec<&Blob>, Vec<&Blob>) = left.into_iter().partition(waits);
            each(&ready, |document| self.document(document))?;
            left = waiting;
        }
        Ok(came)
    }

    fn document(self, document: &Blob) -> Result<Taken, Failure> {
        let taken = manifests::put(self.remote, &document.digest().to_string(), document, None)?;
        self.meter.add(document.size_bytes());
        Ok(taken)
    }

    /// What refers to the image, up to the list of it, if the registry keeps none.
    fn refer(&self) -> Result<Option<List<'_>>, Failure> {
        let referrers = &self.plan.referrers;
        let taken = each(referrers, |referrer| self.document(referrer.manifest()))?;
        if let Some(one) = taken.first() {
            self.remote.lists_referrers(one.knows_subject);
        }
        let unlisted = referrers.iter().zip(taken).filter(|(_, taken)| !taken.knows_subject);
        let unlisted: Vec<Descriptor> = unlisted.map(|(referrer, _)| referrer.listed()).collect();
        if unlisted.is_empty() {
            return Ok(None);
        }
        referrers::attach(self.remote, self.image.digest(), unlisted).map(Some)
    }

    /// Whether what refers to the image may have been refused because the image was not there. The specification lets it go
    /// first, but not every registry may.
    fn check_order(self, failure: Failure) -> Result<(), Failure> {
        let root = self.image.digest();
        let is_there = !self.plan.documents.iter().any(|document| document.digest() == root);
        let is_final = is_there || failure.status().is_none() || failure.is_about_credentials();
        // Some say of a subject that is not there what they say of a blob that is not there yet.
        let is_lacking = matches!(failure.status(), Some(400 | 404));
        if is_final || (failure.cause().may_pass() && !is_lacking) { Err(failure) } else { Ok(()) }
    }

    fn root_by_digest(self) -> Result<(), Failure> {
        let root = self.image.root();
        manifests::put(self.remote, &root.digest().to_string(), root, None).map(drop)
    }
}
