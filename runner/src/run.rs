//! Runs one module from its bytes to its end.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Component;
use wasmtime::{Engine, InstancePre, Store};

use crate::component::{self, Kind};
use crate::{
    Error, Event, Exit, Invocation, Limits, command, deadline, engine::engine, exit, host, host::Host,
    host::Surroundings, memory::Refused, service,
};

/// Compiles a command, runs it with what `invocation` gives it inside `limits`, and says how it ended. A service is
/// run until it is stopped, and what happens meanwhile is told to `on_event`.
///
/// stdin, stdout and stderr are those of this process. All that a guest wrote has reached them by the end.
///
/// # Errors
///
/// An [`Error`] says that the guest was not started: the bytes are no command or service for WASI, or a
/// directory or the memory it starts with is not to be had. Whatever happens from then on is an [`Exit`].
pub fn run(
    wasm: &[u8],
    invocation: &Invocation,
    limits: &Limits,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    start(wasm, invocation, limits, &Surroundings::Process, |engine, component| {
        service::serve(engine, component, invocation, limits, on_event)
    })
}

/// Runs a command in these surroundings.
pub(crate) fn command(
    wasm: &[u8],
    invocation: &Invocation,
    limits: &Limits,
    surroundings: &Surroundings,
) -> Result<Exit, Error> {
    start(wasm, invocation, limits, surroundings, |_, _| Err(Error::Endless))
}

fn start(
    wasm: &[u8],
    invocation: &Invocation,
    limits: &Limits,
    surroundings: &Surroundings,
    serve: impl FnOnce(&Engine, &Component) -> Result<Exit, Error>,
) -> Result<Exit, Error> {
    let size_bytes = wasm.len() as u64;
    if let Some(limit_bytes) = limits.module_bytes.filter(|limit_bytes| size_bytes > *limit_bytes) {
        return Err(Error::ModuleLimit { size_bytes, limit_bytes });
    }
    let engine = engine(limits)?;
    if command::is_component(wasm) {
        let (component, kind) = compiled(wasm, &engine, limits, component::compile)?;
        return match kind {
            Kind::Command => component::run(&engine, &component, invocation, limits, surroundings),
            Kind::Service => serve(&engine, &component),
        };
    }
    let module = compiled(wasm, &engine, limits, command::compile)?;
    let mut store = host::store(&engine, invocation, limits, surroundings)?;
    let command = host::link(&module, &mut store)?;
    let ended =
        deadline::within(limits.time, limits, || deadline::stop(&engine), move || execute(store, &command));
    ended.map_err(|source| Error::Thread { source })?.unwrap_or(Ok(Exit::TimedOut))
}

/// What a compiler makes of the bytes, in the time that it has. A compiler cannot be stopped; whoever gives up ends the process.
fn compiled<T: Send + 'static>(
    wasm: &[u8],
    engine: &Engine,
    limits: &Limits,
    compile: fn(&Engine, &[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let (wasm, of_engine) = (Arc::<[u8]>::from(wasm), engine.clone());
    let compiled =
        deadline::within(limits.compile_time, limits, || Duration::ZERO, move || compile(&of_engine, &wasm));
    let limit = limits.compile_time.unwrap_or_default();
    compiled.map_err(|source| Error::Thread { source })?.unwrap_or(Err(Error::CompileTime { limit }))
}

fn execute(mut store: Store<Host>, command: &InstancePre<Host>) -> Result<Exit, Error> {
    let instance = match command.instantiate(&mut store) {
        Ok(instance) => instance,
        // The module's start function has run already, so this may be the guest's own end.
        Err(error) if exit::is_end(&error) => {
            return Ok(exit::from_error(&error, store.data().memory.refused()));
        }
        Err(error) => return Err(not_started(error, store.data().memory.refused())),
    };
    let start = instance.get_typed_func::<(), ()>(&mut store, command::START);
    match start.and_then(|start| start.call(&mut store, ())) {
        Ok(()) => Ok(Exit::Code(0)),
        Err(error) => Ok(exit::from_error(&error, store.data().memory.refused())),
    }
}

fn not_started(error: wasmtime::Error, refused: Option<Refused>) -> Error {
    match refused {
        Some(Refused { needed_bytes, limit_bytes }) => Error::MemoryLimit { needed_bytes, limit_bytes },
        None => Error::Instantiate { source: error.into_boxed_dyn_error() },
    }
}
