//! make: makefiles build where they stand, so they are given a copy of the folder.

use std::process::Command;

use super::tools::Tools;
use super::{Job, mirror, run};
use crate::{Error, Step};

pub(super) fn build(job: &Job<'_>, on_step: &mut dyn FnMut(Step<'_>)) -> Result<(), Error> {
    let tools = Tools::find(job)?;
    mirror::update(job.dir, job.out, &job.project.target_directory)?;
    make(job, &tools, on_step)
}

/// Runs make in the folder that is built in.
pub(super) fn make(job: &Job<'_>, tools: &Tools, on_step: &mut dyn FnMut(Step<'_>)) -> Result<(), Error> {
    let names = ["make", "gmake", "mingw32-make"];
    let program = names.iter().find_map(|name| job.machine.find_program(name));
    let mut command = Command::new(program.ok_or_else(|| super::missing("make", job.machine))?);
    command.current_dir(job.out).arg(format!("-j{}", job.workers()));
    command.args(tools.variables().into_iter().map(|(name, value)| format!("{name}={value}")));
    run::run(command.args(&job.settings.system.arguments), job.settings, on_step)
}
