//! `files` of `[image]`: what of the project goes into the image besides the module.

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::File;

use crate::config::Files;
use crate::error::Error;

/// Reads the files that the configuration of `folder` names.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub fn read(files: &[Files], folder: &Utf8Path) -> Result<Vec<File>, Error> {
    let mut found = Vec::new();
    for Files { from, to, mode } in files {
        let to = to.clone().unwrap_or_else(|| format!("/{from}"));
        let from = folder.join(from);
        let mut paths = Vec::new();
        collect(&from, &mut paths)?;
        paths.sort();
        for path in paths {
            let inside = path.strip_prefix(&from).unwrap_or("".as_ref());
            // With forward slashes, on whatever system.
            let parts = std::iter::once(to.trim_end_matches('/'))
                .chain(inside.components().map(|part| part.as_str()));
            let place = parts.collect::<Vec<_>>().join("/");
            let bytes = std::fs::read(&path).map_err(|source| Error::ReadFile { path, source })?;
            let mut file = File::readable(place, bytes);
            file.mode = mode.unwrap_or(file.mode);
            found.push(file);
        }
    }
    Ok(found)
}

/// A file itself, or all files below a folder.
fn collect(path: &Utf8Path, found: &mut Vec<Utf8PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::ReadFile { path: path.to_owned(), source };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in path.read_dir_utf8().map_err(failed)? {
        collect(entry.map_err(failed)?.path(), found)?;
    }
    Ok(())
}
