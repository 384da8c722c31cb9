//! youki: the container runtime that runs WebAssembly under containerd in the tests.
//!
//! Distributions do not have it with WebAssembly, the crate registry has its sources. It is built once, outside the
//! target directory, so that `cargo clean` does not cost minutes.

use std::path::PathBuf;

use camino::Utf8PathBuf;

use crate::workspace::Workspace;
use crate::{Result, process, shell};

const VERSION: &str = "0.7.0";

/// Builds it unless it is there, and returns the folder of the program.
pub(crate) fn install(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let cache = cache()?;
    let root = cache.join(format!("youki-{VERSION}"));
    let bin = root.join("bin");
    if bin.join("youki").exists() {
        return Ok(bin);
    }
    shell::status("Building", format!("youki {VERSION} to `{bin}`; this takes about 10 minutes, once"));
    let target = cache.join("youki-target");
    let flags = ["--locked", "--no-default-features", "--features", "v1,v2,wasm-wasmtime"];
    let mut install = workspace.cargo("install");
    install.args(["youki", "--version", VERSION]).args(flags).arg("--root").arg(&root);
    process::run(install.env("CARGO_TARGET_DIR", &target))?;
    // What is left is of no use any more; a rest that stays harms nothing.
    if let Err(error) = std::fs::remove_dir_all(&target) {
        shell::warn(format!("failed to remove `{target}`: {error}"));
    }
    Ok(bin)
}

/// `$XDG_CACHE_HOME/wasmpack-xtask`, or the same below `~/.cache`.
pub(crate) fn cache() -> Result<Utf8PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache =
        std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home);
    let cache = cache.ok_or("neither `XDG_CACHE_HOME` nor `HOME` is set")?;
    Ok(Utf8PathBuf::try_from(cache)?.join("wasmpack-xtask"))
}
