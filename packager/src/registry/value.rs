//! Bytes of any kind under a tag: an artifact with one layer and no config (manifest.md, "Guidelines for Artifact Usage").
//!
//! What is taken has the digest and the size that its manifest names, is no larger than whoever asks will have, and says of itself
//! what it was asked for: a value that somebody has put under another's tag is refused.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};

use oci_spec::image::{ImageManifest, MediaType};

use super::failure::{Cause, Failure};
use super::manifests::{self, Content};
use super::plan::Tally;
use super::progress::Meter;
use super::push::{PushOptions, Pushed, push};
use super::receive::receive_into;
use super::remote::Remote;
use super::retry::retry;
use super::upload::Uploads;
use crate::{Annotations, Blob, Digest, Error, Image, referrer};

/// What a value says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What kind of thing it is, a media type of one's own.
    pub artifact_type: String,
    /// What else. Whoever takes the value wants just that said.
    pub annotations: Annotations,
}

/// Puts a value under a tag, in the place of what was. Of one that is there already nothing is sent but what was lost of it: whoever
/// cleans up a registry may have removed blobs only.
///
/// # Errors
/// As [`push`]. The tag names what it named before then, or the new value.
pub fn put_value(remote: &Remote, tag: &str, label: &Label, content: Blob) -> Result<Pushed, Error> {
    let artifact_type = MediaType::from(label.artifact_type.as_str());
    let [config, manifest] = referrer::around(&content, &artifact_type, label.annotations.clone(), None);
    let value = Image { blobs: vec![content, config, manifest], docker: None, referrers: Vec::new() };
    let mut pushed = push(remote, &value, &[tag], PushOptions::default())?;
    if pushed.tags.is_empty() {
        let parts = &value.blobs[..2];
        pushed.sent = complete(remote, parts).map_err(|failure| failure.during("push to"))?;
    }
    Ok(pushed)
}

/// Sends those blobs that are not there.
fn complete(remote: &Remote, blobs: &[Blob]) -> Result<Tally, Failure> {
    let meter = Meter::new(0, &|_| {});
    let uploads = Uploads::new(remote, None, &meter);
    let mut sent = Tally::default();
    for blob in blobs {
        if !Uploads::has(remote, blob)? {
            uploads.bring(blob)?;
            sent.add(blob.size_bytes());
        }
    }
    Ok(sent)
}

/// Takes the value under a tag into a file, from where it is now on: the digest and the number of the bytes. Nothing, if there is no
/// such tag.
///
/// # Errors
/// The registry cannot be reached or does not allow it; what is there is another thing, or damaged, or larger than `limit_bytes`; the
/// file cannot be written.
pub fn take_value(
    remote: &Remote,
    tag: &str,
    label: &Label,
    limit_bytes: u64,
    out: &mut File,
) -> Result<Option<(Digest, u64)>, Error> {
    let failed = |failure: Failure| failure.during("pull from");
    let Some(document) = manifests::get(remote, tag).map_err(failed)? else { return Ok(None) };
    let named = match &document.content {
        Content::Index(_) => Err("it is an index".to_owned()),
        Content::Manifest(manifest) => named(manifest, label, limit_bytes),
    };
    let refuse = |problem| failed(remote.failure(Cause::content(tag, problem)));
    let (digest, size_bytes) = named.map_err(refuse)?;
    let start = out.stream_position().map_err(write)?;
    let attempt = || {
        // What came of an earlier try is written over.
        let begun = out.set_len(start).and_then(|()| out.seek(SeekFrom::Start(start)));
        match begun {
            Ok(_) => receive_into(remote, digest, size_bytes, out, &Meter::new(size_bytes, &|_| {})),
            Err(source) => Ok(Err(source)),
        }
    };
    match retry(&remote.settings, attempt) {
        Ok(received) => received.map(|()| Some((digest, size_bytes))).map_err(write),
        Err(failure) if failure.is_not_found() => {
            Err(refuse(format!("it names {digest}, which is not there")).into())
        }
        Err(failure) => Err(failed(failure).into()),
    }
}

/// The value that a manifest names, if it is one of these.
fn named(manifest: &ImageManifest, label: &Label, limit_bytes: u64) -> Result<(Digest, u64), String> {
    let kind = manifest.artifact_type().as_ref().map_or("nothing", MediaType::as_ref);
    if kind != label.artifact_type {
        return Err(format!("it calls itself `{kind}`, not `{}`", label.artifact_type));
    }
    let said = manifest.annotations().clone().unwrap_or_default();
    for (name, wanted) in &label.annotations {
        match said.get(name) {
            Some(found) if found == wanted => {}
            Some(found) => return Err(format!("its `{name}` is `{found}`, not `{wanted}`")),
            None => return Err(format!("it has no `{name}`")),
        }
    }
    let [content] = manifest.layers().as_slice() else {
        return Err(format!("it has {} layers, not one", manifest.layers().len()));
    };
    let digest =
        Digest::from_oci(content.digest()).map_err(|_| "only sha256 can be checked here".to_owned())?;
    if content.size() > limit_bytes {
        return Err(format!("it may have {limit_bytes} bytes, not {}", content.size()));
    }
    Ok((digest, content.size()))
}

fn write(source: io::Error) -> Error {
    Error::WriteLayer { source }
}
