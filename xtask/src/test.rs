//! `cargo xtask test`: set-up, then everything that has to hold before a change is merged.

use std::process::Command;

use crate::setup::{self, For};
use crate::workspace::Workspace;
use crate::{Result, cache, full, packages, process, readers, shell, youki};

/// The checks of every change, on a fresh machine with two cores in less than 45 minutes.
pub(crate) fn run(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Tests)?;
    let path = search_path(workspace)?;
    let checks: [(&str, &[&str]); 3] = [
        ("fmt", &["--all", "--check"]),
        ("test", &["--workspace", "--locked", "--no-fail-fast"]),
        ("clippy", &["--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]),
    ];
    let mut failed = Vec::new();
    for (verb, arguments) in checks {
        let mut cargo: Command = workspace.cargo(verb);
        cargo.args(arguments).env("PATH", &path);
        shell::status("Running", process::spelled(&cargo));
        if let Err(error) = process::run(&mut cargo) {
            shell::error(&*error);
            failed.push(format!("cargo {verb}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// The same, and what takes too long for every change.
pub(crate) fn run_full(workspace: &Workspace) -> Result {
    run(workspace)?;
    full::run(workspace)
}

/// Only what takes too long for every change.
pub(crate) fn run_rest(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Tests)?;
    full::run(workspace)
}

/// `PATH`, with those in front that read our images, and with youki where containers can be run.
pub(crate) fn search_path(workspace: &Workspace) -> Result<std::ffi::OsString> {
    let mut folders = readers::install(workspace, &cache::folder()?)?;
    if cfg!(target_os = "linux") && packages::is_root() {
        folders.push(youki::install(workspace)?);
        folders.push(readers::cri_pod(workspace)?);
    } else {
        shell::warn("containers are run only by root on Linux; tests that need them will be skipped");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().map(camino::Utf8PathBuf::into_std_path_buf);
    Ok(std::env::join_paths(folders.chain(std::env::split_paths(&path)))?)
}
