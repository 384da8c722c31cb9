//! How Wasmtime is set up.

use std::fs;
use std::path::Path;
use std::time::Duration;

use wasmtime::{Cache, CacheConfig, Config, Engine, Store, WasmBacktraceDetails};

use crate::{Error, Limits, memory::Memory};

/// What functions of the host need of the stack, below the guest's.
pub(crate) const HOST_STACK_BYTES: usize = 1 << 20;

/// The compiler and its settings. What a guest can tell apart is Wasmtime's default.
pub(crate) fn engine(limits: &Limits, is_service: bool, kept: Option<&Kept>) -> Result<Engine, Error> {
    let mut config = Config::new();
    // Left alone, this one reads an environment variable.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Only a debugger of the host would read it; Windows needs it.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    // Each loop and function then asks whether time is up: paid for by those who set a limit, and by services, of which
    // one request must not keep the others waiting.
    config.epoch_interruption(limits.time.is_some() || is_service);
    config.consume_fuel(limits.fuel.is_some());
    config.max_wasm_stack(limits.stack_bytes);
    // Requests to a service run on stacks of their own.
    config.async_stack_size(limits.stack_bytes.saturating_add(HOST_STACK_BYTES));
    config.cache(kept.map(|kept| kept.0.clone()));
    Engine::new(&config).map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })
}

/// Machine code that is kept from one run to the next, by Wasmtime: it knows by which settings, and from which bytes.
#[derive(Debug, Clone)]
pub(crate) struct Kept(Cache);

impl Kept {
    /// Several hundred programs, of the usual size.
    const LIMIT_BYTES: u64 = 1_000_000_000;

    /// In this folder, which is made; nowhere, if that cannot be: it costs time and nothing else.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        make_private(folder)?;
        let mut config = CacheConfig::new();
        config
            .with_directory(folder)
            .with_files_total_size_soft_limit(Self::LIMIT_BYTES)
            .with_cleanup_interval(Duration::from_secs(60 * 60))
            // What is read a hundred times is not compressed once more, while a guest runs.
            .with_optimized_compression_usage_counter_threshold(u64::MAX);
        Cache::new(config).ok().map(Self)
    }

    /// Whether something was found in it.
    pub(crate) fn was_hit(&self) -> bool {
        self.0.cache_hits() > 0
    }
}

/// Makes a folder that nobody else can write to or read, if it is not there.
fn make_private(folder: &Path) -> Option<()> {
    if folder.is_dir() {
        return Some(());
    }
    fs::create_dir_all(folder).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).ok()?;
    }
    Some(())
}

/// A store for one guest: its state, and the limits laid on it. `memory` finds what it may use in its state.
pub(crate) fn store<T: 'static>(
    engine: &Engine,
    host: T,
    limits: &Limits,
    memory: fn(&mut T) -> &mut Memory,
) -> Store<T> {
    let mut store = Store::new(engine, host);
    store.limiter(move |host| memory(host));
    if limits.time.is_some() {
        store.set_epoch_deadline(1);
    }
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel).expect("the engine counts fuel");
    }
    store
}
