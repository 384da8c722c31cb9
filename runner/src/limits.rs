//! What a guest may spend.

use std::time::Duration;

/// The bounds a guest runs in. [`Limits::default`] suits a program one trusts as much as any other program
/// one types in a shell: it may run for ever, in as much memory as 32 bits can address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory in bytes, of all linear memories and tables together; `None` is no limit. A guest that asks for
    /// more is told no (`memory.grow` gives -1, `malloc` gives null) and may go on. Default: 4 GiB.
    pub memory_bytes: Option<u64>,
    /// Wall-clock time, from the guest's first instruction; compiling comes before it. `None` is no limit,
    /// and a limit makes the guest slower, as each loop asks for it (measured: 8–30 %). Default: `None`.
    pub time: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: Some(4 << 30), time: None }
    }
}
