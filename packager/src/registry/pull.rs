//! Taking an image out of a repository, with nothing taken on trust.
//!
//! What comes is made by a stranger, so every document is bounded, every digest and size is checked, and nothing is fetched from
//! elsewhere than the registry. What is there already is digested again and not fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use oci_spec::image::{Descriptor, ImageManifest, MediaType};

use super::failure::{Cause, Failure};
use super::manifests::{self, Content};
use super::parallel::each;
use super::plan::Tally;
use super::progress::{Meter, Tell};
use super::receive::{is_stored, receive, store};
use super::referrers;
use super::remote::Remote;
use super::retry::retry;
use crate::layout::{Name, blob_path};
use crate::sinks::{Layout, Listed, Others};
use crate::{Blob, DOCUMENT_LIMIT_BYTES, Digest, Error, Platform, Reference, documents};

/// An index in an index in an index is more than anybody writes.
const DEPTH_LIMIT: usize = 3;
/// Manifests and indexes of one image.
const DOCUMENTS_LIMIT: usize = 256;
/// Manifests that refer to it; further ones stay where they are.
const REFERRERS_LIMIT: usize = 1024;
/// Layers and configs of one image, and of what refers to it.
const BLOBS_LIMIT: usize = 4096;
/// What an image may take, 16 GiB, unless something else is said.
const PULL_LIMIT_BYTES: u64 = 16 << 30;

/// Whether what refers to an image comes along: bills of materials, provenance, signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referring {
    /// It stays where it is.
    Leave,
    /// It comes along, as far as it can be had: others may have added anything.
    Take,
}

/// How an image is pulled.
#[derive(Clone)]
pub struct PullOptions<'a> {
    /// The one platform of an index that is wanted; else it comes as a whole.
    pub platform: Option<Platform>,
    /// What refers to it.
    pub referring: Referring,
    /// What it may take.
    pub limit_bytes: u64,
    /// Whom to tell how far it is.
    pub progress: Option<Tell<'a>>,
}

impl Default for PullOptions<'_> {
    fn default() -> Self {
        Self { platform: None, referring: Referring::Leave, limit_bytes: PULL_LIMIT_BYTES, progress: None }
    }
}

/// What a pull did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pulled {
    /// What names the image, or the part of it that is for the platform.
    pub digest: Digest,
    /// What was fetched.
    pub fetched: Tally,
    /// What was there already.
    pub present: Tally,
    /// What refers to the image and could not be had, and why: it is missing, is not what it should be, or is too much.
    pub left_out: Vec<String>,
}

/// Takes an image into a layout folder, which is made if it is none. It is listed there under the reference, in the place of
/// what was; [`crate::open_reference`] finds it by that, with the digest of [`Pulled`] in it. Other writers of the folder wait.
///
/// # Errors
/// The registry cannot be reached, does not allow it, has no such image, or what it hands out is not what it should be; the
/// folder cannot be written. The layout is what it was before then. Whole blobs are kept after a failure of the network.
pub fn pull(
    remote: &Remote,
    reference: &Reference,
    folder: &Path,
    options: &PullOptions<'_>,
) -> Result<Pulled, Error> {
    let mut pulled = None;
    let fill = |folder: &Path| {
        let mut pull = Pull {
            remote,
            folder,
            options,
            documents: BTreeMap::new(),
            blobs: BTreeMap::new(),
            tally: Default::default(),
            own: BTreeSet::new(),
            left_out: Vec::new(),
        };
        let (root, referring) = pull.image(reference).map_err(|failure| failure.during("pull from"))?;
        let digest = Digest::from_oci(root.digest())?;
        let (fetched, referrers) = pull.fetch(digest, referring)?;
        pulled = Some(fetched);
        let name = match reference.digest() {
            Some(_) => Name::new(&reference.without_tag().with_digest(digest)),
            None => Name::new(reference),
        };
        let others = match options.referring {
            Referring::Leave => Others::Stay,
            Referring::Take => Others::Go,
        };
        Ok(Listed { name, root, referrers, others })
    };
    Layout::at(folder).take_in(fill, is_of_use)?;
    Ok(pulled.expect("it was filled"))
}

/// Whether a failure tells of one thing that is not there or not as it should be, and not of the registry or the way to it.
fn is_about_content(failure: &Failure) -> bool {
    failure.status() == Some(404) || matches!(failure.cause(), Cause::Content { .. } | Cause::Strange { .. })
}

/// Whether what was fetched before an error may be what is fetched another time.
fn is_of_use(error: &Error) -> bool {
    matches!(error, Error::Registry(failure) if !matches!(failure.cause(), Cause::Content { .. }))
}

/// One pull: what is found on the way down.
struct Pull<'a> {
    remote: &'a Remote,
    folder: &'a Path,
    options: &'a PullOptions<'a>,
    documents: BTreeMap<Digest, Blob>,
    /// What is below the documents, with the sizes that they say.
    blobs: BTreeMap<Digest, u64>,
    /// Documents fetched, and those that were there.
    tally: (Tally, Tally),
    /// Blobs of the image itself.
    own: BTreeSet<Digest>,
    /// Of what refers to the image.
    left_out: Vec<String>,
}

/// What refers to the image.
struct Referrer {
    descriptor: Descriptor,
    document: Blob,
    parts: Vec<Digest>,
}

impl Pull<'_> {
    /// The image of a reference and what refers to it; all its documents, on the way.
    fn image(&mut self, reference: &Reference) -> Result<(Descriptor, Vec<Referrer>), Failure> {
        let qualified = reference.fully_qualified();
        let root = match qualified.digest() {
            Some(digest) => self.document(digest)?,
            None => {
                let tag = qualified.tag().expect("a qualified name without digest has a tag");
                let document = manifests::get(self.remote, tag)?.ok_or_else(|| self.not_found(tag))?;
                self.tally.0.add(document.blob.size_bytes());
                document.blob
            }
        };
        let root = self.chosen(root)?;
        self.below(&root, 0)?;
        self.own = self.blobs.keys().copied().collect();
        let referring = match self.options.referring {
            Referring::Leave => Vec::new(),
            Referring::Take => self.referring(root.digest())?,
        };
        Ok((root.descriptor(), referring))
    }

    /// What refers to the image, with all that it names. Whoever may write into the repository can add to the list, so what is
    /// wrong with an entry is no fault of the image's.
    fn referring(&mut self, root: Digest) -> Result<Vec<Referrer>, Failure> {
        let mut referring = Vec::new();
        for entry in referrers::list(self.remote, root)? {
            let found = match referring.len() < REFERRERS_LIMIT {
                true => self.referrer(&entry, root),
                false => {
                    Err(self
                        .refuse(entry.digest(), format!("there are more than {REFERRERS_LIMIT} of its kind")))
                }
            };
            match found {
                Ok(found) => referring.push(found),
                Err(failure) if is_about_content(&failure) => self.left_out.push(failure.to_string()),
                Err(failure) => return Err(failure),
            }
        }
        Ok(referring)
    }

    /// A manifest that refers to the image, as it is told of here: a name that its entry has elsewhere is none of ours.
    fn referrer(&mut self, entry: &Descriptor, root: Digest) -> Result<Referrer, Failure> {
        let blob = self.named(entry)?;
        let Content::Manifest(manifest) = self.parse(&blob)? else {
            return Err(
                self.refuse(blob.digest(), "it is listed as what refers to an image, and is an index")
            );
        };
        let is_subject = |subject: &Descriptor| *subject.digest() == root.to_oci();
        if !manifest.subject().as_ref().is_some_and(is_subject) {
            return Err(self.refuse(blob.digest(), "it is listed as what refers to an image, and does not"));
        }
        // What is noted of it must not stay if it is left out.
        let blobs = self.blobs.clone();
        self.parts(&manifest).inspect_err(|_| self.blobs = blobs)?;
        let parts = manifest.layers().iter().chain([manifest.config()]);
        let parts = parts.filter_map(|part| Digest::from_oci(part.digest()).ok()).collect();
        let kind = manifest.artifact_type().as_ref().unwrap_or(manifest.config().media_type());
        let mut descriptor = blob.descriptor();
        descriptor.set_artifact_type(Some(kind.clone()));
        Ok(Referrer { descriptor, document: blob, parts })
    }

    /// What is for the platform that is wanted.
    fn chosen(&mut self, root: Blob) -> Result<Blob, Failure> {
        let Some(platform) = &self.options.platform else { return Ok(root) };
        let Content::Index(index) = self.parse(&root)? else { return Ok(root) };
        let is_wanted =
            |entry: &&Descriptor| entry.platform().as_ref().is_some_and(|found| *found == platform.to_oci());
        match index.manifests().iter().find(is_wanted) {
            Some(entry) => self.named(entry),
            None => Err(self.refuse(root.digest(), format!("it offers nothing for {platform}"))),
        }
    }

    /// Notes all that a document names.
    fn below(&mut self, document: &Blob, depth: usize) -> Result<(), Failure> {
        if self.documents.insert(document.digest(), document.clone()).is_some() {
            return Ok(());
        }
        if self.documents.len() > DOCUMENTS_LIMIT {
            return Err(
                self.refuse(document.digest(), format!("it names more than {DOCUMENTS_LIMIT} documents"))
            );
        }
        match self.parse(document)? {
            Content::Index(_) if depth == DEPTH_LIMIT => {
                Err(self.refuse(document.digest(), "it is nested too deeply"))
            }
            Content::Index(index) => {
                for entry in index.manifests() {
                    let blob = self.named(entry)?;
                    self.below(&blob, depth + 1)?;
                }
                Ok(())
            }
            Content::Manifest(manifest) => self.parts(&manifest),
        }
    }

    /// Notes what a manifest names.
    fn parts(&mut self, manifest: &ImageManifest) -> Result<(), Failure> {
        self.blob(manifest.config(), DOCUMENT_LIMIT_BYTES)?;
        manifest.layers().iter().try_for_each(|layer| self.blob(layer, u64::MAX))
    }

    /// The document of an entry, which has to be what the entry says.
    fn named(&mut self, entry: &Descriptor) -> Result<Blob, Failure> {
        let digest = self.digest(entry)?;
        let media_type = entry.media_type();
        if !documents::is_manifest(media_type) && !documents::is_index(media_type) {
            return Err(
                self.refuse(digest, format!("`{}` is neither a manifest nor an index", media_type.as_ref()))
            );
        }
        if entry.size() > DOCUMENT_LIMIT_BYTES {
            return Err(self.refuse(
                digest,
                format!("a document may have {DOCUMENT_LIMIT_BYTES} bytes, not {}", entry.size()),
            ));
        }
        let blob = self.document_as(digest, Some(media_type))?;
        if blob.size_bytes() != entry.size() {
            let problem = format!("it has {} bytes, its descriptor says {}", blob.size_bytes(), entry.size());
            return Err(self.refuse(digest, problem));
        }
        if blob.media_type() != media_type.as_ref() {
            let problem =
                format!("it is `{}`, its descriptor says `{}`", blob.media_type(), media_type.as_ref());
            return Err(self.refuse(digest, problem));
        }
        Ok(blob)
    }

    fn document(&mut self, digest: Digest) -> Result<Blob, Failure> {
        self.document_as(digest, None)
    }

    /// A document by its digest, from the folder if it is there.
    fn document_as(&mut self, digest: Digest, media_type: Option<&MediaType>) -> Result<Blob, Failure> {
        if let Some(blob) = self.documents.get(&digest) {
            return Ok(blob.clone());
        }
        if let Some(blob) = self.stored(digest, media_type) {
            self.tally.1.add(blob.size_bytes());
            return Ok(blob);
        }
        let name = digest.to_string();
        let document = manifests::get(self.remote, &name)?.ok_or_else(|| self.not_found(&name))?;
        self.tally.0.add(document.blob.size_bytes());
        Ok(document.blob)
    }

    fn stored(&self, digest: Digest, media_type: Option<&MediaType>) -> Option<Blob> {
        let mut bytes = Vec::new();
        let file = File::open(self.folder.join(blob_path(digest))).ok()?;
        file.take(DOCUMENT_LIMIT_BYTES + 1).read_to_end(&mut bytes).ok()?;
        let own = || {
            let document: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
            Some(MediaType::from(document.get("mediaType")?.as_str()?))
        };
        let media_type = media_type.cloned().or_else(own)?;
        let blob = Blob::new(media_type, bytes);
        (blob.digest() == digest && manifests::parse(&blob).is_ok()).then_some(blob)
    }

    /// Notes a layer or a config.
    fn blob(&mut self, entry: &Descriptor, limit_bytes: u64) -> Result<(), Failure> {
        let digest = self.digest(entry)?;
        let size_bytes = entry.size();
        if size_bytes > limit_bytes {
            return Err(self.refuse(digest, format!("it may have {limit_bytes} bytes, not {size_bytes}")));
        }
        if entry.urls().as_ref().is_some_and(|urls| !urls.is_empty()) {
            return Err(self.refuse(digest, "it lies elsewhere (`urls`), and nothing is fetched from there"));
        }
        match self.blobs.insert(digest, size_bytes) {
            Some(other) if other != size_bytes => {
                return Err(self.refuse(digest, format!("its size is said to be {other} and {size_bytes}")));
            }
            _ => {}
        }
        if self.blobs.len() > BLOBS_LIMIT {
            return Err(self.refuse(digest, format!("the image names more than {BLOBS_LIMIT} blobs")));
        }
        let total = self.blobs.values().try_fold(0_u64, |sum, size_bytes| sum.checked_add(*size_bytes));
        match total.filter(|total| *total <= self.options.limit_bytes) {
            Some(_) => Ok(()),
            None => {
                Err(self
                    .refuse(digest, format!("the image has more than {} bytes", self.options.limit_bytes)))
            }
        }
    }

    fn digest(&self, entry: &Descriptor) -> Result<Digest, Failure> {
        let text = entry.digest().to_string();
        Digest::from_oci(entry.digest()).map_err(|_| self.refuse(text, "only sha256 can be checked here"))
    }

    fn parse(&self, blob: &Blob) -> Result<Content, Failure> {
        manifests::parse(blob).map_err(|problem| self.refuse(blob.digest(), problem))
    }

    /// Blobs first, documents when all that they name is there; the root at last. Which of what refers to the image is whole comes
    /// back.
    fn fetch(mut self, root: Digest, referring: Vec<Referrer>) -> Result<(Pulled, Vec<Descriptor>), Error> {
        let is_there = |(digest, size_bytes): &(Digest, u64)| {
            is_stored(&self.folder.join(blob_path(*digest)), *digest, *size_bytes)
        };
        let blobs = self.blobs.iter().map(|(digest, size_bytes)| (*digest, *size_bytes));
        let (there, missing): (Vec<_>, Vec<_>) = blobs.partition(is_there);
        let lost = self.receive(&missing)?;
        let (mut fetched, mut present) = self.tally;
        there.iter().for_each(|(_, size_bytes)| present.add(*size_bytes));
        let came = missing.iter().filter(|(digest, _)| !lost.contains_key(digest));
        came.for_each(|(_, size_bytes)| fetched.add(*size_bytes));

        let mut whole = Vec::new();
        for Referrer { descriptor, document, parts } in referring {
            match parts.iter().find_map(|part| lost.get(part)) {
                Some(problem) => self.left_out.push(problem.clone()),
                None => {
                    whole.push(descriptor);
                    self.documents.insert(document.digest(), document);
                }
            }
        }
        for (digest, document) in &self.documents {
            let path = self.folder.join(blob_path(*digest));
            if !is_stored(&path, *digest, document.size_bytes()) {
                let stored = document.reader().and_then(|reader| store(reader, &path));
                stored.map_err(|source| Error::Write { path, source })?;
            }
        }
        Ok((Pulled { digest: root, fetched, present, left_out: self.left_out }, whole))
    }

    /// Fetches blobs, and tells which of those that are not the image's own cannot be had, and why.
    fn receive(&self, missing: &[(Digest, u64)]) -> Result<BTreeMap<Digest, String>, Error> {
        let total = missing.iter().map(|(_, size_bytes)| size_bytes).sum();
        let meter = Meter::new(total, self.options.progress.unwrap_or(&|_| {}));
        let lost = each(missing, |(digest, size_bytes)| {
            let path = self.folder.join(blob_path(*digest));
            let attempt = || receive(self.remote, *digest, *size_bytes, &path, &meter);
            match retry(&self.remote.settings, attempt) {
                Ok(stored) => stored.map(|()| None),
                Err(failure) if is_about_content(&failure) && !self.own.contains(digest) => {
                    Ok(Some((*digest, failure.to_string())))
                }
                Err(failure) => Err(failure.during("pull from").into()),
            }
        })?;
        Ok(lost.into_iter().flatten().collect())
    }

    fn not_found(&self, name: &str) -> Failure {
        let said = "404: there is no such image".to_owned();
        let cause = Cause::Refused {
            status: 404,
            code: Some("MANIFEST_UNKNOWN".to_owned()),
            said,
            retry_after: None,
        };
        self.remote.failure(cause).of(format!("GET {}", self.remote.url(&format!("manifests/{name}")).path()))
    }

    fn refuse(&self, what: impl std::fmt::Display, problem: impl Into<String>) -> Failure {
        self.remote.failure(Cause::content(what, problem))
    }
}
