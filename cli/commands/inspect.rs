//! `inspect`: what an image or module is.

use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::survey::{Entry, Manifest};

use crate::args::TargetArguments;
use crate::context::Context;
use crate::description::Description;
use crate::document;
use crate::error::Error;
use crate::image_difference;
use crate::target;

/// Show what an image or module is
///
/// TARGET is a project, which is built first, an OCI layout, an image archive or a `.wasm` file.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack inspect target/wasmpack/wordcount\n  \
    cargo wasmpack inspect app.wasm --json | jq .module.imports\n  \
    cargo wasmpack inspect --diff yesterday.tar today.tar")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Print the module as text
    #[arg(long, conflicts_with = "json")]
    pub wat: bool,
    /// Say why it is not the same as OLD, an image or a module: which field, file or function; the exit code is 117 if so
    #[arg(long, value_name = "OLD", conflicts_with = "wat")]
    pub diff: Option<Utf8PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints the description.
///
/// # Errors
/// When there is no such image or module, it is damaged, or not the same as the other one.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    if let Some(old) = &arguments.diff {
        return compare(old, arguments, context);
    }
    let text = if arguments.wat {
        let target = target::open(&arguments.target.typed(), context)?;
        let wasm = target.module()?;
        wasmprinter::print_bytes(wasm)
            .map_err(|error| Error::Print { name: target.name(), reason: format!("{error:#}") })?
    } else {
        let description = match target::open(&arguments.target.typed(), context) {
            Ok(target) => Description::of(&target)?,
            Err(Error::Image(error)) => unknown(arguments, error, context)?,
            Err(error) => return Err(error),
        };
        if arguments.json { document::INSPECT.text(&description) } else { description.to_string() }
    };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}

/// What no runtime is known to take is described all the same, if it can be read at all; so is what lacks a config.
fn unknown(
    arguments: &Arguments,
    error: wasmpack_packager::Error,
    context: &mut Context,
) -> Result<Description, Error> {
    let (wasmpack_packager::Error::OpenImage { path, .. } | wasmpack_packager::Error::Damaged { path, .. }) =
        &error
    else {
        return Err(error.into());
    };
    let Ok(survey) = wasmpack_packager::survey(path) else { return Err(error.into()) };
    let lacks_config = |(_, manifest): (&Entry, &Manifest)| manifest.absent.contains(&manifest.config_digest);
    let is_damaged = matches!(error, wasmpack_packager::Error::Damaged { .. });
    if is_damaged && !survey.images().flat_map(Entry::manifests).any(lacks_config) {
        return Err(error.into());
    }
    let Some(description) = Description::of_unknown(&survey)? else { return Err(error.into()) };
    let path = arguments.target.target.as_deref().unwrap_or(Utf8Path::new("."));
    context.shell.warn(format_args!(
        "no runtime is known to run the image in `{path}`; `cargo wasmpack check {path}` says why"
    ));
    Ok(description)
}

/// Prints each difference.
fn compare(old: &Utf8Path, arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let typed = arguments.target.typed();
    let old_typed = crate::args::Typed { path: Some(old), ..typed };
    let before = target::side(&old_typed, context)?;
    let after = target::side(&typed, context)?;
    let differences = image_difference::between(&before, &after)?;
    if arguments.json {
        let told = serde_json::json!({ "differences": differences });
        document::INSPECT_DIFF.tell(&told, &mut context.shell)?;
    } else {
        for difference in &differences {
            context.shell.result(difference).map_err(Error::WriteResult)?;
        }
    }
    let new = arguments.target.target.clone().unwrap_or_else(|| ".".into());
    if differences.is_empty() {
        context.shell.status("Same", format_args!("{old} and {new}"));
        return Ok(ExitCode::SUCCESS);
    }
    Err(Error::NotTheSame { old: old.to_string(), new: new.to_string() })
}
