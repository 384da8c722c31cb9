//! All files of an image: its layers, one over the other.
//!
//! Later layers win: a file replaces the one below it, and a whiteout hides it (layer.md, "Whiteouts"). Links are not
//! followed, and special files are passed over.

use std::collections::BTreeMap;

use crate::module::read_layer;
use crate::store::Store;
use crate::walk::Entry;
use crate::whiteout::{hides, is_whiteout};
use crate::{Error, INFLATE_LIMIT_BYTES, StoredLayer};

/// Files by their paths, without a leading `/`.
type Files = BTreeMap<String, Vec<u8>>;

/// The files of all layers, but for modules without a tar, which have no name; together they inflate to at most [`INFLATE_LIMIT_BYTES`].
///
/// # Errors
/// A layer cannot be read.
pub(crate) fn files(store: &Store, layers: &[StoredLayer]) -> Result<Files, Error> {
    let mut files = Files::new();
    let mut left_bytes = INFLATE_LIMIT_BYTES;
    for layer in layers.iter().filter(|layer| !layer.is_module()) {
        let mut own = Files::new();
        read_layer(store, layer, &mut left_bytes, |mut entry| {
            if is_below_the_root(&entry.path) {
                files.retain(|path, _| !hides(&entry, path));
                if let Some(bytes) = content(&mut entry)? {
                    own.insert(entry.path, bytes);
                }
            }
            Ok(())
        })?;
        // A whiteout hides what lower layers have, whatever its place in the layer.
        files.extend(own);
    }
    Ok(files)
}

/// What a stranger's tar may call a file, and whoever writes it to a disk must not.
fn is_below_the_root(path: &str) -> bool {
    !path.contains(['\\', '\0', ':']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn content(entry: &mut Entry<'_>) -> std::io::Result<Option<Vec<u8>>> {
    if !entry.kind.is_file() || is_whiteout(&entry.path) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    entry.content.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fixture::Foreign;
    use crate::open;

    /// Ours have no whiteouts.
    fn layer(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn layers_lie_one_over_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let layers = [
            layer(&[("app/a", "1"), ("app/b", "1"), ("lib/x", "1"), ("lib/y/z", "1"), ("gone/q", "1")]),
            layer(&[("app/b", "2"), ("lib/.wh.y", ""), (".wh.gone", ""), ("lib/y/new", "2")]),
            layer(&[("app/.wh..wh..opq", ""), ("app/c", "3")]),
        ];
        let manifest = foreign.image(&layers, &json!({}));
        foreign.finish(&[manifest]);
        let files = open(folder.path()).unwrap().files().unwrap();
        let listed: Vec<_> =
            files.iter().map(|(path, bytes)| (path.as_str(), std::str::from_utf8(bytes).unwrap())).collect();
        assert_eq!(listed, [("app/c", "3"), ("lib/x", "1"), ("lib/y/new", "2")]);
    }
}
