//! `pull`: registry → image.

use std::process::ExitCode;

use wasmpack_packager::Reference;

use crate::context::Context;
use crate::error::Error;
use crate::fetched;
use crate::outcome::{self, Outcome};
use crate::output::Output;
use crate::registry_arguments::RegistryArguments;
use crate::shell::Verbosity;
use crate::word;

/// Fetch an image from a registry
///
/// With it comes what refers to it. It is kept for other verbs, which take a reference in place of a path and fetch it
/// themselves, and written where `-o` says.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack pull ghcr.io/acme/app:v1 -o type=oci-archive,dest=app.tar\n  \
    cargo wasmpack run ghcr.io/acme/app:v1")]
pub struct Arguments {
    /// The image, `REGISTRY/REPOSITORY[:TAG][@DIGEST]`
    #[arg(value_parser = word::typed::<Reference>)]
    pub reference: Reference,
    /// Write the image there as well: `type=oci-archive,dest=FILE`, `type=docker-archive,dest=FILE` or
    /// `type=oci-layout,dest=FOLDER`
    #[arg(short, long, value_name = "OUTPUT")]
    pub output: Vec<Output>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
}

/// Fetches, and prints `registry/repository@sha256:…`.
///
/// # Errors
/// When there is no such image, it may not be read, is damaged, or cannot be written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let stored = fetched::fetch(&arguments.reference, &arguments.registry.access()?, context)?;
    let image = stored.image()?;
    for output in &arguments.output {
        let output = output.below(&context.environment.current_dir);
        output.sink(&arguments.reference).write(&image, &arguments.reference)?;
        context.shell.file(Verbosity::Normal, "Wrote", &output.dest, &output.dest);
    }
    let name = arguments.reference.without_tag().with_digest(stored.digest);
    if arguments.json {
        let (names, references) = (vec![arguments.reference.clone()], vec![name.to_string()]);
        outcome::document(&[Outcome { stored, names, references, made: None }], context)?;
    } else {
        context.shell.result(name).map_err(Error::WriteResult)?;
    }
    Ok(ExitCode::SUCCESS)
}
