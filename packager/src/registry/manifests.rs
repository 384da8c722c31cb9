//! Manifests and indexes in a registry: is it there, give it, take it.
//!
//! What comes is bounded, is what its name says, and is one of the two kinds of documents and not both: two readers could
//! otherwise see two images under one digest (CVE-2021-41190, CVE-2023-25153).

use std::io::{self, Read};

use oci_spec::image::{ImageIndex, ImageManifest, MediaType};

use super::failure::{Cause, Failure};
use super::remote::{Remote, Request};
use super::retry::retry;
use super::transport::{Body, Method, Response};
use crate::error::printable;
use crate::{Blob, DOCUMENT_LIMIT_BYTES, Digest, documents};

/// The kinds of documents that name an image, in both dialects.
const KINDS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                     application/vnd.docker.distribution.manifest.list.v2+json, \
                     application/vnd.docker.distribution.manifest.v2+json";
const DIGEST_HEADER: &str = "docker-content-digest";

/// A document that has been looked at.
pub(super) struct Document {
    pub(super) blob: Blob,
    pub(super) content: Content,
    /// What a registry calls this state of it, for whoever wants to replace just that.
    pub(super) etag: Option<String>,
}

pub(super) enum Content {
    Index(Box<ImageIndex>),
    Manifest(Box<ImageManifest>),
}

/// What a registry says about a document it took.
pub(super) struct Taken {
    /// Whether it lists the document under what that refers to.
    pub(super) knows_subject: bool,
}

/// The digest of what is under a name, a tag or a digest.
pub(super) fn digest(remote: &Remote, name: &str) -> Result<Option<Digest>, Failure> {
    let url = remote.url(&format!("manifests/{name}"));
    let request = Request::new(Method::Head, url).with("accept", KINDS);
    let response = remote.ask(&request, &[404, 301, 302, 303, 307, 308])?;
    match (response.status, response.header(DIGEST_HEADER).map(str::parse)) {
        (404, _) => Ok(None),
        (200..=299, Some(Ok(digest))) => Ok(Some(digest)),
        // Some say it only together with the document, or not at all.
        _ => Ok(get(remote, name)?.map(|document| document.blob.digest())),
    }
}

/// What is under a name.
pub(super) fn get(remote: &Remote, name: &str) -> Result<Option<Document>, Failure> {
    let url = remote.url(&format!("manifests/{name}"));
    let request = Request::new(Method::Get, url).with("accept", KINDS);
    retry(&remote.settings, || {
        let response = remote.once(&request, &[404])?;
        if response.status == 404 {
            // Whether it is the repository or the tag is said in the answer.
            return Ok(None);
        }
        read(response, name)
            .map(Some)
            .map_err(|cause| remote.failure(cause).of(format!("GET {}", request.url.path())))
    })
}

fn read(response: Response, name: &str) -> Result<Document, Cause> {
    let kind = response.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let media_type = MediaType::from(kind.as_str());
    if !documents::is_index(&media_type) && !documents::is_manifest(&media_type) {
        let kind = if kind.is_empty() { "no Content-Type".to_owned() } else { format!("`{kind}`") };
        return Err(Cause::strange(format!(
            "it answers with {kind} where a manifest or an index is expected"
        )));
    }
    let said: Option<Digest> = response.header(DIGEST_HEADER).and_then(|digest| digest.parse().ok());
    let etag = response.header("etag").map(str::to_owned);
    let bytes = response.bytes(DOCUMENT_LIMIT_BYTES)?;
    let blob = Blob::new(media_type, bytes);
    if let Some(asked) = name.parse::<Digest>().ok().filter(|asked| *asked != blob.digest()) {
        return Err(Cause::content(asked, format!("its digest is {}", blob.digest())));
    }
    if let Some(said) = said.filter(|said| *said != blob.digest()) {
        return Err(Cause::content(
            name,
            format!("its digest is {}, the registry says {said}", blob.digest()),
        ));
    }
    let content = parse(&blob).map_err(|problem| Cause::content(name, problem))?;
    Ok(Document { blob, content, etag })
}

/// The bytes of a document. They are few, wherever they lie.
pub(super) fn bytes(document: &Blob) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    document.reader()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a document by its media type, which it has to repeat, if it says any: the OCI's need not, and older tools write none.
/// That it cannot be read as the other kind as well is seen to by [`documents`].
pub(super) fn parse(blob: &Blob) -> Result<Content, String> {
    let media_type = MediaType::from(blob.media_type());
    let bytes = bytes(blob).map_err(|cause| cause.to_string())?;
    let (content, own) = if documents::is_index(&media_type) {
        let index = documents::index(&bytes)?;
        let own = index.media_type().clone();
        (Content::Index(Box::new(index)), own)
    } else {
        let manifest = documents::manifest(&bytes)?;
        let own = manifest.media_type().clone();
        (Content::Manifest(Box::new(manifest)), own)
    };
    match own {
        Some(own) if own == media_type => Ok(content),
        Some(own) => {
            Err(format!("it calls itself `{}`, and is handed out as `{}`", own.as_ref(), blob.media_type()))
        }
        None if matches!(media_type, MediaType::ImageIndex | MediaType::ImageManifest) => Ok(content),
        None => Err("it has no `mediaType`".to_owned()),
    }
}

/// Stores a document under a name, a tag or its digest. Not to replace what somebody else has changed meanwhile, the state
/// that is known may be given.
pub(super) fn put(remote: &Remote, name: &str, blob: &Blob, known: Option<&str>) -> Result<Taken, Failure> {
    let url = remote.url(&format!("manifests/{name}"));
    let mut request = Request::new(Method::Put, url).with("content-type", blob.media_type());
    if let Some(known) = known {
        request = request.with("if-match", known);
    }
    let unreadable =
        |source| remote.failure(Cause::Local { what: format!("blob {}", blob.digest()), source });
    let bytes = bytes(blob).map_err(unreadable)?;
    request.body = Body::Bytes(&bytes);
    let response = remote.ask(&request, &[])?;
    check_digest(&response, blob.digest())
        .map_err(|cause| remote.failure(cause).of(format!("PUT {}", request.url.path())))?;
    Ok(Taken { knows_subject: response.header("oci-subject").is_some() })
}

/// What a registry says it took must be what it was given.
pub(super) fn check_digest(response: &Response, digest: Digest) -> Result<(), Cause> {
    let said = response.header(DIGEST_HEADER).unwrap_or_default();
    match said.parse::<Digest>() {
        Ok(said) if said != digest => {
            Err(Cause::strange(format!("it was given {digest}, and says that it took {said}")))
        }
        Err(_) if said.starts_with("sha256:") => {
            Err(Cause::strange(format!("it says that it took `{}`, which is no digest", printable(said))))
        }
        _ => Ok(()),
    }
}
