//! Core modules: compiled, told from what cannot be run, and run.

use std::time::Instant;

use wasmtime::{Engine, ExternType, Instance, InstancePre, Module, Store};

use crate::host::{self, Host};
use crate::meter::Meter;
use crate::{Error, Exit, call, deadline, elsewhere, engine, exit, guest::Guest};

/// The export that WASI calls a command's entry.
const START: &str = "_start";

/// The export by which a reactor is made ready.
const INITIALIZE: &str = "_initialize";

/// Compiles a module after looking at its header.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Module, Error> {
    if !wasm.starts_with(b"\0asm") {
        return Err(Error::NotWasm { kind: elsewhere::kind(wasm) });
    }
    // The root tells what and where; what Wasmtime puts around it tells how far it had come.
    Module::new(engine, wasm).map_err(|error| Error::InvalidModule { cause: error.root_cause().to_string() })
}

/// Runs a command from its start to its end, or calls the function that was asked for.
pub(crate) fn run(engine: &Engine, module: &Module, guest: &Guest<'_>) -> Result<Exit, Error> {
    let work: Work = match &guest.invocation.call {
        None => {
            check(module)?;
            Box::new(|store, instance| {
                let start = instance.get_typed_func::<(), ()>(&mut *store, START)?;
                start.call(store, ()).map(|()| Exit::Code(0))
            })
        }
        Some(call) => {
            let is_initialize = call.function == INITIALIZE;
            let call = call::prepare(module, call)?;
            Box::new(move |store, instance| {
                if !is_initialize
                    && let Ok(initialize) = instance.get_typed_func::<(), ()>(&mut *store, INITIALIZE)
                {
                    initialize.call(&mut *store, ())?;
                }
                call.make(store, instance)
            })
        }
    };
    let mut store = host::store(engine, guest)?;
    let linked = host::link(module, &mut store, guest.audit.is_some())?;
    engine::end_when_stopped(&mut store, guest.stop);
    let (meter, audit) = (guest.meter.clone(), guest.audit.clone());
    if let Some(audit) = &audit {
        audit.name_handles(&guest.invocation.directories);
    }
    let execute = move || Guest::seen(audit.as_ref(), || execute(store, &linked, &meter, work));
    let ended = deadline::within(guest.until(), guest.limits, || deadline::stop(engine), execute);
    ended.map_err(|source| Error::Thread { source })?.unwrap_or(Ok(Exit::TimedOut))
}

/// What is done with an instance.
type Work = Box<dyn FnOnce(&mut Store<Host>, &Instance) -> wasmtime::Result<Exit> + Send>;

/// Whether it is a command.
fn check(module: &Module) -> Result<(), Error> {
    match module.get_export(START) {
        Some(ExternType::Func(start)) if start.params().len() + start.results().len() == 0 => Ok(()),
        None if module.get_export(INITIALIZE).is_some() => Err(Error::Reactor),
        _ => Err(Error::NoStart),
    }
}

fn execute(
    mut store: Store<Host>,
    linked: &InstancePre<Host>,
    meter: &Meter,
    work: Work,
) -> Result<Exit, Error> {
    let begun = Instant::now();
    let instance = match linked.instantiate(&mut store) {
        Ok(instance) => instance,
        Err(error) => return exit::before_start(error, store.data().memory.refused()),
    };
    meter.instantiated(begun.elapsed());
    let ended = work(&mut store, &instance);
    Ok(ended.unwrap_or_else(|error| exit::from_error(&error, store.data().memory.refused())))
}
