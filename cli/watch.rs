//! Waiting until something of a project changes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use notify_debouncer_mini::notify::{self, RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{Config, DebounceEventResult, Debouncer, new_debouncer_opt};
use wasmpack_runner::Stop;

use crate::error::Error;
use crate::git;

/// Whoever saves several files at once is waited for so long.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// So many builds in a row may each be followed by another because of what changed meanwhile. A build that writes something
/// else between the sources each time would never end.
const PATIENCE: usize = 3;

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
    /// Builds in a row during which something changed.
    restless: usize,
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
        let state = Arc::new(Mutex::new(State {
            watched: watched.clone(),
            changed: sender,
            stop: Stop::default(),
            is_building: false,
            restless: 0,
            seen: HashMap::new(),
        }));
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
        state.stop = Stop::default();
        state.is_building = true;
        state.stop.clone()
    }

    /// The build is over, well or not.
    pub fn built(&self) {
        let mut state = lock(&self.state);
        state.is_building = false;
        state.restless = if state.stop.is_asked() { state.restless + 1 } else { 0 };
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

    /// Says that it has changed.
    fn tell(&mut self, change: Change) {
        // What appears while something is built, such as a first `Cargo.lock`, was made by that.
        if self.is_building && (change.before.is_none() || self.restless >= PATIENCE) {
            return;
        }
        self.stop.ask();
        // Nobody listens any more only at the very end.
        let _ = self.changed.send(change.path);
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
