//! `load`: an image into an engine on this machine.

use std::process::ExitCode;

use wasmpack_packager::Reference;

use crate::args::{MessageArguments, TargetArguments};
use crate::commands::build::Form;
use crate::context::Context;
use crate::error::Error;
use crate::loading::{self, Destination};
use crate::messages;
use crate::outcome::{self, Outcome};
use crate::scratch::Scratch;
use crate::target;
use crate::user_config::UserConfig;

/// Load an image into Docker, podman, containerd or a local Kubernetes
///
/// TARGET is a project, which is built first, an OCI layout or an image archive, whoever made it; it is sent as it is stored.
/// What the engine does not take is told before, and that the image is there under its digest is seen afterwards. stdout has
/// what the engine knows it by.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack load\n  \
    cargo wasmpack load image.tar --to containerd=k8s.io\n  \
    docker run --runtime io.containerd.wasmtime.v1 $(cargo wasmpack load -q hello/ --to docker)")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// The engine: `docker`, `podman`, `nerdctl`, `containerd[=NAMESPACE]`, `k3s`, `kind[=CLUSTER]`, or `auto`, the first of
    /// them that answers [default: auto]
    #[arg(long, value_name = "ENGINE")]
    pub to: Option<Destination>,
    /// The name it has there, `NAME[:TAG]` [default: the name it has]
    #[arg(short, long, value_name = "REFERENCE")]
    pub tag: Option<String>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "message_format")]
    pub json: bool,
    #[command(flatten)]
    pub messages: MessageArguments,
}

/// Loads, and prints `name@sha256:…`.
///
/// # Errors
/// When there is no such image or engine, or one does not take the other.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    context.shell.speak(arguments.messages.message_format);
    let tag = arguments.tag.as_deref().map(str::parse::<Reference>).transpose()?;
    let scratch = Scratch::new()?;
    // Before the work: what cannot be loaded need not be built for that.
    let said = UserConfig::read(&context.environment)?.said.load.to;
    let to = arguments.to.clone().or(said.and_then(|engine| engine.parse().ok()));
    let load = loading::open(&to.unwrap_or(Destination::Auto), "--to", scratch.path()?, context)?;
    let (image, built) = target::image(&arguments.target.typed(), context)?;
    let name = match tag.or(built) {
        Some(name) => name,
        None => {
            loading::own_name(&image).ok_or_else(|| Error::NoName { path: image.path.clone() })?.parse()?
        }
    };
    let reference = loading::stored(&load, &image, &name, &mut context.shell)?;
    let form = if arguments.json { Form::Document } else { Form::of(&context.shell) };
    let outcome = Outcome { stored: image, names: vec![name], references: vec![reference], made: None };
    match form {
        Form::Lines => {
            let reference = &outcome.references[0];
            context.shell.result(reference).map_err(Error::WriteResult)?;
        }
        Form::Messages => messages::images(messages::LOADED, &outcome.records()?, &mut context.shell)?,
        Form::Document => outcome::document(&[outcome], context)?,
    }
    Ok(ExitCode::SUCCESS)
}
