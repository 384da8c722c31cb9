//! Go: its own compiler makes modules for WASI.

use std::process::Command;

use super::{Job, Work};
use crate::Error;

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let program = job.machine.find_program("go").ok_or_else(|| super::missing("go", job.machine))?;
    let go = || {
        let mut command = Command::new(&program);
        command.current_dir(job.dir).envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
        command
    };
    let wanted = job.settings.cargo.bin.first().or(job.settings.system.bin.as_ref());
    let package = match wanted {
        Some(name) => named(&mut go(), name)?,
        None => ".".to_owned(),
    };
    let output = job.out.join(format!("{}.wasm", wanted.map_or(job.project.name(), String::as_str)));
    let mut command = go();
    // Paths and the state of the checkout stay out of the module.
    command.args(["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", output.as_str()]);
    command.args(&job.settings.system.arguments).arg(package);
    Ok(Work::only(command))
}

/// The package with the program of this name: Go calls a program as its folder.
fn named(go: &mut Command, name: &str) -> Result<String, Error> {
    let format = "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}";
    let output = go.args(["list", "-f", format, "./..."]).output();
    let output = output.map_err(|source| Error::Run { program: "go".to_owned(), source })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let package = text.lines().find(|package| package.rsplit('/').next() == Some(name));
    Ok(package.map_or_else(|| format!("./{name}"), ToOwned::to_owned))
}
