//! `size`: what the bytes of an image or module are, and what became of them.

use std::process::ExitCode;

use camino::Utf8PathBuf;

use crate::args::{SourceArguments, TargetArguments, Typed};
use crate::breakdown::Breakdown;
use crate::breakdown::difference::Difference;
use crate::budget::Budget;
use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::page::Page;
use crate::printable::printable;
use crate::shell::Verbosity;
use crate::target;

/// Tell what the bytes of an image or module are
///
/// TARGET is a project, which is built first, an OCI layout, an image archive or a `.wasm` file. Functions are told with
/// the crate, namespace or language they come from, and below each the way to it from an export: who keeps it there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack size target/wasmpack/wordcount --top 50\n  \
    cargo wasmpack size --diff before/target/wasmpack/app --markdown\n  \
    cargo wasmpack size --html map.html\n  \
    cargo wasmpack size app.wasm --json | jq '.functions[] | select(.group == \"regex\")'")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Tell what grew and shrank since this image or module
    #[arg(long, value_name = "OLD")]
    pub diff: Option<Utf8PathBuf>,
    /// Tell of the module as the toolchain left it, before it was made smaller; of a project only
    #[arg(long)]
    pub linked: bool,
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
    let Arguments { diff, linked, json, markdown, html, .. } = arguments;
    // First of all: the old image may lie where the new one is going to.
    let old = diff.as_ref().map(|old| old_breakdown(old, arguments, context)).transpose()?;
    let target = target::open(&arguments.target.typed(), context)?;
    // What the project says is meant for the image.
    let budget = if *linked { arguments.budget } else { arguments.budget.or(target.budget()) };
    let target = if *linked { target.linked()? } else { target };
    let new = Breakdown::of(&target)?;
    if let Some(file) = html {
        let page = match &old {
            Some(old) => Page::comparing(old, &new),
            None => Page::of(&new, target.anatomy_before()?.as_ref()),
        };
        let path = context.environment.current_dir.join(file);
        page.write(&path)?;
        context.shell.file(Verbosity::Normal, "Wrote", &path, file);
    }
    let difference = old.as_ref().map(|old| Difference::between(old, &new));
    if html.is_none() || *json || *markdown {
        let text = text(arguments, difference.as_ref(), &new);
        context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    }
    for nameless in old.iter().chain([&new]).filter(|breakdown| !breakdown.named) {
        let name = printable(&nameless.name);
        context.shell.note(format_args!("functions of `{name}` have no names; {}", way_out(nameless)));
    }
    let overgrown = difference.and_then(|difference| budget.check_growth(&difference));
    let overruns: Vec<_> = budget.check_size(&new).into_iter().chain(overgrown).collect();
    if overruns.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Error::OverBudget(overruns)) }
}

/// How to get names.
fn way_out(nameless: &Breakdown) -> &'static str {
    if nameless.component {
        "build it with `--keep-names`; of a project, `--linked` shows the module it is made of"
    } else {
        "what the compiler left of them is in the `.debug.wasm` beside the layout that `build` wrote, or in the image with `--keep-names`"
    }
}

fn text(arguments: &Arguments, difference: Option<&Difference>, new: &Breakdown) -> String {
    let Arguments { top, json, markdown, .. } = arguments;
    match difference {
        None if *json => document::SIZE.text(new),
        None if *markdown => new.to_markdown(*top),
        None => new.to_text(*top),
        Some(difference) if *json => document::SIZE_DIFF.text(difference),
        Some(difference) if *markdown => difference.to_markdown(*top),
        Some(difference) => difference.to_text(*top),
    }
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
