//! Results of slow work, found again by the hash of everything they depend on. An entry that is damaged
//! counts as absent, so the cache can only cost time, never correctness.
//!
//! Whoever adds an entry looks after the others: what was not used for the longest time goes when there is too much,
//! and so does what a killed run left. Others may work in the same folder meanwhile.
//!
//! What the folder lacks may be in registries, which others share: see `shared_cache`. What came from there is kept apart by where it
//! came from, so that who does not ask a registry any more takes nothing of it, and passes nothing of it on.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;
use wasmpack_packager::{Blob, Compression, Digest};

use crate::shared_cache::Shared;

/// What an entry is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    hex: String,
    what: String,
}

impl Key {
    /// The hash of all inputs. Each goes in with its length, so that no two lists of inputs read alike.
    #[must_use]
    pub fn of(inputs: &[&[u8]]) -> Self {
        let mut text = Vec::with_capacity(inputs.iter().map(|input| input.len() + 8).sum());
        for input in inputs {
            text.extend_from_slice(&(input.len() as u64).to_le_bytes());
            text.extend_from_slice(input);
        }
        Self { hex: Digest::of(&text).hex(), what: "a result".to_owned() }
    }

    /// The same, with what it is the key of, in words.
    #[must_use]
    pub fn named(self, what: String) -> Self {
        Self { what, ..self }
    }

    /// In 64 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// What it is the key of, in words: no part of it.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// As a part of another key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.hex.as_bytes()
    }
}

/// A folder of entries, and where others are.
#[derive(Debug, Clone)]
pub struct Cache<'a> {
    folder: Utf8PathBuf,
    limit_bytes: u64,
    /// Whose entries count besides one's own.
    origins: Vec<String>,
    shared: Option<Shared<'a>>,
}

/// An entry that is open, and so stays as it is whatever becomes of its name.
#[derive(Debug)]
pub struct Entry {
    /// The value, from [`Self::OFFSET_BYTES`] on.
    pub file: File,
    /// The number of its bytes.
    pub size_bytes: u64,
    /// Their digest.
    pub digest: Digest,
}

impl Entry {
    /// Where the value begins.
    const OFFSET_BYTES: u64 = DIGEST_BYTES as u64;

    /// The value, in memory.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut value = Vec::new();
        (&self.file).seek(SeekFrom::Start(Self::OFFSET_BYTES))?;
        (&self.file).read_to_end(&mut value)?;
        Ok(value)
    }

    /// The value where it is, as a layer that is stored so.
    ///
    /// # Errors
    /// When the system has no further handle for the file.
    pub fn layer(&self, compression: Compression) -> io::Result<Blob> {
        let file = self.file.try_clone()?;
        Ok(Blob::in_file(compression.media_type(), file, Self::OFFSET_BYTES, self.size_bytes, self.digest))
    }

    /// The same, of any kind.
    #[must_use]
    pub fn into_blob(self, media_type: &str) -> Blob {
        Blob::in_file(media_type, self.file, Self::OFFSET_BYTES, self.size_bytes, self.digest)
    }
}

/// Room for the images of a large workspace in many versions.
const LIMIT_BYTES: u64 = 2_000_000_000;

/// An entry that was used in this time is not marked as used again: most runs then only read.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// What is no entry and as old as this, nobody writes any more: a run takes an hour at most.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

impl<'a> Cache<'a> {
    /// The cache at `folder`, which is made when the first entry is.
    #[must_use]
    pub fn at(folder: Utf8PathBuf) -> Self {
        Self { folder, limit_bytes: LIMIT_BYTES, origins: Vec::new(), shared: None }
    }

    /// The same, in which entries of these repositories count as well.
    #[must_use]
    pub fn trusting(self, repositories: impl Iterator<Item = String>) -> Self {
        Self { origins: repositories.collect(), ..self }
    }

    /// The same, with entries in registries.
    #[must_use]
    pub fn shared(self, shared: Shared<'a>) -> Self {
        Self { shared: Some(shared), ..self }
    }

    /// The entry of this key, if it is there, whole, and something that `read` understands. What a registry has is taken only if
    /// `check` finds nothing wrong with it.
    pub fn get<T>(
        &self,
        key: &Key,
        read: impl Fn(Vec<u8>) -> Option<T>,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Option<T> {
        let check = |entry: &Entry| {
            let value = entry.bytes().ok().and_then(&read);
            check(&value.ok_or("it cannot be read as what it should be")?)
        };
        self.open(key, &check)?.bytes().ok().and_then(read)
    }

    /// The same where it is, for one that need not be in memory.
    pub fn open(&self, key: &Key, check: &dyn Fn(&Entry) -> Result<(), String>) -> Option<Entry> {
        let found = self.here(key);
        let Some(shared) = &self.shared else { return found };
        if found.is_some() {
            shared.found(key, self);
            return found;
        }
        shared.fetch(key, check, self).then(|| self.here(key)).flatten()
    }

    /// Has it brought to the registries that lack it, if it is here: whoever needed less than all that belongs together.
    pub fn offer(&self, key: &Key) {
        if let Some(shared) = self.shared.as_ref().filter(|_| self.paths(key).any(|path| path.exists())) {
            shared.offer(key, self);
        }
    }

    /// The entry in the folder.
    #[must_use]
    pub fn here(&self, key: &Key) -> Option<Entry> {
        self.paths(key).find_map(Self::at_path)
    }

    fn at_path(path: Utf8PathBuf) -> Option<Entry> {
        let mut file = File::open(&path).ok()?;
        let mut expected = [0; DIGEST_BYTES];
        let read = file.read_exact(&mut expected).and_then(|()| Digest::of_reader(BufReader::new(&file)));
        let found = read.ok().filter(|(digest, _)| digest.hex().as_bytes() == expected);
        let Some((digest, size_bytes)) = found else {
            // It helps nobody, and is in the way of nothing.
            drop(fs::remove_file(path));
            return None;
        };
        mark_as_used(&path);
        Some(Entry { file, size_bytes, digest })
    }

    /// Keeps the entry. A cache that cannot be written must not fail the work, so errors are dropped:
    /// the same work is then done again next time.
    pub fn put(&self, key: &Key, value: &[u8]) {
        let Ok(mut draft) = self.draft() else { return };
        if draft.write_all(value).is_ok() {
            self.keep(draft, key, Digest::of(value));
        }
    }

    /// A file for an entry that need not be in memory: its value goes where the file is now.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn draft(&self) -> io::Result<NamedTempFile> {
        fs::create_dir_all(&self.folder)?;
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(&[0; DIGEST_BYTES])?;
        Ok(file)
    }

    /// Keeps what has been made and written to a draft, whose value has this digest. Errors are dropped.
    pub fn keep(&self, draft: NamedTempFile, key: &Key, digest: Digest) {
        self.store(draft, self.path(key), digest);
        if let Some(shared) = &self.shared {
            shared.made(key, self);
        }
    }

    /// The same of what this repository had.
    pub fn keep_of(&self, repository: &str, draft: NamedTempFile, key: &Key, digest: Digest) {
        self.store(draft, self.path_of(repository, key), digest);
    }

    fn store(&self, mut draft: NamedTempFile, path: Utf8PathBuf, digest: Digest) {
        let named = draft.rewind().and_then(|()| draft.write_all(digest.hex().as_bytes()));
        let kept = named.and_then(|()| draft.persist(path).map_err(io::Error::from));
        drop(kept.and_then(|_| self.tidy()));
    }

    /// Removes what was used the longest ago until the rest has room, and what killed runs left.
    fn tidy(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            // What another run has removed meanwhile is no concern any more.
            let Ok((path, about)) = file.and_then(|file| Ok((file.path(), file.metadata()?))) else {
                continue;
            };
            let used = about.modified()?;
            if path.file_name().and_then(|name| name.to_str()).is_some_and(is_entry) {
                entries.push((used, path, about.len()));
            } else if age(used) > ABANDONED {
                drop(if about.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) });
            }
        }
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, entry_bytes) in entries {
            if bytes <= self.limit_bytes {
                break;
            }
            drop(fs::remove_file(path));
            bytes -= entry_bytes;
        }
        Ok(())
    }

    /// Where the entry may be: one's own first.
    fn paths(&self, key: &Key) -> impl Iterator<Item = Utf8PathBuf> {
        let others = self.origins.iter().map(|repository| self.path_of(repository, key));
        std::iter::once(self.path(key)).chain(others)
    }

    fn path(&self, key: &Key) -> Utf8PathBuf {
        self.folder.join(&key.hex)
    }

    fn path_of(&self, repository: &str, key: &Key) -> Utf8PathBuf {
        self.folder.join(format!("{}.{}", key.hex, short(repository)))
    }

    /// Notes that this repository has the entry, so that it need not be asked each time.
    pub fn note(&self, key: &Key, repository: &str) {
        // It is asked then.
        drop(fs::write(self.note_path(key, repository), ""));
    }

    /// Whether that was so lately. Somebody may have cleaned up there.
    #[must_use]
    pub fn is_noted(&self, key: &Key, repository: &str) -> bool {
        let noted = fs::metadata(self.note_path(key, repository)).and_then(|about| about.modified());
        noted.is_ok_and(|noted| age(noted) < ABANDONED)
    }

    /// Its name is no key, so it goes when it is old.
    fn note_path(&self, key: &Key, repository: &str) -> Utf8PathBuf {
        self.folder.join(format!("{}-{}", key.hex, short(repository)))
    }
}

/// A SHA-256 in hexadecimal, before the value.
const DIGEST_BYTES: usize = 64;

/// The name of a repository in the name of a file.
fn short(repository: &str) -> String {
    Digest::of(repository.as_bytes()).hex()[..16].to_owned()
}

/// Whether a file of this name is an entry: keys are digests, and nothing else here is called like that, by itself or before a dot.
fn is_entry(name: &str) -> bool {
    let key = name.split_once('.').map_or(name, |(key, _)| key);
    key.len() == DIGEST_BYTES && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The time of an entry's last change is that of its last use. Where it cannot be set, the entry goes a little earlier.
fn mark_as_used(path: &Utf8Path) {
    let used = fs::metadata(path).and_then(|about| about.modified());
    if used.is_ok_and(|used| age(used) > FRESH) {
        // Windows sets no time of a file that is only read.
        let _ = File::options().write(true).open(path).and_then(|file| file.set_modified(now()));
    }
}

/// None for what is of the future: clocks are set back now and then.
fn age(time: SystemTime) -> Duration {
    now().duration_since(time).unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of entries decides what is forgotten, and nothing else"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(cache: &Cache<'_>, key: &Key) -> Option<Vec<u8>> {
        cache.get(key, Some, |_| Ok(()))
    }

    #[test]
    fn an_entry_is_found_by_the_same_inputs_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Utf8Path::from_path(folder.path()).unwrap().join("cache"));
        cache.put(&Key::of(&[b"a", b"bc"]), b"value");
        assert_eq!(value_of(&cache, &Key::of(&[b"a", b"bc"])).as_deref(), Some(&b"value"[..]));
        assert_eq!(value_of(&cache, &Key::of(&[b"ab", b"c"])), None);
    }

    /// A cache with room for this many entries of ten bytes, each used a minute after the one before.
    fn cache_with(folder: &tempfile::TempDir, names: &[&str], room: u64) -> Cache<'static> {
        let folder = Utf8Path::from_path(folder.path()).unwrap().to_owned();
        let cache = Cache { limit_bytes: room * (DIGEST_BYTES as u64 + 10), ..Cache::at(folder) };
        for (minute, name) in (0..).zip(names) {
            cache.put(&Key::of(&[name.as_bytes()]), b"ten bytes.");
            set_age(
                &cache.path(&Key::of(&[name.as_bytes()])),
                Duration::from_secs(100 * 60 * 60 - minute * 60),
            );
        }
        cache
    }

    fn set_age(path: &Utf8Path, age: Duration) {
        File::options().write(true).open(path).unwrap().set_modified(now() - age).unwrap();
    }

    fn is_there(cache: &Cache<'_>, name: &str) -> bool {
        cache.path(&Key::of(&[name.as_bytes()])).exists()
    }

    #[test]
    fn what_was_not_used_the_longest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &["a", "b", "c"], 3);
        assert!(["a", "b", "c"].iter().all(|name| is_there(&cache, name)));
        assert!(value_of(&cache, &Key::of(&[b"a"])).is_some());
        cache.put(&Key::of(&[b"d"]), b"ten bytes.");
        let left = ["a", "b", "c", "d"].map(|name| is_there(&cache, name));
        assert_eq!(left, [true, false, true, true]);
    }

    #[test]
    fn what_was_used_a_moment_ago_is_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &["a"], 9);
        let path = cache.path(&Key::of(&[b"a"]));
        let used = || fs::metadata(&path).unwrap().modified().unwrap();
        set_age(&path, FRESH / 2);
        let before = used();
        assert!(value_of(&cache, &Key::of(&[b"a"])).is_some());
        assert_eq!(used(), before);
    }

    /// Elsewhere no test can set the time of a folder.
    #[cfg(unix)]
    #[test]
    fn what_a_killed_run_left_goes_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &[], 9);
        let [old, new] = [".tmpOld", ".tmpNew"].map(|name| cache.folder.join(name));
        let child = cache.folder.join("binaryen-child");
        fs::create_dir(&child).unwrap();
        fs::write(child.join("input.wasm"), "input").unwrap();
        for file in [&old, &new] {
            fs::write(file, "part of an entry").unwrap();
        }
        set_age(&old, ABANDONED * 2);
        File::open(&child).unwrap().set_modified(now() - ABANDONED * 2).unwrap();
        cache.put(&Key::of(&[b"a"]), b"value");
        assert_eq!([&old, &new, &child].map(|path| path.exists()), [false, true, false]);
    }

    #[test]
    fn many_users_of_one_folder_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &[], 5);
        let key = |number: u32| Key::of(&[&(number % 20).to_le_bytes()]);
        let found: usize = std::thread::scope(|scope| {
            let users = (0..4).map(|user| {
                let cache = &cache;
                scope.spawn(move || {
                    let use_it = |number: u32| {
                        cache.put(&key(number), &(number % 20).to_le_bytes().repeat(3)[..10]);
                        let other = number + 1;
                        let value = value_of(cache, &key(other));
                        // There or not, but never another's.
                        let right = (other % 20).to_le_bytes().repeat(3);
                        assert!(value.as_ref().is_none_or(|value| *value == right[..10]));
                        // That of one's own, unless others have pushed it out.
                        value_of(cache, &key(number)).is_some()
                    };
                    (user * 50..user * 50 + 200).filter(|number| use_it(*number)).count()
                })
            });
            users.collect::<Vec<_>>().into_iter().map(|user| user.join().unwrap()).sum()
        });
        assert!(found > 0);
        assert!(fs::read_dir(&cache.folder).unwrap().count() <= 5 + 4);
    }

    #[test]
    fn what_came_from_a_repository_counts_for_who_trusts_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &[], 2);
        let key = Key::of(&[b"key"]);
        let trusting =
            |repositories: &[&str]| cache.clone().trusting(repositories.iter().map(ToString::to_string));
        let [nobody, one, both] = [&[][..], &["host/one"], &["host/one", "host/two"]].map(trusting);
        let fetch = |value: &[u8]| {
            let mut draft = cache.draft().unwrap();
            draft.write_all(value).unwrap();
            cache.keep_of("host/two", draft, &key, Digest::of(value));
        };
        fetch(b"theirs....");
        let found = || [&nobody, &one, &both].map(|cache| value_of(cache, &key));
        assert_eq!(found(), [None, None, Some(b"theirs....".to_vec())]);
        cache.put(&key, b"ten bytes.");
        assert_eq!(found(), [(); 3].map(|()| Some(b"ten bytes.".to_vec())));
        // It takes room as others do.
        for name in ["a", "b"] {
            cache.put(&Key::of(&[name.as_bytes()]), b"ten bytes.");
        }
        assert!(!cache.path_of("host/two", &key).exists());
    }

    #[test]
    fn a_large_entry_need_not_be_in_memory_and_stays_while_it_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &[], 1);
        let (key, value) = (Key::of(&[b"key"]), b"more than there is room for");
        let mut draft = cache.draft().unwrap();
        draft.write_all(value).unwrap();
        cache.keep(draft, &key, Digest::of(value));
        assert!(cache.here(&key).is_none(), "there is no room for it");
        cache.put(&key, b"ten bytes.");
        let Entry { mut file, size_bytes, digest } = cache.here(&key).unwrap();
        assert_eq!((size_bytes, digest), (10, Digest::of(b"ten bytes.")));
        fs::remove_file(cache.path(&key)).unwrap();
        file.seek(SeekFrom::Start(Entry::OFFSET_BYTES)).unwrap();
        assert_eq!(io::read_to_string(file).unwrap(), "ten bytes.");
    }

    #[test]
    fn what_a_registry_has_is_known_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache_with(&folder, &["a"], 9);
        let key = Key::of(&[b"a"]);
        assert!(!cache.is_noted(&key, "host/cache"));
        cache.note(&key, "host/cache");
        assert!(cache.is_noted(&key, "host/cache") && !cache.is_noted(&key, "host/other"));
        let path = cache.note_path(&key, "host/cache");
        set_age(&path, ABANDONED);
        assert!(!cache.is_noted(&key, "host/cache"));
        set_age(&path, ABANDONED * 2);
        cache.put(&Key::of(&[b"b"]), b"ten bytes.");
        assert!(!path.exists() && cache.here(&key).is_some());
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
            assert_eq!(value_of(&cache, &Key::of(&[b"key"])), None);
            assert!(!entry.exists());
        }
        cache.put(&Key::of(&[b"key"]), b"value");
        assert_eq!(value_of(&cache, &Key::of(&[b"key"])).as_deref(), Some(&b"value"[..]));
    }
}
