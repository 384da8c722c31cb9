//! `build`: source → module → smaller module → image.

use std::process::ExitCode;

use camino::Utf8PathBuf;

use crate::again;
use crate::args::{ImageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::context::Context;
use crate::delivery;
use crate::error::Error;
use crate::gate;
use crate::intention::Intention;
use crate::loading::{self, Destination};
use crate::make::{self, Made};
use crate::output::Output;
use crate::plan::Plan;
use crate::registry_arguments::RegistryArguments;

/// Build a project into an image
///
/// PATH is a Cargo package, or a folder with C or C++ sources. The image is written as an OCI layout to
/// `<target directory>/wasmpack/<name>`, and its digest to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack build\n  \
    cargo wasmpack build hello/ -o type=oci-archive,dest=hello.tar\n  \
    podman load --input hello.tar\n  \
    podman run --annotation run.oci.handler=wasm $(cargo wasmpack build -q --load podman)")]
pub struct Arguments {
    /// The project [default: the current directory]
    pub path: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub image: ImageArguments,
    /// Write the image there as well: `type=oci-archive,dest=FILE`, `type=docker-archive,dest=FILE` or
    /// `type=oci-layout,dest=FOLDER`; of several formats, with `,format=FORMAT` that one
    #[arg(short, long, value_name = "OUTPUT", help_heading = "Image Options")]
    pub output: Vec<Output>,
    /// Load the image into this engine on this machine, and print what it is known by there: `docker`, `podman`, `nerdctl`,
    /// `containerd[=NAMESPACE]`, `k3s`, `kind[=CLUSTER]`, or `auto`, the first of them that answers; of several formats, the
    /// first
    #[arg(long, value_name = "ENGINE", conflicts_with = "dry_run", help_heading = "Image Options")]
    pub load: Option<Destination>,
    /// Build it once more, in a copy of the project in another folder, and say what is not the same
    #[arg(long, conflicts_with = "dry_run")]
    pub check_reproducible: bool,
    /// Push the image under its names, with its other formats and what refers to it
    #[arg(long, conflicts_with_all = ["dry_run", "load"], help_heading = "Registry Options")]
    pub push: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
    /// Say what would be run and written, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Say it as JSON
    #[arg(long, requires = "dry_run")]
    pub json: bool,
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// Builds, and prints `name@sha256:…` for each image; of several formats, the further ones with their tags.
///
/// # Errors
/// Whatever keeps an image from being written; and, after all are written and before any is pushed or loaded, those that
/// are against their policy or over their budget.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let typed = Typed {
        path: arguments.path.as_deref(),
        source: &arguments.source,
        optimize: &arguments.optimize,
        image: &arguments.image,
        outputs: &arguments.output,
        registry: RegistryArguments::NONE,
    };
    let plan = Plan::resolve(&typed, context)?;
    if arguments.dry_run {
        let intention = Intention::of(&plan)?;
        let text = if arguments.json { intention.to_json() } else { intention.to_string() };
        context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Before the work: what cannot be loaded need not be built for that.
    let load = arguments.load.as_ref();
    let load = load.map(|to| loading::open(to, "--load", &plan.cache, context)).transpose()?;
    let access = arguments.registry.access()?;
    let images = make::images(&plan, context)?;
    gate::obey(&images)?;
    if arguments.check_reproducible {
        again::check(arguments, &plan, &images, context)?;
    }
    if arguments.push || load.is_some() {
        // What weighs too much stays here.
        gate::weigh(&images)?;
    }
    if arguments.push {
        let named: Vec<_> = images.iter().map(|made| (made, plan.also(made))).collect();
        let mut failed = None;
        for delivered in delivery::deliver_made(&named, &access, context) {
            match delivered {
                Ok(names) => {
                    for name in names {
                        context.shell.result(name).map_err(Error::WriteResult)?;
                    }
                }
                // The last is told by whoever called.
                Err(error) => {
                    if let Some(error) = failed.replace(error) {
                        context.shell.error(&error, error.hint().as_deref());
                    }
                }
            }
        }
        return failed.map_or(Ok(ExitCode::SUCCESS), Err);
    }
    let Some(load) = &load else { return tell(&images, context) };
    for made in &images {
        // What was loaded is named as it is known there.
        let loaded = loading::stored(load, &made.stored()?, &made.reference, &mut context.shell)?;
        let others = made.names().skip(1).map(|name| name.to_string());
        for name in [loaded].into_iter().chain(others) {
            context.shell.result(name).map_err(Error::WriteResult)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints `name@sha256:…` for each image that was written; of several formats, the further ones with their tags.
///
/// # Errors
/// Those that are over their budget.
pub fn tell(images: &[Made], context: &mut Context) -> Result<ExitCode, Error> {
    for name in images.iter().flat_map(Made::names) {
        context.shell.result(name).map_err(Error::WriteResult)?;
    }
    gate::weigh(images)?;
    Ok(ExitCode::SUCCESS)
}
