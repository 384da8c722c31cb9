//! What a guest really uses of its host: each function it calls, with the files and addresses.
//!
//! Wasmtime tells it through `tracing`: a span for each call of a function of WASI, and in it one event with the arguments and
//! one with the result. Of a path of a core module it tells only where it stands, so `audit_paths` reads it before.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::audit_call::{Call, Fields};
use crate::{Directory, Subject, Used};

/// The names of the spans: of functions that core modules call, and of those that components do.
const MODULE: &str = "wiggle abi";
const COMPONENT: &str = "wit-bindgen import";

/// So many things are told one by one; of more, only the function is.
const MOST_THINGS: usize = 10_000;

/// Of a name so many characters are told: longer ones are no file's.
const LONGEST_NAME: usize = 1_024;

/// What one guest uses. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Audit {
    used: Arc<Mutex<BTreeMap<Key, Count>>>,
    own: Arc<Own>,
}

/// An interface, a function of it, what that was about, and whether it writes.
type Key = (String, String, Subject, bool);

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    calls: u64,
    refused: u64,
}

/// What belongs to one guest, of which a service has many.
#[derive(Debug, Default)]
struct Own {
    last_id: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls that are not over, by the ids of their spans.
    open: HashMap<u64, Call>,
    names: Names,
}

/// What the guest's handles stand for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    of_handles: HashMap<u64, Subject>,
    /// The folder of handles that nobody has named: of one that was given, it is that.
    given: Option<String>,
}

impl Names {
    /// What a handle stands for, if it was named.
    pub(crate) fn of(&self, handle: u64) -> Option<&Subject> {
        self.of_handles.get(&handle)
    }

    /// A handle is given out, which may have stood for something else before.
    pub(crate) fn set(&mut self, handle: u64, subject: Subject) {
        if subject == Subject::None {
            self.of_handles.remove(&handle);
        } else {
            self.of_handles.insert(handle, subject);
        }
    }

    /// A path as the guest sees it, below the folder of a handle.
    pub(crate) fn below(&self, handle: Option<u64>, path: &str) -> String {
        let folder = match handle.and_then(|handle| self.of(handle)) {
            Some(Subject::File(folder)) => Some(folder.as_str()),
            _ => self.given.as_deref(),
        };
        let path = match folder {
            _ if path.starts_with('/') => path.to_owned(),
            Some(folder) if path.is_empty() || path == "." => folder.to_owned(),
            Some(folder) => format!("{}/{path}", folder.trim_end_matches('/')),
            None => path.to_owned(),
        };
        cut(path)
    }
}

fn cut(mut name: String) -> String {
    if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
        name.truncate(end);
        name.push('…');
    }
    name
}

thread_local! {
    /// The calls that this thread is in.
    static INSIDE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    /// Paths of the next call, in its order.
    static SEEN: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
}

/// A core module is about to hand over a path that stands there.
pub(crate) fn saw(memory: &[u8], start: i32, length: i32) {
    let start = start.cast_unsigned() as usize;
    // A character has four bytes at most.
    let length = (length.cast_unsigned() as usize).min(4 * LONGEST_NAME + 4);
    let bytes = memory.get(start..start.saturating_add(length)).unwrap_or_default();
    SEEN.with_borrow_mut(|seen| seen.push_back(cut(String::from_utf8_lossy(bytes).into_owned())));
}

/// The path that is next among the arguments.
pub(crate) fn seen() -> Option<String> {
    SEEN.with_borrow_mut(VecDeque::pop_front)
}

impl Audit {
    /// Of a guest that is given these directories.
    pub(crate) fn new(directories: &[Directory]) -> Self {
        Self { used: Arc::default(), own: Arc::new(Own::given(directories)) }
    }

    /// Of another guest of the same service.
    pub(crate) fn again(&self, directories: &[Directory]) -> Self {
        Self { used: self.used.clone(), own: Arc::new(Own::given(directories)) }
    }

    /// Names the handles that a core module begins with; those of components are not numbered by anybody.
    pub(crate) fn name_handles(&self, directories: &[Directory]) {
        self.with(|state| {
            for (handle, stream) in ["stdin", "stdout", "stderr"].into_iter().enumerate() {
                state.names.set(handle as u64, Subject::Stream(stream));
            }
            for (place, directory) in directories.iter().enumerate() {
                state.names.set(3 + place as u64, Subject::File(directory.guest.clone()));
            }
        });
    }

    /// What has to be the subscriber where the guest runs.
    pub(crate) fn dispatch(&self) -> Dispatch {
        Dispatch::new(self.clone())
    }

    /// All of it, in the order of names.
    pub(crate) fn used(&self) -> Vec<Used> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = used.iter().map(|((interface, function, subject, is_write), count)| Used {
            interface: interface.clone(),
            function: function.clone(),
            subject: subject.clone(),
            is_write: *is_write,
            calls: count.calls,
            refused: count.refused,
        });
        used.collect()
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.own.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A call is over.
    fn count(&self, call: &Call) {
        let refused = u64::from(call.is_refused());
        let subjects = self.with(|state| call.subjects(&mut state.names));
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            let key = |subject| (call.interface.clone(), call.function.clone(), subject, call.is_write());
            let full = key(subject);
            let is_known = used.len() < MOST_THINGS || used.contains_key(&full);
            let count = used.entry(if is_known { full } else { key(Subject::None) }).or_default();
            count.calls += 1;
            count.refused += refused;
        }
    }
}

impl Own {
    fn given(directories: &[Directory]) -> Self {
        let mut names = Names::default();
        if let [directory] = directories {
            names.given = Some(directory.guest.clone());
        }
        Self { state: Mutex::new(State { names, ..State::default() }), ..Self::default() }
    }
}

impl Subscriber for Audit {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Others tell of other things, at other levels.
        *metadata.level() == Level::TRACE
            && (metadata.is_event() || matches!(metadata.name(), MODULE | COMPONENT))
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.own.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let interface = match attributes.metadata().name() {
            MODULE => fields.text("module").to_owned(),
            _ => interface(attributes.metadata().target()),
        };
        let call = Call::new(interface, fields.text("function").to_owned());
        self.with(|state| state.open.insert(id, call));
        Id::from_u64(id)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(id) = INSIDE.with_borrow(|inside| inside.last().copied()) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.with(|state| {
            if let Some(call) = state.open.get_mut(&id) {
                call.tell(fields);
            }
        });
    }

    fn enter(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.push(span.into_u64()));
    }

    fn exit(&self, _span: &Id) {
        INSIDE.with_borrow_mut(Vec::pop);
    }

    fn try_close(&self, span: Id) -> bool {
        if let Some(call) = self.with(|state| state.open.remove(&span.into_u64())) {
            self.count(&call);
        }
        true
    }
}

/// `wasi:clocks/wall-clock`, told by the place of its bindings: `wasmtime_wasi::p2::bindings::wasi::clocks::wall_clock`.
fn interface(target: &str) -> String {
    let path = target.rsplit_once("::wasi::").map_or(target, |(_, path)| path);
    match path.split_once("::") {
        Some((package, interface)) => format!("wasi:{package}/{interface}").replace('_', "-"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_told_by_the_place_of_its_bindings() {
        let target = "wasmtime_wasi::p2::bindings::sync::wasi::clocks::monotonic_clock";
        assert_eq!(interface(target), "wasi:clocks/monotonic-clock");
    }

    #[test]
    fn paths_stand_below_the_folder_they_are_opened_in() {
        let mut names = Names::default();
        names.set(3, Subject::File("/data".to_owned()));
        assert_eq!(names.below(Some(3), "a/b"), "/data/a/b");
        assert_eq!(names.below(Some(3), "."), "/data");
        assert_eq!(names.below(Some(4), "a"), "a");
        names.given = Some("/only".to_owned());
        assert_eq!(names.below(None, "a"), "/only/a");
    }
}
