//! Images fetched from registries, kept for the next time: a layout for each repository, below the user's folder for caches. What a
//! stranger has put into one is in nobody's way elsewhere.
//!
//! A tag is asked for each time, because it may have moved; blobs that are there are not fetched again. Every digest is
//! checked when it is read, so what is damaged costs another fetch.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::registry::{self, Progress, PullOptions, Referring, Remote};
use wasmpack_packager::{Digest, Reference, Stored, sinks};

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
    let folder = folder(reference, &context.environment)?;
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
    match &pulled.left_out[..] {
        [] => {}
        [one] => context.shell.warn(format_args!("left out of what refers to it: {one}")),
        [one, others @ ..] => {
            let count = others.len();
            context.shell.warn(format_args!("left out of what refers to it: {one}; and {count} more"));
        }
    }
    // The same image may be there under other names, too.
    let stored = wasmpack_packager::open_reference(folder.as_std_path(), reference)?;
    sinks::Layout::at(&folder).keep_recent(LIMIT_BYTES, pulled.digest, now())?;
    forget(&folder)?;
    Ok(stored)
}

/// Where those of a repository are. Its name has characters that not every file system takes.
fn folder(reference: &Reference, environment: &Environment) -> Result<Utf8PathBuf, Error> {
    let qualified = reference.fully_qualified();
    let repository = format!("{}/{}", qualified.host().unwrap_or_default(), qualified.repository());
    Ok(folders::caches(environment)?.join("images").join(Digest::of(repository.as_bytes()).hex()))
}

/// Removes the images of those repositories that were not used for the longest time, until there is room; never those of this one.
fn forget(used: &Utf8Path) -> Result<(), Error> {
    let folders = used.parent().and_then(|images| images.read_dir_utf8().ok()).into_iter().flatten();
    let folders = folders.filter_map(|folder| Some(folder.ok()?.into_path()));
    let mut layouts: Vec<_> = folders
        .filter_map(|folder| {
            let layout = sinks::Layout::at(&folder);
            // What another run is removing has none.
            Some((layout.used().ok()?, layout.blobs_bytes().ok()?, layout, folder == used))
        })
        .collect();
    layouts.sort_by_key(|(time, ..)| *time);
    let mut bytes: u64 = layouts.iter().map(|(_, bytes, ..)| bytes).sum();
    for (_, size_bytes, layout, is_used) in layouts {
        if bytes > LIMIT_BYTES && !is_used {
            layout.clear()?;
            bytes -= size_bytes;
        }
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "when an image was used decides what is forgotten, and nothing else"
)]
fn now() -> SystemTime {
    SystemTime::now()
}
