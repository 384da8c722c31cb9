//! Results of slow work, found again by the hash of everything they depend on. An entry that is damaged
//! counts as absent, so the cache can only cost time, never correctness.

use std::io::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::Digest;

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

    /// The entry of these inputs, if it is there and whole.
    #[must_use]
    pub fn get(&self, inputs: &[&[u8]]) -> Option<Vec<u8>> {
        let mut stored = std::fs::read(self.path(inputs)).ok()?;
        if stored.len() < DIGEST_BYTES {
            return None;
        }
        let value = stored.split_off(DIGEST_BYTES);
        (Digest::of(&value).hex().as_bytes() == stored).then_some(value)
    }

    /// Keeps the entry. A cache that cannot be written must not fail the work, so errors are dropped:
    /// the same work is then done again next time.
    pub fn put(&self, inputs: &[&[u8]], value: &[u8]) {
        let _ = self.write(&self.path(inputs), value);
    }

    fn write(&self, path: &Utf8Path, value: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(Digest::of(value).hex().as_bytes())?;
        file.write_all(value)?;
        file.persist(path)?;
        Ok(())
    }

    /// Each input goes in with its length, so that no two lists of inputs read alike.
    fn path(&self, inputs: &[&[u8]]) -> Utf8PathBuf {
        let mut key = Vec::with_capacity(inputs.iter().map(|input| input.len() + 8).sum());
        for input in inputs {
            key.extend_from_slice(&(input.len() as u64).to_le_bytes());
            key.extend_from_slice(input);
        }
        self.folder.join(Digest::of(&key).hex())
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
        cache.put(&[b"a", b"bc"], b"value");
        assert_eq!(cache.get(&[b"a", b"bc"]).as_deref(), Some(&b"value"[..]));
        assert_eq!(cache.get(&[b"ab", b"c"]), None);
    }

    #[test]
    fn a_damaged_entry_is_absent_until_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Utf8Path::from_path(folder.path()).unwrap().to_owned());
        cache.put(&[b"key"], b"value");
        let entry = cache.path(&[b"key"]);
        let whole = std::fs::read(&entry).unwrap();
        for damaged in [&whole[..whole.len() - 1], &whole[..10], b""] {
            std::fs::write(&entry, damaged).unwrap();
            assert_eq!(cache.get(&[b"key"]), None);
        }
        cache.put(&[b"key"], b"value");
        assert_eq!(cache.get(&[b"key"]).as_deref(), Some(&b"value"[..]));
    }
}
