//! The time limit.
//!
//! Code that computes asks now and then whether the engine's epoch has moved, and traps if it has; code that
//! waits in a system call (reads stdin, sleeps, writes to a full pipe) asks nothing. So the guest gets a
//! thread of its own, and the caller waits for whichever comes first, the end or the deadline.

use std::{
    io, panic,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use wasmtime::Engine;

use crate::{Limits, Stop, engine::HOST_STACK_BYTES};

/// How long a computing guest may take to notice that time is up; it is microseconds, unless it is in the
/// middle of copying its whole memory.
const GRACE: Duration = Duration::from_millis(500);

/// Has a guest stop that computes, and says how long that may take.
pub(crate) fn stop(engine: &Engine) -> Duration {
    engine.increment_epoch();
    GRACE
}

/// How often a guest that waits is looked after, where somebody may ask it to stop.
const LOOK: Duration = Duration::from_millis(20);

/// How long a guest may run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Until<'a> {
    pub(crate) limit: Option<Duration>,
    pub(crate) stop: Option<&'a Stop>,
}

impl Until<'_> {
    /// Waits for a result; none, if there is none in time, or if the guest's thread is gone without one.
    fn wait<T>(self, receiver: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        let limit = self.limit.unwrap_or(Duration::MAX);
        let Some(stop) = self.stop else { return receiver.recv_timeout(limit) };
        let begun = Instant::now();
        loop {
            let left = limit.saturating_sub(begun.elapsed());
            match receiver.recv_timeout(left.min(LOOK)) {
                Err(RecvTimeoutError::Timeout) if !stop.is_asked() && !left.is_zero() => {}
                result => return result,
            }
        }
    }
}

/// Runs `guest` on a stack that has room for it, and gives back its result, or `None` if there is none when time is up or
/// somebody has asked it to stop, and then calls `stop`, which says how long it may still take.
///
/// A guest that still waits in a system call then cannot be stopped from within the process. Its thread is
/// left behind, asleep: when the call returns, it is ended before it does anything more.
pub(crate) fn within<T: Send + 'static>(
    until: Until<'_>,
    limits: &Limits,
    stop: impl FnOnce() -> Duration,
    guest: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (sender, receiver) = mpsc::channel();
    // Nobody listens any more to a guest that comes back after its deadline.
    let builder = thread::Builder::new().name("guest".to_owned());
    let builder = builder.stack_size(limits.stack_bytes.saturating_add(HOST_STACK_BYTES));
    let thread = builder.spawn(move || drop(sender.send(guest())))?;
    let mut result = until.wait(&receiver);
    if matches!(result, Err(RecvTimeoutError::Timeout)) {
        result = receiver.recv_timeout(stop());
    }
    if matches!(result, Err(RecvTimeoutError::Timeout)) {
        return Ok(None);
    }
    thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
    Ok(result.ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Config, Instance, Module, Store, Trap};

    #[test]
    fn a_guest_that_computes_is_stopped_and_its_thread_is_gone() {
        let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
        let wasm = wat::parse_str(r#"(module (func (export "_start") (loop $again (br $again))))"#).unwrap();
        let module = Module::new(&engine, wasm).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let guest = move || {
            let instance = Instance::new(&mut store, &module, &[])?;
            instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ())
        };
        // A result, rather than none, is what came through the end of the thread.
        let until = Until { limit: Some(Duration::from_millis(20)), stop: None };
        let stop = || stop(&engine);
        let stopped = within(until, &Limits::default(), stop, guest).unwrap().expect("a result");
        assert_eq!(stopped.unwrap_err().downcast_ref(), Some(&Trap::Interrupt));
    }

    #[test]
    fn a_guest_that_waits_is_left_behind() {
        let (hold, wait) = mpsc::channel::<()>();
        let guest = move || wait.recv_timeout(Duration::from_secs(20));
        let mut is_stopped = false;
        let stop = || {
            is_stopped = true;
            Duration::from_millis(20)
        };
        let until = Until { limit: Some(Duration::from_millis(20)), stop: None };
        let waiting = within(until, &Limits::default(), stop, guest);
        assert_eq!(waiting.unwrap(), None);
        assert!(is_stopped);
        drop(hold);
    }

    #[test]
    fn a_guest_that_waits_is_left_behind_when_somebody_asks() {
        let (hold, wait) = mpsc::channel::<()>();
        let guest = move || wait.recv_timeout(Duration::from_secs(20));
        let stop = Stop::default();
        let asking = stop.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            asking.ask();
        });
        let until = Until { limit: None, stop: Some(&stop) };
        let waiting = within(until, &Limits::default(), || Duration::from_millis(20), guest);
        assert_eq!(waiting.unwrap(), None);
        drop(hold);
    }

    #[test]
    fn a_guest_that_ends_in_time_gives_its_result() {
        assert_eq!(within(Until::default(), &Limits::default(), || GRACE, || 7).unwrap(), Some(7));
    }

    #[test]
    #[should_panic(expected = "a bug of ours")]
    fn a_panic_comes_through_as_itself() {
        let _ = within(Until::default(), &Limits::default(), || GRACE, || panic!("a bug of ours"));
    }
}
