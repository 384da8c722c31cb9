//! How Wasmtime is set up.

use std::fs;
use std::path::Path;
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{
    Cache, CacheConfig, CallHook, Config, Enabled, Engine, PoolingAllocationConfig, Store,
    WasmBacktraceDetails,
};

use crate::{Error, Limits, Stop, guest::Guest, input::Stopped, memory::Memory};

/// What functions of the host need of the stack, below the guest's.
pub(crate) const HOST_STACK_BYTES: usize = 1 << 20;

/// How many instances there are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instances {
    /// One, and that was it.
    One,
    /// One for each request.
    Many,
    /// The same, in room that was set aside for them: ten times as fast. What needs more of it than usual has to do without.
    Pooled,
}

impl Instances {
    /// What to try for a service, one after the other.
    pub(crate) const OF_SERVICE: &[Self] = &[Self::Pooled, Self::Many];
    /// What to try for a command.
    pub(crate) const OF_COMMAND: &[Self] = &[Self::One];
}

/// The compiler and its settings. What a guest can tell apart is Wasmtime's default.
pub(crate) fn engine(guest: &Guest<'_>, instances: Instances, kept: Option<&Kept>) -> Result<Engine, Error> {
    let Guest { limits, stop, .. } = guest;
    let mut config = Config::new();
    // Left alone, this one reads an environment variable.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Only a debugger of the host would read it; Windows needs it.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    // Each loop and function then asks whether time is up: paid for by those who set a limit, and by services, of which
    // one request must not keep the others waiting.
    config.epoch_interruption(limits.time.is_some() || stop.is_some() || instances != Instances::One);
    config.consume_fuel(limits.fuel.is_some());
    config.max_wasm_stack(limits.stack_bytes);
    // Requests to a service run on stacks of their own.
    config.async_stack_size(limits.stack_bytes.saturating_add(HOST_STACK_BYTES));
    if instances == Instances::Pooled {
        config.allocation_strategy(pool(limits));
    }
    config.cache(kept.map(|kept| kept.0.clone()));
    Engine::new(&config).map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })
}

/// The most requests that there is address space for: four gibibytes for each.
const MOST_MEMORIES: usize = 5_000;

/// How much of its memory an instance leaves to the next, to be cleared by writing, where the system tells which pages were
/// touched: giving them back and faulting them in again takes longer.
const KEPT_BYTES: usize = 4 << 20;

/// Room for as many requests as are answered at once, if each has one memory and the usual few instances inside.
fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let requests = limits.requests.clamp(1, MOST_MEMORIES) as u32;
    let mut pool = PoolingAllocationConfig::new();
    // Instances are counted and take no room by themselves; the semaphore of the service counts requests.
    pool.total_component_instances(u32::MAX)
        .total_core_instances(u32::MAX)
        .total_memories(requests)
        .total_tables(requests.saturating_mul(4))
        .total_stacks(requests)
        .table_elements(50_000);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEPT_BYTES)
            .table_keep_resident(KEPT_BYTES);
    }
    pool
}

/// How many requests there is room for at once, in that pool.
pub(crate) fn requests(limits: &Limits, component: &Component) -> usize {
    let Some(pool) = component.engine().get_pooling_config() else { return limits.requests };
    let needed = component.resources_required();
    let room = |total: u32, needed: u32| total.checked_div(needed).unwrap_or(total) as usize;
    let (memories, tables) = needed.map_or((1, 1), |needed| (needed.num_memories, needed.num_tables));
    let rooms = [room(pool.get_total_memories(), memories), room(pool.get_total_tables(), tables)];
    rooms.into_iter().fold(limits.requests, usize::min).max(1)
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
            // It is read more often than it is written, and less is undone faster.
            .with_baseline_compression_level(1)
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

/// Makes a folder that nobody else can write to, if it is not there; none, if somebody else can: what lies in it is run as it is.
#[cfg(unix)]
fn make_private(folder: &Path) -> Option<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok()?;
    let metadata = fs::symlink_metadata(folder).ok()?;
    // Whoever we are, a file of ours has the same owner.
    let probe = folder.join(format!(".owner-{}", std::process::id()));
    let owner = fs::File::create(&probe).and_then(|file| file.metadata()).map(|metadata| metadata.uid());
    // If it stays, Wasmtime removes it with what is old.
    let _ = fs::remove_file(&probe);
    (metadata.is_dir() && metadata.mode() & 0o022 == 0 && metadata.uid() == owner.ok()?).then_some(())
}

/// The same: folders of a user are nobody else's there.
#[cfg(not(unix))]
fn make_private(folder: &Path) -> Option<()> {
    fs::create_dir_all(folder).ok()
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
    // Whether anybody asks is the engine's affair.
    store.set_epoch_deadline(1);
    if let Some(fuel) = limits.fuel {
        store.set_fuel(fuel).expect("the engine counts fuel");
    }
    store
}

/// Ends a guest that was asked to stop while it waited in a function of the host: it does nothing more.
pub(crate) fn end_when_stopped<T: 'static>(store: &mut Store<T>, stop: Option<&Stop>) {
    let Some(stop) = stop.cloned() else { return };
    store.call_hook(move |_, hook| match hook {
        CallHook::ReturningFromHost if stop.is_asked() => Err(Stopped.into()),
        _ => Ok(()),
    });
}
