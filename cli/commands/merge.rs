//! `merge`: metadata of parts → metadata of the whole.

use std::process::ExitCode;

use camino::Utf8PathBuf;

use crate::context::Context;
use crate::error::Error;
use crate::merge::{self, Part};
use crate::outcome::{self, OutcomeArguments};

/// Join what the parts of a build say of their images
///
/// Each FILE is what `build --partition K/N --metadata-file FILE` has written, one for each K. What one build of all images would have
/// written goes to stdout, or into the files that are named, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack merge part-*.json --metadata-file images.json --image-refs images.txt\n  \
    cargo wasmpack merge part-*.json | jq 'map_values(.[\"containerimage.digest\"])'")]
pub struct Arguments {
    /// The metadata of a part
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<Utf8PathBuf>,
    #[command(flatten)]
    pub outcome: OutcomeArguments,
}

/// Merges, and writes or prints the whole.
///
/// # Errors
/// When a file cannot be read, or the parts are not all of one build. Nothing is written then.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    arguments.outcome.check(context)?;
    let read = |file: &Utf8PathBuf| {
        let path = context.environment.current_dir.join(file);
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|source| Error::ReadFile { path: file.clone(), source })?;
        Ok(Part::read(file.clone(), &text)?)
    };
    let parts = arguments.files.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let whole = merge::merge(&parts)?;
    arguments.outcome.write_metadata(&whole.metadata, context)?;
    arguments.outcome.write_references(whole.references.iter(), context)?;
    context.shell.status("Merged", format_args!("{} images of {} parts", whole.images, parts.len()));
    if arguments.outcome.metadata_file.is_none() {
        let text = outcome::metadata_text(&whole.metadata);
        context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    }
    Ok(ExitCode::SUCCESS)
}
