//! What refers to an image in a registry (distribution specification, "Listing Referrers").
//!
//! Registries that know `subject` keep the list themselves. For all others it is an index under a tag made of the image's digest,
//! and whoever adds to it must take care not to lose what others add at the same time: it is read, written with the condition
//! that it is still what was read, where the registry has such, and read again after others had time to write over it.

use std::time::Duration;

use oci_spec::image::{Descriptor, ImageIndex, MediaType};
use url::Url;

use super::failure::{Cause, Failure};
use super::manifests::{self, Content};
use super::remote::{Remote, Request};
use super::retry::{jitter, retry};
use super::transport::{Method, Response};
use crate::{Blob, DOCUMENT_LIMIT_BYTES, Digest, Error, documents, layout};

/// A list in more parts than this, or of more bytes, is not read to its end.
const PARTS_LIMIT: usize = 100;
const LIST_LIMIT_BYTES: u64 = 32 << 20;
/// What registries without the list answer: the specification's 404, and what else is said of an address that one does not know
/// (Artifactory 406). Who may read an image and not its list is told 403, and is no worse off.
const NO_LIST: [u16; 6] = [400, 403, 404, 405, 406, 501];
/// How often the same is written, where others write as well.
const ROUNDS: u32 = 20;
/// How long others may take between reading and writing, at the least.
const SETTLING: Duration = Duration::from_millis(20);

/// What refers to an image: manifests, each with its `artifactType`.
///
/// # Errors
/// The registry cannot be asked, or answers with something else than a list.
pub fn referrers(remote: &Remote, subject: Digest) -> Result<Vec<Descriptor>, Error> {
    Ok(list(remote, subject).map_err(|failure| failure.during("list what refers to an image in"))?)
}

/// The same; nothing for an image that nothing refers to.
pub(super) fn list(remote: &Remote, subject: Digest) -> Result<Vec<Descriptor>, Failure> {
    if remote.habits().lists_referrers != Some(false) {
        let asked = asked(remote, subject)?;
        remote.lists_referrers(asked.is_some());
        if let Some(found) = asked {
            return Ok(found);
        }
    }
    match tagged(remote, subject)? {
        Tagged::List { index, .. } => Ok(index.manifests().clone()),
        // "The client should assume that there are no referrers".
        Tagged::Nothing | Tagged::Subject | Tagged::Other => Ok(Vec::new()),
    }
}

/// The list that the registry keeps, if it does.
fn asked(remote: &Remote, subject: Digest) -> Result<Option<Vec<Descriptor>>, Failure> {
    let mut url = remote.url(&format!("referrers/{subject}"));
    let (mut found, mut left_bytes) = (Vec::new(), LIST_LIMIT_BYTES);
    for _ in 0..PARTS_LIMIT {
        let part = retry(&remote.settings, || part(remote, &url, left_bytes))?;
        let Some(Part { index, size_bytes, next }) = part else { return Ok(None) };
        left_bytes -= size_bytes;
        found.extend(index.manifests().iter().cloned());
        match next {
            Some(next) => url = next,
            None => return Ok(Some(found)),
        }
    }
    Err(remote.failure(Cause::strange("its list of referrers does not end")))
}

/// A part of a list, and where it goes on.
struct Part {
    index: ImageIndex,
    size_bytes: u64,
    next: Option<Url>,
}

fn part(remote: &Remote, url: &Url, limit_bytes: u64) -> Result<Option<Part>, Failure> {
    let request = Request::new(Method::Get, url.clone()).with("accept", MediaType::ImageIndex.to_string());
    let response = remote.once(&request, &NO_LIST)?;
    let is_index = |response: &Response| {
        response.header("content-type").is_some_and(|kind| kind.starts_with(MediaType::ImageIndex.as_ref()))
    };
    // Some have a page for people under every address that they do not know.
    if !matches!(response.status, 200..=299) || !is_index(&response) {
        return Ok(None);
    }
    let next = remote.next_part(url, &response)?;
    let failed = |cause| remote.failure(cause).of(format!("GET {}", url.path()));
    let bytes = response.bytes(DOCUMENT_LIMIT_BYTES.min(limit_bytes)).map_err(failed)?;
    let index = documents::index(&bytes)
        .map_err(|problem| failed(Cause::content("the list of referrers", problem)))?;
    Ok(Some(Part { index, size_bytes: bytes.len() as u64, next }))
}

/// What is under the tag.
enum Tagged {
    Nothing,
    List {
        index: Box<ImageIndex>,
        etag: Option<String>,
    },
    /// The image itself: GitLab takes the tag for its digest (<https://github.com/oras-project/oras-go/issues/1396>).
    Subject,
    /// Somebody's manifest.
    Other,
}

fn tag(subject: Digest) -> String {
    format!("sha256-{}", subject.hex())
}

fn tagged(remote: &Remote, subject: Digest) -> Result<Tagged, Failure> {
    let Some(document) = manifests::get(remote, &tag(subject))? else { return Ok(Tagged::Nothing) };
    match document.content {
        _ if document.blob.digest() == subject => Ok(Tagged::Subject),
        Content::Index(index) => Ok(Tagged::List { index, etag: document.etag }),
        Content::Manifest(_) => Ok(Tagged::Other),
    }
}

/// Adds to the list under the tag, for a registry that keeps none. What comes back has to settle.
pub(super) fn attach(
    remote: &Remote,
    subject: Digest,
    entries: Vec<Descriptor>,
) -> Result<List<'_>, Failure> {
    let mut list = List { remote, subject, entries, gap: Duration::ZERO };
    list.write()?;
    Ok(list)
}

/// A list that others may write as well.
pub(super) struct List<'a> {
    remote: &'a Remote,
    subject: Digest,
    entries: Vec<Descriptor>,
    /// What lies between reading and writing it, if others are as quick as we were.
    gap: Duration,
}

/// How a list was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Whole,
    /// It lacked something, and was written.
    Lacking,
}

impl List<'_> {
    /// Waits until nobody writes over it any more, and writes it again where somebody did.
    pub(super) fn settle(mut self) -> Result<(), Failure> {
        let clock = &self.remote.settings.clock;
        let mut settled = false;
        let mut found = Found::Whole;
        for _ in 0..ROUNDS {
            // Whoever read before we wrote writes about as long after it as we did, so twice in a row nothing may be lost.
            let pause = SETTLING.max(self.gap * 4);
            // Those who were in each other's way must not come back together.
            (clock.sleep)(if found == Found::Lacking { pause + jitter(pause * 2) } else { pause });
            found = self.write()?;
            match (found, settled) {
                (Found::Whole, true) => return Ok(()),
                (found, _) => settled = found == Found::Whole,
            }
        }
        let what = format!("the list of what refers to {}", self.subject);
        Err(self.remote.failure(Cause::Contended { what }))
    }

    fn unlisted(&self, problem: &str) -> Failure {
        self.remote.failure(Cause::Unlisted { tag: tag(self.subject), problem: problem.to_owned() })
    }

    /// Adds what it lacks.
    fn write(&mut self) -> Result<Found, Failure> {
        let clock = &self.remote.settings.clock;
        let begun = (clock.now)();
        let found = tagged(self.remote, self.subject)?;
        let is_taken = matches!(found, Tagged::Subject);
        let (mut index, etag) = match found {
            Tagged::List { index, etag } => (*index, etag),
            Tagged::Nothing => (layout::index(Vec::new()), None),
            // It may let somebody write there, until it is seen that it does not.
            Tagged::Subject if self.gap.is_zero() => (layout::index(Vec::new()), None),
            Tagged::Subject => return Err(self.unlisted("the registry takes that for the image itself")),
            Tagged::Other => return Err(self.unlisted("there is somebody's manifest")),
        };
        let is_listed =
            |entry: &&Descriptor| index.manifests().iter().any(|listed| listed.digest() == entry.digest());
        let missing: Vec<Descriptor> =
            self.entries.iter().filter(|entry| !is_listed(entry)).cloned().collect();
        if missing.is_empty() {
            return Ok(Found::Whole);
        }
        let all = index.manifests().iter().cloned().chain(missing).collect();
        index.set_media_type(Some(MediaType::ImageIndex)).set_manifests(all);
        let blob = Blob::json(MediaType::ImageIndex, &index);
        match manifests::put(self.remote, &tag(self.subject), &blob, etag.as_deref()) {
            // Somebody was faster; what they wrote is read now.
            Err(failure) if matches!(failure.status(), Some(409 | 412)) => {}
            Err(failure) if is_taken && failure.status() == Some(400) => {
                return Err(self.unlisted("the registry takes that for the image itself"));
            }
            Err(failure) => return Err(failure),
            Ok(_) => {}
        }
        self.gap = (clock.now)().duration_since(begun).unwrap_or_default();
        Ok(Found::Lacking)
    }
}
