//! make: makefiles build where they stand, so they are given a copy of the folder.

use std::fs;
use std::process::Command;

use camino::{Utf8DirEntry, Utf8Path};

use super::tools::Tools;
use super::{Job, Work};
use crate::{Error, words};

/// What the copy is called in what is built: the sources are compiled there.
pub(super) const COPY: &str = ".";

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let tools = Tools::find(job, COPY)?;
    let mut build = make(job, &tools)?;
    build.args(&job.settings.system.arguments);
    Ok(Work {
        on_a_copy: true,
        made_with: tools.state(job),
        compiler: Some(tools.compiler.program),
        ..Work::only(build)
    })
}

/// make, in the folder that is built in.
pub(super) fn make(job: &Job<'_>, tools: &Tools) -> Result<Command, Error> {
    let names = ["make", "gmake", "mingw32-make"];
    let program = names.iter().find_map(|name| job.machine.find_program(name));
    let mut command = Command::new(program.ok_or_else(|| super::missing("make", job.machine))?);
    command.current_dir(job.out).arg(format!("-j{}", job.settings.workers()));
    let operation = operation(job.dir);
    for (name, mut value) in tools.variables() {
        if let Some(operation) = operation.as_ref().filter(|_| name == "AR") {
            value = format!("{value} {operation}");
        }
        command.arg(format!("{name}={}", words::in_makefile(&value)));
    }
    Ok(command)
}

/// What some makefiles have in the variable besides the archiver: `AR = ar rcu`. Looked for where makefiles are, in
/// the folder and those in it.
fn operation(dir: &Utf8Path) -> Option<String> {
    let entries = |dir: &Utf8Path| -> Vec<Utf8DirEntry> {
        let mut entries: Vec<_> = dir.read_dir_utf8().into_iter().flatten().flatten().collect();
        entries.sort_by(|one, other| one.path().cmp(other.path()));
        entries
    };
    let below = entries(dir).into_iter().filter(|entry| entry.path().is_dir());
    let below = below.flat_map(|folder| entries(folder.path()));
    let mut makefiles = entries(dir).into_iter().chain(below).filter(|entry| is_makefile(entry.path()));
    makefiles.find_map(|entry| operation_in(&String::from_utf8_lossy(&fs::read(entry.path()).ok()?)))
}

fn is_makefile(path: &Utf8Path) -> bool {
    let is_named = path.file_name().is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.starts_with("makefile") || name == "gnumakefile"
    });
    (is_named || matches!(path.extension(), Some("mk" | "mak"))) && path.is_file()
}

fn operation_in(makefile: &str) -> Option<String> {
    makefile.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix("AR")?.trim_start();
        let value = rest.trim_start_matches([':', '?']).strip_prefix('=')?;
        let words = value.split('#').next()?.split_whitespace().skip(1);
        let operation = words.collect::<Vec<_>>().join(" ");
        // Anything else is a call of make's own, or further flags.
        let is_operation = |text: &str| !text.is_empty() && text.chars().all(|c| "-qrcsuvSUD".contains(c));
        Some(operation).filter(|operation| is_operation(operation))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archiver_may_be_given_with_what_it_is_to_do() {
        for (line, operation) in [
            ("AR= ar rcu", Some("rcu")),
            ("  AR := $(CROSS)ar -rc # as ever", Some("-rc")),
            ("AR ?= ar", None),
            ("AR = $(shell which ar)", None),
            ("ARFLAGS = rcu", None),
            ("AR_FLAGS = ar rcu", None),
        ] {
            assert_eq!(operation_in(&format!("CC = cc\n{line}\n")).as_deref(), operation, "{line}");
        }
    }
}
