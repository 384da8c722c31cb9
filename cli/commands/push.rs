//! `push`: image → registry.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_packager::Reference;

use crate::args::{ImageArguments, MessageArguments, OptimizeArguments, SourceArguments, Typed};
use crate::commands::build::Form;
use crate::context::Context;
use crate::delivery::{self, Delivery};
use crate::error::Error;
use crate::messages;
use crate::outcome::{self, Outcome, OutcomeArguments};
use crate::registry_arguments::RegistryArguments;
use crate::target;
use crate::word;

/// Bring an image into a registry
///
/// With it goes what refers to it: bill of materials, provenance, signatures, and the debug module, which has names of functions
/// and paths of sources in it and is often the largest part (`--debug-module false` builds a project without). Nothing is sent
/// that is there already, and tags are moved last: they name the old image or the whole new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack push . ghcr.io/acme/app:v1\n  \
    cargo wasmpack push app.tar localhost:5000/app:v1 localhost:5000/app:latest")]
pub struct Arguments {
    /// A project, which is built first, an OCI layout or an image archive
    pub target: Utf8PathBuf,
    /// Where it goes, `REGISTRY/REPOSITORY[:TAG]`; several tags of one repository go together [default: its own name]
    #[arg(value_parser = word::typed::<Reference>)]
    pub references: Vec<Reference>,
    /// Say what would be sent, and send nothing
    #[arg(long, conflicts_with_all = ["metadata_file", "image_refs", "message_format"])]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(long, conflicts_with = "message_format")]
    pub json: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
    #[command(flatten)]
    pub image: ImageArguments,
    #[command(flatten)]
    pub outcome: OutcomeArguments,
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub messages: MessageArguments,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
}

/// Pushes, and prints `registry/repository@sha256:…` for each repository; of several formats, the further ones with their tags.
///
/// # Errors
/// When there is no such image, it cannot be built, or a registry does not take it.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    context.shell.speak(arguments.messages.message_format);
    let access = arguments.registry.access()?;
    let typed = Typed {
        path: Some(&arguments.target),
        source: &arguments.source,
        optimize: &arguments.optimize,
        image: &arguments.image,
        outputs: &[],
        registry: &arguments.registry,
        partition: None,
    };
    let delivery = if arguments.dry_run { Delivery::Tell } else { Delivery::Send };
    arguments.outcome.check(context)?;
    if let Some(source) = target::reference(&typed, context)?
        && goes_to_itself(&source, &arguments.references)
    {
        return Err(Error::ToItself { reference: source });
    }
    let (stored, named) = target::image(&typed, context)?;
    let references = match (&arguments.references[..], named) {
        ([], None) => delivery::own_names(&stored)?,
        (references, _) => references.to_vec(),
    };
    let form = if arguments.json { Form::Document } else { Form::of(&context.shell) };
    let mut delivered = Vec::new();
    for (format, image) in delivery::formats(&stored)? {
        let names = delivery::names_of(&references, &stored, format)?;
        for name in delivery::deliver(&image.image_unread()?, &names, &access, delivery, context)? {
            let name = delivery::told_as(name, format).to_string();
            if form == Form::Lines {
                context.shell.result(&name).map_err(Error::WriteResult)?;
            }
            delivered.push(name);
        }
    }
    let names = delivery::names_of(&references, &stored, None)?;
    let outcome = Outcome { stored, names, references: delivered, made: None };
    if delivery == Delivery::Send {
        arguments.outcome.tell(std::slice::from_ref(&outcome), None, context)?;
    }
    match form {
        Form::Lines => {}
        Form::Messages => messages::images(messages::PUSHED, &outcome.records()?, &mut context.shell)?,
        Form::Document => outcome::document(&[outcome], context)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether an image of a registry has nowhere to go but where it is. Who types so most often means the project around, as with
/// `docker push`.
fn goes_to_itself(source: &Reference, references: &[Reference]) -> bool {
    let source = source.fully_qualified();
    references.iter().all(|reference| reference.fully_qualified() == source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_goes_to_itself_if_no_other_name_is_there() {
        let parsed = |text: &&str| text.parse::<Reference>().unwrap();
        let goes = |references: &[&str]| {
            let references: Vec<_> = references.iter().map(parsed).collect();
            goes_to_itself(&parsed(&"ghcr.io/acme/app"), &references)
        };
        assert!(goes(&[]));
        assert!(goes(&["ghcr.io/acme/app:latest"]));
        assert!(!goes(&["ghcr.io/acme/app:v2"]));
        assert!(!goes(&["ghcr.io/acme/app:latest", "ghcr.io/acme/app:v2"]));
        assert!(!goes(&["quay.io/acme/app"]));
    }
}
