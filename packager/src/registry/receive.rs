//! One blob of a registry into a file. It is digested on the way; a file that is for it alone gets its name when it is right.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use super::failure::{Cause, Failure};
use super::progress::{Attempt, Meter};
use super::remote::{Remote, Request};
use super::transport::{Method, interrupted};
use crate::digest::Hashing;
use crate::files::temporary_beside;
use crate::{Digest, Error};

/// How much is read at once.
const BUFFER_BYTES: usize = 64 << 10;

/// Fetches a blob into its file, once. What the disk does not take is nothing to try again, and so no [`Failure`].
pub(super) fn receive(
    remote: &Remote,
    digest: Digest,
    size_bytes: u64,
    path: &Path,
    meter: &Meter<'_>,
) -> Result<Result<(), Error>, Failure> {
    let write = |source| Error::Write { path: path.to_owned(), source };
    let mut file = match temporary_beside(path) {
        Ok(file) => file,
        Err(source) => return Ok(Err(write(source))),
    };
    let received = receive_into(remote, digest, size_bytes, &mut file, meter)?;
    Ok(received.and_then(|()| file.persist(path).map(drop).map_err(|error| error.error)).map_err(write))
}

/// Fetches a blob, once, and writes it on the way: it is whole and right only if all went well.
pub(super) fn receive_into(
    remote: &Remote,
    digest: Digest,
    size_bytes: u64,
    out: &mut impl Write,
    meter: &Meter<'_>,
) -> Result<io::Result<()>, Failure> {
    let request = Request::new(Method::Get, remote.url(&format!("blobs/{digest}")));
    let failed = |cause| remote.failure(cause).of(format!("GET {}", request.url.path()));
    let other_size = |found| {
        failed(Cause::content(digest, format!("it has {found} bytes, its descriptor says {size_bytes}")))
    };
    let response = remote.once(&request, &[])?;
    let announced = response.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if let Some(other) = announced.filter(|announced| *announced != size_bytes) {
        return Err(other_size(other));
    }
    let attempt = Attempt::new(meter);
    // One byte more than it may have shows that there are more.
    let body = attempt.count(response.into_reader().take(size_bytes.saturating_add(1)));
    let found = match copied(Hashing::new(body), out) {
        Ok(found) => found,
        Err(Problem::Receive(error)) => return Err(failed(interrupted(error))),
        Err(Problem::Write(source)) => return Ok(Err(source)),
    };
    if found.1 < size_bytes {
        let problem = format!("it ended after {} of {size_bytes} bytes", found.1);
        return Err(failed(Cause::Unreachable { problem, passing: true }));
    }
    if found.1 > size_bytes {
        return Err(other_size(found.1));
    }
    if found.0 != digest {
        return Err(failed(Cause::content(digest, format!("its digest is {}", found.0))));
    }
    attempt.keep();
    Ok(Ok(()))
}

/// Puts what is at hand into its file.
pub(super) fn store(reader: impl Read, path: &Path) -> io::Result<()> {
    let mut file = temporary_beside(path)?;
    match copied(Hashing::new(reader), &mut file) {
        Ok(_) => file.persist(path).map(drop).map_err(|error| error.error),
        Err(Problem::Receive(error) | Problem::Write(error)) => Err(error),
    }
}

/// Whether a file is there and right.
pub(super) fn is_stored(path: &Path, digest: Digest, size_bytes: u64) -> bool {
    let has_size =
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size_bytes);
    let found = || File::open(path).and_then(|file| Hashing::new(file).finish());
    has_size && found().is_ok_and(|found| found == (digest, size_bytes))
}

enum Problem {
    Receive(io::Error),
    Write(io::Error),
}

/// Writes what is read; the digest and the size of it.
fn copied<R: Read>(mut body: Hashing<R>, out: &mut impl Write) -> Result<(Digest, u64), Problem> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => out.write_all(&buffer[..count]).map_err(Problem::Write)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::Receive(error)),
        }
    }
    body.finish().map_err(Problem::Receive)
}
