//! What an entry of one layer hides of the layers below it (layer.md, "Whiteouts").

use crate::walk::Entry;

/// Begins the name of a whiteout: an empty file beside what it hides.
const PREFIX: &str = ".wh.";

/// What follows the prefix to hide all of the folder it is in.
const OPAQUE: &str = ".wh..opq";

/// Whether the file at `path` is gone where a layer has this entry.
pub(crate) fn hides(entry: &Entry<'_>, path: &str) -> bool {
    let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
    match name.strip_prefix(PREFIX) {
        Some(OPAQUE) => is_below(folder, path),
        Some(hidden) => {
            let hidden = if folder.is_empty() { hidden.to_owned() } else { format!("{folder}/{hidden}") };
            hidden == path || is_below(&hidden, path)
        }
        // A folder that became something else takes its content along.
        None => !entry.kind.is_dir() && (entry.path == path || is_below(&entry.path, path)),
    }
}

/// Whether it is one itself, rather than a file of the image.
pub(crate) fn is_whiteout(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(PREFIX))
}

fn is_below(folder: &str, path: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
