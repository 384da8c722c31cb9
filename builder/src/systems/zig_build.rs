//! Zig: `zig build`, told by its standard options what to build for.

use std::process::Command;

use super::{Job, Work};
use crate::{Error, Goal, zig};

pub(super) fn work(job: &Job<'_>) -> Result<Work, Error> {
    let zig = zig::find(job.machine).ok_or_else(|| Error::ToolchainMissing {
        parts: vec!["zig".to_owned()],
        remedy: zig::remedy(job.machine),
    })?;
    let mut command = Command::new(&zig.program);
    let mode = match job.settings.goal {
        Goal::Size => "ReleaseSmall",
        Goal::Speed => "ReleaseFast",
    };
    command.args(["build", "-Dtarget=wasm32-wasi"]).arg(format!("-Doptimize={mode}")).current_dir(job.dir);
    command.arg("--prefix").arg(job.out).arg("--cache-dir").arg(job.out.join(".cache"));
    command.args(&job.settings.system.arguments);
    Ok(Work::only(command))
}
