//! Copies of the folders a program is given, so that a run cannot be seen by the next, nor by their owner.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wasmpack_runner::{Access, Directory};

use crate::difference;
use crate::error::Error;
use crate::scratch::Scratch;

/// Folders in a temporary place, gone when this is dropped. Those that can only be read are no copies.
#[derive(Debug)]
pub struct Copies {
    /// What the program is given instead.
    pub directories: Vec<Directory>,
    _place: Scratch,
}

impl Copies {
    /// Copies each of the folders, with the times of its files and links as they are.
    ///
    /// # Errors
    /// When one cannot be read, or there is no room for it.
    pub fn of(directories: &[Directory]) -> Result<Self, Error> {
        let place = Scratch::named(PLACE)?;
        let copy = |(number, directory): (usize, &Directory)| {
            let mut directory = directory.clone();
            if directory.access == Access::ReadWrite {
                let to = place.as_std_path().join(number.to_string());
                copy(&directory.host, &to)
                    .map_err(|source| Error::Copy { path: directory.host.clone(), source })?;
                directory.host = to;
            }
            Ok(directory)
        };
        let directories = directories.iter().enumerate().map(copy).collect::<Result<_, Error>>()?;
        Ok(Self { directories, _place: place })
    }

    /// How many files there are; none where the program was given no folder to write to.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn count(&self) -> io::Result<Option<usize>> {
        let count = self.written().map(|directory| count(&directory.host)).sum::<io::Result<usize>>()?;
        Ok(self.written().next().map(|_| count))
    }

    /// The first difference from copies of the same folders.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn difference(&self, after: &Self) -> io::Result<Option<String>> {
        for (one, other) in self.written().zip(after.written()) {
            if let Some(difference) = in_folders(&one.host, &other.host, Path::new(&one.guest))? {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }

    fn written(&self) -> impl Iterator<Item = &Directory> {
        self.directories.iter().filter(|directory| directory.access == Access::ReadWrite)
    }
}

/// How the names of the temporary places begin.
const PLACE: &str = "wasmpack-copies-";

/// What is in a folder, by name.
fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// In the order of names, so that a program that lists its folder sees the copies alike.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    // Where the folder is that of temporary files, a copy is made in what is copied.
    let is_place = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(PLACE);
    for entry in entries(from)?.into_iter().filter(|entry| !is_place(entry)) {
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to)?;
        } else if kind.is_symlink() {
            link(&fs::read_link(entry.path())?, &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &to)?;
            keep_time(&entry.path(), &to)?;
        }
    }
    keep_time(from, to)
}

fn keep_time(from: &Path, to: &Path) -> io::Result<()> {
    let modified = fs::metadata(from)?.modified()?;
    // Where a time cannot be set, few programs look at it.
    let _ = fs::File::open(to).and_then(|file| file.set_modified(modified));
    Ok(())
}

/// A link like another; where there are none, nothing.
#[cfg(unix)]
pub fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
pub fn link(_target: &Path, _at: &Path) -> io::Result<()> {
    Ok(())
}

fn count(folder: &Path) -> io::Result<usize> {
    let files = entries(folder)?
        .into_iter()
        .map(|entry| if entry.file_type()?.is_dir() { count(&entry.path()) } else { Ok(1) });
    files.sum()
}

/// Two folders side by side, in the order of names; `guest` is what the program calls them.
fn in_folders(before: &Path, after: &Path, guest: &Path) -> io::Result<Option<String>> {
    let names =
        |folder| -> io::Result<Vec<_>> { Ok(entries(folder)?.iter().map(fs::DirEntry::file_name).collect()) };
    let (were, are) = (names(before)?, names(after)?);
    let only = |names: &[std::ffi::OsString], others: &[std::ffi::OsString], when| {
        let only = names.iter().find(|name| others.binary_search(name).is_err())?;
        Some(format!("`{}` is there only {when}", guest.join(only).display()))
    };
    if let Some(difference) = only(&were, &are, "before").or_else(|| only(&are, &were, "after")) {
        return Ok(Some(difference));
    }
    for name in were {
        let (one, other, guest) = (before.join(&name), after.join(&name), guest.join(&name));
        if let Some(difference) = in_entries(&one, &other, &guest)? {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

fn in_entries(one: &Path, other: &Path, guest: &Path) -> io::Result<Option<String>> {
    let (was, is) = (fs::symlink_metadata(one)?.file_type(), fs::symlink_metadata(other)?.file_type());
    let target = |path: &Path, kind: fs::FileType| -> io::Result<Option<PathBuf>> {
        kind.is_symlink().then(|| fs::read_link(path)).transpose()
    };
    if was.is_dir() && is.is_dir() {
        in_folders(one, other, guest)
    } else if was.is_file() && is.is_file() {
        difference::in_files(&guest.display().to_string(), one, other)
    } else if was == is && target(one, was)? == target(other, is)? {
        Ok(None)
    } else {
        Ok(Some(format!("`{}` is not of one kind", guest.display())))
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> (TempDir, Copies) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let host = folder.path().to_owned();
        let copies =
            Copies::of(&[Directory { host, guest: "/data".into(), access: Access::ReadWrite }]).unwrap();
        (folder, copies)
    }

    fn difference(before: &[(&str, &str)], after: &[(&str, &str)]) -> Option<String> {
        folder(before).1.difference(&folder(after).1).unwrap()
    }

    #[test]
    fn the_first_difference_is_told_by_the_guests_path() {
        let before = [("a/b.txt", "one\ntwo\n"), ("c", "")];
        assert_eq!(difference(&before, &before), None);
        assert_eq!(
            difference(&before, &[("a/b.txt", "one\ntoo\n"), ("c", "")]).unwrap(),
            "/data/a/b.txt differs at byte 5, in line 2: `wo` before, `oo` after"
        );
        assert_eq!(difference(&before, &before[..1]).unwrap(), "`/data/c` is there only before");
        assert_eq!(difference(&before[..1], &before).unwrap(), "`/data/c` is there only after");
        assert_eq!(difference(&[("a", "")], &[("a/b", "")]).unwrap(), "`/data/a` is not of one kind");
    }

    #[test]
    fn a_copy_is_written_and_its_folder_is_not() {
        let (folder, copies) = folder(&[("a", "1"), ("deep/b", "2")]);
        assert_eq!(copies.count().unwrap(), Some(2));
        let host = &copies.directories[0].host;
        let time = |path: &Path| fs::metadata(path.join("a")).unwrap().modified().unwrap();
        assert_eq!(time(host), time(folder.path()));
        fs::write(host.join("a"), "changed").unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"1");
    }

    #[test]
    fn copies_are_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "1").unwrap();
        let copied = folder.path().join(format!("{PLACE}1"));
        copy(folder.path(), &copied).unwrap();
        assert_eq!(count(&copied).unwrap(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn links_stay_links() {
        let (folder, _) = folder(&[("a", "1")]);
        link(Path::new("nowhere"), &folder.path().join("to-nothing")).unwrap();
        let place = tempfile::tempdir().unwrap();
        let copied = place.path().join("copy");
        copy(folder.path(), &copied).unwrap();
        assert_eq!(fs::read_link(copied.join("to-nothing")).unwrap(), Path::new("nowhere"));
        assert_eq!(in_folders(folder.path(), &copied, Path::new("/")).unwrap(), None);
    }
}
