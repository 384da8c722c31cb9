//! `configure`, whether autoconf wrote it or somebody by hand; and then make.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::tools::Tools;
use super::{Job, make, mirror, run};
use crate::{Error, Step};

/// What autoconf's scripts are told; libraries are static, and nobody needs the makefile twice.
const AUTOCONF: [&str; 3] = ["--host=wasm32-wasi", "--disable-shared", "--disable-dependency-tracking"];

pub(super) fn build(job: &Job<'_>, on_step: &mut dyn FnMut(Step<'_>)) -> Result<(), Error> {
    let tools = Tools::find(job)?;
    mirror::update(job.dir, job.out, &job.project.target_directory)?;
    let script = job.out.join("configure");
    let text = fs::read(&script).map_err(|source| Error::Read { path: script.clone(), source })?;
    let text = String::from_utf8_lossy(&text);
    let mut arguments: Vec<String> = job.settings.system.arguments.clone();
    // Those written by hand refuse options they do not know.
    let is_autoconfs = text.contains("Autoconf");
    if is_autoconfs {
        arguments.extend(AUTOCONF.map(ToOwned::to_owned));
    }
    let variables = tools.variables();
    let state = format!("{arguments:?} {variables:?} {text}");
    if job.is_new(&state) {
        for folder in ["", "build-aux", "config", "conf", "scripts", "aux"] {
            teach(&job.out.join(folder).join("config.sub"))?;
        }
        let mut command = Command::new("sh");
        command.arg("./configure").args(&arguments).current_dir(job.out).envs(variables);
        run::run(&mut command, job.settings, on_step)?;
        job.remember(&state)?;
    }
    // They were for `configure`.
    let mut settings = job.settings.clone();
    settings.system.arguments.clear();
    make::make(&Job { settings: &settings, ..*job }, &tools, on_step)
}

/// Autoconf's list of systems comes with the sources, and may be older than WebAssembly: then it is asked for any
/// other system only.
fn teach(config_sub: &Utf8Path) -> Result<(), Error> {
    let Ok(known) = fs::read(config_sub) else { return Ok(()) };
    if String::from_utf8_lossy(&known).contains("wasm32") {
        return Ok(());
    }
    let original: Utf8PathBuf = format!("{config_sub}.original").into();
    let write = |path: &Utf8Path, text: &[u8]| {
        fs::write(path, text).map_err(|source| Error::Write { path: path.to_owned(), source })
    };
    write(&original, &known)?;
    write(config_sub, CONFIG_SUB.as_bytes())
}

const CONFIG_SUB: &str = r#"#!/bin/sh
case "$1" in
  wasm32-*) echo wasm32-unknown-wasi ;;
  *) exec sh "$0.original" "$@" ;;
esac
"#;
