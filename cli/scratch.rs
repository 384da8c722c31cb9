//! A place for temporary files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use camino::Utf8Path;
use tempfile::TempDir;

use crate::error::Error;
use crate::interrupt;

/// A folder that is gone when this is dropped, and when we are told to end.
#[derive(Debug)]
pub struct Scratch(TempDir);

/// Those that are there now.
static PRESENT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Whoever else was told to end may still write into a folder: it is removed so often, with such a pause between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

impl Scratch {
    /// A new one, where the system keeps such files.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self, Error> {
        Self::named("")
    }

    /// The same; its name begins like this.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn named(prefix: &str) -> Result<Self, Error> {
        static LISTENS: Once = Once::new();
        // Where the system tells us nothing, the folder stays in that case.
        LISTENS.call_once(|| drop(interrupt::before_the_end(remove_all)));
        let mut builder = tempfile::Builder::new();
        if !prefix.is_empty() {
            builder.prefix(prefix);
        }
        let folder = builder.tempdir().map_err(Error::Scratch)?;
        present().insert(folder.path().to_owned());
        Ok(Self(folder))
    }

    /// Where it is.
    ///
    /// # Errors
    /// When the path is not UTF-8.
    pub fn path(&self) -> Result<&Utf8Path, Error> {
        let path = self.0.path();
        Utf8Path::from_path(path).ok_or_else(|| Error::NotUtf8(path.to_owned()))
    }

    /// The same, whatever it is called.
    #[must_use]
    pub fn as_std_path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It counts until it is gone: we may be ended just now.
        let _ = fs::remove_dir_all(self.0.path());
        present().remove(self.0.path());
    }
}

fn present() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PRESENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes them all, for who ends without coming back to where they are.
pub fn remove_all() {
    for folder in present().iter() {
        for _ in 0..TRIES {
            let _ = fs::remove_dir_all(folder);
            if !folder.exists() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
    }
}
