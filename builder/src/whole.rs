//! Files are written whole or not at all: what was killed half-way must not be read as if it was finished.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;

/// Writes `path`, with the folders above it. One that was there keeps its permissions.
pub(crate) fn write(path: &Utf8Path, text: &[u8]) -> Result<(), Error> {
    replace(path, text).map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn replace(path: &Utf8Path, text: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    // Of one's own: somebody else may be writing the same file.
    let draft = Utf8PathBuf::from(format!("{path}.new-{}", std::process::id()));
    fs::write(&draft, text)?;
    if let Ok(before) = fs::metadata(path) {
        fs::set_permissions(&draft, before.permissions())?;
    }
    fs::rename(&draft, path)
}
