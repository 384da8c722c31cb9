//! youki: the container runtime that runs WebAssembly under containerd in the tests. Distributions do not have it with WebAssembly,
//! the crate registry has its sources.

use camino::Utf8PathBuf;

use crate::Result;
use crate::cache::{self, Program};
use crate::workspace::Workspace;

const VERSION: &str = "0.7.0";

/// Builds it unless it is there, and returns the folder of the program.
pub(crate) fn install(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let crate_ = ["youki", "--version", VERSION];
    let features = ["--no-default-features", "--features", "v1,v2,wasm-wasmtime"];
    // It runs for moments, and copies itself to memory before that: what is quickly compiled and small will do.
    let profile = ["--config", "profile.release.opt-level=1", "--config", "profile.release.strip=true"];
    let arguments = [&crate_[..], &features, &profile].concat();
    cache::program(workspace, &Program { name: "youki", version: VERSION, arguments: &arguments })
}
