//! What a guest really uses of its host: each function it calls, with the files and addresses.
//!
//! Wasmtime tells it through `tracing`: a span for each call of a function of WASI, and in it one event with the arguments and
//! one with the result. What is told of a path by a core module is where it stands in its memory, so it is read there when
//! the call is over.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::audit_call::{Call, Fields, Path};
use crate::{Directory, Subject, Used};

/// The names of the spans: of functions that core modules call, and of those that components do.
const MODULE: &str = "wiggle abi";
const COMPONENT: &str = "wit-bindgen import";

/// Everything that was used until now. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Audit(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    last_id: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Calls that are not over, by the ids of their spans.
    open: HashMap<u64, Call>,
    /// Calls that are over, with paths to be read in the guest's memory.
    unread: Vec<Call>,
    names: Names,
    used: BTreeMap<(String, String, Subject, bool), Count>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    calls: u64,
    refused: u64,
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

    pub(crate) fn set(&mut self, handle: u64, subject: Subject) {
        self.of_handles.insert(handle, subject);
    }

    /// A path as the guest sees it, below the folder of a handle.
    pub(crate) fn below(&self, handle: Option<u64>, path: &str) -> String {
        let folder = match handle.and_then(|handle| self.of(handle)) {
            Some(Subject::File(folder)) => Some(folder.as_str()),
            _ => self.given.as_deref(),
        };
        match folder {
            _ if path.starts_with('/') => path.to_owned(),
            Some(folder) if path.is_empty() || path == "." => folder.to_owned(),
            Some(folder) => format!("{}/{path}", folder.trim_end_matches('/')),
            None => path.to_owned(),
        }
    }
}

thread_local! {
    /// The calls that this thread is in.
    static INSIDE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl Audit {
    /// Of a guest that is given these directories.
    pub(crate) fn new(directories: &[Directory]) -> Self {
        let mut names = Names::default();
        for (handle, stream) in ["stdin", "stdout", "stderr"].into_iter().enumerate() {
            names.set(handle as u64, Subject::Stream(stream));
        }
        // Handles of core modules; those of components are not numbered by anybody.
        for (place, directory) in directories.iter().enumerate() {
            names.set(3 + place as u64, Subject::File(directory.guest.clone()));
        }
        if let [directory] = directories {
            names.given = Some(directory.guest.clone());
        }
        let state = State { names, ..State::default() };
        Self(Arc::new(Shared { last_id: AtomicU64::new(0), state: Mutex::new(state) }))
    }

    /// What has to be the subscriber where the guest runs.
    pub(crate) fn dispatch(&self) -> Dispatch {
        Dispatch::new(self.clone())
    }

    /// Reads what was left unread, in the guest's memory.
    pub(crate) fn read(&self, memory: &[u8]) {
        let mut state = self.state();
        for mut call in std::mem::take(&mut state.unread) {
            call.paths.iter_mut().for_each(|path| path.read(memory));
            state.count(&call);
        }
    }

    /// All of it, in the order of names.
    pub(crate) fn used(&self) -> Vec<Used> {
        self.read(&[]);
        let state = self.state();
        let used = state.used.iter().map(|((interface, function, subject, is_write), count)| Used {
            interface: interface.clone(),
            function: function.clone(),
            subject: subject.clone(),
            is_write: *is_write,
            calls: count.calls,
            refused: count.refused,
        });
        used.collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&mut self, call: &Call) {
        let refused = u64::from(call.is_refused());
        for subject in call.subjects(&mut self.names) {
            let key = (call.interface.clone(), call.function.clone(), subject, call.is_write());
            let count = self.used.entry(key).or_default();
            count.calls += 1;
            count.refused += refused;
        }
    }
}

impl Subscriber for Audit {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Events have no name of their own; those outside of a call are passed over.
        metadata.is_event() || matches!(metadata.name(), MODULE | COMPONENT)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let interface = match attributes.metadata().name() {
            MODULE => fields.text("module").to_owned(),
            _ => interface(attributes.metadata().target()),
        };
        let call = Call::new(interface, fields.text("function").to_owned());
        self.state().open.insert(id, call);
        Id::from_u64(id)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(id) = INSIDE.with_borrow(|inside| inside.last().copied()) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(call) = self.state().open.get_mut(&id) {
            call.tell(fields);
        }
    }

    fn enter(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.push(span.into_u64()));
    }

    fn exit(&self, _span: &Id) {
        INSIDE.with_borrow_mut(Vec::pop);
    }

    fn try_close(&self, span: Id) -> bool {
        let mut state = self.state();
        if let Some(call) = state.open.remove(&span.into_u64()) {
            if call.paths.iter().any(Path::is_unread) { state.unread.push(call) } else { state.count(&call) }
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
