//! All files of an image: its layers, one over the other.
//!
//! Later layers win: a file replaces the one below it, and a whiteout hides it (layer.md, "Whiteouts"). Links are not
//! followed, and special files are passed over.

use std::collections::BTreeMap;
use std::io::{self, Read as _};

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
    collected(store, layers, |entry| {
        let mut bytes = Vec::new();
        entry.content.read_to_end(&mut bytes)?;
        Ok(bytes)
    })
}

/// How modules and components begin.
const MAGIC: &[u8] = b"\0asm";

/// The same of modules alone, whatever their names; nothing else is held in memory.
///
/// # Errors
/// As [`files`].
pub(crate) fn modules(store: &Store, layers: &[StoredLayer]) -> Result<Files, Error> {
    let mut files = collected(store, layers, |entry| {
        let mut bytes = Vec::new();
        (&mut *entry.content).take(MAGIC.len() as u64).read_to_end(&mut bytes)?;
        if bytes == MAGIC {
            entry.content.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })?;
    // Until now what is none has hidden those below it.
    files.retain(|_, bytes| bytes.starts_with(MAGIC));
    Ok(files)
}

fn collected(
    store: &Store,
    layers: &[StoredLayer],
    content: impl Fn(&mut Entry<'_>) -> io::Result<Vec<u8>>,
) -> Result<Files, Error> {
    let mut files = Files::new();
    let mut left_bytes = INFLATE_LIMIT_BYTES;
    for layer in layers.iter().filter(|layer| !layer.is_module()) {
        let mut own = Files::new();
        read_layer(store, layer, &mut left_bytes, |mut entry| {
            if is_below_the_root(&entry.path) {
                files.retain(|path, _| !hides(&entry, path));
                if entry.kind.is_file() && !is_whiteout(&entry.path) {
                    let bytes = content(&mut entry)?;
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

    #[test]
    fn modules_are_found_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let layers = [
            layer(&[("a", "\0asm1"), ("b.wasm", "text"), ("c", "\0asm2"), ("d", "\0as")]),
            layer(&[("c", "text"), ("e/f", "\0asm3")]),
        ];
        foreign.finish(&[foreign.image(&layers, &json!({}))]);
        let modules = open(folder.path()).unwrap().modules().unwrap();
        assert_eq!(modules.into_keys().collect::<Vec<_>>(), ["a", "e/f"]);
    }
}
