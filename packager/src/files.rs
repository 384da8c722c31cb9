//! Writing a file whole or not at all.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::{Blob, Error};

/// What a file is called until it is whole. A run that was killed leaves such files; the next one may remove
/// them.
pub(crate) const TEMPORARY_PREFIX: &str = ".wasmpack-";

/// How much is written at once, where it comes in small parts.
const BUFFER_BYTES: usize = 256 << 10;

/// Makes a file have these bytes, and says whether that took any writing: a file that has them already is not touched,
/// not even its times.
///
/// # Errors
/// The path cannot be written; nothing was changed then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    write_whole_by(path, |out| out.write_all(bytes))
}

/// The same for a blob. Whoever reads it looks at its digest, and whoever writes it again at its bytes, so there is no need to
/// wait for the disk: a crash of the machine costs the next build some time at most.
pub(crate) fn write_blob(path: &Path, blob: &Blob) -> Result<bool, Error> {
    put(path, |out| blob.write_to(out), |_| Ok(()))
}

/// The same for bytes that are never in memory together. They are asked for twice, where there is a file that might have
/// them already.
pub(crate) fn write_whole_by(
    path: &Path,
    write: impl FnMut(&mut dyn Write) -> io::Result<()>,
) -> Result<bool, Error> {
    // Without this a crash of the machine could leave the name with an empty file.
    put(path, write, File::sync_all)
}

fn put(
    path: &Path,
    mut write: impl FnMut(&mut dyn Write) -> io::Result<()>,
    settle: fn(&File) -> io::Result<()>,
) -> Result<bool, Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let target = target(path)?;
    if has(&target, &mut write) {
        return Ok(false);
    }
    let mut file = temporary_beside(&target).map_err(failed)?;
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file.as_file_mut());
    write(&mut out).and_then(|()| out.flush()).map_err(failed)?;
    drop(out);
    settle(file.as_file()).map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(true)
}

/// The file that is really meant. Renaming onto a link would replace the link, and onto a device
/// (`/dev/null`) the device.
fn target(path: &Path) -> Result<PathBuf, Error> {
    // Most are plain files; to resolve every folder above costs ten times as much.
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Ok(path.to_owned());
    }
    let Ok(target) = path.canonicalize() else { return Ok(path.to_owned()) };
    if target.is_file() {
        return Ok(target);
    }
    let problem = if target.is_dir() { "it is a folder" } else { "it is not a regular file" };
    Err(Error::Destination { path: path.to_owned(), problem: problem.to_owned() })
}

/// Whether the file has just the bytes that are written.
fn has(path: &Path, write: &mut impl FnMut(&mut dyn Write) -> io::Result<()>) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut present = Present(BufReader::new(file));
    write(&mut present).is_ok() && present.0.fill_buf().is_ok_and(<[u8]>::is_empty)
}

/// Takes what a file has, and fails at the first byte that is another.
struct Present(BufReader<File>);

impl Write for Present {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let present = self.0.fill_buf()?;
        let count = present.len().min(bytes.len());
        if count == 0 && !bytes.is_empty() || present[..count] != bytes[..count] {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.0.consume(count);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In the same folder, because a rename is atomic only within one filesystem. Opened by ourselves, because
/// `tempfile` would make it private to this user, and add a random name, which says nothing to a reader, to
/// every error.
pub(crate) fn temporary_beside(path: &Path) -> io::Result<NamedTempFile<File>> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Builder::new().prefix(TEMPORARY_PREFIX).make_in(folder, |path| File::create_new(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn new_bytes_replace_old_ones_and_leave_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        for bytes in ["old", "new and longer", "n"] {
            write_whole(&path, bytes.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), bytes);
        }
        assert_eq!(names(folder.path()), ["image.tar"]);
    }

    #[test]
    fn equal_bytes_are_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        write_whole(&path, b"same").unwrap();
        let early = std::time::SystemTime::UNIX_EPOCH;
        File::options().write(true).open(&path).unwrap().set_modified(early).unwrap();
        assert!(!write_whole(&path, b"same").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), early);
        assert!(write_whole(&path, b"else").unwrap());
        assert_ne!(fs::metadata(&path).unwrap().modified().unwrap(), early);
    }

    #[test]
    fn a_file_that_has_more_or_fewer_bytes_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        let long = [7; 20_000];
        for (present, bytes) in
            [(&long[..], &long[..19_999]), (&long[..19_999], &long), (b"", b"a"), (b"a", b"")]
        {
            fs::write(&path, present).unwrap();
            assert!(write_whole(&path, bytes).unwrap());
            assert!(fs::read(&path).unwrap() == bytes);
            assert!(!write_whole(&path, bytes).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_told_to_its_end_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("image.tar");
        fs::write(&path, "old").unwrap();
        let half = |out: &mut dyn Write| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::UnexpectedEof.into())
        };
        write_whole_by(&path, half).unwrap_err();
        assert_eq!(
            (fs::read_to_string(&path).unwrap(), names(folder.path())),
            ("old".into(), vec!["image.tar".into()])
        );
    }

    #[test]
    fn a_destination_below_a_file_is_named_with_its_cause() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = write_whole(&file.join("image.tar"), b"bytes").unwrap_err();
        assert_eq!(error.to_string(), format!("failed to write `{}`", file.join("image.tar").display()));
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(!cause.contains(TEMPORARY_PREFIX), "{cause}");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_whole(folder.path(), b"bytes").unwrap_err();
        assert!(matches!(error, Error::Destination { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(matches!(write_whole(Path::new("/dev/null"), b"bytes"), Err(Error::Destination { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_is_written() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [ours, plain] = ["ours", "plain"].map(|name| folder.path().join(name));
        write_whole(&ours, b"").unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
