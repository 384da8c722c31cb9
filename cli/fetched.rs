//! Images fetched from registries, kept for the next time: one layout below the user's folder for caches.
//!
//! A tag is asked for each time, because it may have moved; blobs that are there are not fetched again. Every digest is
//! checked when it is read, so what is damaged costs another fetch.

use std::time::SystemTime;

use camino::Utf8PathBuf;
use wasmpack_packager::registry::{self, Progress, PullOptions, Referring, Remote};
use wasmpack_packager::{Reference, Stored, sinks};

use crate::context::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::folders;
use crate::registry_arguments::Access;
use crate::size::Size;

/// Room for many images; they are small.
const LIMIT_BYTES: u64 = 4_000_000_000;

/// Fetches an image with what refers to it, as far as it is not there.
///
/// # Errors
/// When there is no such image, it may not be read, is not what its digests say, or the folder cannot be written.
pub fn fetch(reference: &Reference, access: &Access<'_>, context: &mut Context) -> Result<Stored, Error> {
    let folder = folder(&context.environment)?;
    let remote =
        Remote::open(reference, registry::Access::Pull, access.to(reference, &context.environment)?)?;
    context.shell.detail("Pulling", reference);
    let pulled = {
        let bar = context.shell.progress("Pulling");
        let tell = |progress: Progress| bar.at(progress.done_bytes, progress.total_bytes);
        let options =
            PullOptions { referring: Referring::Take, progress: Some(&tell), ..PullOptions::default() };
        registry::pull(&remote, reference, folder.as_std_path(), &options)?
    };
    let fetched = pulled.fetched;
    context.shell.status("Pulled", format_args!("{reference}, {} fetched", Size(fetched.size_bytes)));
    // The same image may be there under other names, too.
    let stored = wasmpack_packager::open_reference(folder.as_std_path(), reference)?;
    sinks::Layout::at(&folder).keep_recent(LIMIT_BYTES, pulled.digest, now())?;
    Ok(stored)
}

/// Where they are.
fn folder(environment: &Environment) -> Result<Utf8PathBuf, Error> {
    Ok(folders::caches(environment)?.join("images"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "when an image was used decides what is forgotten, and nothing else"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
