//! The name of bytes: `sha256:` and 64 hexadecimal digits.
//!
//! A type, so that no text from outside ever reaches a path or an address without having been parsed. Only
//! SHA-256 is taken: every consumer writes it, and an unknown algorithm could not be checked.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use oci_spec::image as oci;
use sha2::{Digest as _, Sha256};

use crate::Error;

const PREFIX: &str = "sha256:";

/// A SHA-256 digest as the OCI image specification writes it (descriptor.md, "Digests").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of all that a reader has, and how many bytes that is.
    ///
    /// # Errors
    /// What the reader fails with.
    pub fn of_reader(reader: impl Read) -> io::Result<(Self, u64)> {
        Hashing::new(reader).finish()
    }

    /// The 64 lower-case hexadecimal digits, without the algorithm.
    #[must_use]
    pub fn hex(&self) -> String {
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
    }

    /// The same digest for a descriptor.
    pub(crate) fn to_oci(self) -> oci::Digest {
        oci::Digest::try_from(self.to_string()).expect("sha256 and 64 hexadecimal digits")
    }

    /// The digest of a descriptor that somebody else may have written.
    pub(crate) fn from_oci(digest: &oci::Digest) -> Result<Self, Error> {
        digest.as_ref().parse()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refuse = || Error::ParseDigest { text: text.to_owned() };
        let hex = text.strip_prefix(PREFIX).ok_or_else(refuse)?.as_bytes();
        if hex.len() != 64 {
            return Err(refuse());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte =
                nibble(pair[0]).zip(nibble(pair[1])).map(|(high, low)| high * 16 + low).ok_or_else(refuse)?;
        }
        Ok(Self(bytes))
    }
}

/// Lower case only: the specification has one spelling of a digest, so that equal bytes have equal names.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// A reader or writer that digests and counts what passes through it.
pub(crate) struct Hashing<T> {
    inner: T,
    hasher: Sha256,
    size_bytes: u64,
}

impl<T> Hashing<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, hasher: Sha256::new(), size_bytes: 0 }
    }

    /// The size of what has passed so far.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The digest and the size of what has passed so far.
    pub(crate) fn so_far(&self) -> (Digest, u64) {
        (Digest(self.hasher.clone().finalize().into()), self.size_bytes)
    }

    fn pass(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }
}

impl<R: Read> Hashing<R> {
    /// Reads what is left; then the digest and the size of everything.
    pub(crate) fn finish(mut self) -> io::Result<(Digest, u64)> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.so_far())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.pass(&buffer[..count]);
        Ok(count)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.pass(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_reads_back_as_it_was_written() {
        let parsed: Digest = EMPTY.parse().unwrap();
        assert_eq!(parsed, Digest::of(b""));
        assert_eq!(parsed.to_string(), EMPTY);
        assert_eq!(parsed.hex(), EMPTY["sha256:".len()..]);
        assert_eq!(format!("{parsed:?}"), EMPTY);
    }

    #[test]
    fn only_one_spelling_is_a_digest() {
        for text in [
            "",
            "sha256:",
            &EMPTY[..70],
            &format!("{EMPTY}0"),
            &EMPTY.to_uppercase(),
            &EMPTY.replace('e', "E"),
            &EMPTY.replace('e', "g"),
            &EMPTY.replace("sha256:", "sha512:"),
            &EMPTY.replace("sha256:", ""),
            &format!(" {EMPTY}"),
            &format!("{EMPTY}\n"),
            "sha256:../../../../../../../../../../../../../../../../../../../etc/passwd",
            &format!("sha256:{}", "é".repeat(32)),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn digests_sort_as_their_text_does() {
        let mut digests: Vec<Digest> = (0_u8..20).map(|n| Digest::of(&[n])).collect();
        digests.sort();
        assert!(digests.iter().map(Digest::hex).is_sorted());
    }

    #[test]
    fn a_stream_has_the_digest_of_its_bytes() {
        let (digest, size_bytes) = Hashing::new(&b"module"[..]).finish().unwrap();
        assert_eq!((digest, size_bytes), (Digest::of(b"module"), 6));
        let mut written = Hashing::new(Vec::new());
        written.write_all(b"module").unwrap();
        assert_eq!(written.so_far(), (Digest::of(b"module"), 6));
        // What is behind it is told to write, too.
        let mut buffered = Hashing::new(io::BufWriter::new(Vec::new()));
        buffered.write_all(b"module").unwrap();
        buffered.flush().unwrap();
        assert_eq!(buffered.inner.get_ref(), b"module");
    }
}
