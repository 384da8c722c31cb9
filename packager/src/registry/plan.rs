//! What a push would send: what a registry lacks of an image.
//!
//! A registry that has a document has all that it names, so it is asked for the tag, then the root, and then for all the rest at
//! once. Of an image that is there already nothing more is asked for than its tag, and what refers to it.

use std::collections::BTreeSet;

use oci_spec::image::{Descriptor, MediaType};

use super::failure::Failure;
use super::manifests;
use super::parallel::each;
use super::referrers;
use super::remote::Remote;
use super::upload::Uploads;
use crate::{Blob, Digest, Error, Image, Referrer, documents};

/// So many blobs and documents with so many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// Their bytes, as stored.
    pub size_bytes: u64,
}

impl Tally {
    pub(super) fn add(&mut self, size_bytes: u64) {
        self.count += 1;
        self.size_bytes += size_bytes;
    }

    pub(super) fn of<'a>(blobs: impl IntoIterator<Item = &'a Blob>) -> Self {
        let mut tally = Self::default();
        blobs.into_iter().for_each(|blob| tally.add(blob.size_bytes()));
        tally
    }
}

/// What a registry lacks of an image.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Tags that name something else there, or nothing.
    pub tags: Vec<String>,
    /// Layers and configs, and the parts of what refers to the image. Each once.
    pub blobs: Vec<&'a Blob>,
    /// Manifests and indexes, each after what it names; the root is the last, if it is among them.
    pub documents: Vec<&'a Blob>,
    /// What refers to the image.
    pub referrers: Vec<&'a Referrer>,
    /// What is there already.
    pub present: Tally,
}

impl Plan<'_> {
    /// What is to be sent. Blobs that can be mounted are among it: only the registry knows.
    #[must_use]
    pub fn missing(&self) -> Tally {
        let referrers = self.referrers.iter().map(|referrer| referrer.manifest());
        Tally::of(self.blobs.iter().chain(&self.documents).copied().chain(referrers))
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.tags.is_empty() && self.missing().count == 0
    }
}

/// Asks what would have to be sent, and sends nothing.
///
/// # Errors
/// The registry cannot be asked.
pub fn plan<'a>(remote: &Remote, image: &'a Image, tags: &[&str]) -> Result<Plan<'a>, Error> {
    Ok(survey(remote, image, tags).map_err(|failure| failure.during("push to"))?)
}

pub(super) fn survey<'a>(remote: &Remote, image: &'a Image, tags: &[&str]) -> Result<Plan<'a>, Failure> {
    let root = image.digest();
    let named = each(tags, |tag| manifests::digest(remote, tag))?;
    let is_named = |at: usize| named[at] == Some(root);
    let moved = (0..tags.len()).filter(|at| !is_named(*at)).map(|at| tags[at].to_owned()).collect();
    let is_present =
        (0..tags.len()).any(is_named) || manifests::digest(remote, &root.to_string())? == Some(root);

    let (documents, blobs, referrers) =
        if is_present { lacking_beside(remote, image)? } else { lacking(remote, image)? };
    let mut plan = Plan { tags: moved, blobs, documents, referrers, present: Tally::default() };
    plan.present = present(image, &plan);
    Ok(plan)
}

/// Documents, blobs and referrers.
type Lacking<'a> = (Vec<&'a Blob>, Vec<&'a Blob>, Vec<&'a Referrer>);

/// What lacks beside an image that is there.
fn lacking_beside<'a>(remote: &Remote, image: &'a Image) -> Result<Lacking<'a>, Failure> {
    let listed = match image.referrers() {
        [] => return Ok(Lacking::default()),
        _ => referrers::list(remote, image.digest())?,
    };
    let referrers = unlisted(image, &listed);
    let parts = once(referrers.iter().flat_map(|referrer| referrer.parts()));
    let has = each(&parts, |part| Uploads::has(remote, part))?;
    Ok((Vec::new(), select(parts, |at| !has[at]), referrers))
}

/// What lacks of an image whose root is not there. Everything is asked for at once: to find what is below a document that is
/// there takes a round for each level, and there is seldom anything.
fn lacking<'a>(remote: &Remote, image: &'a Image) -> Result<Lacking<'a>, Failure> {
    let root = image.digest();
    let referring = image.referrers().iter().flat_map(Referrer::blobs);
    let all = once(image.blobs().iter().filter(|blob| blob.digest() != root).chain(referring));
    let has = each(&all, |blob| match is_document(blob) {
        true => Ok(manifests::digest(remote, &blob.digest().to_string())? == Some(blob.digest())),
        false => Uploads::has(remote, blob),
    })?;
    let there: BTreeSet<Digest> = select(all, |at| has[at]).iter().map(|blob| blob.digest()).collect();

    let documents = missing_documents(image, &there);
    // Those that are there may have come without getting onto a list.
    let begun = image.referrers().iter().any(|referrer| there.contains(&referrer.manifest().digest()));
    let listed = if begun { referrers::list(remote, root)? } else { Vec::new() };
    let referrers = unlisted(image, &listed);
    let named: BTreeSet<Digest> = documents.iter().flat_map(|document| names(document)).collect();
    let below = image.blobs().iter().filter(|blob| !is_document(blob) && named.contains(&blob.digest()));
    let blobs = once(below.chain(referrers.iter().flat_map(|referrer| referrer.parts())));
    let blobs = blobs.into_iter().filter(|blob| !there.contains(&blob.digest())).collect();
    Ok((documents, blobs, referrers))
}

/// From the root down: what is below a document that is there is there too.
fn missing_documents<'a>(image: &'a Image, there: &BTreeSet<Digest>) -> Vec<&'a Blob> {
    let mut missing = BTreeSet::from([image.digest()]);
    let mut documents = Vec::new();
    // What names another is behind it.
    for document in image.blobs().iter().rev().filter(|blob| is_document(blob)) {
        if missing.contains(&document.digest()) {
            missing.extend(names(document).into_iter().filter(|digest| !there.contains(digest)));
            documents.push(document);
        }
    }
    documents.reverse();
    documents
}

fn unlisted<'a>(image: &'a Image, listed: &[Descriptor]) -> Vec<&'a Referrer> {
    let is_listed =
        |referrer: &&Referrer| listed.iter().any(|entry| entry.digest() == referrer.descriptor().digest());
    image.referrers().iter().filter(|referrer| !is_listed(referrer)).collect()
}

/// Each of them once.
fn once<'a>(blobs: impl Iterator<Item = &'a Blob>) -> Vec<&'a Blob> {
    let mut seen = BTreeSet::new();
    blobs.filter(|blob| seen.insert(blob.digest())).collect()
}

fn select(blobs: Vec<&Blob>, is_chosen: impl Fn(usize) -> bool) -> Vec<&Blob> {
    (0..).zip(blobs).filter(|(at, _)| is_chosen(*at)).map(|(_, blob)| blob).collect()
}

fn present(image: &Image, plan: &Plan<'_>) -> Tally {
    let mut seen: BTreeSet<Digest> =
        plan.blobs.iter().chain(&plan.documents).map(|blob| blob.digest()).collect();
    seen.extend(plan.referrers.iter().map(|referrer| referrer.manifest().digest()));
    let all = image.blobs().iter().chain(image.referrers().iter().flat_map(Referrer::blobs));
    Tally::of(all.filter(|blob| seen.insert(blob.digest())))
}

/// Whether it is a manifest or an index, which registries keep apart from blobs.
pub(super) fn is_document(blob: &Blob) -> bool {
    let media_type = MediaType::from(blob.media_type());
    documents::is_document(&media_type)
}

pub(super) fn names(document: &Blob) -> Vec<Digest> {
    let parsed = manifests::bytes(document).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    parsed.map(|document| documents::digests(&document)).unwrap_or_default()
}
