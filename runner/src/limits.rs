//! What a guest may spend.

use std::time::Duration;

/// The bounds a guest runs in. [`Limits::default`] lets programs of all kinds run and keeps one that means harm from filling memory,
/// disk or terminal; only time it has as much as it wants, since whoever waits can press Ctrl-C. `None` is no limit.
///
/// Each request to a service has them anew, but for `time`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes, of all linear memories and tables together. A guest that asks for more is told no (`memory.grow` gives
    /// -1, `malloc` gives null) and may go on. Default: 2 GiB.
    pub memory_bytes: Option<u64>,
    /// Wall-clock time, from the guest's first instruction; compiling comes before it. A limit makes the guest slower, as each
    /// loop asks for it (measured: 8–30 %). Default: `None`.
    pub time: Option<Duration>,
    /// Instructions, about: blocks, loops and other instructions that do nothing cost nothing. The same guest with the same
    /// input stops at the same place. It makes the guest slower. Default: `None`.
    pub fuel: Option<u64>,
    /// Bytes of the stack on which functions call each other, not of the one that C and Rust keep in linear memory. Default: 1 MiB.
    pub stack_bytes: usize,
    /// Bytes written to stdout and stderr together. Default: 4 GiB.
    pub output_bytes: Option<u64>,
    /// Files that are open at once, and with them streams, sockets and all else that a guest has a handle of. Default: 1,000.
    pub handles: usize,
    /// Instances in one component, and as many memories and as many tables. Default: 1,000.
    pub instances: usize,
    /// Bytes of the module or component itself. Default: 256 MiB.
    pub module_bytes: Option<u64>,
    /// Wall-clock time of compiling. Default: five minutes.
    pub compile_time: Option<Duration>,
    /// Wall-clock time of one request to a service, until the last byte of its answer. Default: one minute.
    pub request_time: Option<Duration>,
    /// Requests that a service answers at once; others wait. Default: 1,000.
    pub requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: Some(2 << 30),
            time: None,
            fuel: None,
            stack_bytes: 1 << 20,
            output_bytes: Some(4 << 30),
            handles: 1_000,
            instances: 1_000,
            module_bytes: Some(256 << 20),
            compile_time: Some(Duration::from_secs(300)),
            request_time: Some(Duration::from_secs(60)),
            requests: 1_000,
        }
    }
}

/// A limit that stopped a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// [`Limits::fuel`].
    Fuel,
    /// [`Limits::output_bytes`].
    Output,
    /// [`Limits::handles`].
    Handles,
    /// [`Limits::instances`].
    Instances,
}
