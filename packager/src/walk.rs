//! Reading a layer without trusting it: the one door through which a stranger's tar comes in.
//!
//! Nothing is ever written to disk, so a hostile path can do no harm; what remains is to bound memory and
//! time. The `tar` crate collects long names and extended headers of any length in memory, so its entries are
//! taken raw here and those headers are read with a bound.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry as RawEntry, EntryType, PaxExtensions};

use crate::Digest;
use crate::digest::Hashing;
use crate::limits::{TAR_ENTRIES_LIMIT, TAR_HEADER_LIMIT_BYTES};

/// How a layer's tar is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    None,
    Gzip,
    Zstd,
}

impl Coding {
    /// By the first four bytes, for files that nothing else is said of.
    pub(crate) fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// One entry of a tar; reading it gives its content.
pub(crate) struct Entry<'a> {
    /// Relative to the root of the image, without `./` or a trailing `/`.
    pub(crate) path: String,
    pub(crate) kind: EntryType,
    /// What it points to, if it is a link.
    pub(crate) link: Option<String>,
    pub(crate) size_bytes: u64,
    /// Where its content begins in the tar.
    pub(crate) offset: u64,
    /// Permissions, user, group and the time of the last change, as the header has them; nothing where it has no numbers.
    pub(crate) attributes: [Option<u64>; 4],
    pub(crate) content: &'a mut dyn Read,
}

/// What a layer turned out to be.
pub(crate) struct Walked {
    pub(crate) digest: Digest,
    pub(crate) size_bytes: u64,
    /// The digest and size of the tar, or why it could not be read to its end.
    pub(crate) tar: io::Result<(Digest, u64)>,
    /// How many bytes of the tar were read, whether or not it has an end.
    pub(crate) tar_bytes: u64,
}

/// Reads a layer to its end, shows each entry, and tells the digests of what was read. The tar may have
/// `limit_bytes`.
///
/// # Errors
/// Only what the stored bytes' own reader fails with; what is wrong with the tar inside is in
/// [`Walked::tar`].
pub(crate) fn walk_layer(
    stored: impl Read,
    coding: Coding,
    limit_bytes: u64,
    visit: impl FnMut(Entry<'_>) -> io::Result<()>,
) -> io::Result<Walked> {
    let mut stored = Hashing::new(stored);
    let mut tar = Hashing::new(inflate(&mut stored, coding, limit_bytes)?);
    let walked = walk(&mut tar, visit).and_then(|()| io::copy(&mut tar, &mut io::sink()).map(drop));
    let tar_bytes = tar.size_bytes();
    let tar = walked.and_then(|()| tar.finish());
    let (digest, size_bytes) = stored.finish()?;
    Ok(Walked { digest, size_bytes, tar, tar_bytes })
}

/// The plain bytes of a stream, which fails where there are more than `limit_bytes` of them.
///
/// # Errors
/// There is no memory to unpack it.
pub(crate) fn inflate<'a>(
    stored: impl Read + 'a,
    coding: Coding,
    limit_bytes: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    let inner: Box<dyn Read + 'a> = match coding {
        Coding::None => Box::new(stored),
        // Some tools write several gzip members one after the other: a layer is all of them.
        Coding::Gzip => Box::new(MultiGzDecoder::new(stored)),
        // It refuses what would take more than 128 MiB to unpack.
        Coding::Zstd => Box::new(zstd::Decoder::new(stored)?),
    };
    Ok(Box::new(Bounded { inner, left_bytes: limit_bytes, limit_bytes }))
}

/// The kind of error for what is no tar at all, and not a damaged one.
pub(crate) const NO_TAR: io::ErrorKind = io::ErrorKind::Unsupported;

/// Shows each entry of a tar in order.
pub(crate) fn walk(tar: impl Read, mut visit: impl FnMut(Entry<'_>) -> io::Result<()>) -> io::Result<()> {
    let mut archive = Archive::new(tar);
    let mut next = Extended::default();
    for (count, entry) in archive.entries()?.raw(true).enumerate() {
        if count == TAR_ENTRIES_LIMIT {
            return Err(invalid(format!("it has more than {TAR_ENTRIES_LIMIT} entries")));
        }
        let mut entry = entry.map_err(|cause| match cause.kind() {
            // What the crate says then is about checksum fields, which is of no use to who gave another kind
            // of file.
            io::ErrorKind::Other if count == 0 => io::Error::new(NO_TAR, "it does not begin as a tar does"),
            _ => cause,
        })?;
        match entry.header().entry_type() {
            EntryType::GNULongName => next.path = Some(until_zero(&read_header(&mut entry)?)),
            EntryType::GNULongLink => next.link = Some(until_zero(&read_header(&mut entry)?)),
            EntryType::XHeader => next.read(&read_header(&mut entry)?)?,
            EntryType::XGlobalHeader => {}
            kind => {
                let Extended { path, link, sparse } = std::mem::take(&mut next);
                let raw = path.unwrap_or_else(|| entry.path_bytes().into_owned());
                let path = cleaned(&raw)?;
                let kind = if sparse { EntryType::GNUSparse } else { kind };
                let (size_bytes, offset) = (entry.size(), entry.raw_file_position());
                let attributes = attributes(entry.header());
                let link = link.or_else(|| entry.link_name_bytes().map(std::borrow::Cow::into_owned));
                let link = link.map(|link| String::from_utf8_lossy(&link).into_owned());
                visit(Entry { path, kind, link, size_bytes, offset, attributes, content: &mut entry })?;
            }
        }
    }
    Ok(())
}

fn attributes(header: &tar::Header) -> [Option<u64>; 4] {
    [header.mode().ok().map(u64::from), header.uid().ok(), header.gid().ok(), header.mtime().ok()]
}

/// What extended headers say of the next entry.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    sparse: bool,
}

impl Extended {
    /// Reads one as POSIX has it.
    fn read(&mut self, header: &[u8]) -> io::Result<()> {
        self.sparse = false;
        for extension in PaxExtensions::new(header) {
            let extension = extension?;
            match extension.key_bytes() {
                b"path" => self.path = Some(extension.value_bytes().to_vec()),
                b"linkpath" => self.link = Some(extension.value_bytes().to_vec()),
                // It would move the next header: two readers could then see two different tars.
                b"size" => return Err(invalid("an extended header gives another size".to_owned())),
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
        Ok(())
    }
}

/// As GNU's headers have a path.
fn until_zero(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
}

fn read_header<R: Read>(entry: &mut RawEntry<'_, R>) -> io::Result<Vec<u8>> {
    if entry.size() > TAR_HEADER_LIMIT_BYTES {
        return Err(invalid(format!("an extended header has {} bytes", entry.size())));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `./a//b/` is `a/b`. A path that climbs out names nothing in an image.
fn cleaned(raw: &[u8]) -> io::Result<String> {
    let path = String::from_utf8_lossy(raw);
    let components: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if components.contains(&"..") {
        return Err(invalid(format!("entry `{}` leaves the image", path.escape_debug())));
    }
    Ok(components.join("/"))
}

fn invalid(problem: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// A reader that fails, and does not just end, where its bound is: a cut tar could look like a whole one.
struct Bounded<R> {
    inner: R,
    left_bytes: u64,
    limit_bytes: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left_bytes.checked_sub(count as u64) {
            Some(left_bytes) => self.left_bytes = left_bytes,
            None => {
                let problem = format!("it has more than {} bytes as a plain tar", self.limit_bytes);
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::{Builder, Header};

    /// The paths of a tar's entries.
    fn paths(tar: &[u8]) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        walk(tar, |entry| {
            paths.push(entry.path);
            Ok(())
        })?;
        Ok(paths)
    }

    fn tar(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (kind, path, content) in entries {
            let mut header = Header::new_gnu();
            header.set_path(path).unwrap();
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            tar.append(&header, *content).unwrap();
        }
        tar.into_inner().unwrap()
    }

    #[test]
    fn what_does_not_begin_as_a_tar_is_none_and_what_does_is_damaged() {
        let whole = tar(&[(EntryType::Regular, "a", b"a"), (EntryType::Regular, "b", b"b")]);
        assert_eq!(paths(&whole).unwrap(), ["a", "b"]);
        // A header has 512 bytes, and so does the content behind it.
        for (place, is_none) in [(0, true), (1024, false)] {
            let mut damaged = whole.clone();
            damaged[place] = b'x';
            assert_eq!(paths(&damaged).unwrap_err().kind() == NO_TAR, is_none, "{place}");
        }
    }

    #[test]
    fn a_long_name_may_be_as_long_as_the_bound() {
        let limit = usize::try_from(TAR_HEADER_LIMIT_BYTES).unwrap();
        let named = |bytes: usize| {
            let mut name = vec![b'n'; bytes - 1];
            name.push(0);
            paths(&tar(&[(EntryType::GNULongName, "././@LongLink", &name), (EntryType::Regular, "n", b"")]))
        };
        assert_eq!(named(limit).unwrap()[0].len(), limit - 1);
        assert!(named(limit + 1).unwrap_err().to_string().contains("65537 bytes"));
    }
}
