//! Waiting until something of a project changes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};
use wasmpack_runner::Stop;

use crate::error::Error;
use crate::git;

/// Whoever saves several files at once is waited for so long.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Files, and folders with all that is below.
    pub places: Vec<Utf8PathBuf>,
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
    /// What the build has written between the sources, and what the one before it had.
    written: HashSet<PathBuf>,
    written_before: HashSet<PathBuf>,
    /// What files were like when they were last told of: some are told of that are only read.
    seen: HashMap<PathBuf, Option<Stamp>>,
}

/// By what a file is seen to be another: when it was modified, and how many bytes it has.
type Stamp = (SystemTime, u64);

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system does not tell of changes there.
    pub fn new(watched: Watched) -> Result<Self, Error> {
        let (sender, changed) = mpsc::channel();
        let places = watched.places.clone();
        let state = Arc::new(Mutex::new(State {
            watched,
            changed: sender,
            stop: Stop::default(),
            is_building: false,
            written: HashSet::new(),
            written_before: HashSet::new(),
            seen: HashMap::new(),
        }));
        lock(&state).look(places.iter().map(|place| place.clone().into_std_path_buf()).collect());
        let told = state.clone();
        let on_events = move |events: DebounceEventResult| {
            for event in events.unwrap_or_default() {
                lock(&told).change(event.path);
            }
        };
        let mut watcher =
            new_debouncer(DEBOUNCE, on_events).map_err(|source| Error::Watch { place: None, source })?;
        for place in places {
            let watching = watcher.watcher().watch(place.as_std_path(), RecursiveMode::Recursive);
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
        state.written_before = std::mem::take(&mut state.written);
        state.stop.clone()
    }

    /// The build is over, and the guest begins.
    pub fn built(&self) {
        lock(&self.state).is_building = false;
    }

    /// Waits for the next change, and says what it is.
    pub fn next(&self) -> Option<PathBuf> {
        self.changed.recv().ok()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Sees what all files are like.
    fn look(&mut self, mut places: Vec<PathBuf>) {
        while let Some(place) = places.pop() {
            match fs::read_dir(&place) {
                _ if self.is_none_of_ours(&place) => {}
                Ok(entries) => places.extend(entries.flatten().map(|entry| entry.path())),
                Err(_) => drop(self.seen.insert(place.clone(), stamp(&place))),
            }
        }
    }

    fn is_none_of_ours(&self, path: &Path) -> bool {
        self.watched.outputs.iter().any(|output| path.starts_with(output)) || is_passing(path)
    }

    /// Something happened to this path.
    fn change(&mut self, path: PathBuf) {
        if self.is_none_of_ours(&path) || path.is_dir() {
            return;
        }
        let now = stamp(&path);
        if self.seen.insert(path.clone(), now) == Some(now) || git::is_ignored(&path) {
            return;
        }
        if self.is_building {
            self.written.insert(path.clone());
            // A build that writes between the sources would never end.
            if self.written_before.contains(&path) {
                return;
            }
        }
        self.stop.ask();
        // Nobody listens any more only at the very end.
        let _ = self.changed.send(path);
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Whether it is of version control, or a file that an editor has while it saves another.
fn is_passing(path: &Path) -> bool {
    let is_of_git = path.components().any(|component| component.as_os_str() == ".git");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    is_of_git || name.ends_with('~') || name.starts_with(".#") || name.ends_with(".swp") || name == "4913"
}
