//! Modules of an earlier build, which are not to be taken for what was built now: a program may be gone from the sources, or have
//! another name.

use std::fs;

use camino::Utf8PathBuf;

use super::mirror::Mirror;
use super::{Job, found};
use crate::{Error, Sources, materials};

/// What the last build was of.
const BUILT_FROM: &str = ".wasmpack-built-from";

/// The modules that configuring has left: building does not make them again.
const CONFIGURED_MODULES: &str = ".wasmpack-configured-modules";

/// Removes what the last build has linked, unless this one is of the same sources: then it would be linked again for nothing.
/// Whatever else is in the folder stays, as it saves time. Tells whether anything was removed.
pub(super) fn remove_if_changed(job: &Job<'_>, mirror: &Mirror, is_configured: bool) -> Result<bool, Error> {
    let sources = materials::sources::of_folder(job.project);
    if is_configured && state(job, sources.as_ref()).is_some_and(|state| !job.is_new(BUILT_FROM, &state)) {
        return Ok(false);
    }
    job.forget(BUILT_FROM);
    remove(job, mirror)
}

/// Removes all modules that building makes; a command of the user's own writes them under whatever names.
pub(super) fn remove(job: &Job<'_>, mirror: &Mirror) -> Result<bool, Error> {
    let spared = fs::read_to_string(job.out.join(CONFIGURED_MODULES)).unwrap_or_default();
    let mut modules = found::modules(job.out)?;
    modules.retain(|path| !mirror.has_from_sources(path) && !spared.lines().any(|spared| spared == path));
    let has_any = !modules.is_empty();
    let remove = |path: Utf8PathBuf| fs::remove_file(&path).map_err(|source| Error::Write { path, source });
    modules.into_iter().try_for_each(remove)?;
    Ok(has_any)
}

/// Notes which modules there are when nothing has been built yet.
pub(super) fn spare(job: &Job<'_>) -> Result<(), Error> {
    let modules: Vec<_> = found::modules(job.out)?.into_iter().map(Utf8PathBuf::into_string).collect();
    job.remember(CONFIGURED_MODULES, &modules.join("\n"))
}

/// Notes of what was built.
pub(super) fn remember(job: &Job<'_>, sources: Option<&Sources>) -> Result<(), Error> {
    state(job, sources).map_or(Ok(()), |state| job.remember(BUILT_FROM, &state))
}

/// Nothing, if the sources are not known.
fn state(job: &Job<'_>, sources: Option<&Sources>) -> Option<String> {
    Some(format!("{} {:?}", sources?.dir_hash, job.settings.system.arguments))
}
