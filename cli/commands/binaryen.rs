//! `binaryen`, hidden: the child process in which the optimizer runs Binaryen, because Binaryen aborts
//! on what it cannot take and cannot be cancelled.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::interrupt;

/// What the optimizer gives its child
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// As `wasmpack_optimizer::binaryen` writes them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub request: Vec<OsString>,
}

/// Runs Binaryen on the files in the current directory; the parent reads what is said on stderr.
///
/// # Errors
/// When Binaryen refuses the module.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    interrupt::end_with_parent();
    wasmpack_optimizer::binaryen::serve(&arguments.request).map_err(Error::Binaryen)?;
    Ok(ExitCode::SUCCESS)
}
