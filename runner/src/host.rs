//! The host a guest sees: WASI preview 1 over what the invocation names, and nothing else.

use wasmtime::{Engine, InstancePre, Linker, Module, Store};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder, WasiView as _, p1, p1::WasiP1Ctx};

use crate::audit_paths;
use crate::input::Input;
use crate::output::{Allowance, Output};
use crate::writers::Writers;
use crate::{Access, Error, engine, guest::Guest, memory::Memory, output, recording::Tape};

/// The module under which WASI preview 1 is imported.
pub(crate) const WASI: &str = "wasi_snapshot_preview1";

/// The state of one guest.
pub(crate) struct Host {
    pub(crate) wasi: WasiP1Ctx,
    pub(crate) memory: Memory,
}

/// Where a guest's streams lead, and whose clock and random numbers it has.
#[derive(Debug, Clone)]
pub(crate) enum Surroundings {
    /// Those of this process.
    Process,
    /// The same each time.
    Recorded(Tape),
}

/// A store for one guest.
pub(crate) fn store(engine: &Engine, guest: &Guest<'_>) -> Result<Store<Host>, Error> {
    let mut wasi = wasi(guest)?.build_p1();
    wasi.ctx().table.set_max_capacity(guest.limits.handles);
    let host = Host { wasi, memory: Memory::new(guest.limits, &guest.meter) };
    Ok(engine::store(engine, host, guest.limits, |host| &mut host.memory))
}

/// What the invocation names.
pub(crate) fn wasi(guest: &Guest<'_>) -> Result<WasiCtxBuilder, Error> {
    let Guest { invocation, limits, surroundings, meter, .. } = guest;
    let mut wasi = WasiCtxBuilder::new();
    let allowance = Allowance::new(limits.output_bytes, meter);
    wasi.args(&invocation.arguments).envs(&invocation.environment);
    match surroundings {
        Surroundings::Process => {
            match guest.writers {
                Some(Writers { stdout, stderr }) => {
                    let [stdout, stderr] = [stdout, stderr].map(|one| Output::new(one.clone(), &allowance));
                    wasi.stdout(stdout).stderr(stderr)
                }
                None => wasi.stdout(output::stdout(&allowance)).stderr(output::stderr(&allowance)),
            };
            match guest.stop {
                Some(stop) => wasi.stdin(Input::new(stop)),
                None => wasi.inherit_stdin(),
            };
        }
        Surroundings::Recorded(tape) => tape.surround(&mut wasi, &allowance),
    }
    // Holds for the directories that follow.
    wasi.allow_blocking_current_thread(guest.writers.is_none());
    for directory in &invocation.directories {
        let permissions = match directory.access {
            Access::ReadWrite => FsPerms::ReadWrite,
            Access::ReadOnly => FsPerms::ReadOnly,
        };
        wasi.preopened_dir(&directory.host, &directory.guest, permissions).map_err(|error| {
            Error::OpenDirectory { path: directory.host.clone(), source: error.into_boxed_dyn_error() }
        })?;
    }
    Ok(wasi)
}

/// Connects the module's imports with the host's functions.
pub(crate) fn link(
    module: &Module,
    store: &mut Store<Host>,
    is_audited: bool,
) -> Result<InstancePre<Host>, Error> {
    let linker = linker(module.engine(), is_audited)
        .map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })?;
    linker.instantiate_pre(module).map_err(|error| {
        let imports: Vec<_> = module
            .imports()
            .filter(|import| linker.get_by_import(&mut *store, import).is_none())
            .map(|import| format!("{}::{}", import.module(), import.name()))
            .collect();
        if imports.is_empty() {
            Error::ImportType { source: error.into_boxed_dyn_error() }
        } else {
            Error::UnknownImports { imports }
        }
    })
}

fn linker(engine: &Engine, is_audited: bool) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    p1::add_to_linker_sync(&mut linker, |host: &mut Host| &mut host.wasi)?;
    // Wasmtime's own refuses codes from 126 on, which native programs use freely.
    linker.allow_shadowing(true);
    let exit = |code: i32| -> wasmtime::Result<()> {
        // As Wasmtime tells of the others.
        tracing::trace_span!("wiggle abi", module = WASI, function = "proc_exit").in_scope(|| {});
        Err(I32Exit(code).into())
    };
    linker.func_wrap(WASI, "proc_exit", exit)?;
    if is_audited {
        audit_paths::shadow(&mut linker)?;
    }
    Ok(linker)
}
