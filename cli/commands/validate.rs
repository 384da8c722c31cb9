//! `validate`: is this image whole? Re-derives every digest and size from the bytes on disk.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use serde_json::{Value, json};
use wasmpack_packager::{Form, Gravity, Violation};

use crate::context::Context;
use crate::document;
use crate::error::Error;

/// Check that an OCI layout or image archive is whole
///
/// Every digest and size is computed again from the bytes on disk.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo wasmpack validate target/wasmpack/hello\n  cargo wasmpack validate hello.tar --json"
)]
pub struct Arguments {
    /// An OCI layout folder or an image archive
    pub target: Utf8PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints each violation on stdout. A platform of which nothing is there is a note.
///
/// # Errors
/// When there is a violation.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let path = context.environment.current_dir.join(&arguments.target);
    std::fs::metadata(&path).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
    // What is no image at all is not damaged either.
    if let Err(error @ wasmpack_packager::Error::NotAnImage { .. }) = Form::of(&path) {
        return Err(error.into());
    }
    let found = wasmpack_packager::validate(&path).err().unwrap_or_default();
    let (violations, absent): (Vec<Violation>, _) =
        found.into_iter().partition(|violation| violation.gravity == Gravity::Wrong);
    for violation in &absent {
        context.shell.note(violation);
    }
    if arguments.json {
        let told = |found: &[Violation]| -> Value {
            let told = |one: &Violation| json!({"place": one.place, "problem": one.problem});
            found.iter().map(told).collect()
        };
        let (wrong, absent) = (told(&violations), told(&absent));
        let told = json!({"whole": violations.is_empty(), "violations": wrong, "absent": absent});
        document::VALIDATE.tell(&told, &mut context.shell)?;
    } else {
        for violation in &violations {
            context.shell.result(violation).map_err(Error::WriteResult)?;
        }
    }
    if violations.is_empty() {
        context.shell.status("Validated", &arguments.target);
        return Ok(ExitCode::SUCCESS);
    }
    Err(Error::Damaged { path: arguments.target.clone(), count: violations.len() })
}
