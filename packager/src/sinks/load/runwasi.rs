//! runwasi: shims of containerd's that run WebAssembly, one for each engine of it.

use std::ffi::OsStr;

/// The engines that there are shims of, the one that runs most first.
const ENGINES: [&str; 4] = ["wasmtime", "wasmedge", "wasmer", "wamr"];

/// The first engine whose shim is on the search path. containerd looks on its own, which is the same where both are the
/// system's.
pub(super) fn find(search_path: &OsStr) -> Option<&'static str> {
    let is_there = |engine: &&str| {
        let mut found = which::which_in_global(program(engine), Some(search_path)).into_iter().flatten();
        found.next().is_some()
    };
    ENGINES.into_iter().find(is_there)
}

/// The engine of a runtime that Docker or containerd names so.
pub(super) fn engine(runtime: &str) -> Option<&'static str> {
    ENGINES.into_iter().find(|engine| self::runtime(engine) == runtime)
}

/// What containerd and Docker call the shim of an engine.
pub(super) fn runtime(engine: &str) -> String {
    format!("io.containerd.{engine}.v1")
}

fn program(engine: &str) -> String {
    format!("containerd-shim-{engine}-v1")
}
