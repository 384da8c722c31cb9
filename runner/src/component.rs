//! Components: commands, which run once, and services, which answer HTTP requests.

use std::time::Instant;

use wasmparser::{Parser, Payload};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::{self, bindings::sync::Command};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error as HttpError, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::{Error, Exit, deadline, engine, exit, guest::Guest, host, memory::Memory};

/// What commands export, and what services do.
const COMMAND: &str = "wasi:cli/run@";
const SERVICE: &str = "wasi:http/incoming-handler@";

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Service,
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

/// Looks at a component before it is compiled: what it is for, if anything, and whether others are too deep inside it.
pub(crate) fn look(wasm: &[u8]) -> Result<Option<Kind>, Error> {
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
    fn of(exports: &[impl AsRef<str>]) -> Option<Self> {
        let has = |start: &str| exports.iter().any(|name| name.as_ref().starts_with(start));
        match (has(SERVICE), has(COMMAND)) {
            (true, _) => Some(Self::Service),
            (false, true) => Some(Self::Command),
            (false, false) => None,
        }
    }
}

/// Compiles a component, and sees what it is for.
pub(crate) fn compile(engine: &Engine, wasm: &[u8]) -> Result<(Component, Kind), Error> {
    let component = Component::new(engine, wasm)
        .map_err(|error| Error::InvalidModule { cause: error.root_cause().to_string() })?;
    let exports: Vec<_> =
        component.component_type().exports(engine).map(|(name, _)| name.to_owned()).collect();
    match Kind::of(&exports) {
        Some(kind) => Ok((component, kind)),
        None => Err(Error::NoEntry { exports }),
    }
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

/// Runs a command from its start to its end.
pub(crate) fn run(engine: &Engine, component: &Component, guest: &Guest<'_>) -> Result<Exit, Error> {
    let mut linker = Linker::new(engine);
    p2::add_to_linker_sync(&mut linker)
        .map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })?;
    let command = linker
        .instantiate_pre(component)
        .map_err(|error| Error::ImportType { source: error.into_boxed_dyn_error() })?;
    let mut store = store(engine, guest)?;
    let (limits, meter) = (guest.limits, guest.meter.clone());
    let execute = move || {
        let begun = Instant::now();
        let command =
            command.instantiate(&mut store).and_then(|instance| Command::new(&mut store, &instance));
        meter.instantiated(begun.elapsed());
        let ended = command.and_then(|command| command.wasi_cli_run().call_run(&mut store));
        match ended {
            Ok(Ok(())) => Exit::Code(0),
            Ok(Err(())) => Exit::Code(1),
            Err(error) => exit::from_error(&error, store.data().memory.refused()),
        }
    };
    let ended = deadline::within(limits.time, limits, || deadline::stop(engine), execute);
    Ok(ended.map_err(|source| Error::Thread { source })?.unwrap_or(Exit::TimedOut))
}
