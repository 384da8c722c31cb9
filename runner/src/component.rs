//! Components: commands, which run once, and services, which answer HTTP requests.

use std::time::Instant;

use wasmparser::{Parser, Payload};
use wasmtime::component::{Component, Instance, InstancePre, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::{self, bindings::sync::Command};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::meter::Meter;
use crate::{
    Error, Exit, component_call, deadline, elsewhere, engine, exit, guest::Guest, host, memory::Memory,
};

/// What commands export, and what services do, in the version of WASI that is here.
const COMMAND: &str = "wasi:cli/run@0.2.";
const SERVICE: &str = "wasi:http/incoming-handler@0.2.";

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Service,
    /// Something to call functions of.
    Library,
}

/// The state of one guest.
pub(crate) struct Host {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    requests: NoRequests,
    table: ResourceTable,
    pub(crate) memory: Memory,
}

/// A service is asked; it asks nobody.
struct NoRequests;

type Answer = (hyper::Response<WasiBody>, Box<dyn Future<Output = Result<(), HttpError>> + Send>);

impl WasiHttpHooks for NoRequests {
    fn send_request(
        &mut self,
        _request: hyper::Request<WasiBody>,
        _options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), HttpError>> + Send>,
    ) -> Box<dyn Future<Output = Result<Answer, HttpError>> + Send> {
        Box::new(std::future::ready(Err(HttpError::HttpRequestDenied)))
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.requests }
    }
}

/// As deep as the optimizer goes. Each level takes memory of the compiler, and none takes more than a few bytes.
const DEEPEST: usize = 100;

/// Whether the bytes are a component: the layer field, new with them, sets them apart.
pub(crate) fn is_component(wasm: &[u8]) -> bool {
    wasm.starts_with(b"\0asm") && wasm.get(6..8) == Some(&[1, 0])
}

/// Looks at a component before it is compiled: what it is for, and whether others are too deep inside it.
pub(crate) fn look(wasm: &[u8]) -> Result<Kind, Error> {
    let (mut depth, mut exports) = (0_usize, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::ComponentExportSection(section)) if depth == 0 => {
                exports.extend(section.into_iter().flatten().map(|export| export.name.name));
            }
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            // The compiler tells it better.
            Err(_) => break,
        }
        if depth > DEEPEST {
            let cause = format!("it has components more than {DEEPEST} deep");
            return Err(Error::InvalidModule { cause });
        }
    }
    Ok(Kind::of(&exports))
}

impl Kind {
    fn of(exports: &[&str]) -> Self {
        let has = |start: &str| exports.iter().any(|name| name.starts_with(start));
        match (has(SERVICE), has(COMMAND)) {
            (true, _) => Self::Service,
            (false, true) => Self::Command,
            (false, false) => Self::Library,
        }
    }
}

/// Compiles a component.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<Component, Error> {
    Component::new(engine, wasm)
        .map_err(|error| Error::InvalidModule { cause: error.root_cause().to_string() })
}

/// A store for one guest.
pub(crate) fn store(engine: &Engine, guest: &Guest<'_>) -> Result<Store<Host>, Error> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(guest.limits.handles);
    let host = Host {
        wasi: host::wasi(guest)?.build(),
        http: WasiHttpCtx::new(),
        requests: NoRequests,
        table,
        memory: Memory::new(guest.limits, &guest.meter),
    };
    Ok(engine::store(engine, host, guest.limits, |host| &mut host.memory))
}

/// What is done with an instance.
type Work = Box<dyn FnOnce(&mut Store<Host>, &Instance) -> wasmtime::Result<Exit> + Send>;

/// Runs a command from its start to its end, or calls the function that was asked for.
pub(crate) fn run(engine: &Engine, component: &Component, guest: &Guest<'_>) -> Result<Exit, Error> {
    let work: Work = match &guest.invocation.call {
        None => {
            check(engine, component)?;
            Box::new(|store, instance| {
                let command = Command::new(&mut *store, instance)?;
                let ended = command.wasi_cli_run().call_run(store)?;
                Ok(Exit::Code(if ended.is_ok() { 0 } else { 1 }))
            })
        }
        Some(call) => {
            let call = component_call::prepare(engine, component, call)?;
            Box::new(|store, instance| call.make(store, instance))
        }
    };
    let mut linker = Linker::new(engine);
    p2::add_to_linker_sync(&mut linker)
        .and_then(|()| wasmtime_wasi_http::p2::add_only_http_to_linker_sync(&mut linker))
        .map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })?;
    let linked = linker.instantiate_pre(component).map_err(|error| not_linked(component, error))?;
    let mut store = store(engine, guest)?;
    engine::end_when_stopped(&mut store, guest.stop);
    let (meter, audit) = (guest.meter.clone(), guest.audit.clone());
    let execute = move || Guest::seen(audit.as_ref(), || execute(store, &linked, &meter, work));
    let ended = deadline::within(guest.until(), guest.limits, || deadline::stop(engine), execute);
    ended.map_err(|source| Error::Thread { source })?.unwrap_or(Ok(Exit::TimedOut))
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

/// Whether it is a command.
fn check(engine: &Engine, component: &Component) -> Result<(), Error> {
    let component = component.component_type();
    let exports: Vec<_> = component.exports(engine).map(|(name, _)| name.to_owned()).collect();
    if exports.iter().any(|name| name.starts_with(COMMAND)) {
        Ok(())
    } else {
        Err(Error::NoEntry { exports })
    }
}

/// Which interfaces are not here, or that one of them is another.
pub(crate) fn not_linked(component: &Component, error: wasmtime::Error) -> Error {
    let of_component = component.component_type();
    let imports = of_component.imports(component.engine()).map(|(name, _)| name.to_owned());
    let imports: Vec<_> = imports.filter(|name| !elsewhere::is_here(name)).collect();
    if imports.is_empty() {
        Error::ImportType { source: error.into_boxed_dyn_error() }
    } else {
        Error::UnknownImports { imports }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_component_is_for_is_told_by_what_it_exports_for_wasi_0_2() {
        for (exports, kind) in [
            (&["wasi:cli/run@0.2.6"][..], Kind::Command),
            (&["wasi:cli/run@0.2.0", "wasi:http/incoming-handler@0.2.0"], Kind::Service),
            (&["wasi:cli/run@0.3.0"], Kind::Library),
            (&["wasi:cli/run@0.3.0", "wasi:cli/run@0.2.0"], Kind::Command),
            (&["acme:app/run"], Kind::Library),
        ] {
            assert_eq!(Kind::of(exports), kind, "{exports:?}");
        }
    }
}
