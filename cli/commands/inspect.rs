//! `inspect`: what an image or module is.

use std::process::ExitCode;

use crate::args::TargetArguments;
use crate::context::Context;
use crate::description::Description;
use crate::error::Error;
use crate::target;

/// Show what an image or module is
///
/// TARGET is a project, which is built first, an OCI layout, an image archive or a `.wasm` file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack inspect target/wasmpack/wordcount\n  \
    cargo wasmpack inspect app.wasm --json | jq .module.imports")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Print the module as text
    #[arg(long, conflicts_with = "json")]
    pub wat: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints the description.
///
/// # Errors
/// When there is no such image or module, or it is damaged.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let target = target::open(&arguments.target.typed(), context)?;
    let text = if arguments.wat {
        let wasm = target.module()?;
        wasmprinter::print_bytes(wasm)
            .map_err(|error| Error::Print { name: target.name(), reason: format!("{error:#}") })?
    } else {
        let description = Description::of(&target)?;
        if arguments.json { description.to_json() } else { description.to_string() }
    };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}
