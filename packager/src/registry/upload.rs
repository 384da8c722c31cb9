//! Bringing a blob into a repository: from another repository of the same registry, in one piece, or in chunks.
//!
//! One piece is what every registry takes; chunks are for what stands before one and takes no large bodies. What broke off
//! is begun anew with an upload of its own: some registries take a part that is sent again for more of the same (Debian's
//! `docker-registry` 2.8.2), and say the wrong place to go on from (ECR).

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use url::Url;

use super::failure::{Cause, Failure};
use super::manifests::check_digest;
use super::progress::{Attempt, Meter};
use super::remote::{Remote, Request};
use super::retry::retry;
use super::transport::{Body, Method, Response};
use crate::Blob;

/// What every registry that takes chunks takes: GHCR refuses more than 4 MiB.
const CHUNK_BYTES: u64 = 4 << 20;
/// A chunk is held in memory, so that nobody may wish for any size.
const CHUNK_LIMIT_BYTES: u64 = 64 << 20;
const BINARY: &str = "application/octet-stream";

/// How a blob got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Sent,
    Mounted,
}

/// How it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Chunks,
}

/// The uploads of one push.
pub(super) struct Uploads<'a> {
    remote: &'a Remote,
    /// Another repository of the same registry, which may have the blobs.
    source: Option<&'a str>,
    meter: &'a Meter<'a>,
    /// Once one piece was refused, no other one is tried so.
    in_chunks: AtomicBool,
}

/// An upload that the registry has begun.
struct Session {
    /// Where the next part goes; each answer may say another place, and only the newest is right.
    url: Url,
    chunk_bytes: u64,
}

impl<'a> Uploads<'a> {
    pub(super) fn new(remote: &'a Remote, source: Option<&'a str>, meter: &'a Meter<'a>) -> Self {
        Self { remote, source, meter, in_chunks: AtomicBool::new(false) }
    }

    /// Whether the registry has a blob.
    pub(super) fn has(remote: &Remote, blob: &Blob) -> Result<bool, Failure> {
        let url = remote.url(&format!("blobs/{}", blob.digest()));
        // Where it is kept elsewhere, the answer is a redirect to there.
        match remote.ask(&Request::new(Method::Head, url), &[404, 301, 302, 303, 307, 308]) {
            Ok(response) => Ok(response.status != 404),
            // Debian's `docker-registry` stumbles over a blob that somebody else is writing. What is sent again does no harm.
            Err(failure) if failure.status() == Some(500) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Brings a blob there.
    pub(super) fn bring(&self, blob: &Blob) -> Result<Way, Failure> {
        let mut open: Option<Session> = None;
        let result = retry(&self.remote.settings, || {
            self.cancel(open.take());
            let form = if self.in_chunks.load(Ordering::Relaxed) { Form::Chunks } else { Form::Whole };
            match self.attempt(blob, form, &mut open) {
                Err(failure) if form == Form::Whole && refuses_size(&failure) => {
                    self.in_chunks.store(true, Ordering::Relaxed);
                    self.cancel(open.take());
                    self.attempt(blob, Form::Chunks, &mut open)
                }
                result => result,
            }
        });
        self.cancel(open.take());
        result
    }

    fn attempt(&self, blob: &Blob, form: Form, open: &mut Option<Session>) -> Result<Way, Failure> {
        let Some(session) = self.begin(blob)? else {
            self.meter.add(blob.size_bytes());
            return Ok(Way::Mounted);
        };
        let session = open.insert(session);
        let attempt = Attempt::new(self.meter);
        match form {
            Form::Chunks => self.send_in_chunks(blob, session, &attempt)?,
            Form::Whole => {
                let content = || Ok(Box::new(attempt.count(blob.reader()?)) as Box<dyn Read + Send>);
                self.close(blob, session, Body::Stream(blob.size_bytes(), &content))?;
            }
        }
        attempt.keep();
        *open = None;
        Ok(Way::Sent)
    }

    /// Begins an upload; nothing if the blob could be mounted.
    fn begin(&self, blob: &Blob) -> Result<Option<Session>, Failure> {
        // Without the slash at its end some registries redirect, and the method is lost.
        let url = self.remote.url("blobs/uploads/");
        if let Some(source) = self.source {
            let mut mount = url.clone();
            mount
                .query_pairs_mut()
                .append_pair("mount", &blob.digest().to_string())
                .append_pair("from", source);
            match self.post(mount) {
                Ok(response) if response.status == 201 => return Ok(None),
                Ok(response) => return self.session(&url, &response).map(Some),
                Err(failure) if failure.cause().may_pass() => return Err(failure),
                // Who may not read there may still send.
                Err(failure) if failure.is_about_credentials() || failure.status().is_some() => {}
                Err(failure) => return Err(failure),
            }
        }
        let response = self.post(url.clone())?;
        self.session(&url, &response).map(Some)
    }

    fn post(&self, url: Url) -> Result<Response, Failure> {
        let mut request = Request::new(Method::Post, url);
        request.body = Body::Bytes(&[]);
        self.remote.once(&request, &[])
    }

    fn session(&self, asked: &Url, response: &Response) -> Result<Session, Failure> {
        let least =
            response.header("oci-chunk-min-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let chunk_bytes = CHUNK_BYTES.max(least).min(CHUNK_LIMIT_BYTES);
        let location = response.header("location").ok_or_else(|| {
            let cause = Cause::strange("it begins an upload and does not say where");
            self.remote.failure(cause).of(format!("POST {}", asked.path()))
        })?;
        Ok(Session { url: self.remote.follow(asked, location)?, chunk_bytes })
    }

    /// Ends an upload with what is left of it, and with the digest of it all.
    fn close(&self, blob: &Blob, session: &Session, body: Body<'_>) -> Result<(), Failure> {
        let mut url = session.url.clone();
        url.query_pairs_mut().append_pair("digest", &blob.digest().to_string());
        let mut request = Request::new(Method::Put, url).with("content-type", BINARY);
        request.body = body;
        let response = self.remote.once(&request, &[])?;
        check_digest(&response, blob.digest()).map_err(|cause| {
            self.remote.failure(cause).of(format!("PUT {}", self.remote.shown(&request.url)))
        })
    }

    /// In order, from the first byte, each with the places of its first and last one.
    fn send_in_chunks(
        &self,
        blob: &Blob,
        session: &mut Session,
        attempt: &Attempt<'_>,
    ) -> Result<(), Failure> {
        let unreadable =
            |source| self.remote.failure(Cause::Local { what: format!("blob {}", blob.digest()), source });
        let mut reader = blob.reader().map_err(unreadable)?;
        let mut chunk = Vec::new();
        let mut start = 0;
        while start < blob.size_bytes() {
            chunk.clear();
            reader.by_ref().take(session.chunk_bytes).read_to_end(&mut chunk).map_err(unreadable)?;
            if chunk.is_empty() {
                return Err(unreadable(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let end = start + chunk.len() as u64;
            let mut request = Request::new(Method::Patch, session.url.clone())
                .with("content-type", BINARY)
                .with("content-range", format!("{start}-{}", end - 1));
            request.body = Body::Bytes(&chunk);
            let response = self.remote.once(&request, &[])?;
            // What it says of the range is not looked at: ECR says the same each time.
            if let Some(location) = response.header("location") {
                session.url = self.remote.follow(&session.url, location)?;
            }
            attempt.add(chunk.len() as u64);
            start = end;
        }
        self.close(blob, session, Body::Bytes(&[]))
    }

    /// Tells the registry that nothing more comes. Some allow it only to those who may delete; it is forgotten there in time.
    fn cancel(&self, session: Option<Session>) {
        if let Some(session) = session {
            let _ = self.remote.once(&Request::new(Method::Delete, session.url), &[404]);
        }
    }
}

/// Whether it is the size that is in the way.
fn refuses_size(failure: &Failure) -> bool {
    matches!(failure.status(), Some(405 | 411 | 413 | 416 | 501))
}
