//! How a file looks from outside.

use std::fs;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// How a file looks from outside: its size, and when it was changed. As make does, and for the same reason: it has to be cheap for a
/// thousand headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    pub(crate) size_bytes: u64,
    /// Since 1970.
    pub(crate) modified_ns: u64,
}

impl FileState {
    /// How it looks now.
    ///
    /// # Errors
    /// When it is not there, or its folder is closed to us.
    pub fn of(path: &Utf8Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { size_bytes: metadata.len(), modified_ns: nanoseconds(metadata.modified()?) })
    }
}

/// Before 1970 is 1970; the year 2554 is the end.
fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
