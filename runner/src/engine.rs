//! How Wasmtime is set up.

use wasmtime::{Config, Engine, Store, WasmBacktraceDetails};

use crate::{Error, Limits, memory::Memory};

/// What functions of the host need of the stack, below the guest's.
pub(crate) const HOST_STACK_BYTES: usize = 1 << 20;

/// The compiler and its settings. What a guest can tell apart is Wasmtime's default.
pub(crate) fn engine(limits: &Limits) -> Result<Engine, Error> {
    let mut config = Config::new();
    // Left alone, this one reads an environment variable.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Only a debugger of the host would read it; Windows needs it.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    // Each loop and function then asks whether time is up: paid for by those who set a limit.
    config.epoch_interruption(limits.time.is_some());
    config.consume_fuel(limits.fuel.is_some());
    config.max_wasm_stack(limits.stack_bytes);
    // Requests to a service run on stacks of their own.
    config.async_stack_size(limits.stack_bytes.saturating_add(HOST_STACK_BYTES));
    Engine::new(&config).map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })
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
