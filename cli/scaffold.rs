//! New files of a project, written all or none.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::init_error::InitError;

/// A file that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where, in the folder of the project.
    pub path: Utf8PathBuf,
    /// What is in it.
    pub text: String,
}

impl NewFile {
    /// One that was there before. Lines end as they did: who edits TOML ends all with `\n`.
    #[must_use]
    pub fn edited(path: &str, before: &str, text: &str) -> Self {
        let ends = if before.contains("\r\n") { "\r\n" } else { "\n" };
        Self { path: path.into(), text: text.replace("\r\n", "\n").replace('\n', ends) }
    }
}

/// Those of the files that are there already, also as a link to nowhere.
#[must_use]
pub fn present<'a>(folder: &Utf8Path, files: &'a [NewFile]) -> Vec<&'a Utf8Path> {
    let paths = files.iter().map(|file| &*file.path);
    paths.filter(|path| folder.join(path).symlink_metadata().is_ok()).collect()
}

/// Writes the files into the folder, which is made if need be. What is there is replaced.
///
/// # Errors
/// One of them cannot be written. All is as it was then.
pub fn write(folder: &Utf8Path, files: &[NewFile]) -> Result<(), InitError> {
    let mut undo = Undo::default();
    for file in files {
        let path = folder.join(&file.path);
        let written = write_one(&path, &file.text, &mut undo);
        written.map_err(|source| InitError::Write { path, source })?;
    }
    undo.steps.clear();
    Ok(())
}

fn write_one(path: &Utf8Path, text: &str, undo: &mut Undo) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder, undo)?;
    }
    let step = match fs::read(path) {
        Ok(bytes) => Step::Restore(path.to_owned(), bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Step::RemoveFile(path.to_owned()),
        Err(error) => return Err(error),
    };
    put(path, text.as_bytes())?;
    undo.steps.push(step);
    Ok(())
}

fn put(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    wasmpack_packager::write_whole(path.as_std_path(), bytes).map(drop).map_err(|error| match error {
        wasmpack_packager::Error::Write { source, .. } => source,
        error => io::Error::other(error),
    })
}

fn make_folder(folder: &Utf8Path, undo: &mut Undo) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above, undo)?;
    }
    fs::create_dir(folder)?;
    undo.steps.push(Step::RemoveFolder(folder.to_owned()));
    Ok(())
}

/// What has been done so far. Where it is not forgotten, it is undone.
#[derive(Debug, Default)]
struct Undo {
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    RemoveFile(Utf8PathBuf),
    RemoveFolder(Utf8PathBuf),
    Restore(Utf8PathBuf, Vec<u8>),
}

impl Drop for Undo {
    fn drop(&mut self) {
        for step in self.steps.drain(..).rev() {
            // The failure that led here is told; nothing can be done about another.
            let _ = match step {
                Step::RemoveFile(path) => fs::remove_file(path),
                Step::RemoveFolder(path) => fs::remove_dir(path),
                Step::Restore(path, bytes) => put(&path, &bytes),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> NewFile {
        NewFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn where_one_cannot_be_written_all_is_as_it_was() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        fs::write(folder.join("old"), "as it was").unwrap();
        fs::write(folder.join("in-the-way"), "").unwrap();
        let files = [file("old", "new"), file("src/a/b", "b"), file("in-the-way/c", "c")];
        assert_eq!(present(folder, &files), ["old"]);
        assert!(write(folder, &files).is_err());
        assert_eq!(fs::read_to_string(folder.join("old")).unwrap(), "as it was");
        assert!(!folder.join("src").exists());
        write(folder, &files[..2]).unwrap();
        assert_eq!(fs::read_to_string(folder.join("src/a/b")).unwrap(), "b");
        assert_eq!(fs::read_to_string(folder.join("old")).unwrap(), "new");
    }
}
