//! Running other programs, and saying which one failed.

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

use crate::Result;

/// Runs a program that speaks for itself.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", spelled(command)).into()) }
}

/// Runs a program and takes its stdout; its stderr is shown.
pub(crate) fn stdout_of(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        return Err(format!("`{}` ended with {}", spelled(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a program and keeps all it says, whether it fails or not.
pub(crate) fn output_of(command: &mut Command) -> Result<Output> {
    command.output().map_err(|error| not_started(command, &error).into())
}

/// The command as one would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("failed to run `{}`: {error}", spelled(command))
}
