//! Results of slow work, found again by the hash of everything they depend on. An entry that is damaged
//! counts as absent, so the cache can only cost time, never correctness.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::Digest;

/// What an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The hash of all inputs. Each goes in with its length, so that no two lists of inputs read alike.
    #[must_use]
    pub fn of(inputs: &[&[u8]]) -> Self {
        let mut text = Vec::with_capacity(inputs.iter().map(|input| input.len() + 8).sum());
        for input in inputs {
            text.extend_from_slice(&(input.len() as u64).to_le_bytes());
            text.extend_from_slice(input);
        }
        Self(Digest::of(&text).hex())
    }

    /// As a part of another key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A folder of entries.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: Utf8PathBuf,
}

impl Cache {
    /// The cache at `folder`, which is made when the first entry is.
    #[must_use]
    pub fn at(folder: Utf8PathBuf) -> Self {
        Self { folder }
    }

    /// The entry of this key, if it is there and whole.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let mut stored = std::fs::read(self.path(key)).ok()?;
        if stored.len() < DIGEST_BYTES {
            return None;
        }
        let value = stored.split_off(DIGEST_BYTES);
        (Digest::of(&value).hex().as_bytes() == stored).then_some(value)
    }

    /// Keeps the entry. A cache that cannot be written must not fail the work, so errors are dropped:
    /// the same work is then done again next time.
    pub fn put(&self, key: &Key, value: &[u8]) {
        let _ = self.write(&self.path(key), value);
    }

    fn write(&self, path: &Utf8Path, value: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(Digest::of(value).hex().as_bytes())?;
        file.write_all(value)?;
        file.persist(path)?;
        Ok(())
    }

    fn path(&self, key: &Key) -> Utf8PathBuf {
        self.folder.join(&key.0)
    }
}

/// A SHA-256 in hexadecimal, before the value.
const DIGEST_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_found_by_the_same_inputs_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Utf8Path::from_path(folder.path()).unwrap().join("cache"));
        cache.put(&Key::of(&[b"a", b"bc"]), b"value");
        assert_eq!(cache.get(&Key::of(&[b"a", b"bc"])).as_deref(), Some(&b"value"[..]));
        assert_eq!(cache.get(&Key::of(&[b"ab", b"c"])), None);
    }

    #[test]
    fn a_damaged_entry_is_absent_until_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Utf8Path::from_path(folder.path()).unwrap().to_owned());
        cache.put(&Key::of(&[b"key"]), b"value");
        let entry = cache.path(&Key::of(&[b"key"]));
        let whole = std::fs::read(&entry).unwrap();
        for damaged in [&whole[..whole.len() - 1], &whole[..10], b""] {
            std::fs::write(&entry, damaged).unwrap();
            assert_eq!(cache.get(&Key::of(&[b"key"])), None);
        }
        cache.put(&Key::of(&[b"key"]), b"value");
        assert_eq!(cache.get(&Key::of(&[b"key"])).as_deref(), Some(&b"value"[..]));
    }
}
