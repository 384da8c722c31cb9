//! All files of an image: its layers, one over the other.
//!
//! Later layers win: a file replaces what is below it, a folder a file, and a whiteout hides it (layer.md, "Whiteouts"). Links are
//! shown as links, and special files are passed over.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::Bound;

use tar::EntryType;

use crate::module::read_layer;
use crate::store::Store;
use crate::walk::Entry;
use crate::whiteout::{Hidden, hidden, is_whiteout};
use crate::{Error, INFLATE_LIMIT_BYTES, StoredLayer};

/// What has a place in an image, besides folders.
pub enum Content<'a> {
    /// The bytes of a regular file.
    File(&'a mut dyn Read),
    /// What a link leads to, from the folder that it is in; one that begins with `/` from the root.
    Link(&'a str),
}

/// Shows the files and links of all layers by their paths, without a leading `/`, but for modules without a tar, which have no
/// name; together they inflate to at most [`INFLATE_LIMIT_BYTES`].
///
/// # Errors
/// A layer cannot be read; then nothing has been shown, unless it was changed meanwhile. And what `show` fails with.
pub(crate) fn contents<E: From<Error>>(
    store: &Store,
    layers: &[StoredLayer],
    mut show: impl FnMut(&str, Content<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let layers: Vec<_> = layers.iter().filter(|layer| !layer.is_module()).collect();
    let owners = owners(store, &layers)?;
    let mut left_bytes = INFLATE_LIMIT_BYTES;
    for (number, layer) in layers.iter().enumerate() {
        let mut failed = None;
        let read = read_layer(store, layer, &mut left_bytes, |entry| {
            if owners.get(&entry.path) != Some(&number) {
                return Ok(());
            }
            let target = target(&entry);
            let content = match &target {
                Some(target) => Content::Link(target),
                None if entry.kind.is_file() => Content::File(entry.content),
                None => return Ok(()),
            };
            show(&entry.path, content).map_err(|error| {
                failed = Some(error);
                io::Error::other("nobody wants more")
            })
        });
        failed.map_or(Ok(()), Err)?;
        read?;
    }
    Ok(())
}

/// The same of regular files alone.
///
/// # Errors
/// As [`contents`].
pub(crate) fn files<E: From<Error>>(
    store: &Store,
    layers: &[StoredLayer],
    mut show: impl FnMut(&str, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    contents(store, layers, |path, content| match content {
        Content::File(content) => show(path, content),
        Content::Link(_) => Ok(()),
    })
}

/// How modules and components begin.
const MAGIC: &[u8] = b"\0asm";

/// The modules among them, whatever their names; nothing else is held in memory.
///
/// # Errors
/// A layer cannot be read.
pub(crate) fn modules(store: &Store, layers: &[StoredLayer]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut modules = BTreeMap::new();
    let failed = |source| Error::Read { path: store.path().to_owned(), source };
    files(store, layers, |path, content| {
        // Of several in one layer the last is seen.
        modules.remove(path);
        let mut bytes = Vec::new();
        (&mut *content).take(MAGIC.len() as u64).read_to_end(&mut bytes).map_err(failed)?;
        if bytes == MAGIC {
            content.read_to_end(&mut bytes).map_err(failed)?;
            modules.insert(path.to_owned(), bytes);
        }
        Ok::<_, Error>(())
    })?;
    Ok(modules)
}

/// For each path the number of the layer whose file or link is seen there. That is known, as the digests are, when all layers have
/// been read.
fn owners(store: &Store, layers: &[&StoredLayer]) -> Result<BTreeMap<String, usize>, Error> {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    let mut left_bytes = INFLATE_LIMIT_BYTES;
    for (number, layer) in layers.iter().enumerate() {
        read_layer(store, layer, &mut left_bytes, |entry| {
            if is_below_the_root(&entry.path) {
                if let Some(hidden) = hidden(&entry) {
                    hide(&mut owners, &hidden, number);
                }
                open_folders(&mut owners, &entry, number);
                if is_shown(&entry) {
                    owners.insert(entry.path, number);
                }
            }
            Ok(())
        })?;
    }
    Ok(owners)
}

/// Takes out what this layer hides of lower ones, whatever the place of a whiteout in it: a layer may have a hundred thousand files, so
/// none but those that are meant are looked at.
fn hide(owners: &mut BTreeMap<String, usize>, Hidden { path, is_below_only }: &Hidden, number: usize) {
    let is_lower = |owner: &usize| *owner != number;
    if !is_below_only && owners.get(path).is_some_and(is_lower) {
        owners.remove(path);
    }
    let below = if path.is_empty() {
        (Bound::Unbounded, Bound::Unbounded)
    } else {
        // What comes after `/`.
        (Bound::Excluded(format!("{path}/")), Bound::Excluded(format!("{path}0")))
    };
    let below = owners.range(below).filter(|(_, owner)| is_lower(owner));
    let below: Vec<String> = below.map(|(path, _)| path.clone()).collect();
    for path in below {
        owners.remove(&path);
    }
}

/// Takes out lower files and links in whose place this layer has a folder: the entry itself, or one that it is in.
fn open_folders(owners: &mut BTreeMap<String, usize>, entry: &Entry<'_>, number: usize) {
    let path = &entry.path;
    let above = path.match_indices('/').map(|(end, _)| &path[..end]);
    for folder in above.chain(entry.kind.is_dir().then_some(&**path)) {
        if owners.get(folder).is_some_and(|owner| *owner != number) {
            owners.remove(folder);
        }
    }
}

/// What a stranger's tar may call a file, and whoever writes it to a disk must not: on Windows, other characters part folders, too.
fn is_below_the_root(path: &str) -> bool {
    let parting: &[char] = if cfg!(windows) { &['\\', '\0', ':'] } else { &['\0'] };
    !path.contains(parting) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_shown(entry: &Entry<'_>) -> bool {
    (entry.kind.is_file() || target(entry).is_some()) && !is_whiteout(&entry.path)
}

/// What a link leads to. That of a hard link is said from the root.
fn target(entry: &Entry<'_>) -> Option<String> {
    let link = entry.link.as_deref()?;
    match entry.kind {
        EntryType::Symlink => Some(link.to_owned()),
        EntryType::Link => Some(format!("/{}", link.trim_start_matches('/'))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::Foreign;
    use crate::open;

    /// Ours have no whiteouts.
    fn layer(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            if path.ends_with('/') {
                header.set_entry_type(EntryType::Directory);
            }
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
        let mut files = BTreeMap::new();
        let show = |path: &str, content: &mut dyn Read| {
            assert!(files.insert(path.to_owned(), io::read_to_string(content).unwrap()).is_none(), "{path}");
            Ok::<_, Error>(())
        };
        open(folder.path()).unwrap().files(show).unwrap();
        let listed: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(listed, [("app/c", "3"), ("lib/x", "1"), ("lib/y/new", "2")]);
    }

    #[test]
    fn a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let layers = [
            layer(&[("a", "1"), ("b/c", "1"), ("d", "1")]),
            layer(&[("a/x/y", "2"), ("b", "2"), ("d/", "")]),
        ];
        foreign.finish(&[foreign.image(&layers, &json!({}))]);
        let mut files = Vec::new();
        let show = |path: &str, _: &mut dyn Read| {
            files.push(path.to_owned());
            Ok::<_, Error>(())
        };
        open(folder.path()).unwrap().files(show).unwrap();
        assert_eq!(files, ["a/x/y", "b"]);
    }

    #[test]
    fn links_are_shown_with_what_they_lead_to_and_names_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let below = layer(&[("etc/real", "1"), ("etc/a:b", "1"), ("etc/replaced", "1")]);
        let mut tar = tar::Builder::new(Vec::new());
        for (kind, path, target) in [
            (EntryType::Symlink, "etc/link", "real"),
            (EntryType::Link, "etc/hard", "etc/real"),
            (EntryType::Symlink, "etc/replaced", "/etc/real"),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(kind);
            header.set_size(0);
            tar.append_link(&mut header, path, target).unwrap();
        }
        foreign.finish(&[foreign.image(&[below, tar.into_inner().unwrap()], &json!({}))]);
        let mut links = Vec::new();
        let mut files = Vec::new();
        let show = |path: &str, content: Content<'_>| {
            match content {
                Content::Link(target) => links.push(format!("{path} -> {target}")),
                Content::File(_) => files.push(path.to_owned()),
            }
            Ok::<_, Error>(())
        };
        open(folder.path()).unwrap().contents(show).unwrap();
        assert_eq!(links, ["etc/link -> real", "etc/hard -> /etc/real", "etc/replaced -> /etc/real"]);
        let named: &[&str] = if cfg!(windows) { &["etc/real"] } else { &["etc/real", "etc/a:b"] };
        assert_eq!(files, named);
    }

    #[test]
    fn modules_are_found_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let layers = [
            layer(&[
                ("a", "\0asm1"),
                ("b.wasm", "text"),
                ("c", "\0asm2"),
                ("d", "\0as"),
                ("g", "\0asm4"),
                ("g", "text"),
            ]),
            layer(&[("c", "text"), ("e/f", "\0asm3")]),
        ];
        foreign.finish(&[foreign.image(&layers, &json!({}))]);
        let modules = open(folder.path()).unwrap().modules().unwrap();
        let modules: Vec<_> = modules.iter().map(|(path, wasm)| (path.as_str(), wasm.as_slice())).collect();
        assert_eq!(modules, [("a", &b"\0asm1"[..]), ("e/f", b"\0asm3")]);
    }

    #[test]
    fn what_the_shown_is_refused_with_is_told_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[foreign.image(&[layer(&[("a", "1"), ("b", "2")])], &json!({}))]);
        let refused = |_: &str, _: &mut dyn Read| Err(Error::MakeImage { problem: "refused".to_owned() });
        let error = open(folder.path()).unwrap().files(refused).unwrap_err();
        assert!(matches!(error, Error::MakeImage { .. }), "{error}");
    }
}
