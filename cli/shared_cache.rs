//! Results of slow work in registries, where other machines find them.
//!
//! An entry is an artifact under a tag that is made of its key. The same key has the same bytes, so it does not matter who writes
//! it, or how many at once. What comes is checked, and whoever may write there decides all the same what is in the images: nobody sees
//! of a module that it does what it was made of does.
//!
//! A registry is a help and no condition. Whatever goes wrong with it is told once, and it is left alone from then on. Results are
//! sent while others are still made.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;
use wasmpack_packager::registry::{
    Access, Cause, Effort, Failure, Label, Remote, Settings, put_value, take_value,
};
use wasmpack_packager::{Annotations, Reference};

use crate::cache::{Cache, Entry, Key};
use crate::error::Error;
use crate::habits::Remembered;
use crate::printable::printable;
use crate::sharing::Sharing;
use crate::shell::Shell;
use crate::size::Size;
use crate::word;

/// What kind of artifact an entry is.
const ARTIFACT_TYPE: &str = "application/vnd.wasmpack.cache.v1";

/// What the value in it is called.
const MEDIA_TYPE: &str = "application/vnd.wasmpack.cache.value.v1";

/// The annotation that has the key.
const KEY: &str = "dev.wasmpack.cache.key";

/// What is larger is neither sent nor taken, 512 MiB: it would push out a quarter of all else.
const LIMIT_BYTES: u64 = 512 << 20;

/// So many entries are sent at once.
const SENDERS: usize = 4;

/// How long a registry may say nothing: two tries of this are what one that hangs costs.
const IDLE: Duration = Duration::from_secs(4);

/// How long an entry may take, however steadily it comes: few take as long to make.
const WHOLE: Duration = Duration::from_secs(60);

/// To make a result oneself takes seconds.
const EFFORT: Effort = Effort { tries: 2, patience: Duration::from_secs(2) };

/// A repository that entries are kept in: `REGISTRY/REPOSITORY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(Reference);

impl FromStr for Repository {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let reference: Reference = word::typed(text)?;
        if reference.host().is_none() {
            let is_registry = text.contains([':', '.']) && !text.contains('/');
            let example = if is_registry { format!("{text}/cache") } else { "ghcr.io/acme/cache".to_owned() };
            let lack = if is_registry { "repository" } else { "registry" };
            return Err(format!("`{text}` names no {lack}; write `{example}`"));
        }
        if reference.tag().is_some() || reference.digest().is_some() {
            let plain = reference.without_tag().without_digest();
            return Err(format!("each entry has a tag of its own; write `{plain}`"));
        }
        Ok(Self(reference))
    }
}

impl Repository {
    /// The registry that it is in.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The repositories, and what came of asking them.
pub struct Registries<'a> {
    sharing: &'a Sharing,
    places: Vec<Place<'a>>,
    account: Mutex<Account>,
}

/// One repository.
struct Place<'a> {
    repository: &'a Repository,
    name: String,
    reading: Option<Line>,
    writing: Option<Line>,
    /// Whether it has answered, or will not.
    answered: Mutex<bool>,
}

/// One of the two things that are done with a repository. Who may read need not be allowed to write.
struct Line {
    access: Access,
    remote: OnceLock<Option<Remote>>,
    /// Whether nothing more is asked of it.
    is_left: AtomicBool,
}

/// What is told in the end.
#[derive(Default)]
struct Account {
    /// Where the entry of each key was found first, or that it was made.
    origins: BTreeMap<String, Origin>,
    /// The keys that have waited to be sent: once is enough.
    offered: BTreeSet<String>,
    /// How many were sent.
    sent: usize,
    lines: Vec<Told>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Here,
    /// In the repository of this number.
    There(usize),
    Made,
}

enum Told {
    Detail(&'static str, String),
    Warning(String),
}

impl<'a> Registries<'a> {
    /// Nothing is asked yet.
    #[must_use]
    pub fn of(sharing: &'a Sharing) -> Self {
        let mut all: Vec<&Repository> = Vec::new();
        for repository in sharing.from.iter().chain(&sharing.to) {
            if !all.contains(&repository) {
                all.push(repository);
            }
        }
        let place = |repository: &'a Repository| Place {
            repository,
            name: repository.to_string(),
            reading: sharing.from.contains(repository).then(|| Line::of(Access::Pull)),
            writing: sharing.to.contains(repository).then(|| Line::of(Access::Push)),
            answered: Mutex::new(false),
        };
        Self { sharing, places: all.into_iter().map(place).collect(), account: Mutex::default() }
    }

    /// Does work with the cache in `folder`, and with these behind it; what comes of it is sent by the time that this returns.
    pub fn behind<T>(&self, folder: &Utf8PathBuf, work: impl FnOnce(&Cache<'_>) -> T) -> T {
        let sources = self.places.iter().filter(|place| place.reading.is_some());
        let cache = Cache::at(folder.clone()).trusting(sources.map(|place| place.name.clone()));
        if self.places.is_empty() {
            return work(&cache);
        }
        // Keys are all that waits, and few; the bytes are in the folder.
        let (queue, waiting) = mpsc::channel::<Key>();
        let waiting = Mutex::new(waiting);
        let next = || lock(&waiting).recv();
        let send_all = || {
            while let Ok(key) = next() {
                self.send(&key, &cache);
            }
        };
        thread::scope(|scope| {
            if self.places.iter().any(|place| place.writing.is_some()) {
                (0..SENDERS).for_each(|_| drop(scope.spawn(send_all)));
            }
            // The queue ends with the cache that it is in, whatever becomes of the work.
            work(&cache.clone().shared(Shared { registries: self, queue }))
        })
    }

    /// Says what has happened since the last time.
    pub fn tell(&self, shell: &mut Shell) {
        for told in std::mem::take(&mut lock(&self.account).lines) {
            match told {
                Told::Detail(verb, text) => shell.detail(verb, text),
                Told::Warning(text) => shell.warn(text),
            }
        }
    }

    /// Says what it was good for.
    pub fn conclude(&self, shell: &mut Shell) {
        self.tell(shell);
        if !self.places.is_empty() {
            shell.status("Cache", self.total());
        }
        for place in &self.places {
            place.remember(self.sharing);
        }
    }

    /// `64 found (60 in ghcr.io/acme/cache), 4 made, 4 sent`
    fn total(&self) -> String {
        let account = lock(&self.account);
        let count =
            |is: &dyn Fn(Origin) -> bool| account.origins.values().filter(|origin| is(**origin)).count();
        let there = self.places.iter().enumerate().filter_map(|(number, place)| {
            let count = count(&|origin| origin == Origin::There(number));
            (count > 0).then(|| format!("{count} in {}", place.name))
        });
        let there = there.collect::<Vec<_>>().join(", ");
        let there = if there.is_empty() { there } else { format!(" ({there})") };
        let (found, made) =
            (count(&|origin| origin != Origin::Made), count(&|origin| origin == Origin::Made));
        let sent = if account.sent > 0 { format!(", {} sent", account.sent) } else { String::new() };
        format!("{found} found{there}, {made} made{sent}")
    }

    fn note(&self, told: Told) {
        lock(&self.account).lines.push(told);
    }

    fn count(&self, key: &Key, origin: Origin) {
        let mut account = lock(&self.account);
        let origins = &mut account.origins;
        match origin {
            Origin::Made => drop(origins.insert(key.hex().to_owned(), origin)),
            // What this very run has brought here was not here.
            _ => drop(origins.entry(key.hex().to_owned()).or_insert(origin)),
        }
    }

    /// Brings an entry to the repositories that lack it.
    fn send(&self, key: &Key, cache: &Cache<'_>) {
        for place in &self.places {
            let Some(line) = place.writing.as_ref().filter(|_| !cache.is_noted(key, &place.name)) else {
                continue;
            };
            // What went from the folder meanwhile is made again when it is needed.
            let Some(entry) = cache.here(key).filter(|entry| entry.size_bytes <= LIMIT_BYTES) else { return };
            let size = Size(entry.size_bytes);
            let value = entry.into_blob(MEDIA_TYPE);
            let put = self.ask(place, line, key, |remote| put_value(remote, &tag(key), &label(key), value));
            if let Some(pushed) = put {
                cache.note(key, &place.name);
                if !pushed.tags.is_empty() || pushed.sent.count > 0 {
                    self.note(Told::Detail("Sent", format!("{}, {size}, to {}", key.what(), place.name)));
                    lock(&self.account).sent += 1;
                }
            }
        }
    }

    /// Asks a repository, as long as it is of any help.
    fn ask<T>(
        &self,
        place: &Place<'_>,
        line: &Line,
        key: &Key,
        deed: impl FnOnce(&Remote) -> Result<T, wasmpack_packager::Error>,
    ) -> Option<T> {
        // Until it has answered, one asks and the others wait: who does not answer costs time but once.
        let mut answered = Some(lock(&place.answered)).filter(|answered| !**answered);
        if line.is_left.load(Ordering::SeqCst) {
            return None;
        }
        let open = || match place.open(line.access, self.sharing) {
            Ok(remote) => Some(remote),
            Err(error) => {
                self.leave(line, &error.to_string(), error.hint());
                None
            }
        };
        let result = deed(line.remote.get_or_init(open).as_ref()?);
        if let Err(wasmpack_packager::Error::Registry(failure)) = &result {
            self.failed(failure, place, line, key);
        }
        if let Some(answered) = &mut answered {
            **answered = !line.is_left.load(Ordering::SeqCst);
        }
        // Where it is the folder that cannot be written, the result is made again.
        result.ok()
    }

    fn failed(&self, failure: &Failure, place: &Place<'_>, line: &Line, key: &Key) {
        if matches!(failure.cause(), Cause::Content { .. }) {
            return self.note(Told::Warning(format!("{} is made again: {failure}", key.what())));
        }
        let hint = match failure.cause() {
            // What is typed of who asks is for other registries.
            Cause::Unauthorized { .. } => {
                let host = place.repository.host();
                let hint = format!("log in with `docker login {host}` or `podman login {host}`");
                let withheld = "; it is not told what `WASMPACK_REGISTRY_…` say, because only the project names it: \
                    name it by a flag, `WASMPACK_CACHE_FROM` or `WASMPACK_CACHE_TO`";
                Some(if self.sharing.withholds(place.repository) { hint + withheld } else { hint })
            }
            _ => failure.hint(),
        };
        self.leave(line, &failure.to_string(), hint);
        if !failure.is_refusal() {
            let lines = [&place.reading, &place.writing].into_iter().flatten();
            lines.for_each(|line| line.is_left.store(true, Ordering::SeqCst));
        }
    }

    fn leave(&self, line: &Line, problem: &str, hint: Option<String>) {
        if !line.is_left.swap(true, Ordering::SeqCst) {
            let hint = hint.map_or(String::new(), |hint| format!("\n  help: {hint}"));
            let what = if line.access == Access::Pull { "asked" } else { "sent anything" };
            self.note(Told::Warning(format!("a cache is not {what} any more: {problem}{hint}")));
        }
    }
}

impl Line {
    fn of(access: Access) -> Self {
        Self { access, remote: OnceLock::new(), is_left: AtomicBool::new(false) }
    }
}

impl Place<'_> {
    fn open(&self, access: Access, sharing: &Sharing) -> Result<Remote, Error> {
        let Repository(reference) = self.repository;
        let environment = &*sharing.environment_of(self.repository);
        let settings = Settings {
            habits: Remembered::of(reference, environment).recall(),
            idle: IDLE,
            whole: Some(WHOLE),
            effort: EFFORT,
            ..sharing.registry.access_of_nobody().to(reference, environment)?
        };
        Ok(Remote::open(reference, access, settings)?)
    }

    /// Keeps how the registry wants to be asked, for the next time.
    fn remember(&self, sharing: &Sharing) {
        for line in [&self.reading, &self.writing].into_iter().flatten() {
            if let Some(Some(remote)) = line.remote.get() {
                let habits = Some(remote.habits()).filter(|_| !line.is_left.load(Ordering::SeqCst));
                let environment = sharing.environment_of(self.repository);
                Remembered::of(&self.repository.0, &environment).keep(habits.as_ref());
            }
        }
    }
}

/// What a cache has of registries.
#[derive(Clone)]
pub struct Shared<'a> {
    registries: &'a Registries<'a>,
    queue: Sender<Key>,
}

impl fmt::Debug for Shared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.registries.places.iter().map(|place| &place.name)).finish()
    }
}

impl Shared<'_> {
    /// An entry was in the folder. Registries that lack it get it.
    pub fn found(&self, key: &Key, cache: &Cache<'_>) {
        self.registries.count(key, Origin::Here);
        self.offer(key, cache);
    }

    /// An entry is new.
    pub fn made(&self, key: &Key, cache: &Cache<'_>) {
        self.registries.count(key, Origin::Made);
        self.offer(key, cache);
    }

    /// Has an entry sent to whoever is not known to have it.
    pub fn offer(&self, key: &Key, cache: &Cache<'_>) {
        let mut places = self.registries.places.iter();
        let is_wanted = places.any(|place| place.writing.is_some() && !cache.is_noted(key, &place.name));
        if is_wanted && lock(&self.registries.account).offered.insert(key.hex().to_owned()) {
            // Those who send listen as long as there is a queue.
            let _ = self.queue.send(key.clone());
        }
    }

    /// Brings an entry into the folder, if a registry has it and `check` finds nothing wrong with it.
    pub fn fetch(&self, key: &Key, check: &dyn Fn(&Entry) -> Result<(), String>, cache: &Cache<'_>) -> bool {
        let registries = self.registries;
        for (number, place) in registries.places.iter().enumerate() {
            let Some(line) = place.reading.as_ref().filter(|line| !line.is_left.load(Ordering::SeqCst))
            else {
                continue;
            };
            let Ok(mut draft) = cache.draft() else { return false };
            let (tag, label) = (tag(key), label(key));
            let take = |remote: &Remote| take_value(remote, &tag, &label, LIMIT_BYTES, draft.as_file_mut());
            let Some(Some((digest, size_bytes))) = registries.ask(place, line, key, take) else { continue };
            let Ok(file) = draft.as_file().try_clone() else { return false };
            if let Err(problem) = check(&Entry { file, size_bytes, digest }) {
                let refused = format!("`{}:{tag}` is refused: {}", place.name, printable(&problem));
                registries.note(Told::Warning(format!("{} is made again: {refused}", key.what())));
                continue;
            }
            cache.keep_of(&place.name, draft, key, digest);
            if place.writing.is_some() {
                cache.note(key, &place.name);
            }
            let fetched = format!("{}, {}, from {}", key.what(), Size(size_bytes), place.name);
            registries.note(Told::Detail("Fetched", fetched));
            registries.count(key, Origin::There(number));
            self.offer(key, cache);
            return true;
        }
        false
    }
}

fn tag(key: &Key) -> String {
    format!("wasmpack-{}", key.hex())
}

fn label(key: &Key) -> Label {
    Label {
        artifact_type: ARTIFACT_TYPE.to_owned(),
        annotations: Annotations::from([(KEY.to_owned(), key.hex().to_owned())]),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_a_repository_of_a_registry_without_a_tag() {
        for text in ["ghcr.io/acme/cache", "localhost:5000/cache", "localhost/cache"] {
            assert_eq!(text.parse::<Repository>().unwrap().to_string(), text);
        }
        for (text, told) in [
            ("acme/cache", "names no registry; write `ghcr.io/acme/cache`"),
            ("127.0.0.1:5000", "names no repository; write `127.0.0.1:5000/cache`"),
            ("ghcr.io", "names no repository; write `ghcr.io/cache`"),
            ("ghcr.io/acme/cache:main", "write `ghcr.io/acme/cache`"),
            ("type=registry,ref=ghcr.io/acme/cache", "its host is not"),
            ("https://ghcr.io/acme/cache", "write `ghcr.io/acme/cache`"),
        ] {
            let problem = text.parse::<Repository>().unwrap_err();
            assert!(problem.contains(told), "{problem}");
        }
    }

    #[test]
    fn the_tag_of_a_key_is_a_tag() {
        let key = Key::of(&[b"inputs"]);
        let reference: Reference = format!("ghcr.io/acme/cache:{}", tag(&key)).parse().unwrap();
        assert_eq!(reference.tag(), Some(&*tag(&key)));
    }
}
