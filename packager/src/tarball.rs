//! Files as one tar, with nothing in it but what was given.
//!
//! A tar made by `tar` tells when, by whom and in which order its files were found. Here entries are sorted,
//! owned by nobody in particular, and carry one given time, so that equal files make equal bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write};

use bytes::Bytes;
use tar::{Builder, EntryType, Header};

use crate::whiteout::is_whiteout;
use crate::{Digest, Error};

/// One file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is in the image, `/`-separated; a leading `/` makes no difference.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

impl File {
    /// A file that may be run, mode 0755: older crun refuses a module without the bit.
    pub fn executable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), mode: 0o755 }
    }

    /// A file that is only read, mode 0644.
    pub fn readable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into(), mode: 0o644 }
    }
}

/// A filesystem changeset, not yet compressed (layer.md of the OCI image specification).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tar {
    bytes: Bytes,
    diff_id: Digest,
    paths: BTreeSet<String>,
}

impl Tar {
    /// A tar of these files, in whatever order they come, each dated 1970-01-01.
    ///
    /// # Errors
    /// As [`Tar::from_files_at`].
    pub fn from_files(files: impl IntoIterator<Item = File>) -> Result<Self, Error> {
        Self::from_files_at(0, files)
    }

    /// The same with another time of last change, in seconds since 1970-01-01 UTC.
    ///
    /// Folders above a file get an entry of their own, mode 0755, so that no runtime has to invent them.
    /// Headers are ustar; a path that does not fit one is written the GNU way.
    ///
    /// # Errors
    /// A path that is empty, climbs with `..`, is a whiteout, is given twice, or is both a file and a folder.
    pub fn from_files_at(mtime_seconds: u64, files: impl IntoIterator<Item = File>) -> Result<Self, Error> {
        let files = files.into_iter().map(|file| (file.path.clone(), file));
        let entries = entries(files)?;
        let size =
            |file: &Option<File>| file.as_ref().map_or(0, |file| file.bytes.len().next_multiple_of(BLOCK));
        let size: usize = entries.values().map(|file| BLOCK + size(file)).sum();
        let mut builder = Builder::new(Vec::with_capacity(size + END));
        for (path, file) in &entries {
            let content = file.as_ref().map(|file| (file.bytes.as_slice(), file.mode));
            append(&mut builder, path, content, mtime_seconds)
                .map_err(|_| Error::FilePath { path: path.clone(), problem: "no tar header can spell it" })?;
        }
        let bytes = builder.into_inner().expect("writing to memory does not fail");
        let paths = entries.into_iter().filter(|(_, file)| file.is_some()).map(|(path, _)| path).collect();
        Ok(Self { diff_id: Digest::of(&bytes), bytes: bytes.into(), paths })
    }

    /// The bytes of the tar.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, without copying them.
    pub(crate) fn shared(&self) -> Bytes {
        self.bytes.clone()
    }

    /// The digest of [`Self::bytes`], which the image config lists.
    #[must_use]
    pub fn diff_id(&self) -> Digest {
        self.diff_id
    }

    /// The digest of each file in it, by its path.
    #[must_use]
    pub fn digests(&self) -> BTreeMap<String, Digest> {
        let mut archive = tar::Archive::new(&*self.bytes);
        let entries = archive.entries().expect("it is whole").map(|entry| entry.expect("we have written it"));
        let files = entries.filter(|entry| entry.header().entry_type() == EntryType::Regular);
        let digest = |mut entry: tar::Entry<'_, &[u8]>| {
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("it is in memory");
            (path, Digest::of(&bytes))
        };
        files.map(digest).collect()
    }

    /// The files in it, without a leading `/`.
    #[must_use]
    pub fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }
}

/// A tar is made of blocks of this many bytes, and ends with two of zeros.
const BLOCK: usize = 512;
const END: usize = 2 * BLOCK;

/// Writes files that are only read as a tar, dated 1970-01-01, without holding it in memory.
pub(crate) fn write<'a>(
    files: impl IntoIterator<Item = (String, &'a [u8])>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut builder = Builder::new(out);
    for (path, bytes) in entries(files).map_err(io::Error::other)? {
        append(&mut builder, &path, bytes.map(|bytes| (bytes, 0o644)), 0)?;
    }
    builder.finish()
}

/// Every entry by its path: a file, or nothing for a folder, whose path ends in `/`.
fn entries<F>(files: impl IntoIterator<Item = (String, F)>) -> Result<BTreeMap<String, Option<F>>, Error> {
    let mut entries = BTreeMap::new();
    for (given, file) in files {
        let path = normalized(&given)?;
        for (end, _) in path.match_indices('/') {
            entries.insert(path[..=end].to_owned(), None);
        }
        if let Some(Some(_)) = entries.insert(path, Some(file)) {
            return Err(Error::FilePath { path: given, problem: "it is given twice" });
        }
    }
    match entries.iter().find(|(path, file)| file.is_some() && entries.contains_key(&format!("{path}/"))) {
        Some((path, _)) => {
            Err(Error::FilePath { path: path.clone(), problem: "it is both a file and a folder" })
        }
        None => Ok(entries),
    }
}

/// The path as a tar spells it: no `/` in front, and none of the spellings that name another place.
fn normalized(path: &str) -> Result<String, Error> {
    let relative = path.strip_prefix('/').unwrap_or(path);
    if relative.split('/').any(|component| matches!(component, "" | "." | ".."))
        || relative.contains(['\0', '\\'])
    {
        let problem = "a path in an image has neither empty, `.` or `..` components nor backslashes";
        return Err(Error::FilePath { path: path.to_owned(), problem });
    }
    if relative.split('/').any(is_whiteout) {
        let problem = "a name that begins with `.wh.` says in an image that another file is gone";
        return Err(Error::FilePath { path: path.to_owned(), problem });
    }
    Ok(relative.to_owned())
}

/// Appends a file with its mode, or a folder.
fn append(
    builder: &mut Builder<impl Write>,
    path: &str,
    file: Option<(&[u8], u32)>,
    mtime_seconds: u64,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    if header.set_path(path).is_err() {
        header = Header::new_gnu();
    }
    // Runtimes compare modes and owners when they cache layers, so neither the umask nor the user may leak
    // in.
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(mtime_seconds);
    header.set_mode(file.map_or(0o755, |(_, mode)| mode & 0o7777));
    header.set_entry_type(if file.is_some() { EntryType::Regular } else { EntryType::Directory });
    let bytes = file.map_or(&[][..], |(bytes, _)| bytes);
    header.set_size(bytes.len() as u64);
    builder.append_data(&mut header, path, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(tar: &Tar) -> Vec<(String, u32, u64, u64)> {
        let mut archive = tar::Archive::new(tar.bytes());
        let line = |entry: tar::Entry<&[u8]>| {
            let header = entry.header();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            (path, header.mode().unwrap(), header.mtime().unwrap(), header.size().unwrap())
        };
        archive.entries().unwrap().map(|entry| line(entry.unwrap())).collect()
    }

    #[test]
    fn each_file_has_a_digest_and_folders_have_none() {
        let long = format!("etc/{}b", "long/".repeat(60));
        let tar = Tar::from_files([File::readable("/etc/a", "a"), File::readable(&*long, "b")]).unwrap();
        let digests: Vec<_> = tar.digests().into_iter().collect();
        assert_eq!(digests, [("etc/a".to_owned(), Digest::of(b"a")), (long, Digest::of(b"b"))]);
    }

    #[test]
    fn the_same_files_in_any_order_make_the_same_tar() {
        let [a, b, c] = ["a", "sub/b", "app.wasm"].map(|path| File::readable(path, path));
        let abc = Tar::from_files([a.clone(), b.clone(), c.clone()]).unwrap();
        let cba = Tar::from_files([c, b, a]).unwrap();
        assert_eq!(abc, cba);
        assert_eq!(abc.diff_id(), Digest::of(abc.bytes()));
    }

    #[test]
    fn a_file_at_the_root_is_the_only_entry() {
        let tar = Tar::from_files([File::executable("/app.wasm", "module")]).unwrap();
        assert_eq!(listing(&tar), [("app.wasm".to_owned(), 0o755, 0, 6)]);
    }

    #[test]
    fn folders_come_before_what_is_in_them() {
        let tar =
            Tar::from_files_at(7, [File::readable("data/en/words", "abc"), File::readable("data.txt", "")])
                .unwrap();
        let expected = [
            ("data.txt", 0o644, 7, 0),
            ("data/", 0o755, 7, 0),
            ("data/en/", 0o755, 7, 0),
            ("data/en/words", 0o644, 7, 3),
        ];
        assert_eq!(
            listing(&tar),
            expected.map(|(path, mode, time, size)| (path.to_owned(), mode, time, size))
        );
    }

    #[test]
    fn headers_are_ustar_and_name_nobody() {
        let tar = Tar::from_files([File::executable("app.wasm", "module")]).unwrap();
        let header = Header::from_byte_slice(&tar.bytes()[..512]);
        assert!(header.as_ustar().is_some());
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!((header.username_bytes(), header.groupname_bytes()), (Some(&b""[..]), Some(&b""[..])));
    }

    #[test]
    fn a_time_beyond_2038_is_kept_to_the_second() {
        let tar = Tar::from_files_at((1 << 31) + 1, [File::executable("app.wasm", "")]).unwrap();
        assert_eq!(listing(&tar)[0].2, 2_147_483_649);
    }

    #[test]
    fn a_path_too_long_for_ustar_is_kept() {
        let path = format!("{}/app.wasm", "long".repeat(60));
        let tar = Tar::from_files([File::executable(path.clone(), "")]).unwrap();
        assert_eq!(listing(&tar)[1].0, path);
    }

    #[test]
    fn paths_that_name_another_place_are_refused() {
        for path in [
            "",
            "/",
            "..",
            "../x",
            "a/../../x",
            "a//b",
            "./a",
            "a/",
            "a\\b",
            "a\0b",
            ".wh.a",
            "a/.wh..wh..opq",
        ] {
            let error = Tar::from_files([File::readable(path, "")]).unwrap_err();
            assert!(matches!(error, Error::FilePath { path: named, .. } if named == path), "{path:?}");
        }
    }

    #[test]
    fn two_files_do_not_share_a_path() {
        for [one, other] in [["a", "/a"], ["a", "a/b"]] {
            assert!(
                Tar::from_files([File::readable(one, ""), File::readable(other, "")]).is_err(),
                "{one} {other}"
            );
        }
    }
}
