//! `tags`: what a repository has.

use std::process::ExitCode;

use serde_json::json;
use wasmpack_packager::Reference;
use wasmpack_packager::registry::{self, Access, Remote};

use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::registry_arguments::RegistryArguments;

/// List the tags of a repository
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack tags ghcr.io/acme/app\n  \
    cargo wasmpack tags ghcr.io/acme/app --json | jq -r '.tags[]'")]
pub struct Arguments {
    /// The repository, `REGISTRY/REPOSITORY`
    pub reference: Reference,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
}

/// Prints each tag, sorted.
///
/// # Errors
/// When there is no such repository, or it may not be read.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let settings = arguments.registry.access()?.to(&arguments.reference, &context.environment)?;
    let remote = Remote::open(&arguments.reference, Access::Pull, settings)?;
    let tags = registry::tags(&remote)?;
    if arguments.json {
        let told = json!({"repository": remote.name(), "tags": tags});
        document::TAGS.tell(&told, &mut context.shell)?;
        return Ok(ExitCode::SUCCESS);
    }
    for tag in tags {
        context.shell.result(tag).map_err(Error::WriteResult)?;
    }
    Ok(ExitCode::SUCCESS)
}
