//! `check`: who runs this image, and why not.

use std::process::ExitCode;

use wasmpack_optimizer::{Policy, Symbols};
use wasmpack_packager::Survey;
use wasmpack_packager::consumers::{self, CONSUMERS, Consumer, Facts};
use wasmpack_packager::survey::Entry;

use crate::args::TargetArguments;
use crate::context::Context;
use crate::error::Error;
use crate::policy::PolicyArguments;
use crate::printable::printable;
use crate::refused::Place;
use crate::ruling::Ruling;
use crate::target::{self, Suspect};
use crate::user_config::UserConfig;
use crate::verdicts::Verdicts;
use crate::{claims, document, gate, nearest, program};

/// Say which runtimes, registries' clients and tools take an image, and why not
///
/// TARGET is a project, which is built first, an OCI layout or an image archive, whoever made it. Rules and their sources are in
/// docs/consumers.md. With `--policy` it is said what programs ask their host for, and whether they may; a module is taken as it
/// is then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack check image.tar\n  \
    cargo wasmpack check image.tar --for kubernetes,docker-containerd\n  \
    cargo wasmpack check image.tar --policy --allow stdio,exit,files\n  \
    cargo wasmpack check image.tar --json | jq '.images[].verdicts[] | select(.outcome == \"fails\")'")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    #[command(flatten)]
    pub policy: PolicyArguments,
    /// Only these consumers, or groups of them; the exit code is 120 if one does not take an image
    #[arg(long = "for", value_name = "CONSUMER", value_delimiter = ',')]
    pub consumers: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints a verdict for each image and consumer; with `--policy`, for each import of each program.
///
/// # Errors
/// When a consumer that was asked for does not take one of the images, or if none was asked for, when nobody does; when a
/// program asks for more than a policy lets it.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    if arguments.policy.policy {
        return obey(arguments, context);
    }
    let said = UserConfig::read(&context.environment)?.said.check.consumers;
    let asked =
        if arguments.consumers.is_empty() { said.unwrap_or_default() } else { arguments.consumers.clone() };
    let consumers = chosen(&asked)?;
    let surveyed = target::survey(&arguments.target.typed(), context)?;
    let mut images = Vec::new();
    for entry in surveyed.images() {
        let facts = Facts::of(&surveyed.survey, entry, &mut program::look)?;
        images.push((entry, Facts { is_fetched: surveyed.fetched.is_some(), ..facts }));
        warn_of_claims(&surveyed.survey, entry, context);
    }
    if images.is_empty() {
        return Err(Error::NoImage { deed: "check", path: surveyed.survey.path.display().to_string() });
    }
    let is_asked = !asked.is_empty();
    let verdicts = Verdicts::of(&images, &consumers, is_asked);
    if arguments.json {
        document::CHECK.tell(&verdicts, &mut context.shell)?;
    } else {
        context.shell.result(verdicts.to_string().trim_end()).map_err(Error::WriteResult)?;
    }
    verdicts.unfit(is_asked).map_or(Ok(ExitCode::SUCCESS), Err)
}

/// What an image claims is looked at for others; that its layers cannot be read is told by verdicts.
fn warn_of_claims(survey: &Survey, entry: &Entry, context: &mut Context) {
    for claim in claims::untrue(survey, entry).unwrap_or_default() {
        context.shell.warn(printable(&claim));
    }
}

/// Holds what was typed against a policy.
fn obey(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let (mut rulings, mut refused) = (Vec::new(), Vec::new());
    let mut take = |ruling: Ruling, place| {
        refused.extend(ruling.refused(place));
        rulings.push(ruling);
    };
    let policy = |configured: Policy, name: &str| {
        let policy = arguments.policy.over(configured);
        if policy.is_empty() { Err(Error::NoPolicy { name: name.to_owned() }) } else { Ok(policy) }
    };
    match target::suspect(&arguments.target.typed(), context)? {
        Suspect::Made(all) => {
            for made in &all {
                let policy = policy(made.policy.clone(), made.reference.repository())?;
                let rulings = gate::of_made(made, &policy)?;
                rulings.into_iter().for_each(|ruling| take(ruling, gate::place(&made.linked, made.level)));
            }
        }
        Suspect::Module(program) => {
            let policy = policy(Policy::default(), &program.path)?;
            let symbols = |wasm: &[u8]| Symbols::of(wasm).ok();
            take(Ruling::of(program.path.clone(), &[program], &policy, symbols, &[]), Place::Module);
        }
        Suspect::Images(surveyed) => {
            let path = surveyed.survey.path.display().to_string();
            let policy = policy(Policy::default(), &path)?;
            let rulings = gate::of_images(&surveyed, &policy, &[])?;
            if rulings.is_empty() {
                return Err(Error::NoImage { deed: "check", path });
            }
            rulings.into_iter().for_each(|ruling| take(ruling, Place::Image));
            for entry in surveyed.images() {
                warn_of_claims(&surveyed.survey, entry, context);
            }
        }
    }
    if arguments.json {
        document::CHECK_POLICY.tell(&serde_json::json!({ "images": rulings }), &mut context.shell)?;
    } else {
        let text = rulings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    }
    gate::verdict(refused)?;
    Ok(ExitCode::SUCCESS)
}

/// Those that were named, in the order of the table.
///
/// # Errors
/// A name that none has.
pub fn chosen(names: &[String]) -> Result<Vec<&'static Consumer>, Error> {
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
