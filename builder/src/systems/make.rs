//! make: makefiles build where they stand, so they are given a copy of the folder.

use std::process::Command;

use super::tools::Tools;
use super::{Job, Work};
use crate::Error;

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let tools = Tools::find(job)?;
    let mut build = make(job, &tools)?;
    build.args(&job.settings.system.arguments);
    Ok(Work { on_a_copy: true, compiler: Some(tools.compiler.program), ..Work::only(build) })
}

/// make, in the folder that is built in.
pub(super) fn make(job: &Job<'_>, tools: &Tools) -> Result<Command, Error> {
    let names = ["make", "gmake", "mingw32-make"];
    let program = names.iter().find_map(|name| job.machine.find_program(name));
    let mut command = Command::new(program.ok_or_else(|| super::missing("make", job.machine))?);
    command.current_dir(job.out).arg(format!("-j{}", job.settings.workers()));
    command.args(tools.variables().into_iter().map(|(name, value)| format!("{name}={value}")));
    Ok(command)
}
