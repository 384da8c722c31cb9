//! `size`: what the bytes of an image or module are, and what became of them.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::ArgGroup;
use serde::Serialize;

use crate::args::{SourceArguments, TargetArguments, Typed};
use crate::breakdown::Breakdown;
use crate::breakdown::difference::Difference;
use crate::budget::{Budget, Overrun};
use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::page::Page;
use crate::partition::Partition;
use crate::printable::printable;
use crate::pushed;
use crate::registry_arguments::Access;
use crate::shell::Verbosity;
use crate::target::{self, Target};

/// Tell what the bytes of an image or module are
///
/// TARGET is a project, which is built first, an OCI layout, an image archive or a `.wasm` file; of a project with several
/// programs, all are told. Functions are told with
/// the crate, namespace or language they come from, and below each the way to it from an export: who keeps it there.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("old").args(["diff", "pushed"]))]
#[command(after_help = "Examples:\n  \
    cargo wasmpack size target/wasmpack/wordcount --top 50\n  \
    cargo wasmpack size --diff before/target/wasmpack/app --markdown\n  \
    WASMPACK_REPO=ghcr.io/acme cargo wasmpack size --workspace --pushed --markdown\n  \
    cargo wasmpack size --html map.html\n  \
    cargo wasmpack size app.wasm --json | jq '.functions[] | select(.group == \"regex\")'")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Tell what grew and shrank since this image or module
    #[arg(long, value_name = "OLD")]
    pub diff: Option<Utf8PathBuf>,
    /// Tell what grew and shrank since what the registry has under the same name; of a workspace, of each image
    #[arg(long, conflicts_with_all = ["linked", "html"])]
    pub pushed: bool,
    /// Tell of the module as the toolchain left it, before it was made smaller; of a project only
    #[arg(long)]
    pub linked: bool,
    /// Tell only of the images of part K of N, as `build --partition` makes them
    #[arg(long, value_name = "K/N", conflicts_with_all = ["diff", "linked", "html"], help_heading = "Package Selection")]
    pub partition: Option<Partition>,
    /// How many groups, functions and segments are shown, the largest
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Print one JSON object, with everything
    #[arg(long, conflicts_with = "markdown")]
    pub json: bool,
    /// Print Markdown, for a comment on a pull request
    #[arg(long)]
    pub markdown: bool,
    /// Write a page with a map of all bytes, for a browser, instead of printing them
    #[arg(long, value_name = "FILE")]
    pub html: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub budget: Budget,
}

/// Prints the breakdown, or the difference.
///
/// # Errors
/// When there is no such image or module, or it is damaged; and when it is over its budget.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let Arguments { json, markdown, html, .. } = arguments;
    let told = told(arguments, context)?;
    let is_empty = told.is_empty() && !json;
    if (html.is_none() || *json || *markdown) && !is_empty {
        context.shell.result(text(arguments, &told).trim_end()).map_err(Error::WriteResult)?;
    }
    let sides = told.iter().flat_map(|told| told.old.iter().chain([&told.new]));
    for nameless in sides.filter(|breakdown| !breakdown.named) {
        let name = printable(&nameless.name);
        context.shell.note(format_args!("functions of `{name}` have no names; {}", way_out(nameless)));
    }
    let overruns: Vec<_> = told.iter().flat_map(Told::overruns).collect();
    if overruns.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Error::OverBudget(overruns)) }
}

/// Under an image that nothing was pushed before. Of the registry nobody says why in a comment: it may be for members only.
const NEW: &str =
    "\nThere is nothing to compare with: the registry has no image of this name, or does not show it.\n";

/// What is told of several images: of each, what would be told of it alone.
#[derive(Serialize)]
struct Sizes {
    images: Vec<serde_json::Value>,
}

/// What is told of one image or module.
struct Told {
    old: Option<Breakdown>,
    new: Breakdown,
    difference: Option<Difference>,
    budget: Budget,
}

impl Told {
    fn of(target: &Target, old: Option<Breakdown>, budget: Budget) -> Result<Self, Error> {
        let new = Breakdown::of(target)?;
        Ok(Self { difference: old.as_ref().map(|old| Difference::between(old, &new)), old, new, budget })
    }

    fn text(&self, arguments: &Arguments) -> String {
        let Arguments { top, json, markdown, pushed, .. } = arguments;
        match &self.difference {
            None if *json => document::SIZE.text(&self.new),
            None if *markdown && *pushed => self.new.to_markdown(*top) + NEW,
            None if *markdown => self.new.to_markdown(*top),
            None => self.new.to_text(*top),
            Some(difference) if *json => document::SIZE_DIFF.text(difference),
            Some(difference) if *markdown => difference.to_markdown(*top),
            Some(difference) => difference.to_text(*top),
        }
    }

    fn to_value(&self) -> serde_json::Value {
        match &self.difference {
            None => document::SIZE.value(&self.new),
            Some(difference) => document::SIZE_DIFF.value(difference),
        }
    }

    fn overruns(&self) -> impl Iterator<Item = Overrun> {
        let overgrown = self.difference.as_ref().and_then(|difference| self.budget.check_growth(difference));
        self.budget.check_size(&self.new).into_iter().chain(overgrown)
    }
}

fn told(arguments: &Arguments, context: &mut Context) -> Result<Vec<Told>, Error> {
    let Arguments { diff, linked, html, pushed, partition, target: typed, .. } = arguments;
    // First of all: the old image may lie where the new one is going to.
    let old = diff.as_ref().map(|old| old_breakdown(old, arguments, context)).transpose()?;
    if diff.is_none() && html.is_none() && !linked {
        let typed_part = Typed { partition: *partition, ..typed.typed() };
        let targets = target::open_all(&typed_part, context)?;
        // Once for all: a password on stdin is read but once.
        let access = pushed.then(|| typed.registry.access()).transpose()?;
        return targets
            .iter()
            .map(|target| since_push(target, access.as_ref(), arguments, context))
            .collect();
    }
    let target = target::open(&typed.typed(), context)?;
    // What the project says is meant for the image.
    let budget = if *linked { arguments.budget } else { arguments.budget.or(target.budget()) };
    let target = if *linked { target.linked()? } else { target };
    let told = Told::of(&target, old, budget)?;
    if let Some(file) = html {
        let page = match &told.old {
            Some(old) => Page::comparing(old, &told.new),
            None => Page::of(&told.new, target.anatomy_before()?.as_ref()),
        };
        let path = context.environment.current_dir.join(file);
        page.write(&path)?;
        context.shell.file(Verbosity::Normal, "Wrote", &path, file);
    }
    Ok(vec![told])
}

/// One of any number of images; with access to its registry, compared with what is there.
fn since_push(
    target: &Target,
    access: Option<&Access<'_>>,
    arguments: &Arguments,
    context: &mut Context,
) -> Result<Told, Error> {
    let old = access.map(|access| pushed::before(target, access, context)).transpose()?.flatten();
    let old = old.as_ref().map(Breakdown::of).transpose()?;
    Told::of(target, old, arguments.budget.or(target.budget()))
}

/// How to get names.
fn way_out(nameless: &Breakdown) -> &'static str {
    if nameless.component {
        "build it with `--keep-names`; of a project, `--linked` shows the module it is made of"
    } else {
        "what the compiler left of them is in the `.debug.wasm` beside the layout that `build` wrote, or in the image with `--keep-names`"
    }
}

/// One after the other; as JSON, several are one document with all of them, and so are those of a part, however many it has.
fn text(arguments: &Arguments, told: &[Told]) -> String {
    if arguments.json && (told.len() > 1 || arguments.partition.is_some()) {
        return document::SIZES.text(&Sizes { images: told.iter().map(Told::to_value).collect() });
    }
    told.iter().map(|told| told.text(arguments)).collect::<Vec<_>>().join("\n")
}

fn old_breakdown(
    old: &Utf8PathBuf,
    arguments: &Arguments,
    context: &mut Context,
) -> Result<Breakdown, Error> {
    let source = SourceArguments { manifest_path: None, ..arguments.target.source.clone() };
    let typed = Typed { path: Some(old), source: &source, ..arguments.target.typed() };
    Breakdown::of(&target::open(&typed, context)?)
}
