//! A copy of a folder of sources, for build systems that build where they stand. The sources stay clean, and what was
//! built there for the host does not get in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;
use crate::c::stamp::FileState;

/// Lists what was copied, and how each file looked: what is gone from the sources goes from the copy, and what the
/// build has written over stays.
const LIST: &str = ".wasmpack-mirror";

/// Makes `copy` hold the files of `dir`, as they are now. Only what has changed is copied, with its time, as make goes
/// by times. Left out are `target`, hidden folders, and objects and programs for the host.
pub(super) fn update(dir: &Utf8Path, copy: &Utf8Path, target: &Utf8Path) -> Result<(), Error> {
    let mut files = BTreeSet::new();
    collect(dir, "".into(), target, &mut files)?;
    let list = copy.join(LIST);
    let before: BTreeMap<Utf8PathBuf, FileState> =
        fs::read(&list).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let mut present = BTreeMap::new();
    for file in files {
        let (from, to) = (dir.join(&file), copy.join(&file));
        let state = FileState::of(&from).map_err(|source| Error::Read { path: from.clone(), source })?;
        if before.get(&file) != Some(&state) || !to.exists() {
            copy_file(&from, &to).map_err(|source| Error::Write { path: to, source })?;
        }
        present.insert(file, state);
    }
    for gone in before.keys().filter(|file| !present.contains_key(*file)) {
        let _ = fs::remove_file(copy.join(gone));
    }
    let text = serde_json::to_vec(&present).expect("a list is plain data");
    fs::write(&list, text).map_err(|source| Error::Write { path: list, source })
}

fn collect(
    dir: &Utf8Path,
    folder: &Utf8Path,
    target: &Utf8Path,
    found: &mut BTreeSet<Utf8PathBuf>,
) -> Result<(), Error> {
    let here = if folder == "" { dir.to_owned() } else { dir.join(folder) };
    let read = |source| Error::Read { path: here.clone(), source };
    for entry in here.read_dir_utf8().map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = folder.join(entry.file_name());
        let kind = entry.file_type().map_err(read)?;
        if kind.is_dir() {
            if !entry.file_name().starts_with('.') && entry.path() != target {
                collect(dir, &path, target, found)?;
            }
        } else if entry.path().is_file() && !is_for_the_host(entry.path()) {
            found.insert(path);
        }
    }
    Ok(())
}

/// ELF, Mach-O, COFF for x86-64 and ARM, and archives.
fn is_for_the_host(path: &Utf8Path) -> bool {
    let mut start = [0; 4];
    let is_read = fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok());
    let is_coff = matches!(path.extension(), Some("obj" | "exe" | "dll" | "lib"));
    is_read && (matches!(&start, b"\x7fELF" | b"!<ar" | b"\xcf\xfa\xed\xfe" | b"\xca\xfe\xba\xbe") || is_coff)
}

fn copy_file(from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    // One that may not be written cannot be copied over, and neither could its time be set.
    let _ = fs::remove_file(to);
    fs::copy(from, to)?;
    let metadata = fs::metadata(from)?;
    make_writable(to, metadata.permissions())?;
    fs::File::options().append(true).open(to)?.set_modified(metadata.modified()?)
}

#[cfg(unix)]
fn make_writable(path: &Utf8Path, mut permissions: fs::Permissions) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    permissions.set_mode(permissions.mode() | 0o200);
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn make_writable(path: &Utf8Path, mut permissions: fs::Permissions) -> io::Result<()> {
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_copy_follows_the_sources_and_keeps_what_was_built() {
        let folder = Folder::with(&["src/Makefile", "src/old.c", "src/.git/config", "src/target/x"]);
        folder.write("src/a.c", "int a;");
        folder.write("src/host.o", "\x7fELF and so on");
        let (dir, copy) = (folder.root.join("src"), folder.root.join("copy"));
        fs::create_dir(&copy).unwrap();
        let update = || update(&dir, &copy, &dir.join("target")).unwrap();
        update();
        let built = folder.write("copy/a.o", "built");
        fs::remove_file(dir.join("old.c")).unwrap();
        folder.write("src/a.c", "int a = 1;");
        folder.write("copy/Makefile", "written by configure");
        update();
        let mut names: Vec<_> =
            copy.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        names.sort();
        assert_eq!(names, [LIST, "Makefile", "a.c", "a.o"]);
        assert_eq!(fs::read_to_string(copy.join("a.c")).unwrap(), "int a = 1;");
        assert_eq!(fs::read_to_string(built).unwrap(), "built");
        assert_eq!(fs::read_to_string(copy.join("Makefile")).unwrap(), "written by configure");
        let time = |path: &Utf8Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&copy.join("a.c")), time(&dir.join("a.c")));
    }
}
