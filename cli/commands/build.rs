//! `build`: source → module → smaller module → image.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_packager::sinks::Load;

use crate::again;
use crate::args::{ImageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::context::Context;
use crate::delivery;
use crate::error::Error;
use crate::gate;
use crate::intention::Intention;
use crate::loading::{self, Destination};
use crate::make::{self, Made};
use crate::outcome::{Outcome, OutcomeArguments};
use crate::output::Output;
use crate::plan::Plan;
use crate::registry_arguments::{Access, RegistryArguments};

/// Build a project into an image
///
/// PATH is a Cargo package, or a folder with C or C++ sources. The image is written as an OCI layout to
/// `<target directory>/wasmpack/<name>`, and its digest to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack build\n  \
    cargo wasmpack build hello/ -o type=oci-archive,dest=hello.tar\n  \
    cargo wasmpack build --push -t ghcr.io/acme/hello:v1 --metadata-file hello.json\n  \
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
    #[command(flatten)]
    pub outcome: OutcomeArguments,
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
    arguments.outcome.check(context)?;
    let load = arguments.load.as_ref();
    let load = load.map(|to| loading::open(to, "--load", &plan.cache, context)).transpose()?;
    let access = arguments.registry.access()?;
    let images = make::images(&plan, context)?;
    gate::obey(&images)?;
    if arguments.check_reproducible {
        again::check(arguments, &plan, &images, context)?;
    }
    let goes_on = arguments.push || load.is_some();
    if goes_on {
        // What weighs too much stays here.
        gate::weigh(&images)?;
    }
    let told = match &load {
        _ if arguments.push => push(&images, &plan, &access, context)?,
        Some(load) => loaded(load, &images, context)?,
        None => name(&images, context)?,
    };
    if arguments.outcome.is_wanted(context) {
        let outcomes = images.iter().map(|made| Outcome::of(made, plan.also(made)));
        let outcomes = outcomes.collect::<Result<Vec<_>, Error>>()?;
        arguments.outcome.tell(&outcomes, &told, context)?;
    }
    if !goes_on {
        gate::weigh(&images)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Pushes all images, whatever becomes of the others, and prints those that arrived.
fn push(
    images: &[Made],
    plan: &Plan,
    access: &Access<'_>,
    context: &mut Context,
) -> Result<Vec<String>, Error> {
    let named: Vec<_> = images.iter().map(|made| (made, plan.also(made))).collect();
    let (mut told, mut failed) = (Vec::new(), None);
    for delivered in delivery::deliver_made(&named, access, context) {
        match delivered {
            Ok(names) => print(names, &mut told, context)?,
            // The last is told by whoever called.
            Err(error) => {
                if let Some(error) = failed.replace(error) {
                    context.shell.error(&error, error.hint().as_deref());
                }
            }
        }
    }
    failed.map_or(Ok(told), Err)
}

/// Loads all images; each is named as it is known there.
fn loaded(load: &Load, images: &[Made], context: &mut Context) -> Result<Vec<String>, Error> {
    let mut told = Vec::new();
    for made in images {
        let loaded = loading::stored(load, &made.stored()?, &made.reference, &mut context.shell)?;
        let others = made.names().skip(1).map(|name| name.to_string());
        print([loaded].into_iter().chain(others), &mut told, context)?;
    }
    Ok(told)
}

fn name(images: &[Made], context: &mut Context) -> Result<Vec<String>, Error> {
    let mut told = Vec::new();
    print(images.iter().flat_map(Made::names), &mut told, context)?;
    Ok(told)
}

fn print(
    names: impl IntoIterator<Item = impl ToString>,
    told: &mut Vec<String>,
    context: &mut Context,
) -> Result<(), Error> {
    for name in names {
        let name = name.to_string();
        context.shell.result(&name).map_err(Error::WriteResult)?;
        told.push(name);
    }
    Ok(())
}

/// Prints `name@sha256:…` for each image that was written; of several formats, the further ones with their tags.
///
/// # Errors
/// Those that are over their budget.
pub fn tell(images: &[Made], context: &mut Context) -> Result<ExitCode, Error> {
    name(images, context)?;
    gate::weigh(images)?;
    Ok(ExitCode::SUCCESS)
}
