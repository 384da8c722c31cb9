//! The right to write a layout: one writer of a folder at a time, and nothing left of one that failed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::files::TEMPORARY_PREFIX;
use crate::layout::{self, BLOBS, INDEX_JSON, OCI_LAYOUT};
use crate::{Error, documents};

/// How often the folder may vanish under our hands. Each time another writer failed and cleaned up.
const ATTEMPTS: usize = 1000;

/// A folder that is a layout, and that nobody else writes until this is dropped: other writers would take
/// blobs that no index names yet for rubbish. What had to be made for it is removed again, unless kept.
#[derive(Debug)]
pub(super) struct Claim {
    // Fields are dropped in this order: what is removed is removed under the lock.
    made: Made,
    /// Locked until it is closed.
    _marker: Handle,
}

impl Claim {
    /// Makes the folder a layout, if it is none, and waits for other writers.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let mut made = Made::default();
        let mut left = ATTEMPTS;
        let marker = loop {
            match marker(folder, &mut made) {
                Err(Error::Write { source, .. }) if has_vanished(&source) && left > 0 => left -= 1,
                result => break result?,
            }
        };
        // Not before the lock is ours: somebody who failed might remove it as empty.
        made.folder(&folder.join(BLOBS))?;
        Ok(Self { made, _marker: marker })
    }

    /// There is an image now that needs what was made.
    pub(super) fn keep(mut self) {
        self.made.0.clear();
    }
}

/// `AlreadyExists` is what comes of a folder that is removed between the attempt to make it and the look at
/// what is in the way.
fn has_vanished(cause: &io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists)
}

/// The locked file `oci-layout` of a folder.
fn marker(folder: &Path, made: &mut Made) -> Result<Handle, Error> {
    made.folder(folder)?;
    let path = folder.join(OCI_LAYOUT);
    let failed = |source| Error::Write { path: path.clone(), source };
    let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    let mut marker = open.and_then(lock).and_then(Handle::from_file).map_err(failed)?;
    // Whoever made the file may have failed and removed it, while we waited for its lock.
    if Handle::from_path(&path).map_err(failed)? != marker {
        return Err(failed(ErrorKind::NotFound.into()));
    }
    let mut present = Vec::new();
    marker.as_file_mut().read_to_end(&mut present).map_err(failed)?;
    if present.is_empty() {
        let mut written = || marker.as_file_mut().write_all(&layout::marker()).map_err(failed);
        has_nothing_else(folder).and_then(|()| written()).inspect_err(|_| remove(&path))?;
        made.0.insert(0, path);
    } else {
        documents::marker(&present).map_err(|problem| Error::Destination { path, problem })?;
    }
    Ok(marker)
}

/// Whether a folder is a layout, or can become one: then it has nothing of anybody else's in it, because as a layout it is no project
/// any more.
pub(super) fn can_be_layout(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() && !folder.join(OCI_LAYOUT).exists() { has_nothing_else(folder) } else { Ok(()) }
}

fn has_nothing_else(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_string_lossy();
        let is_of_layout = [OCI_LAYOUT, INDEX_JSON].contains(&&*name) || Path::new(BLOBS).starts_with(&*name);
        let is_ours = is_of_layout || name.starts_with(TEMPORARY_PREFIX);
        if !is_ours {
            let problem = format!("it has other files in it, such as `{name}`, and is no OCI layout");
            return Err(Error::Destination { path: folder.to_owned(), problem });
        }
    }
    Ok(())
}

/// Some network filesystems have no locks; one writer at a time is the user's care there.
fn lock(file: File) -> io::Result<File> {
    match file.lock() {
        Err(cause) if cause.kind() != ErrorKind::Unsupported => Err(cause),
        _ => Ok(file),
    }
}

/// Files and folders that were not there, innermost first. Removed when dropped; of several writers that fail
/// side by side, the one that made a folder may leave it, empty, to those that still use it.
#[derive(Debug, Default)]
struct Made(Vec<PathBuf>);

impl Made {
    /// Makes a folder and those above it.
    fn folder(&mut self, path: &Path) -> Result<(), Error> {
        let is_missing = |path: &&Path| path.symlink_metadata().is_err();
        let missing = path.ancestors().take_while(is_missing).map(Path::to_owned);
        self.0.splice(0..0, missing);
        fs::create_dir_all(path).map_err(|source| Error::Write { path: path.to_owned(), source })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        self.0.iter().for_each(|path| remove(path));
    }
}

/// A folder that is not empty stays.
fn remove(path: &Path) {
    let _ = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::names;

    /// Files and folders, sorted.
    fn tree(folder: &Path) -> Vec<String> {
        let mut found = names(folder);
        found.extend(folders(folder, ""));
        found.sort();
        found
    }

    fn folders(folder: &Path, prefix: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
            let name = format!("{prefix}{}/", entry.file_name().to_str().unwrap());
            found.extend(folders(&entry.path(), &name));
            found.push(name);
        }
        found
    }

    #[test]
    fn what_was_made_goes_and_what_was_there_stays() {
        for present in [&[][..], &["a/"], &["a/", "a/b/"], &["a/", "a/b/", "a/b/blobs/"]] {
            let folder = tempfile::tempdir().unwrap();
            for path in present {
                fs::create_dir(folder.path().join(path)).unwrap();
            }
            let claim = Claim::of(&folder.path().join("a/b")).unwrap();
            assert_eq!(
                tree(folder.path()),
                ["a/", "a/b/", "a/b/blobs/", "a/b/blobs/sha256/", "a/b/oci-layout"]
            );
            drop(claim);
            assert_eq!(tree(folder.path()), present);
        }
    }

    #[test]
    fn what_is_kept_stays_for_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("layout");
        Claim::of(&layout).unwrap().keep();
        let kept = tree(folder.path());
        drop(Claim::of(&layout).unwrap());
        assert_eq!(tree(folder.path()), kept);
    }

    #[test]
    fn a_folder_of_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("project");
        fs::create_dir_all(layout.join("src")).unwrap();
        for refused in [can_be_layout(&layout), Claim::of(&layout).map(drop)] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("it has other files in it, such as `src`"), "{told}");
        }
        assert_eq!(tree(folder.path()), ["project/", "project/src/"]);
        Claim::of(&folder.path().join("new")).unwrap().keep();
        fs::write(folder.path().join("new/notes"), "").unwrap();
        can_be_layout(&folder.path().join("new")).unwrap();
        Claim::of(&folder.path().join("new")).unwrap();
    }

    /// The second writer holds the file that the first one removes.
    #[test]
    fn a_writer_that_waited_for_one_that_failed_has_the_folder_for_itself() {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("layout");
        for _ in 0..50 {
            let first = Claim::of(&layout).unwrap();
            std::thread::scope(|scope| {
                let second = scope.spawn(|| {
                    let claim = Claim::of(&layout).unwrap();
                    assert_eq!(Handle::from_path(layout.join(OCI_LAYOUT)).unwrap(), claim._marker);
                    assert!(layout.join(BLOBS).is_dir());
                });
                std::thread::sleep(std::time::Duration::from_millis(2));
                drop(first);
                second.join().unwrap();
            });
            assert!(names(folder.path()).is_empty());
        }
    }

    #[test]
    fn many_that_fail_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let layout = folder.path().join("a/layout");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| drop(Claim::of(&layout).unwrap())));
            }
        });
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_dangling_link_is_in_the_way_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        Claim::of(&link.join("layout")).unwrap_err();
        assert!(link.is_symlink());
    }
}
