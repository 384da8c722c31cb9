//! Finding one file in a stack of layers.
//!
//! Later layers win: a file replaces the one below it, and a whiteout hides it (layer.md, "Whiteouts"). Only
//! the path wanted is looked for, top layer first; links are not followed.

use std::io::{self, Read as _};

use crate::layout::blob_path;
use crate::store::{Store, mismatch};
use crate::walk::{Entry, walk_layer};
use crate::whiteout::hides;
use crate::{Digest, Error, INFLATE_LIMIT_BYTES, MODULE_LIMIT_BYTES, StoredLayer, documents};

/// What a layer says about the path.
enum Finding {
    Nothing,
    /// Whatever lower layers have there is gone.
    Hidden,
    Module(Vec<u8>),
    Unfit(String),
}

/// The file at an absolute path, or what is there instead.
///
/// # Errors
/// A layer cannot be read.
pub(crate) fn find(
    store: &Store,
    layers: &[StoredLayer],
    path: &str,
) -> Result<Result<Vec<u8>, String>, Error> {
    let mut left_bytes = INFLATE_LIMIT_BYTES;
    find_within(store, layers, path, &mut left_bytes)
}

/// The same, inflating what is left of a bound that others share.
///
/// # Errors
/// As [`find`].
pub(crate) fn find_within(
    store: &Store,
    layers: &[StoredLayer],
    path: &str,
    left_bytes: &mut u64,
) -> Result<Result<Vec<u8>, String>, Error> {
    let path = path.trim_start_matches('/');
    // For all layers together: a manifest has room for the same bomb thousands of times.
    for layer in layers.iter().rev() {
        let mut finding = Finding::Nothing;
        read_layer(store, layer, left_bytes, |mut entry| {
            if let Some(news) = look(&mut entry, path)? {
                // Within one layer the order of a whiteout and a file does not matter: it hides lower layers
                // only.
                if !(matches!(news, Finding::Hidden)
                    && matches!(finding, Finding::Module(_) | Finding::Unfit(_)))
                {
                    finding = news;
                }
            }
            Ok(())
        })?;
        match finding {
            Finding::Nothing => {}
            Finding::Hidden => break,
            Finding::Module(bytes) => return Ok(Ok(bytes)),
            Finding::Unfit(problem) => return Ok(Err(problem)),
        }
    }
    Ok(Err("is in no layer".to_owned()))
}

/// A layer that is a module as it is.
///
/// # Errors
/// It is damaged, or has more than [`MODULE_LIMIT_BYTES`].
pub(crate) fn read_raw(store: &Store, layer: &StoredLayer) -> Result<Vec<u8>, Error> {
    let name = blob_path(layer.digest);
    let (reader, size_bytes) = store.reader(&name)?;
    if size_bytes > MODULE_LIMIT_BYTES {
        let problem = format!("it has {size_bytes} bytes, more than the {MODULE_LIMIT_BYTES} that are read");
        return Err(store.damaged(&name, problem));
    }
    let mut bytes = Vec::new();
    // Again bounded, should the file grow while it is read.
    let read = reader.take(MODULE_LIMIT_BYTES).read_to_end(&mut bytes);
    read.map_err(|cause| store.damaged(&name, cause.to_string()))?;
    let digest = Digest::of(&bytes);
    if let Some(problem) = mismatch((digest, bytes.len() as u64), (layer.digest, layer.size_bytes)) {
        return Err(store.damaged(&name, problem));
    }
    match layer.diff_id.filter(|diff_id| *diff_id != digest) {
        Some(diff_id) => Err(store.damaged(&name, format!("the config says that it is {diff_id}"))),
        None => Ok(bytes),
    }
}

/// What one entry says about the path wanted.
fn look(entry: &mut Entry<'_>, wanted: &str) -> io::Result<Option<Finding>> {
    if entry.path == wanted {
        return at_path(entry).map(Some);
    }
    Ok(hides(entry, wanted).then_some(Finding::Hidden))
}

/// The file wanted, if it is one.
fn at_path(entry: &mut Entry<'_>) -> io::Result<Finding> {
    let size_bytes = entry.size_bytes;
    if !entry.kind.is_file() {
        return Ok(Finding::Unfit("is not a regular file".to_owned()));
    }
    if size_bytes > MODULE_LIMIT_BYTES {
        return Ok(Finding::Unfit(format!(
            "has {size_bytes} bytes, more than the {MODULE_LIMIT_BYTES} that are read"
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
    entry.content.read_to_end(&mut bytes)?;
    Ok(Finding::Module(bytes))
}

/// Shows each entry of a layer, whose tar may have as many bytes as are left, and takes away those that it has. What was
/// shown can be trusted only if this returns without an error: digests are known at the end.
pub(crate) fn read_layer(
    store: &Store,
    layer: &StoredLayer,
    left_bytes: &mut u64,
    visit: impl FnMut(Entry<'_>) -> io::Result<()>,
) -> Result<(), Error> {
    let name = blob_path(layer.digest);
    let media_type = layer.media_type.as_str().into();
    let compression = documents::compression(&media_type).ok_or_else(|| {
        let media_type = layer.media_type.escape_debug();
        store.refuse(&format!("layer {} is stored as `{media_type}`, which is not read here", layer.digest))
    })?;
    let (reader, _) = store.reader(&name)?;
    let walked = walk_layer(reader, compression, *left_bytes, visit)
        .map_err(|cause| store.damaged(&name, cause.to_string()))?;
    let is_too_long = |cause: &io::Error| cause.kind() == io::ErrorKind::FileTooLarge;
    let has_end = !walked.tar.as_ref().is_err_and(is_too_long);
    *left_bytes = if has_end { left_bytes.saturating_sub(walked.tar_bytes) } else { 0 };
    if let Some(problem) = mismatch((walked.digest, walked.size_bytes), (layer.digest, layer.size_bytes)) {
        return Err(store.damaged(&name, problem));
    }
    match (walked.tar, layer.diff_id) {
        (Ok((diff_id, _)), Some(expected)) if diff_id == expected => Ok(()),
        (Ok((diff_id, _)), Some(expected)) => {
            Err(store.damaged(&name, format!("its tar is {diff_id}, the config says {expected}")))
        }
        (Ok(_), None) => Err(store.damaged(&name, "the config has no digest of its tar")),
        (Err(cause), _) => Err(store.damaged(&name, format!("its tar cannot be read: {cause}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use tar::{EntryType, Header};

    use super::*;
    use crate::digest::Hashing;
    use crate::fixture::Foreign;
    use crate::open;

    /// A tar of entries as any tool may write them: path, kind and content.
    fn tar(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = Header::new_gnu();
            // Straight into the field: the crate would refuse the paths that a hostile image has.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn file<'a>(path: &'a str, content: &'a str) -> (&'a str, EntryType, &'a str) {
        (path, EntryType::Regular, content)
    }

    /// What `/bin/app.wasm` is in an image of these layers.
    fn module(layers: &[Vec<u8>]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[foreign.image(layers, &json!({ "Entrypoint": ["/bin/app.wasm"] }))]);
        let bytes = open(folder.path()).unwrap().module().map_err(|error| error.to_string())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn later_layers_win() {
        let [old, new] = ["old", "new"].map(|content| tar(&[file("bin/app.wasm", content)]));
        let other = tar(&[file("bin/other.wasm", "other")]);
        assert_eq!(module(&[old.clone(), new.clone(), other.clone()]).unwrap(), "new");
        assert_eq!(module(&[new, old, other]).unwrap(), "old");
    }

    #[test]
    fn paths_are_found_however_they_are_spelled() {
        for path in ["bin/app.wasm", "./bin/app.wasm", "/bin/app.wasm", ".//bin/./app.wasm"] {
            assert_eq!(module(&[tar(&[file(path, "module")])]).unwrap(), "module", "{path}");
        }
        let long = format!("{}bin/app.wasm", "./".repeat(60));
        let pax = format!("{} path={long}\n", long.len() + 10);
        for (kind, name) in [(EntryType::GNULongName, format!("{long}\0")), (EntryType::XHeader, pax)] {
            assert_eq!(
                module(&[tar(&[("x", kind, &name), file("cut", "module")])]).unwrap(),
                "module",
                "{kind:?}"
            );
        }
    }

    #[test]
    fn whiteouts_hide_lower_layers_only() {
        let lower = tar(&[file("bin/app.wasm", "old")]);
        for whiteout in ["bin/.wh.app.wasm", "bin/.wh..wh..opq", ".wh.bin", ".wh..wh..opq", "bin"] {
            let hidden = module(&[lower.clone(), tar(&[file(whiteout, "")])]);
            assert!(hidden.unwrap_err().ends_with("is in no layer"), "{whiteout}");
            for both in [
                [file(whiteout, ""), file("bin/app.wasm", "new")],
                [file("bin/app.wasm", "new"), file(whiteout, "")],
            ] {
                assert_eq!(module(&[lower.clone(), tar(&both)]).unwrap(), "new", "{whiteout}");
            }
        }
        for other in ["bin/.wh.app", ".wh.bi", "usr/.wh..wh..opq", "bin/.wh.app.wasm.old"] {
            assert_eq!(module(&[lower.clone(), tar(&[file(other, "")])]).unwrap(), "old", "{other}");
        }
    }

    #[test]
    fn only_a_regular_file_is_a_module() {
        for kind in
            [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo, EntryType::Directory]
        {
            let error = module(&[tar(&[("bin/app.wasm", kind, "")])]).unwrap_err();
            assert!(error.ends_with("`/bin/app.wasm` is not a regular file"), "{error}");
        }
        let sparse =
            tar(&[("x", EntryType::XHeader, "22 GNU.sparse.major=1\n"), file("bin/app.wasm", "map")]);
        assert!(module(&[sparse]).unwrap_err().ends_with("is not a regular file"));
    }

    #[test]
    fn hostile_tars_are_refused() {
        let huge = "x".repeat(70_000);
        for (entries, expected) in [
            (vec![file("../bin/app.wasm", "module")], "leaves the image"),
            (vec![file("bin/../../app.wasm", "module")], "leaves the image"),
            (
                vec![("x", EntryType::GNULongName, &huge[..]), file("y", "")],
                "an extended header has 70000 bytes",
            ),
            (
                vec![("x", EntryType::XHeader, "10 size=1\n"), file("bin/app.wasm", "module")],
                "gives another size",
            ),
        ] {
            let error = module(&[tar(&entries)]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(module(&[b"not a tar".repeat(99)]).unwrap_err().contains("its tar cannot be read"));
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit_even_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        // Gzip members of 16 MiB of zeros, 33 of them: half a megabyte that is a bit more than half of the
        // limit.
        let zeros = |size_bytes| io::Read::take(io::repeat(0), size_bytes);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        io::copy(&mut zeros(16 << 20), &mut encoder).unwrap();
        let bomb = encoder.finish().unwrap().repeat(33);
        let (diff_id, size_bytes) = Hashing::new(zeros(33 * (16 << 20))).finish().unwrap();
        assert!(size_bytes < INFLATE_LIMIT_BYTES && 2 * size_bytes > INFLATE_LIMIT_BYTES);
        let layer = foreign.blob("application/vnd.oci.image.layer.v1.tar+gzip", bomb);
        let module = |count: usize| {
            let diff_ids = vec![diff_id.to_string(); count];
            let rootfs = json!({ "type": "layers", "diff_ids": diff_ids });
            let execution = json!({ "Cmd": ["/app.wasm"] });
            let config =
                json!({ "os": "wasi", "architecture": "wasm", "config": execution, "rootfs": rootfs });
            let config = foreign.blob("application/vnd.oci.image.config.v1+json", config.to_string());
            let layers = vec![layer.clone(); count];
            let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
            foreign
                .finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string())]);
            open(folder.path()).unwrap().module().unwrap_err().to_string()
        };
        assert!(module(1).ends_with("is in no layer"));
        assert!(module(2).contains(" bytes as a plain tar"));
    }

    #[test]
    fn a_layer_that_is_not_read_here_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let entry =
            foreign.image(&[tar(&[file("bin/app.wasm", "module")])], &json!({ "Cmd": ["/bin/app.wasm"] }));
        let path = |entry: &serde_json::Value| {
            folder.path().join(entry["digest"].as_str().unwrap().replace("sha256:", "blobs/sha256/"))
        };
        let manifest = fs::read_to_string(path(&entry)).unwrap().replace("layer.v1.tar", "layer.v1.tar+xz");
        foreign.finish(&[foreign.blob("application/vnd.oci.image.manifest.v1+json", manifest)]);
        let error = open(folder.path()).unwrap().module().unwrap_err().to_string();
        assert!(
            error.ends_with(
                "is stored as `application/vnd.oci.image.layer.v1.tar+xz`, which is not read here"
            ),
            "{error}"
        );
    }
}
