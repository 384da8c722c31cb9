//! `cargo xtask test`: set-up, then everything that has to hold before a change is merged.

use std::process::Command;

use crate::setup::{self, For};
use crate::workspace::Workspace;
use crate::{Result, full, packages, process, shell, youki};

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

/// `PATH`, with youki in front where containers can be run.
fn search_path(workspace: &Workspace) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !cfg!(target_os = "linux") || !packages::is_root() {
        shell::warn("containers are run only by root on Linux; tests that need them will be skipped");
        return Ok(path);
    }
    let youki = youki::install(workspace)?;
    Ok(std::env::join_paths(std::iter::once(youki.into_std_path_buf()).chain(std::env::split_paths(&path)))?)
}
