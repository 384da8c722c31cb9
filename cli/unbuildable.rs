//! What keeps a new project from being built. It is written all the same.

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_builder::toolchain::{self, State};
use wasmpack_builder::{Machine, Target};

use crate::commands::doctor;
use crate::context::Context;
use crate::templates::{Needs, Template};

/// Cargo takes a package below a workspace for a part of it, and builds neither until one of them says so.
pub fn tell_of_workspace(template: &Template, folder: &Utf8Path, context: &mut Context) {
    let is_rust = template.needs.iter().any(|needs| matches!(needs, Needs::Rust | Needs::RustComponents));
    let above = folder.ancestors().skip(1).filter(|_| is_rust).map(|above| above.join("Cargo.toml"));
    let is_workspace = |manifest: &Utf8PathBuf| {
        let text = std::fs::read_to_string(manifest).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("[workspace"))
    };
    if let Some(manifest) = above.into_iter().find(is_workspace) {
        context.shell.note(format_args!(
            "add it to `members` or `exclude` in `{manifest}`, unless a pattern there has it"
        ));
    }
}

/// A project is written on a machine that cannot build it, too.
pub fn tell_what_is_missing(template: &Template, context: &mut Context) {
    let machine = Machine::read(&context.environment.current_dir, context.environment.variables());
    let mut missing = Vec::new();
    for needs in template.needs {
        let parts = match needs {
            Needs::Rust => toolchain::rust(&machine, Target::Wasip1),
            Needs::RustComponents => toolchain::rust(&machine, Target::Wasip2),
            Needs::C => toolchain::c(&machine),
            Needs::Command => Vec::new(),
            Needs::Program(name) => {
                let extras = toolchain::extras(&machine).into_iter().filter(|extra| extra.name == *name);
                missing.extend(
                    extras
                        .filter(|extra| extra.state == State::Missing)
                        .map(|extra| doctor::extra_line(&extra)),
                );
                Vec::new()
            }
        };
        missing.extend(parts.iter().filter(|part| doctor::is_missing(part)).map(doctor::line));
    }
    warn_of(&missing, context);
}

/// The same of programs that a project's configuration starts.
pub fn tell_of_programs(programs: &[String], context: &mut Context) {
    let machine = Machine::read(&context.environment.current_dir, context.environment.variables());
    let extras = toolchain::extras(&machine);
    let line = |program: &String| match extras.iter().find(|extra| extra.name == program) {
        Some(extra) => (extra.state == State::Missing).then(|| doctor::extra_line(extra)),
        None => machine.find_program(program).is_none().then(|| format!("{program:<26} not here")),
    };
    warn_of(&programs.iter().filter_map(line).collect::<Vec<_>>(), context);
}

fn warn_of(missing: &[String], context: &mut Context) {
    if !missing.is_empty() {
        let lines = missing.iter().map(|line| format!("\n    {line}")).collect::<String>();
        context.shell.warn(format_args!("this machine cannot build it yet:{lines}"));
        context
            .shell
            .note("`cargo wasmpack doctor` says what is here; `doctor --fix` installs the toolchains");
    }
}
