//! `configure`, whether autoconf wrote it or somebody by hand; and then make.

use std::fs;
use std::process::Command;

use camino::Utf8PathBuf;

use super::tools::Tools;
use super::{Configure, Job, Work, make};
use crate::{Error, FileState};

/// What autoconf's scripts are told; libraries are static. Dependencies are tracked: the copy is kept, and is to see
/// that a header has changed.
const AUTOCONF: [&str; 2] = ["--host=wasm32-wasi", "--disable-shared"];

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let tools = Tools::find(job, make::COPY)?;
    let script = job.dir.join("configure");
    let text = fs::read(&script).map_err(|source| Error::Read { path: script.clone(), source })?;
    let text = String::from_utf8_lossy(&text);
    let mut arguments: Vec<String> = job.settings.system.arguments.clone();
    // Those written by hand refuse options they do not know.
    if text.contains("Autoconf") {
        arguments.extend(AUTOCONF.map(ToOwned::to_owned));
    }
    let variables = tools.variables_for_scripts();
    let state = format!("{arguments:?} {variables:?} {:?} {text}", templates(job));
    let mut command = Command::new(interpreter(&text));
    command.arg("./configure").args(&arguments).current_dir(job.out).envs(variables);
    let configure = Configure { command, state, files: lessons(job), stale: None };
    let build = make::make(job, &tools)?;
    Ok(Work {
        on_a_copy: true,
        made_with: tools.state(job),
        compiler: Some(tools.compiler.program),
        configure: Some(configure),
        ..Work::only(build)
    })
}

/// Who runs a script: the program that its first line names, or else the shell.
fn interpreter(script: &str) -> &str {
    let first = script.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
    let mut words = first.split_whitespace();
    match words.next() {
        Some(env) if env.ends_with("/env") => words.next().unwrap_or("sh"),
        Some(program) if !program.ends_with("/sh") => program,
        _ => "sh",
    }
}

/// What the script fills in, and how it looked. Autoconf's makefiles see for themselves when that has changed, those
/// of scripts written by hand do not.
fn templates(job: &Job<'_>) -> Vec<(Utf8PathBuf, FileState)> {
    let entries = job.dir.read_dir_utf8().into_iter().flatten().flatten();
    let templates =
        entries.map(camino::Utf8DirEntry::into_path).filter(|path| path.extension() == Some("in"));
    let mut states: Vec<_> =
        templates.filter_map(|path| Some((path.clone(), FileState::of(&path).ok()?))).collect();
    states.sort_by(|one, other| one.0.cmp(&other.0));
    states
}

/// Autoconf's list of systems comes with the sources, and may be older than WebAssembly: then it is asked for any
/// other system only.
fn lessons(job: &Job<'_>) -> Vec<(Utf8PathBuf, String)> {
    let places = ["", "build-aux", "config", "conf", "scripts", "aux"];
    let lists = places.map(|folder| Utf8PathBuf::from(folder).join("config.sub"));
    let known =
        lists.into_iter().filter_map(|list| Some((fs::read_to_string(job.dir.join(&list)).ok()?, list)));
    let old = known.filter(|(text, _)| !text.contains("wasm32"));
    old.flat_map(|(text, list)| {
        let list = job.out.join(list);
        [(format!("{list}.original").into(), text), (list, CONFIG_SUB.to_owned())]
    })
    .collect()
}

const CONFIG_SUB: &str = r#"#!/bin/sh
case "$1" in
  wasm32-*) echo wasm32-unknown-wasi ;;
  *) exec sh "$0.original" "$@" ;;
esac
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_by_whom_its_first_line_names() {
        for (script, expected) in [
            ("#!/bin/sh\n", "sh"),
            ("#! /usr/bin/perl -w\n", "/usr/bin/perl"),
            ("#!/usr/bin/env python3\n", "python3"),
            ("#!/usr/bin/env\n", "sh"),
            ("echo\n#!/usr/bin/perl", "sh"),
            ("", "sh"),
        ] {
            assert_eq!(interpreter(script), expected, "{script:?}");
        }
    }
}
