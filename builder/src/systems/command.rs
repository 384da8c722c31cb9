//! Any other command. It is told where to put modules, and of our compiler, if there is one.

use std::process::Command;

use super::tools::Tools;
use super::{BESIDE, Job, Work};
use crate::Error;

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let line = &job.settings.system.command;
    let (program, arguments) =
        line.split_first().ok_or_else(|| Error::NoCommand { dir: job.dir.to_owned() })?;
    let mut command = Command::new(program);
    command.args(arguments).args(&job.settings.system.arguments).current_dir(job.dir);
    command.env("WASMPACK_OUT", job.out).env("WASMPACK_TARGET", job.settings.target.name());
    let tools = Tools::find(job, BESIDE).ok();
    command.envs(tools.iter().flat_map(Tools::variables_for_scripts));
    let made = job.settings.system.module.iter().map(|module| job.dir.join(module)).collect();
    Ok(Work { compiler: tools.map(|tools| tools.compiler.program), made, ..Work::only(command) })
}
