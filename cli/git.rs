//! What git knows of the sources.

use std::process::{Command, Stdio};

use camino::Utf8Path;

/// The commit that is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The hash; `-dirty` behind it where files that git knows have changed since.
    pub revision: String,
    /// Where the repository can be fetched from, as anybody may see it.
    pub source: Option<String>,
}

/// Asks about the commit checked out at `folder`.
#[must_use]
pub fn checkout(folder: &Utf8Path) -> Option<Checkout> {
    let said = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-C", folder.as_str()]).args(arguments).env("GIT_OPTIONAL_LOCKS", "0");
        let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let hash = said(&["rev-parse", "HEAD"])?;
    let changes = said(&["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changes.is_none_or(|changes| changes.is_empty()) { "" } else { "-dirty" };
    let url = said(&["config", "--get", "remote.origin.url"]);
    let source = url.filter(|url| url.starts_with("https://") && !url.contains('@'));
    Some(Checkout { revision: format!("{hash}{mark}"), source })
}

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
