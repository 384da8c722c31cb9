//! Files as one tar, with nothing in it but what was given.
//!
//! A tar made by `tar` tells when, by whom and in which order its files were found. Here entries are sorted,
//! owned by nobody in particular, and carry one given time, so that equal files make equal bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tar::{Builder, EntryType, Header};

use crate::digest::Hashing;
use crate::whiteout::is_whiteout;
use crate::{Blob, Digest, Error};

/// One file of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is in the image, `/`-separated; a leading `/` makes no difference.
    pub path: String,
    /// What is in it.
    content: Content,
    /// Permission bits.
    pub mode: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Memory(Bytes),
    /// A file of this machine, with its size in bytes.
    Disk(PathBuf, u64),
}

impl Content {
    fn digest(&self) -> Result<Digest, Error> {
        match self {
            Self::Memory(bytes) => Ok(Digest::of(bytes)),
            Self::Disk(path, size_bytes) => {
                let file = Planned::open(path, *size_bytes).map_err(Error::of_layer)?;
                let (digest, _) = Hashing::new(file).finish().map_err(Error::of_layer)?;
                Ok(digest)
            }
        }
    }
}

impl Content {
    /// All of it, if it begins as modules and components do.
    fn module(&self) -> Result<Option<Vec<u8>>, Error> {
        const MAGIC: &[u8] = b"\0asm";
        match self {
            Self::Memory(bytes) => Ok(bytes.starts_with(MAGIC).then(|| bytes.to_vec())),
            // Too short for one; what is read has to be all of it.
            Self::Disk(_, size_bytes) if *size_bytes < MAGIC.len() as u64 => Ok(None),
            Self::Disk(path, size_bytes) => {
                let mut file = Planned::open(path, *size_bytes).map_err(Error::of_layer)?;
                let mut bytes = vec![0; MAGIC.len()];
                file.read_exact(&mut bytes).map_err(Error::of_layer)?;
                if bytes != MAGIC {
                    return Ok(None);
                }
                file.read_to_end(&mut bytes).map_err(Error::of_layer)?;
                Ok(Some(bytes))
            }
        }
    }
}

impl File {
    /// A file that may be run, mode 0755: older crun refuses a module without the bit.
    pub fn executable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: Content::Memory(bytes.into().into()), mode: 0o755 }
    }

    /// A file that is only read, mode 0644.
    pub fn readable(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { mode: 0o644, ..Self::executable(path, bytes) }
    }

    /// A file that has what the file at `source` has, which is read when it is needed, piece by piece, and must have
    /// `size_bytes` bytes then.
    pub fn on_disk(path: impl Into<String>, source: impl Into<PathBuf>, size_bytes: u64, mode: u32) -> Self {
        Self { path: path.into(), content: Content::Disk(source.into(), size_bytes), mode }
    }

    fn size_bytes(&self) -> u64 {
        match &self.content {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Disk(_, size_bytes) => *size_bytes,
        }
    }

    /// A folder with nothing in it, mode 0755; those above a file need not be given. It is known by the `/` at the end of its
    /// path.
    #[must_use]
    pub fn folder(path: &str) -> Self {
        Self::readable(format!("{}/", path.trim_end_matches('/')), "")
    }
}

/// A filesystem changeset, not yet compressed (layer.md of the OCI image specification). Its bytes are made when they are
/// needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tar {
    /// A file, or nothing for a folder, whose path ends in `/`.
    entries: BTreeMap<String, Option<File>>,
    mtime_seconds: u64,
    size_bytes: u64,
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
        let entries = entries(files.into_iter().map(|file| (file.path.clone(), file)))?;
        let mut size_bytes = END_BYTES;
        for (path, file) in &entries {
            let mut headers = Builder::new(Vec::new());
            append(
                &mut headers,
                path,
                file.as_ref().map(|file| file.mode),
                mtime_seconds,
                (0, &mut io::empty()),
            )
            .map_err(|_| Error::FilePath { path: path.clone(), problem: "no tar header can spell it" })?;
            let content_bytes = file.as_ref().map_or(0, File::size_bytes);
            size_bytes += headers.get_ref().len() as u64 + content_bytes.next_multiple_of(BLOCK_BYTES);
        }
        Ok(Self { entries, mtime_seconds, size_bytes })
    }

    /// How many bytes the tar has.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The digest of its bytes, which the image config lists. Files on disk are read for it.
    ///
    /// # Errors
    /// A file on disk cannot be read, or has another size than it had.
    pub fn diff_id(&self) -> Result<Digest, Error> {
        let mut out = Hashing::new(io::sink());
        self.write(&mut out).map_err(Error::of_layer)?;
        Ok(out.so_far().0)
    }

    /// The digest of each file in it, by its path. Files on disk are read for it.
    ///
    /// # Errors
    /// As [`Tar::diff_id`].
    pub fn digests(&self) -> Result<BTreeMap<String, Digest>, Error> {
        let files = self.entries.iter().filter_map(|(path, file)| Some((path, file.as_ref()?)));
        files.map(|(path, file)| Ok((path.clone(), file.content.digest()?))).collect()
    }

    /// The modules and components among the files, known by how they begin. Files on disk are looked at for it.
    ///
    /// # Errors
    /// A file on disk cannot be read, or a module has another size than it had.
    pub fn modules(&self) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let mut modules = BTreeMap::new();
        for (path, file) in &self.entries {
            if let Some(file) = file
                && let Some(module) = file.content.module()?
            {
                modules.insert(path.clone(), module);
            }
        }
        Ok(modules)
    }

    /// The files in it, without a leading `/`.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|(_, file)| file.is_some()).map(|(path, _)| path.as_str())
    }

    /// Writes the bytes. What goes wrong with a file on disk is an [`Error`] inside that of the writer.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut builder = Builder::new(out);
        for (path, file) in &self.entries {
            let mode = file.as_ref().map(|file| file.mode);
            let mut append =
                |content: (u64, &mut dyn Read)| append(&mut builder, path, mode, self.mtime_seconds, content);
            match file.as_ref().map(|file| &file.content) {
                None => append((0, &mut io::empty())),
                Some(Content::Memory(bytes)) => append((bytes.len() as u64, &mut &bytes[..])),
                Some(Content::Disk(path, size_bytes)) => {
                    append((*size_bytes, &mut Planned::open(path, *size_bytes)?))
                }
            }?;
        }
        builder.finish()
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes).unwrap();
        bytes
    }
}

/// A file on disk that has to have as many bytes as were planned for: a header has said so by then.
struct Planned<'a> {
    file: fs::File,
    path: &'a Path,
    left_bytes: u64,
}

impl<'a> Planned<'a> {
    fn open(path: &'a Path, size_bytes: u64) -> io::Result<Self> {
        let failed = |source| io::Error::other(Error::Read { path: path.to_owned(), source });
        let file = fs::File::open(path).map_err(failed)?;
        Ok(Self { file, path, left_bytes: size_bytes })
    }
}

impl Read for Planned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let path = || self.path.to_owned();
        let count = self
            .file
            .read(buffer)
            .map_err(|source| io::Error::other(Error::Read { path: path(), source }))?;
        let is_cut = count == 0 && !buffer.is_empty() && self.left_bytes > 0;
        match self.left_bytes.checked_sub(count as u64) {
            Some(left_bytes) if !is_cut => self.left_bytes = left_bytes,
            _ => return Err(io::Error::other(Error::FileChanged { path: path() })),
        }
        Ok(count)
    }
}

/// A tar is made of blocks of this many bytes, and ends with two of zeros.
const BLOCK_BYTES: u64 = 512;
const END_BYTES: u64 = 2 * BLOCK_BYTES;

/// Writes blobs as files that are only read, dated 1970-01-01, into a tar.
pub(crate) fn write(files: impl IntoIterator<Item = (String, Blob)>, out: &mut dyn Write) -> io::Result<()> {
    let mut builder = Builder::new(out);
    for (path, blob) in entries(files).map_err(io::Error::other)? {
        match blob {
            Some(blob) => {
                append(&mut builder, &path, Some(0o644), 0, (blob.size_bytes(), &mut *blob.reader()?))?;
            }
            None => append(&mut builder, &path, None, 0, (0, &mut io::empty()))?,
        }
    }
    builder.finish()
}

/// Every entry by its path: a file, or nothing for a folder, whose path ends in `/`.
fn entries<F>(files: impl IntoIterator<Item = (String, F)>) -> Result<BTreeMap<String, Option<F>>, Error> {
    let mut entries = BTreeMap::new();
    for (given, file) in files {
        let folder = given.strip_suffix('/').filter(|folder| !folder.is_empty());
        let path = normalized(folder.unwrap_or(&given))?;
        for (end, _) in path.match_indices('/') {
            entries.insert(path[..=end].to_owned(), None);
        }
        if folder.is_some() {
            entries.insert(path + "/", None);
            continue;
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

/// Appends a file with its mode, or a folder; of the content, first how many bytes it has.
fn append(
    builder: &mut Builder<impl Write>,
    path: &str,
    mode: Option<u32>,
    mtime_seconds: u64,
    (size_bytes, content): (u64, &mut dyn Read),
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
    header.set_mode(mode.map_or(0o755, |mode| mode & 0o7777));
    header.set_entry_type(if mode.is_some() { EntryType::Regular } else { EntryType::Directory });
    header.set_size(size_bytes);
    builder.append_data(&mut header, path, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(tar: &Tar) -> Vec<(String, u32, u64, u64)> {
        let bytes = tar.bytes();
        let mut archive = tar::Archive::new(&bytes[..]);
        let line = |entry: tar::Entry<&[u8]>| {
            let header = entry.header();
            let path = entry.path().unwrap().to_str().unwrap().to_owned();
            (path, header.mode().unwrap(), header.mtime().unwrap(), header.size().unwrap())
        };
        archive.entries().unwrap().map(|entry| line(entry.unwrap())).collect()
    }

    #[test]
    fn each_file_has_a_digest_and_folders_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("c");
        fs::write(&source, "ccc").unwrap();
        let long = format!("etc/{}b", "long/".repeat(60));
        let tar = |size_bytes| {
            let on_disk = File::on_disk("/lib/c", &source, size_bytes, 0o644);
            Tar::from_files([File::readable("/etc/a", "a"), File::readable(&*long, "b"), on_disk]).unwrap()
        };
        let digests: Vec<_> = tar(3).digests().unwrap().into_iter().collect();
        let [a, b, c] = ["a", "b", "ccc"].map(|text| Digest::of(text.as_bytes()));
        assert_eq!(digests, [("etc/a".to_owned(), a), (long.clone(), b), ("lib/c".to_owned(), c)]);
        for size_bytes in [2, 4] {
            let error = tar(size_bytes).digests().unwrap_err();
            assert!(matches!(error, Error::FileChanged { path } if path == source), "{size_bytes}");
        }
        fs::remove_file(&source).unwrap();
        assert!(matches!(tar(3).digests().unwrap_err(), Error::Read { path, .. } if path == source));
    }

    #[test]
    fn modules_are_known_by_how_they_begin_in_memory_and_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let on_disk = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            File::on_disk(name, path, content.len() as u64, 0o644)
        };
        let files = [
            File::readable("a", b"\0asm memory"),
            File::readable("b", "text"),
            on_disk("c", b"\0asm disk"),
            on_disk("d", b"text"),
            on_disk("e", b"\0as"),
        ];
        let modules = Tar::from_files(files).unwrap().modules().unwrap();
        let expected = [("a", &b"\0asm memory"[..]), ("c", b"\0asm disk")];
        assert_eq!(modules, expected.map(|(path, bytes)| (path.to_owned(), bytes.to_vec())).into());
    }

    #[test]
    fn the_same_files_in_any_order_make_the_same_tar() {
        let [a, b, c] = ["a", "sub/b", "app.wasm"].map(|path| File::readable(path, path));
        let abc = Tar::from_files([a.clone(), b.clone(), c.clone()]).unwrap();
        let cba = Tar::from_files([c, b, a]).unwrap();
        assert_eq!(abc, cba);
        assert_eq!(abc.diff_id().unwrap(), Digest::of(&abc.bytes()));
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
    fn a_folder_with_nothing_in_it_is_kept() {
        let folder = [("empty/".to_owned(), 0o755, 7, 0)];
        let files = [File::folder("/empty"), File::folder("empty/")];
        assert_eq!(listing(&Tar::from_files_at(7, files.iter().cloned()).unwrap()), folder);
        let inside = files.into_iter().chain([File::readable("empty/no-more", "")]);
        let inside = Tar::from_files_at(7, inside).unwrap();
        assert_eq!(listing(&inside)[..1], folder);
        assert!(inside.paths().eq(["empty/no-more"]));
        assert!(Tar::from_files([File::folder("a"), File::readable("a", "")]).is_err());
    }

    #[test]
    fn headers_are_ustar_and_name_nobody() {
        let tar = Tar::from_files([File::executable("app.wasm", "module")]).unwrap();
        let bytes = tar.bytes();
        let header = Header::from_byte_slice(&bytes[..512]);
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
        for path in
            ["", "/", "..", "../x", "a/../../x", "a//b", "./a", "a\\b", "a\0b", ".wh.a", "a/.wh..wh..opq"]
        {
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
