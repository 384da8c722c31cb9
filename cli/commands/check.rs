//! `check`: who runs this image, and why not.

use std::process::ExitCode;

use wasmpack_packager::consumers::{self, CONSUMERS, Consumer, Facts};

use crate::args::TargetArguments;
use crate::context::Context;
use crate::error::Error;
use crate::target;
use crate::verdicts::Verdicts;
use crate::{nearest, program};

/// Say which runtimes, registries' clients and tools take an image, and why not
///
/// TARGET is a project, which is built first, an OCI layout or an image archive, whoever made it. Rules and their sources are in
/// docs/consumers.md.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack check image.tar\n  \
    cargo wasmpack check image.tar --for kubernetes,docker-containerd\n  \
    cargo wasmpack check image.tar --json | jq '.images[].verdicts[] | select(.outcome == \"fails\")'")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Only these consumers, or groups of them; the exit code is 120 if one does not take an image
    #[arg(long = "for", value_name = "CONSUMER", value_delimiter = ',')]
    pub consumers: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints a verdict for each image and consumer.
///
/// # Errors
/// When a consumer that was asked for does not take one of the images, or if none was asked for, when nobody does.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let consumers = chosen(&arguments.consumers)?;
    let surveyed = target::survey(&arguments.target.typed(), context)?;
    let mut images = Vec::new();
    for entry in surveyed.images() {
        images.push((entry, Facts::of(&surveyed.survey, entry, &mut program::look)?));
    }
    let is_asked = !arguments.consumers.is_empty();
    let verdicts = Verdicts::of(&images, &consumers, is_asked);
    let text = if arguments.json { verdicts.to_json() } else { verdicts.to_string() };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    verdicts.unfit(is_asked).map_or(Ok(ExitCode::SUCCESS), Err)
}

/// Those that were named, in the order of the table.
fn chosen(names: &[String]) -> Result<Vec<&'static Consumer>, Error> {
    let mut chosen = Vec::new();
    for name in names {
        let named = consumers::named(name);
        if named.is_empty() {
            let known = CONSUMERS.iter().map(|consumer| consumer.name);
            let groups = known.clone().filter_map(|name| name.split_once('-')).map(|(group, _)| group);
            return Err(Error::UnknownConsumer {
                typed: name.clone(),
                nearest: nearest::of(name, known.clone().chain(groups)).map(str::to_owned),
                known: known.collect::<Vec<_>>().join("`, `"),
            });
        }
        chosen.extend(named.iter().map(|consumer| consumer.name));
    }
    let is_chosen = |consumer: &&Consumer| names.is_empty() || chosen.contains(&consumer.name);
    Ok(CONSUMERS.iter().filter(is_chosen).collect())
}
