//! Waiting until something of a project changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use notify_debouncer_mini::notify::{self, RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{Config, DebounceEventResult, Debouncer, new_debouncer_opt};
use wasmpack_runner::Stop;

use crate::error::Error;
use crate::git;

/// Whoever saves several files at once is waited for so long.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// So many builds in a row may each be followed at once by another because of what changed meanwhile. A build that writes something
/// else between the sources each time would never end.
const PATIENCE: u32 = 3;

/// How long the first build after those waits. Each that follows waits twice as long, until something changes while nothing is
/// built: whoever saves while everything is built gets his last build, and a build that always writes is seldom repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// What the first build makes beside a manifest, and whoever builds does not write.
const LOCK_FILE: &str = "Cargo.lock";

/// What is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Folders with all that is below.
    pub folders: Vec<Utf8PathBuf>,
    /// Files, through their folders: whoever saves one may put another in its place.
    pub files: Vec<Utf8PathBuf>,
    /// Folders in which what is built goes.
    pub outputs: Vec<Utf8PathBuf>,
}

/// A watch over files, which stops a guest when one of them changes.
pub struct Watch {
    changed: Receiver<PathBuf>,
    state: Arc<Mutex<State>>,
    _watcher: Debouncer<RecommendedWatcher>,
}

/// What is shared with the thread that is told of changes.
struct State {
    watched: Watched,
    changed: Sender<PathBuf>,
    stop: Stop,
    is_building: bool,
    /// Builds that were begun.
    builds: u64,
    /// Builds in a row during which something changed.
    restless: u32,
    /// What has changed during this build, and is told when it is over, if it still is another than before.
    put_off: BTreeMap<PathBuf, Option<Seen>>,
    /// What files are like: some are told of that are only read, and builds write what was there already.
    seen: HashMap<PathBuf, Seen>,
}

/// What a file is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    modified: SystemTime,
    bytes: u64,
    /// Of its content, where that was read.
    hash: Option<u64>,
}

/// A file that is another than before.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    path: PathBuf,
    /// What it was; none, if it was not there.
    before: Option<Seen>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system does not tell of changes there.
    pub fn new(watched: Watched) -> Result<Self, Error> {
        let watched = watched.canonical();
        let (sender, changed) = mpsc::channel();
        let state = Arc::new(Mutex::new(State::new(watched.clone(), sender)));
        lock(&state).look();
        let told = state.clone();
        let on_events = move |events: DebounceEventResult| {
            let events = events.unwrap_or_default().into_iter();
            let changes: Vec<_> = events.filter_map(|event| lock(&told).change(event.path)).collect();
            // Without the lock, for which a build would wait.
            let paths: Vec<_> = changes.iter().map(|change| change.path.clone()).collect();
            let ignored = if paths.is_empty() { HashSet::new() } else { git::ignored(&paths) };
            for change in changes.into_iter().filter(|change| !ignored.contains(&change.path)) {
                lock(&told).tell(change);
            }
        };
        let config = Config::default()
            .with_timeout(DEBOUNCE)
            .with_notify_config(notify::Config::default().with_follow_symlinks(false));
        let watcher = new_debouncer_opt::<_, RecommendedWatcher>(config, on_events);
        let mut watcher = watcher.map_err(|source| Error::Watch { place: None, source })?;
        let files = watched.files.iter().filter_map(|file| file.parent());
        let files = files.map(|folder| (folder.to_owned(), RecursiveMode::NonRecursive));
        let folders = watched.folders.into_iter().map(|folder| (folder, RecursiveMode::Recursive));
        for (place, mode) in files.chain(folders) {
            let watching = watcher.watcher().watch(place.as_std_path(), mode);
            watching.map_err(|source| Error::Watch { place: Some(place), source })?;
        }
        Ok(Self { changed, state, _watcher: watcher })
    }

    /// A new build begins: what stops it, and the guest after it, when something changes from now on.
    pub fn begin(&self) -> Stop {
        let mut state = lock(&self.state);
        while self.changed.try_recv().is_ok() {}
        state.begin()
    }

    /// The build is over, well or not.
    pub fn built(&self) {
        let mut state = lock(&self.state);
        let Some((path, pause)) = state.end() else { return };
        let (state, builds) = (self.state.clone(), state.builds);
        thread::spawn(move || {
            thread::sleep(pause);
            let mut state = lock(&state);
            // What was begun meanwhile has seen it.
            if state.builds == builds {
                state.ask(path);
            }
        });
    }

    /// Waits for the next change, and says what it is.
    pub fn next(&self) -> Option<PathBuf> {
        self.changed.recv().ok()
    }
}

impl Watched {
    /// As the system tells of them, which follows links.
    fn canonical(mut self) -> Self {
        // Of Windows' own form of them it is not known who takes it.
        if cfg!(not(windows)) {
            for path in self.folders.iter_mut().chain(&mut self.outputs) {
                *path = path.canonicalize_utf8().unwrap_or_else(|_| path.clone());
            }
            for file in &mut self.files {
                let folder = file.parent().and_then(|folder| folder.canonicalize_utf8().ok());
                if let (Some(folder), Some(name)) = (folder, file.file_name()) {
                    *file = folder.join(name);
                }
            }
        }
        self
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn new(watched: Watched, changed: Sender<PathBuf>) -> Self {
        Self {
            watched,
            changed,
            stop: Stop::default(),
            is_building: false,
            builds: 0,
            restless: 0,
            put_off: BTreeMap::new(),
            seen: HashMap::new(),
        }
    }

    fn begin(&mut self) -> Stop {
        self.stop = Stop::default();
        self.is_building = true;
        self.builds += 1;
        self.put_off.clear();
        self.stop.clone()
    }

    /// The build is over: what is to be told of it, and after which pause.
    fn end(&mut self) -> Option<(PathBuf, Duration)> {
        self.is_building = false;
        let put_off = std::mem::take(&mut self.put_off);
        let mut changed = put_off.into_iter().filter(|(path, before)| match (before, self.seen.get(path)) {
            (Some(before), Some(now)) => !before.is_like(now),
            (before, now) => before.is_some() != now.is_some(),
        });
        let changed = changed.next();
        let is_restless = self.stop.is_asked() || changed.is_some();
        self.restless = if is_restless { self.restless.saturating_add(1) } else { 0 };
        // Who is asked already builds at once.
        let (path, _) = changed.filter(|_| !self.stop.is_asked())?;
        let doublings = self.restless.saturating_sub(PATIENCE + 1).min(16);
        Some((path, PAUSE * 2_u32.pow(doublings)))
    }

    /// Sees what all files are like. Links are not entered.
    fn look(&mut self) {
        let places = self.watched.folders.iter().chain(&self.watched.files);
        let mut places: Vec<PathBuf> = places.map(|place| place.clone().into_std_path_buf()).collect();
        while let Some(place) = places.pop() {
            let is_folder = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
            if self.is_none_of_ours(&place) {
                continue;
            }
            if let (true, Ok(entries)) = (is_folder, fs::read_dir(&place)) {
                places.extend(entries.flatten().map(|entry| entry.path()));
            } else if let Some(seen) = Seen::at(&place) {
                self.seen.insert(place, seen);
            }
        }
    }

    fn is_none_of_ours(&self, path: &Path) -> bool {
        let Watched { folders, files, outputs } = &self.watched;
        let is_watched = folders.iter().any(|folder| path.starts_with(folder))
            || files.iter().any(|file| path == file.as_std_path());
        !is_watched || outputs.iter().any(|output| path.starts_with(output)) || is_passing(path)
    }

    /// Something happened to this path: what, if it is another now.
    fn change(&mut self, path: PathBuf) -> Option<Change> {
        if self.is_none_of_ours(&path) || path.is_dir() {
            return None;
        }
        let before = self.seen.get(&path).copied();
        let Some(now) = Seen::at(&path) else {
            // It is gone, if it was there.
            return self.seen.remove(&path).map(|_| Change { path, before });
        };
        if before.is_some_and(|before| (before.modified, before.bytes) == (now.modified, now.bytes)) {
            return None;
        }
        let now = Seen { hash: hash(&path).ok(), ..now };
        self.seen.insert(path.clone(), now);
        (!before.is_some_and(|before| before.is_like(&now))).then_some(Change { path, before })
    }

    /// Says that it has changed, at once, or when the build is over.
    fn tell(&mut self, Change { path, before }: Change) {
        // What appears while something is built may have been made by that.
        let is_new = before.is_none() || self.put_off.contains_key(&path);
        if self.is_building && (is_new || self.restless >= PATIENCE) {
            if before.is_some() || path.file_name() != Some(LOCK_FILE.as_ref()) {
                self.put_off.entry(path).or_insert(before);
            }
            return;
        }
        if !self.is_building {
            self.restless = 0;
        }
        self.ask(path);
    }

    fn ask(&mut self, path: PathBuf) {
        self.stop.ask();
        // Nobody listens any more only at the very end.
        let _ = self.changed.send(path);
    }
}

impl Seen {
    /// Whether the content is the same, as far as it was read.
    fn is_like(&self, other: &Self) -> bool {
        self.hash.is_some() && self.hash == other.hash
    }

    fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok()?, bytes: metadata.len(), hash: None })
    }
}

/// A number for the content, which is another for another one.
fn hash(path: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(path)?);
    Ok(hasher.finish())
}

/// `sedvouGb0`, which `sed --in-place` writes and renames.
fn is_of_sed(name: &str) -> bool {
    let rest = name.strip_prefix("sed").unwrap_or_default();
    rest.len() == 6 && rest.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether it is of version control, or a file that an editor has while it saves another.
fn is_passing(path: &Path) -> bool {
    let is_of_git = path.components().any(|component| component.as_os_str() == ".git");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_of_git
        || name.ends_with('~')
        || name.starts_with(".#")
        || name.ends_with(".swp")
        || name == "4913"
        || is_of_sed(&name)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A folder with a file, and who watches it.
    struct Scene {
        folder: TempDir,
        state: State,
        told: Receiver<PathBuf>,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a"), "1").unwrap();
            let place = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
            let (sender, told) = mpsc::channel();
            let watched = Watched { folders: vec![place], ..Watched::default() };
            let mut state = State::new(watched, sender);
            state.look();
            Self { folder, state, told }
        }

        /// Somebody writes a file, and we hear of it.
        fn write(&mut self, name: &str, text: &str) {
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            let change = self.state.change(path);
            change.into_iter().for_each(|change| self.state.tell(change));
        }

        /// A build during which something happens: how many changes are told at once, and how long the next has to wait.
        fn build(&mut self, happens: impl FnOnce(&mut Self)) -> (usize, Option<Duration>) {
            self.state.begin();
            happens(self);
            let pause = self.state.end().map(|(_, pause)| pause);
            (self.told.try_iter().count(), pause)
        }
    }

    #[test]
    fn what_is_saved_during_each_build_is_built_at_last() {
        let mut scene = Scene::new();
        for number in 0..PATIENCE {
            assert_eq!(scene.build(|scene| scene.write("a", &"x".repeat(2 + number as usize))), (1, None));
        }
        // From now on each waits longer than the one before.
        assert_eq!(scene.build(|scene| scene.write("a", "five")), (0, Some(PAUSE)));
        assert_eq!(scene.build(|scene| scene.write("a", "and six")), (0, Some(PAUSE * 2)));
        // Nobody builds now: whoever saved this is no build.
        scene.write("a", "by somebody");
        assert_eq!(scene.told.try_iter().count(), 1);
        assert_eq!(scene.build(|scene| scene.write("a", "and once more")), (1, None));
        assert_eq!(scene.build(|_| {}), (0, None));
    }

    #[test]
    fn what_is_as_it_was_when_the_build_is_over_is_no_change() {
        let mut scene = Scene::new();
        scene.write("a", "known");
        scene.state.restless = PATIENCE;
        let pass = |scene: &mut Scene| {
            scene.write("a", "another");
            scene.write("a", "known");
        };
        assert_eq!(scene.build(pass).1, None);
    }

    #[test]
    fn a_file_that_appears_during_a_build_is_seen_after_it_unless_builds_make_it() {
        let mut scene = Scene::new();
        assert_eq!(scene.build(|scene| scene.write(LOCK_FILE, "1")), (0, None));
        assert_eq!(scene.build(|scene| scene.write("b", "1")), (0, Some(PAUSE)));
        let come_and_go = |scene: &mut Scene| {
            scene.write("c", "1");
            let path = scene.folder.path().join("c");
            fs::remove_file(&path).unwrap();
            let change = scene.state.change(path).unwrap();
            scene.state.tell(change);
        };
        assert_eq!(scene.build(come_and_go), (0, None));
    }
}
