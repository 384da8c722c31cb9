//! What a push would send: what a registry lacks of an image.
//!
//! A registry that has a document has all that it names, so it is asked from the top: for the tag, the root, what the root
//! names, and blobs last. Of an image that is there already nothing more than its tag is asked for.

use std::collections::BTreeSet;

use oci_spec::image::MediaType;

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

    let documents = if is_present { Vec::new() } else { missing_documents(remote, image)? };
    let referrers = missing_referrers(remote, image, is_present)?;
    let named: BTreeSet<Digest> = documents.iter().flat_map(|document| names(document)).collect();
    let below = image.blobs().iter().filter(|blob| !is_document(blob) && named.contains(&blob.digest()));
    let mut wanted: Vec<&Blob> =
        below.chain(referrers.iter().flat_map(|referrer| referrer.parts())).collect();
    let mut seen = BTreeSet::new();
    wanted.retain(|blob| seen.insert(blob.digest()));
    let has = each(&wanted, |blob| Uploads::has(remote, blob))?;
    let blobs: Vec<&Blob> = wanted.iter().zip(has).filter(|(_, has)| !has).map(|(blob, _)| *blob).collect();

    let mut plan = Plan { tags: moved, blobs, documents, referrers, present: Tally::default() };
    plan.present = present(image, &plan);
    Ok(plan)
}

/// From the root down: what is below a document that is there is there too.
fn missing_documents<'a>(remote: &Remote, image: &'a Image) -> Result<Vec<&'a Blob>, Failure> {
    let mut missing = BTreeSet::from([image.digest()]);
    let mut level = vec![image.root()];
    while !level.is_empty() {
        let named: BTreeSet<Digest> = level.iter().flat_map(|document| names(document)).collect();
        let below: Vec<&Blob> =
            image.blobs().iter().filter(|blob| is_document(blob) && named.contains(&blob.digest())).collect();
        let found = each(&below, |document| {
            Ok(manifests::digest(remote, &document.digest().to_string())? == Some(document.digest()))
        })?;
        level =
            below.into_iter().zip(found).filter(|(_, found)| !found).map(|(document, _)| document).collect();
        level.retain(|document| missing.insert(document.digest()));
    }
    Ok(image.blobs().iter().filter(|blob| missing.contains(&blob.digest())).collect())
}

fn missing_referrers<'a>(
    remote: &Remote,
    image: &'a Image,
    is_present: bool,
) -> Result<Vec<&'a Referrer>, Failure> {
    let listed = if is_present && !image.referrers().is_empty() {
        referrers::list(remote, image.digest())?
    } else {
        Vec::new()
    };
    let is_listed =
        |referrer: &&Referrer| listed.iter().any(|entry| entry.digest() == referrer.descriptor().digest());
    Ok(image.referrers().iter().filter(|referrer| !is_listed(referrer)).collect())
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
    documents::is_manifest(&media_type) || documents::is_index(&media_type)
}

fn names(document: &Blob) -> Vec<Digest> {
    let parsed = manifests::bytes(document).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    parsed.map(|document| documents::digests(&document)).unwrap_or_default()
}
