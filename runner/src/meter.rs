//! What is spent on a guest: time and memory.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What was spent on a guest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spent {
    /// Until there was machine code: compiling, or reading what was kept.
    pub compile: Duration,
    /// Whether the machine code was kept from another time.
    pub is_kept: bool,
    /// Until there was an instance; of a service, which has one for each request, nothing is told.
    pub instantiate: Option<Duration>,
    /// From the beginning to the first byte on stdout or stderr, if it wrote any.
    pub first_output: Option<Duration>,
    /// From the beginning to the end.
    pub total: Duration,
    /// The most that its linear memories and tables had together; of a service, in one request.
    pub memory_bytes: u64,
}

/// Where it is written down, from several threads.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    begun: Instant,
    compile: OnceLock<Duration>,
    is_kept: AtomicBool,
    instantiate: OnceLock<Duration>,
    first_output: OnceLock<Duration>,
    memory_bytes: AtomicU64,
}

impl Meter {
    /// Begins to count.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            begun: Instant::now(),
            compile: OnceLock::new(),
            is_kept: AtomicBool::new(false),
            instantiate: OnceLock::new(),
            first_output: OnceLock::new(),
            memory_bytes: AtomicU64::new(0),
        }))
    }

    pub(crate) fn compiled(&self, compile: Duration, is_kept: bool) {
        self.0.is_kept.store(is_kept, Ordering::Relaxed);
        // What came first counts, here and below.
        let _ = self.0.compile.set(compile);
    }

    pub(crate) fn instantiated(&self, instantiate: Duration) {
        let _ = self.0.instantiate.set(instantiate);
    }

    /// Something was written.
    pub(crate) fn written(&self) {
        self.0.first_output.get_or_init(|| self.0.begun.elapsed());
    }

    /// So much memory is used now.
    pub(crate) fn used(&self, bytes: u64) {
        self.0.memory_bytes.fetch_max(bytes, Ordering::Relaxed);
    }

    /// All of it, at the end.
    pub(crate) fn spent(&self, total: Duration) -> Spent {
        let shared = &self.0;
        Spent {
            compile: shared.compile.get().copied().unwrap_or_default(),
            is_kept: shared.is_kept.load(Ordering::Relaxed),
            instantiate: shared.instantiate.get().copied(),
            first_output: shared.first_output.get().copied(),
            total,
            memory_bytes: shared.memory_bytes.load(Ordering::Relaxed),
        }
    }
}
