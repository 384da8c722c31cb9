//! What git knows of the sources.

use std::process::{Command, Stdio};

use camino::Utf8Path;

/// Committer time of the commit checked out at `folder`, in seconds since 1970; nothing when it is no
/// checkout, has no commit yet, or there is no git.
#[must_use]
pub fn commit_time(folder: &Utf8Path) -> Option<u64> {
    let output = Command::new("git")
        .args(["-C", folder.as_str(), "log", "-1", "--no-show-signature", "--format=%ct"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
