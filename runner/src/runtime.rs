//! What runs modules, from their bytes to their end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::Component;
use wasmtime::{Engine, InstancePre, Store};

use crate::component::{self, Kind};
use crate::engine::Kept;
use crate::guest::Guest;
use crate::host::{self, Host, Surroundings};
use crate::meter::{Meter, Spent};
use crate::{
    Error, Event, Exit, Invocation, Limits, command, deadline, engine, exit, memory::Refused, service,
};

/// What runs modules. No guest notices what is in here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runtime {
    /// The folder in which compiled modules are kept for the next time, of which nobody is told who cannot write there. What
    /// lies in it is run as it is, so that nobody else may write to it. Default: none is kept.
    pub cache: Option<PathBuf>,
}

/// The end of a guest, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// What was spent on it.
    pub spent: Spent,
}

impl Runtime {
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
        &self,
        wasm: &[u8],
        invocation: &Invocation,
        limits: &Limits,
        on_event: &mut dyn FnMut(Event),
    ) -> Result<Ended, Error> {
        let guest = Guest { invocation, limits, surroundings: &Surroundings::Process, meter: Meter::new() };
        self.start(wasm, &guest, |engine, component| service::serve(engine, component, &guest, on_event))
    }

    /// Runs a command in these surroundings.
    pub(crate) fn record(
        &self,
        wasm: &[u8],
        invocation: &Invocation,
        limits: &Limits,
        surroundings: &Surroundings,
    ) -> Result<Exit, Error> {
        let guest = Guest { invocation, limits, surroundings, meter: Meter::new() };
        self.start(wasm, &guest, |_, _| Err(Error::Endless)).map(|ended| ended.exit)
    }

    fn start(
        &self,
        wasm: &[u8],
        guest: &Guest<'_>,
        serve: impl FnOnce(&Engine, &Component) -> Result<Exit, Error>,
    ) -> Result<Ended, Error> {
        let Guest { limits, meter, .. } = guest;
        let size_bytes = wasm.len() as u64;
        if let Some(limit_bytes) = limits.module_bytes.filter(|limit_bytes| size_bytes > *limit_bytes) {
            return Err(Error::ModuleLimit { size_bytes, limit_bytes });
        }
        let begun = Instant::now();
        let kept = self.cache.as_deref().and_then(Kept::at);
        let compiled = |compile: Duration| meter.compiled(compile, kept.as_ref().is_some_and(Kept::was_hit));
        let exit = if component::is_component(wasm) {
            let kind = component::look(wasm)?;
            let engine = engine::engine(limits, kind == Some(Kind::Service), kept.as_ref())?;
            let (component, kind) = within_time(wasm, &engine, limits, component::compile)?;
            compiled(begun.elapsed());
            match kind {
                Kind::Command => component::run(&engine, &component, guest),
                Kind::Service => serve(&engine, &component),
            }?
        } else {
            let engine = engine::engine(limits, false, kept.as_ref())?;
            let module = within_time(wasm, &engine, limits, command::compile)?;
            compiled(begun.elapsed());
            let mut store = host::store(&engine, guest)?;
            let command = host::link(&module, &mut store)?;
            let meter = meter.clone();
            let execute = move || execute(store, &command, &meter);
            let ended = deadline::within(limits.time, limits, || deadline::stop(&engine), execute);
            ended.map_err(|source| Error::Thread { source })?.unwrap_or(Ok(Exit::TimedOut))?
        };
        Ok(Ended { exit, spent: meter.spent(begun.elapsed()) })
    }
}

/// What a compiler makes of the bytes, in the time that it has. A compiler cannot be stopped; whoever gives up ends the process.
fn within_time<T: Send + 'static>(
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

fn execute(mut store: Store<Host>, command: &InstancePre<Host>, meter: &Meter) -> Result<Exit, Error> {
    let begun = Instant::now();
    let instance = match command.instantiate(&mut store) {
        Ok(instance) => instance,
        // The module's start function has run already, so this may be the guest's own end.
        Err(error) if exit::is_end(&error) => {
            return Ok(exit::from_error(&error, store.data().memory.refused()));
        }
        Err(error) => return Err(not_started(error, store.data().memory.refused())),
    };
    meter.instantiated(begun.elapsed());
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
