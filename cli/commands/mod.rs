//! One file per verb: its arguments, and `run`.

use std::process::ExitCode;

use crate::args::Command;
use crate::environment::Environment;
use crate::error::Error;
use crate::shell::Shell;

pub mod binaryen;
pub mod build;
pub mod doctor;
pub mod inspect;
pub mod optimize;
pub mod run;
pub mod validate;

/// What every command is given besides its arguments.
#[derive(Debug)]
pub struct Context {
    /// Where it speaks.
    pub shell: Shell,
    /// What the process was started in.
    pub environment: Environment,
}

/// Runs the command that was typed.
///
/// # Errors
/// Whatever keeps it from its result.
pub fn run(command: Command, context: &mut Context) -> Result<ExitCode, Error> {
    match command {
        Command::Build(arguments) => build::run(&arguments, context),
        Command::Run(arguments) => run::run(&arguments, context),
        Command::Optimize(arguments) => optimize::run(&arguments, context),
        Command::Inspect(arguments) => inspect::run(&arguments, context),
        Command::Validate(arguments) => validate::run(&arguments, context),
        Command::Doctor(arguments) => doctor::run(&arguments, context),
        Command::Binaryen(arguments) => binaryen::run(&arguments),
    }
}
