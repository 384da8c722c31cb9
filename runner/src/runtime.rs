//! What runs modules, from their bytes to their end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::audit::Audit;
use crate::component::{self, Kind};
use crate::deadline::Until;
use crate::engine::{Instances, Kept};
use crate::guest::Guest;
use crate::host::Surroundings;
use crate::meter::{Meter, Spent};
use crate::{Error, Event, Exit, Invocation, Limits, Stop, Used, deadline, engine, module, service};

/// What runs modules. No guest notices what is in here.
#[derive(Debug, Clone, Default)]
pub struct Runtime {
    /// The folder in which compiled modules are kept for the next time, of which nobody is told who cannot write there. What
    /// lies in it is run as it is, so that nobody else may write to it. Default: none is kept.
    pub cache: Option<PathBuf>,
    /// What stops it from another thread: it ends as [`Exit::Terminated`]. A guest that waits in a system call leaves a thread
    /// behind, asleep. It makes guests slower, as a limit of time does. Default: nothing.
    pub stop: Option<Stop>,
    /// Whether it is written down what a guest uses of its host. It makes each call of a function of WASI slower. Default: no.
    pub audit: bool,
}

/// The end of a guest, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub exit: Exit,
    /// What was spent on it.
    pub spent: Spent,
    /// What it used of its host, in the order of names; nothing, if nobody wanted to know.
    pub used: Vec<Used>,
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
        let guest = self.guest(invocation, limits, &Surroundings::Process);
        let mut ended = self
            .start(wasm, &guest, |engine, component| service::serve(engine, component, &guest, on_event))?;
        if ended.exit == Exit::TimedOut && self.stop.as_ref().is_some_and(Stop::is_asked) {
            ended.exit = Exit::Terminated;
        }
        Ok(ended)
    }

    /// Runs a command in these surroundings.
    pub(crate) fn record(
        &self,
        wasm: &[u8],
        invocation: &Invocation,
        limits: &Limits,
        surroundings: &Surroundings,
    ) -> Result<Exit, Error> {
        let guest = self.guest(invocation, limits, surroundings);
        self.start(wasm, &guest, |_, _| Err(Error::Endless)).map(|ended| ended.exit)
    }

    fn guest<'a>(
        &'a self,
        invocation: &'a Invocation,
        limits: &'a Limits,
        surroundings: &'a Surroundings,
    ) -> Guest<'a> {
        let audit = self.audit.then(|| Audit::new(&invocation.directories));
        Guest {
            invocation,
            limits,
            surroundings,
            meter: Meter::new(),
            stop: self.stop.as_ref(),
            writers: None,
            audit,
        }
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
            let tried = match kind {
                Kind::Service if guest.invocation.call.is_none() => Instances::OF_SERVICE,
                _ => Instances::OF_COMMAND,
            };
            let (engine, component) = first(tried, |instances| {
                let engine = engine::engine(guest, instances, kept.as_ref())?;
                let compiled = within_time(wasm, &engine, limits, component::compile)?;
                Ok((engine, compiled))
            })?;
            compiled(begun.elapsed());
            match kind {
                Kind::Service if guest.invocation.call.is_none() => serve(&engine, &component)?,
                _ => component::run(&engine, &component, guest)?,
            }
        } else {
            let engine = engine::engine(guest, Instances::One, kept.as_ref())?;
            let module = within_time(wasm, &engine, limits, module::compile)?;
            compiled(begun.elapsed());
            module::run(&engine, &module, guest)?
        };
        let used = guest.audit.as_ref().map(Audit::used).unwrap_or_default();
        Ok(Ended { exit, spent: meter.spent(begun.elapsed()), used })
    }
}

/// The first that works, or why the last does not.
fn first<T>(tried: &[Instances], mut attempt: impl FnMut(Instances) -> Result<T, Error>) -> Result<T, Error> {
    let (last, others) = tried.split_last().expect("there is something to try");
    for instances in others {
        match attempt(*instances) {
            // A pool that is too small for it, or none at all.
            Err(Error::InvalidModule { .. } | Error::Engine { .. }) => {}
            result => return result,
        }
    }
    attempt(*last)
}

/// What a compiler makes of the bytes, in the time that it has. A compiler cannot be stopped; whoever gives up ends the process.
pub(crate) fn within_time<T: Send + 'static>(
    wasm: &[u8],
    engine: &Engine,
    limits: &Limits,
    compile: fn(&Engine, &[u8]) -> Result<T, Error>,
) -> Result<T, Error> {
    let until = Until { limit: limits.compile_time, stop: None };
    let (wasm, of_engine) = (Arc::<[u8]>::from(wasm), engine.clone());
    let compiled = deadline::within(until, limits, || Duration::ZERO, move || compile(&of_engine, &wasm));
    let limit = limits.compile_time.unwrap_or_default();
    compiled.map_err(|source| Error::Thread { source })?.unwrap_or(Err(Error::CompileTime { limit }))
}
