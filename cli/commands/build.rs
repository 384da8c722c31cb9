//! `build`: source → module → smaller module → image.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_packager::sinks::Load;

use crate::again;
use crate::args::{ImageArguments, MessageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::context::Context;
use crate::delivery;
use crate::document;
use crate::error::Error;
use crate::foreseen;
use crate::gate;
use crate::intention::Intention;
use crate::loading::{self, Destination};
use crate::make::{self, Changed, Made};
use crate::messages;
use crate::outcome::{self, Outcome, OutcomeArguments};
use crate::output::Output;
use crate::partition::Partition;
use crate::plan::Plan;
use crate::registry_arguments::{Access, RegistryArguments};
use crate::shell::Shell;
use crate::unchanged::Unchanged;

/// Build a project into an image
///
/// PATH is a Cargo package, or a folder with C, C++, Go or Zig sources. The image is written as an OCI layout to
/// `<target directory>/wasmpack/<name>`, and its digest to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack build\n  \
    cargo wasmpack build hello/ -o type=oci-archive,dest=hello.tar\n  \
    cargo wasmpack build --push -t ghcr.io/acme/hello:v1 --metadata-file hello.json\n  \
    cargo wasmpack build --workspace --partition 2/8 --metadata-file part-2.json\n  \
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
    /// Push the image under its names, with its other formats and what refers to it: bill of materials, provenance, signatures
    /// and the debug module
    #[arg(long, conflicts_with_all = ["dry_run", "load"], help_heading = "Registry Options")]
    pub push: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
    /// Say what would be run and written, and do nothing
    #[arg(long, conflicts_with_all = ["metadata_file", "image_refs", "message_format"])]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with = "message_format")]
    pub json: bool,
    /// Build only the images of part K of N, counted from 1: each of N jobs builds one part, and `merge` joins what their
    /// `--metadata-file`s say. Which images these are does not depend on the machine
    #[arg(long, value_name = "K/N", help_heading = "Package Selection")]
    pub partition: Option<Partition>,
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub messages: MessageArguments,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// Builds, and prints `name@sha256:…` for each image; of several formats, the further ones with their tags.
///
/// # Errors
/// Whatever keeps an image from being written; and, after all are written and before any is pushed or loaded, those that
/// are against their policy or over their budget.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    context.shell.speak(arguments.messages.message_format);
    let typed = Typed {
        path: arguments.path.as_deref(),
        source: &arguments.source,
        optimize: &arguments.optimize,
        image: &arguments.image,
        outputs: &arguments.output,
        registry: &arguments.registry,
        partition: arguments.partition,
    };
    let plan = Plan::resolve(&typed, context)?;
    if arguments.dry_run {
        let intention = Intention::of(&plan)?;
        if arguments.json {
            document::BUILD_PLAN.tell(&intention, &mut context.shell)?;
        } else {
            context.shell.result(intention.to_string().trim_end()).map_err(Error::WriteResult)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    // Before the work: what cannot be loaded need not be built for that.
    arguments.outcome.check(context)?;
    let load = arguments.load.as_ref();
    let load = load.map(|to| loading::open(to, "--load", &plan.cache, context)).transpose()?;
    let access = arguments.registry.access()?;
    foreseen::outputs(&plan.outputs)?;
    if arguments.push {
        foreseen::pushes(&plan)?;
    }
    let goes_on = arguments.push || load.is_some();
    let is_all =
        !goes_on && !arguments.json && !arguments.check_reproducible && !arguments.outcome.is_wanted(context);
    let unchanged = is_all.then(|| Unchanged::of(&plan, context)).flatten();
    let (images, draft) = match &unchanged {
        Some(unchanged) => match make::changed_images(unchanged, &plan, &mut context.shell)? {
            Changed::Images(images, draft) => (images, draft),
            Changed::Nothing(named) => {
                named.into_iter().try_for_each(|names| print(names, Form::Lines, context).map(drop))?;
                return Ok(ExitCode::SUCCESS);
            }
        },
        None => (make::images(&plan, context)?, None),
    };
    gate::obey(&images)?;
    // A part may have none.
    if arguments.check_reproducible && !images.is_empty() {
        again::check(arguments, &plan, &images, context)?;
    }
    if goes_on {
        // What weighs too much stays here.
        gate::weigh(&images)?;
    }
    let form = if arguments.json { Form::Document } else { Form::of(&context.shell) };
    let references = match &load {
        _ if arguments.push => push(&images, &plan, &access, form, context)?,
        Some(load) => loaded(load, &images, &plan, form, context)?,
        None => names(&images, form, context)?,
    };
    if arguments.json || arguments.outcome.is_wanted(context) {
        let outcomes = outcomes(&images, &plan, references)?;
        arguments.outcome.tell(&outcomes, plan.share.as_ref(), context)?;
        if arguments.json {
            outcome::document(&outcomes, context)?;
        }
    }
    if !goes_on {
        gate::weigh(&images)?;
    }
    if let Some(draft) = draft {
        draft.keep(&images);
    }
    Ok(ExitCode::SUCCESS)
}

/// How images are told on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A line for each name.
    Lines,
    /// A line of JSON for each image.
    Messages,
    /// All together, at the end.
    Document,
}

impl Form {
    /// As the messages of a build are told.
    #[must_use]
    pub fn of(shell: &Shell) -> Self {
        if shell.speaks_json() { Self::Messages } else { Self::Lines }
    }
}

/// Pushes all images, whatever becomes of the others, and tells those that arrived: what each is known by.
fn push(
    images: &[Made],
    plan: &Plan,
    access: &Access<'_>,
    form: Form,
    context: &mut Context,
) -> Result<Vec<Vec<String>>, Error> {
    let named: Vec<_> = images.iter().map(|made| (made, plan.also(made))).collect();
    let (mut told, mut failed) = (Vec::new(), None);
    for (delivered, (made, also)) in delivery::deliver_made(&named, access, context).into_iter().zip(named) {
        match delivered {
            Ok(names) => {
                let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                if form == Form::Messages {
                    messages::images(messages::PUSHED, &made.records(also, &names)?, &mut context.shell)?;
                }
                told.push(print(names, form, context)?);
            }
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
fn loaded(
    load: &Load,
    images: &[Made],
    plan: &Plan,
    form: Form,
    context: &mut Context,
) -> Result<Vec<Vec<String>>, Error> {
    let mut told = Vec::new();
    for made in images {
        let loaded = loading::stored(load, &made.stored()?, &made.reference, &mut context.shell)?;
        let others = made.names().skip(1).map(|name| name.to_string());
        let names: Vec<_> = [loaded].into_iter().chain(others).collect();
        if form == Form::Messages {
            let records = made.records(plan.also(made), &names)?;
            messages::images(messages::LOADED, &records, &mut context.shell)?;
        }
        told.push(print(names, form, context)?);
    }
    Ok(told)
}

/// What was made is told by the build itself, where its messages are for machines.
fn names(images: &[Made], form: Form, context: &mut Context) -> Result<Vec<Vec<String>>, Error> {
    let names = |made: &Made| made.names().map(|name| name.to_string()).collect();
    images.iter().map(|made| print(names(made), form, context)).collect()
}

fn print(names: Vec<String>, form: Form, context: &mut Context) -> Result<Vec<String>, Error> {
    if form == Form::Lines {
        names.iter().try_for_each(|name| context.shell.result(name)).map_err(Error::WriteResult)?;
    }
    Ok(names)
}

fn outcomes<'a>(
    images: &'a [Made],
    plan: &Plan,
    references: Vec<Vec<String>>,
) -> Result<Vec<Outcome<'a>>, Error> {
    let named = images.iter().zip(references);
    named.map(|(made, references)| Outcome::of(made, plan.also(made), references)).collect()
}

/// Prints `name@sha256:…` for each image that was written; of several formats, the further ones with their tags.
///
/// # Errors
/// Those that are over their budget.
pub fn tell(images: &[Made], plan: &Plan, form: Form, context: &mut Context) -> Result<ExitCode, Error> {
    let references = names(images, form, context)?;
    if form == Form::Document {
        outcome::document(&outcomes(images, plan, references)?, context)?;
    }
    gate::weigh(images)?;
    Ok(ExitCode::SUCCESS)
}
