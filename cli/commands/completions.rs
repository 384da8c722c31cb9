//! `completions`: what a shell is told, so that it completes our command line.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::completions;
use crate::context::Context;
use crate::error::Error;

/// Print a script by which a shell completes the command line
///
/// It completes `cargo wasmpack` and `cargo-wasmpack`. Once it is in its place, begin a new shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "In bash, in ~/.bashrc, behind what else completes cargo:\n  \
    source <(cargo wasmpack completions bash)\n\
    In zsh, where cargo's own completions are (`rustup completions zsh cargo`), into a folder of $fpath:\n  \
    cargo wasmpack completions zsh > \"${fpath[1]}/_cargo-wasmpack\"\n\
    In fish:\n  \
    cargo wasmpack completions fish > ~/.config/fish/conf.d/cargo-wasmpack.fish\n\
    In PowerShell, in the file $PROFILE:\n  \
    cargo wasmpack completions powershell | Out-String | Invoke-Expression\n\
    In elvish, in ~/.config/elvish/rc.elv:\n  \
    eval (cargo wasmpack completions elvish | slurp)")]
pub struct Arguments {
    /// The shell
    pub shell: Shell,
}

/// Prints the script.
///
/// # Errors
/// When stdout is closed.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let script = completions::script(arguments.shell);
    context.shell.result(script.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}
