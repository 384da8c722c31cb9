//! Reading a layout's files by name, whether it is a folder or a tar.
//!
//! A tar is read once to learn where each member is, and then at those places. Nothing is unpacked. A member
//! that is there twice is refused, because two readers could choose differently. Compressed bytes have no places to go
//! to, so a tar that is compressed as a whole is inflated into memory first. What Docker's archives lack is in a
//! [`View`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oci_spec::image::Descriptor;

use crate::digest::Hashing;
use crate::docker_archive::{self, View};
use crate::error::printable;
use crate::layout::{BLOBS, INDEX_JSON, MANIFEST_JSON, OCI_LAYOUT, blob_path};
use crate::walk::{Coding, NO_TAR, inflate, walk};
use crate::{ARCHIVE_LIMIT_BYTES, Blob, DOCUMENT_LIMIT_BYTES, Digest, Error, Form};

/// A blob of so many bytes is not worth a file that is open.
const SMALL_BYTES: u64 = 256 << 10;

/// An image layout that is there to be read.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    path: PathBuf,
    medium: Medium,
    /// What there is besides files, if it is an archive of Docker's.
    view: Option<Arc<View>>,
}

#[derive(Debug, Clone)]
enum Medium {
    Folder,
    Archive(Members),
    Inflated(Arc<[u8]>, Members),
}

/// The regular files of a tar, by their path, and what symbolic links to them say they are.
type Members = BTreeMap<String, Member>;

/// Where the content of a file is in a tar.
#[derive(Debug, Clone, Copy)]
struct Member {
    offset: u64,
    size_bytes: u64,
}

impl Store {
    /// Opens what has the two files that every layout has, or Docker's list instead.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let metadata = fs::metadata(path).map_err(failed)?;
        let medium = if metadata.is_dir() { Medium::Folder } else { archive(path, &metadata)? };
        let store = Self { path: path.to_owned(), medium, view: None };
        match [OCI_LAYOUT, INDEX_JSON, MANIFEST_JSON].map(|name| store.has(name)) {
            [true, true, _] => Ok(store),
            [true, false, _] => Err(store.damaged(INDEX_JSON, "it is missing")),
            [false, _, true] if metadata.is_file() => {
                let view = docker_archive::view(&store)?;
                Ok(Self { view: Some(view.into()), ..store })
            }
            _ if metadata.is_dir() => Err(no_image(path, "it is a folder without `oci-layout`")),
            _ => Err(no_image(path, "it is a tar without `oci-layout` and `manifest.json`")),
        }
    }

    /// The folder or file, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is as a whole.
    pub(crate) fn form(&self) -> Form {
        match (&self.medium, &self.view) {
            (Medium::Folder, _) => Form::Layout,
            (_, None) => Form::Archive,
            (_, Some(_)) => Form::DockerArchive,
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        let (name, made) = self.member(name);
        made.is_some()
            || match &self.medium {
                Medium::Folder => self.path.join(name).is_file(),
                Medium::Archive(members) | Medium::Inflated(_, members) => members.contains_key(name),
            }
    }

    /// Where a file of the layout is, and its bytes if it is in no file.
    fn member<'a>(&'a self, name: &'a str) -> (&'a str, Option<&'a [u8]>) {
        self.view.as_ref().map_or((name, None), |view| (view.member(name), view.document(name)))
    }

    /// The file names below `blobs/sha256`.
    pub(crate) fn blob_names(&self) -> Result<Vec<String>, Error> {
        let below = |name: &String| Some(name.strip_prefix(BLOBS)?.strip_prefix('/')?.to_owned());
        let mut names = match (&self.view, &self.medium) {
            (Some(view), _) => view.names().filter_map(below).collect(),
            (None, Medium::Folder) => file_names(&self.path.join(BLOBS))?,
            (None, Medium::Archive(members) | Medium::Inflated(_, members)) => {
                members.keys().filter_map(below).collect()
            }
        };
        names.sort();
        Ok(names)
    }

    /// The digest by which a file is found that Docker's list names.
    pub(crate) fn digest(&self, name: &str) -> Option<Digest> {
        match &self.view {
            Some(view) => view.digest(name),
            None => docker_archive::named_after(name),
        }
    }

    /// The bytes of a file and how many they are, or an error that names the file.
    pub(crate) fn reader(&self, name: &str) -> Result<(Box<dyn Read>, u64), Error> {
        if !self.has(name) {
            return Err(self.damaged(name, "it is missing"));
        }
        let (member, made) = self.member(name);
        if let Some(bytes) = made {
            return Ok((Box::new(Cursor::new(bytes.to_vec())), bytes.len() as u64));
        }
        let opened = match &self.medium {
            Medium::Folder => whole(&self.path.join(member)),
            Medium::Archive(members) => part(&self.path, members[member]),
            Medium::Inflated(bytes, members) => Ok(slice(bytes, members[member])),
        };
        opened.map_err(|cause| self.damaged(name, cause.to_string()))
    }

    /// A document that is named by its place and not by its digest.
    pub(crate) fn document(&self, name: &str) -> Result<Vec<u8>, Error> {
        let (reader, size_bytes) = self.reader(name)?;
        if size_bytes > DOCUMENT_LIMIT_BYTES {
            let problem = format!(
                "it has {size_bytes} bytes, more than the {DOCUMENT_LIMIT_BYTES} a document may have"
            );
            return Err(self.damaged(name, problem));
        }
        let mut bytes = Vec::new();
        // Again bounded, should the file grow while it is read.
        reader
            .take(DOCUMENT_LIMIT_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|cause| self.damaged(name, cause.to_string()))?;
        Ok(bytes)
    }

    /// A document that a descriptor names, checked against it.
    pub(crate) fn blob(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Error> {
        let digest = Digest::from_oci(descriptor.digest())?;
        let name = blob_path(digest);
        let bytes = self.document(&name)?;
        let found = (Digest::of(&bytes), bytes.len() as u64);
        match mismatch(found, (digest, descriptor.size())) {
            Some(problem) => Err(self.damaged(&name, problem)),
            None => Ok(bytes),
        }
    }

    /// Any blob that a descriptor names, checked against it. A large one stays where it is.
    pub(crate) fn content(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        if is_large(descriptor) {
            let digest = Digest::from_oci(descriptor.digest())?;
            let name = blob_path(digest);
            let (reader, _) = self.reader(&name)?;
            let found =
                Hashing::new(reader).finish().map_err(|cause| self.damaged(&name, cause.to_string()))?;
            if let Some(problem) = mismatch(found, (digest, descriptor.size())) {
                return Err(self.damaged(&name, problem));
            }
        }
        self.promise(descriptor)
    }

    /// The same, where the digest of a large one is checked by whoever reads it.
    pub(crate) fn promise(&self, descriptor: &Descriptor) -> Result<Blob, Error> {
        let digest = Digest::from_oci(descriptor.digest())?;
        let name = blob_path(digest);
        let media_type = descriptor.media_type().clone();
        if !is_large(descriptor) {
            return Ok(Blob::known(media_type, self.blob(descriptor)?, digest));
        }
        let failed = |cause: io::Error| self.damaged(&name, cause.to_string());
        let (mut reader, size_bytes) = self.reader(&name)?;
        if let Some(problem) = mismatch((digest, size_bytes), (digest, descriptor.size())) {
            return Err(self.damaged(&name, problem));
        }
        let (member, made) = self.member(&name);
        let (file, offset_bytes) = match &self.medium {
            Medium::Folder if made.is_none() => (File::open(self.path.join(member)), 0),
            Medium::Archive(members) if made.is_none() => (File::open(&self.path), members[member].offset),
            _ => {
                let mut content = Vec::new();
                reader.read_to_end(&mut content).map_err(failed)?;
                let blob = Blob::new(media_type, content);
                return match mismatch((blob.digest(), size_bytes), (digest, size_bytes)) {
                    Some(problem) => Err(self.damaged(&name, problem)),
                    None => Ok(blob),
                };
            }
        };
        Ok(Blob::in_file(media_type, file.map_err(failed)?, offset_bytes, descriptor.size(), digest))
    }

    /// A part of this image is not what it should be.
    pub(crate) fn damaged(&self, place: &str, problem: impl Into<String>) -> Error {
        Error::Damaged {
            path: self.path.clone(),
            place: self.place(place).to_owned(),
            problem: printable(&problem.into()),
        }
    }

    /// What to call a file of the layout: its path in the archive, if it is one of Docker's.
    pub(crate) fn place<'a>(&'a self, name: &'a str) -> &'a str {
        let (member, made) = self.member(name);
        if made.is_some() { MANIFEST_JSON } else { member }
    }

    /// This image as a whole is not one that can be read here.
    pub(crate) fn refuse(&self, problem: &str) -> Error {
        refuse(&self.path, problem)
    }
}

/// Whether a blob is worth a file that is open.
fn is_large(descriptor: &Descriptor) -> bool {
    descriptor.size() > SMALL_BYTES
}

/// How the bytes found differ from what a descriptor says.
pub(crate) fn mismatch(found: (Digest, u64), expected: (Digest, u64)) -> Option<String> {
    let ((digest, size_bytes), (expected_digest, expected_bytes)) = (found, expected);
    if size_bytes != expected_bytes {
        return Some(format!("it has {size_bytes} bytes, its descriptor says {expected_bytes}"));
    }
    (digest != expected_digest).then(|| format!("its digest is {digest}"))
}

fn refuse(path: &Path, problem: &str) -> Error {
    Error::OpenImage { path: path.to_owned(), problem: printable(problem) }
}

fn no_image(path: &Path, what: &'static str) -> Error {
    Error::NotAnImage { path: path.to_owned(), what }
}

fn archive(path: &Path, metadata: &fs::Metadata) -> Result<Medium, Error> {
    if !metadata.is_file() {
        return Err(no_image(path, "it is neither a folder nor a file"));
    }
    let magic = magic(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    if magic.is_empty() {
        return Err(no_image(path, "it is an empty file"));
    }
    let medium = || match Coding::of(&magic) {
        Coding::None => Ok(Medium::Archive(members(BufReader::new(File::open(path)?))?)),
        coding => {
            let mut plain = Vec::new();
            inflate(File::open(path)?, coding, ARCHIVE_LIMIT_BYTES)?.read_to_end(&mut plain)?;
            let members = members(&plain[..])?;
            Ok(Medium::Inflated(plain.into(), members))
        }
    };
    let damaged = |cause: &io::Error| Error::DamagedArchive {
        path: path.to_owned(),
        problem: printable(&cause.to_string()),
    };
    medium().map_err(|cause: io::Error| match &magic[..] {
        _ if cause.kind() != NO_TAR => damaged(&cause),
        b"\0asm" => no_image(path, "it is a WebAssembly module"),
        _ => no_image(path, "it is neither a layout folder nor a tar of one"),
    })
}

/// The first bytes of a file, by which it is known how it is stored.
fn magic(path: &Path) -> io::Result<Vec<u8>> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic)
}

fn members(tar: impl Read) -> io::Result<Members> {
    let mut members = Members::new();
    let mut links = BTreeMap::new();
    walk(tar, |entry| {
        let member = Member { offset: entry.offset, size_bytes: entry.size_bytes };
        let is_known = if entry.kind.is_file() {
            links.contains_key(&entry.path) || members.insert(entry.path.clone(), member).is_some()
        } else if let Some(link) = entry.link.filter(|_| entry.kind.is_symlink()) {
            members.contains_key(&entry.path) || links.insert(entry.path.clone(), link).is_some()
        } else {
            false
        };
        if is_known {
            let problem = format!("`{}` is in it twice", entry.path.escape_debug());
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(())
    })?;
    // One step, and to a file of the same tar: Docker writes no more, and nothing else is ours to read.
    let linked = links
        .into_iter()
        .filter_map(|(path, link)| Some((members.get(&target(&path, &link)?).copied()?, path)));
    let linked: Vec<_> = linked.collect();
    members.extend(linked.into_iter().map(|(member, path)| (path, member)));
    Ok(members)
}

/// The path in the tar that a link there points to, unless it leads out of it.
fn target(path: &str, link: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(link.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!link.starts_with('/')).then(|| parts.join("/"))
}

fn whole(path: &Path) -> io::Result<(Box<dyn Read>, u64)> {
    let file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    Ok((Box::new(BufReader::new(file)), size_bytes))
}

fn part(path: &Path, member: Member) -> io::Result<(Box<dyn Read>, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(member.offset))?;
    Ok((Box::new(BufReader::new(file).take(member.size_bytes)), member.size_bytes))
}

fn slice(bytes: &Arc<[u8]>, member: Member) -> (Box<dyn Read>, u64) {
    let mut cursor = Cursor::new(Arc::clone(bytes));
    cursor.set_position(member.offset);
    (Box::new(cursor.take(member.size_bytes)), member.size_bytes)
}

fn file_names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let name = |entry: io::Result<fs::DirEntry>| {
        Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())
    };
    entries.map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::fixture::{MODULE, image, name};
    use crate::{File as Packed, Sink, Tar, open, sinks, validate};

    fn archive(folder: &Path) -> PathBuf {
        let path = folder.join("app.tar");
        sinks::Archive::at(&path).write(&image(MODULE), &name("app")).unwrap();
        path
    }

    #[test]
    fn a_compressed_archive_is_read_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = fs::read(archive(folder.path())).unwrap();
        let path = folder.path().join("app.tar.gz");
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap();
        assert_eq!(open(&path).unwrap().module().unwrap(), MODULE);
        assert_eq!(validate(&path), Ok(()));
    }

    #[test]
    fn a_compressed_archive_that_would_fill_memory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.tar.gz");
        let mut encoder =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::best());
        io::copy(&mut io::repeat(0).take(ARCHIVE_LIMIT_BYTES + 1), &mut encoder).unwrap();
        encoder.finish().unwrap();
        assert!(
            open(&path).unwrap_err().to_string().ends_with("it has more than 67108864 bytes as a plain tar")
        );
    }

    #[test]
    fn what_is_not_a_layout_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let [empty, module, tar, text, nothing] =
            ["empty", "app.wasm", "some.tar", "notes.txt", "nothing"].map(|name| folder.path().join(name));
        fs::create_dir(&empty).unwrap();
        fs::write(&module, MODULE.repeat(200)).unwrap();
        fs::write(&tar, Tar::from_files([Packed::readable("x", "")]).unwrap().bytes()).unwrap();
        fs::write(&text, "a note").unwrap();
        fs::write(&nothing, "").unwrap();
        for (path, expected) in [
            (&empty, "it is a folder without `oci-layout`"),
            (&tar, "it is a tar without `oci-layout` and `manifest.json`"),
            (&module, "it is a WebAssembly module"),
            (&text, "it is neither a layout folder nor a tar of one"),
            (&nothing, "it is an empty file"),
        ] {
            let error = open(path).unwrap_err().to_string();
            assert_eq!(error, format!("`{}` is not an image: {expected}", path.display()));
        }
        let missing = folder.path().join("missing");
        assert_eq!(
            open(&missing).unwrap_err().to_string(),
            format!("failed to read `{}`", missing.display())
        );
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = fs::read(archive(folder.path())).unwrap();
        // Without the two empty blocks that end a tar, the second one is read as its continuation.
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(Tar::from_files([Packed::readable("index.json", "{}")]).unwrap().bytes());
        let path = folder.path().join("twice.tar");
        fs::write(&path, bytes).unwrap();
        assert!(open(&path).unwrap_err().to_string().ends_with("`index.json` is in it twice"));
    }

    #[test]
    fn a_cut_archive_is_refused_wherever_it_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = fs::read(archive(folder.path())).unwrap();
        let path = folder.path().join("cut.tar");
        // Up to the two empty blocks, which may be missing.
        for end in (1..bytes.len() - 1024).step_by(97) {
            fs::write(&path, &bytes[..end]).unwrap();
            let Err(error) = open(&path).and_then(|stored| stored.module()) else {
                panic!("cut at {end} of {}", bytes.len());
            };
            assert!(error.hint().is_some(), "cut at {end}: {error}");
            assert!(validate(&path).is_err(), "cut at {end} of {}", bytes.len());
        }
    }
}
