//! What an entry of one layer hides of the layers below it (layer.md, "Whiteouts").

use crate::walk::Entry;

/// Begins the name of a whiteout: an empty file beside what it hides.
const PREFIX: &str = ".wh.";

/// What follows the prefix to hide all of the folder it is in.
const OPAQUE: &str = ".wh..opq";

/// What is gone where a layer has an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// A file, or a folder with all that is below it.
    pub(crate) path: String,
    /// Whether the folder itself stays.
    pub(crate) is_below_only: bool,
}

/// What is gone where a layer has this entry; nothing, where it has a folder.
pub(crate) fn hidden(entry: &Entry<'_>) -> Option<Hidden> {
    let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
    let whole = |path: String| Hidden { path, is_below_only: false };
    match name.strip_prefix(PREFIX) {
        Some(OPAQUE) => Some(Hidden { path: folder.to_owned(), is_below_only: true }),
        Some(hidden) if folder.is_empty() => Some(whole(hidden.to_owned())),
        Some(hidden) => Some(whole(format!("{folder}/{hidden}"))),
        // A folder that became something else takes its content along.
        None => (!entry.kind.is_dir()).then(|| whole(entry.path.clone())),
    }
}

/// Whether the file at `path` is gone where a layer has this entry.
pub(crate) fn hides(entry: &Entry<'_>, path: &str) -> bool {
    hidden(entry).is_some_and(|Hidden { path: hidden, is_below_only }| {
        !is_below_only && hidden == path || is_below(&hidden, path)
    })
}

/// Whether it is one itself, rather than a file of the image.
pub(crate) fn is_whiteout(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(PREFIX))
}

fn is_below(folder: &str, path: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
