//! A copy of a folder of sources, for build systems that build where they stand. The sources stay clean, and what was
//! built there for the host does not get in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::host;
use crate::{Error, FileState, whole};

/// Lists what was copied, and how each file looked: what is gone from the sources goes from the copy, and what the
/// build has written over stays.
const LIST: &str = ".wasmpack-mirror";

/// The copy, as it is now.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    copy: Utf8PathBuf,
    files: BTreeMap<Utf8PathBuf, Copied>,
    /// Whether files went that the build had made or written over.
    pub(super) has_undone: bool,
}

/// How a file looked when it was copied, and how its copy did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Copied {
    source: FileState,
    copy: FileState,
}

impl Mirror {
    /// Whether a file in the copy came with the sources, and is as it came.
    pub(super) fn has_from_sources(&self, path: &Utf8Path) -> bool {
        let copied = path.strip_prefix(&self.copy).ok().and_then(|file| self.files.get(file));
        copied.is_some_and(|copied| FileState::of(path).is_ok_and(|now| now == copied.copy))
    }
}

/// Makes `copy` hold the files of `dir`, as they are now. Only what has changed is copied. Left out are the target
/// directory, hidden folders, and objects and programs for the host.
pub(super) fn update(dir: &Utf8Path, copy: &Utf8Path, target: &Utf8Path) -> Result<Mirror, Error> {
    let sources = Sources::of(dir, target)?;
    let list = copy.join(LIST);
    let before: BTreeMap<Utf8PathBuf, Copied> =
        fs::read(&list).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let mut mirror = Mirror { copy: copy.to_owned(), ..Mirror::default() };
    // First of all, as a folder may come where a file was.
    for (gone, copied) in before.iter().filter(|(file, _)| !sources.files.contains(*file)) {
        let path = copy.join(gone);
        mirror.has_undone |= FileState::of(&path).is_ok_and(|now| now != copied.copy);
        let _ = fs::remove_file(path);
    }
    for folder in &sources.folders {
        let path = copy.join(folder);
        make_folder(&path).map_err(|source| Error::Write { path, source })?;
    }
    let mut now = None;
    for file in sources.files {
        let (from, to) = (dir.join(&file), copy.join(&file));
        let source = FileState::of(&from).map_err(|source| Error::Read { path: from.clone(), source })?;
        let (known, there) = (before.get(&file), FileState::of(&to).ok());
        let copied = match known.filter(|known| known.source == source && there.is_some()) {
            Some(known) => *known,
            None => {
                mirror.has_undone |= there.is_some() && there != known.map(|known| known.copy);
                let is_first = known.is_none() && there.is_none();
                fs::File::open(&from).map_err(|source| Error::Read { path: from.clone(), source })?;
                let copied = copy_file(&from, &to, (!is_first).then_some(&mut now));
                let copy = copied.and_then(|()| FileState::of(&to));
                Copied { source, copy: copy.map_err(|source| Error::Write { path: to, source })? }
            }
        };
        mirror.files.insert(file, copied);
    }
    let text = serde_json::to_vec(&mirror.files).expect("a list is plain data");
    whole::write(&list, &text)?;
    Ok(mirror)
}

const VERSION_CONTROL: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// What there is to copy, relative to the folder.
#[derive(Default)]
struct Sources {
    files: BTreeSet<Utf8PathBuf>,
    /// All of them, also those without a file: builds write into them.
    folders: BTreeSet<Utf8PathBuf>,
    /// Where things are built, without links in its path.
    target: Utf8PathBuf,
    /// The folder that is looked into and those above it, without links in their paths.
    trail: Vec<Utf8PathBuf>,
}

impl Sources {
    fn of(dir: &Utf8Path, target: &Utf8Path) -> Result<Self, Error> {
        let target = target.canonicalize_utf8().unwrap_or_else(|_| target.to_owned());
        let mut sources = Self { target, ..Self::default() };
        sources.collect(dir, "".into())?;
        Ok(sources)
    }

    fn collect(&mut self, here: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
        let read = |source| Error::Read { path: here.to_owned(), source };
        let real = here.canonicalize_utf8().map_err(read)?;
        // Links may lead back to where they are, or to a folder that holds it.
        if real.starts_with(&self.target) || self.trail.iter().any(|above| above.starts_with(&real)) {
            return Ok(());
        }
        self.trail.push(real);
        if folder != "" {
            self.folders.insert(folder.to_owned());
        }
        for entry in here.read_dir_utf8().map_err(read)? {
            let entry = match entry {
                // One whose name is no UTF-8: where sources are looked for, it is passed over too.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => continue,
                entry => entry.map_err(read)?,
            };
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                // What is hidden may be needed all the same; what version control keeps is large, and is not.
                if !VERSION_CONTROL.contains(&entry.file_name()) {
                    self.collect(entry.path(), &path)?;
                }
            } else if entry.path().is_file() && !host::is_for_the_host(entry.path()) {
                self.files.insert(path);
            }
        }
        self.trail.pop();
        Ok(())
    }
}

fn make_folder(path: &Utf8Path) -> io::Result<()> {
    if path.is_file() {
        fs::remove_file(path)?;
    }
    fs::create_dir_all(path)
}

/// A file that comes for the first time keeps its time, as make goes by times. One that takes the place of another may
/// be the older of the two, and is newer than whatever was made of the other: it has the time `now`, which is that of
/// the first such file, as no order among them is to be made up.
fn copy_file(from: &Utf8Path, to: &Utf8Path, now: Option<&mut Option<SystemTime>>) -> io::Result<()> {
    if to.is_dir() {
        fs::remove_dir_all(to)?;
    }
    // One that may not be written cannot be copied over, and neither could its time be set.
    let _ = fs::remove_file(to);
    fs::copy(from, to)?;
    let metadata = fs::metadata(from)?;
    make_writable(to, metadata.permissions())?;
    let file = fs::File::options().append(true).open(to)?;
    let time = match now {
        Some(now) => *now.get_or_insert(file.metadata()?.modified()?),
        None => metadata.modified()?,
    };
    file.set_modified(time)
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

    /// The sources `src`, and the folder `copy`.
    struct Pair {
        folder: Folder,
        dir: Utf8PathBuf,
        copy: Utf8PathBuf,
    }

    impl Pair {
        fn of(files: &[&str]) -> Self {
            let folder = Folder::with(files);
            let (dir, copy) = (folder.root.join("src"), folder.root.join("copy"));
            fs::create_dir(&copy).unwrap();
            Self { folder, dir, copy }
        }

        fn update(&self) -> Mirror {
            update(&self.dir, &self.copy, &self.dir.join("target")).unwrap()
        }

        fn copied(&self, path: &str) -> String {
            fs::read_to_string(self.copy.join(path)).unwrap()
        }
    }

    fn time(path: &Utf8Path) -> SystemTime {
        fs::metadata(path).unwrap().modified().unwrap()
    }

    fn set_time(path: &Utf8Path, time: SystemTime) {
        fs::File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn the_copy_follows_the_sources_and_keeps_what_was_built() {
        let pair = Pair::of(&["src/Makefile", "src/old.c", "src/.git/config", "src/target/x"]);
        pair.folder.write("src/a.c", "int a;");
        pair.folder.write("src/host.o", "\x7fELF and so on");
        pair.update();
        assert_eq!(time(&pair.copy.join("a.c")), time(&pair.dir.join("a.c")));
        pair.folder.write("copy/a.o", "built");
        fs::remove_file(pair.dir.join("old.c")).unwrap();
        pair.folder.write("src/a.c", "int a = 1;");
        pair.folder.write("copy/Makefile", "written by configure");
        let mirror = pair.update();
        assert!(!mirror.has_undone);
        let mut names: Vec<_> =
            pair.copy.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
        names.sort();
        assert_eq!(names, [LIST, "Makefile", "a.c", "a.o"]);
        assert_eq!(pair.copied("a.c"), "int a = 1;");
        assert_eq!(pair.copied("a.o"), "built");
        assert_eq!(pair.copied("Makefile"), "written by configure");
        let from_sources =
            ["a.c", "a.o", "Makefile"].map(|file| mirror.has_from_sources(&pair.copy.join(file)));
        assert_eq!(from_sources, [true, false, false]);
    }

    #[test]
    fn what_was_configured_and_is_copied_over_is_told() {
        let pair = Pair::of(&["src/configure", "src/config.h"]);
        assert!(!pair.update().has_undone);
        pair.folder.write("copy/config.h", "for wasm");
        pair.folder.write("copy/Makefile", "for wasm");
        assert!(!pair.update().has_undone);
        pair.folder.write("src/config.h", "for the host");
        assert!(pair.update().has_undone);
        pair.folder.write("src/Makefile", "for the host");
        assert!(pair.update().has_undone);
        assert!(!pair.update().has_undone);
        pair.folder.write("copy/Makefile", "for wasm again");
        fs::remove_file(pair.dir.join("Makefile")).unwrap();
        assert!(pair.update().has_undone);
    }

    #[test]
    fn an_older_file_in_the_place_of_another_is_newer_than_what_was_built() {
        let pair = Pair::of(&["src/a.c", "src/b.c"]);
        pair.update();
        let object = pair.folder.write("copy/a.o", "built");
        let old = time(&object) - std::time::Duration::from_secs(3600);
        for source in ["a.c", "b.c"] {
            pair.folder.write(&format!("src/{source}"), "older");
            set_time(&pair.dir.join(source), old);
        }
        pair.update();
        assert!(time(&pair.copy.join("a.c")) > time(&object));
        assert_eq!(time(&pair.copy.join("a.c")), time(&pair.copy.join("b.c")));
    }

    #[test]
    fn files_become_folders_and_folders_become_files() {
        let pair = Pair::of(&["src/one", "src/two/a.c"]);
        pair.update();
        pair.folder.write("copy/two/a.o", "built");
        fs::remove_file(pair.dir.join("one")).unwrap();
        fs::remove_dir_all(pair.dir.join("two")).unwrap();
        pair.folder.write("src/one/a.c", "in a folder");
        pair.folder.write("src/two", "a file");
        pair.update();
        assert_eq!((pair.copied("one/a.c"), pair.copied("two")), ("in a folder".into(), "a file".into()));
    }

    #[test]
    fn folders_without_a_file_to_copy_are_there_to_build_in() {
        let pair = Pair::of(&["src/a.c"]);
        pair.folder.write("src/obj/a.o", "\x7fELF and so on");
        pair.update();
        assert_eq!(fs::read_dir(pair.copy.join("obj")).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_no_utf_8_is_passed_over() {
        use std::os::unix::ffi::OsStrExt as _;
        let pair = Pair::of(&["src/a.c"]);
        fs::write(pair.dir.as_std_path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "").unwrap();
        let mirror = pair.update();
        assert!(mirror.files.keys().eq(["a.c"]));
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_are_followed_but_not_back() {
        use std::os::unix::fs::symlink;
        let pair = Pair::of(&["src/lib/a.c", "other/b.c"]);
        symlink("../other", pair.dir.join("vendor")).unwrap();
        symlink("..", pair.dir.join("lib/up")).unwrap();
        symlink("../..", pair.dir.join("lib/out")).unwrap();
        symlink("../src", pair.folder.root.join("other/back")).unwrap();
        let mirror = pair.update();
        let files: Vec<_> = mirror.files.keys().map(|file| file.as_str()).collect();
        assert_eq!(files, ["lib/a.c", "vendor/b.c"]);
    }
}
