//! A place for temporary files.

use camino::Utf8Path;
use tempfile::TempDir;

use crate::error::Error;

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// A new one, where the system keeps such files.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, Error> {
        tempfile::tempdir().map(Self).map_err(Error::Scratch)
    }

    /// Where it is.
    ///
    /// # Errors
    /// When the path is not UTF-8.
    pub fn path(&self) -> Result<&Utf8Path, Error> {
        let path = self.0.path();
        Utf8Path::from_path(path).ok_or_else(|| Error::NotUtf8(path.to_owned()))
    }
}
