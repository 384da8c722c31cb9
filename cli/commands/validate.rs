//! `validate`: is this image whole? Re-derives every digest and size from the bytes on disk.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use wasmpack_packager::Form;

use crate::context::Context;
use crate::error::Error;

/// Check that an OCI layout or image archive is whole
///
/// Every digest and size is computed again from the bytes on disk.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An OCI layout folder or an image archive
    pub target: Utf8PathBuf,
}

/// Prints each violation on stdout.
///
/// # Errors
/// When there is one.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let path = context.environment.current_dir.join(&arguments.target);
    std::fs::metadata(&path).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
    // What is no image at all is not damaged either.
    if let Err(error @ wasmpack_packager::Error::NotAnImage { .. }) = Form::of(&path) {
        return Err(error.into());
    }
    let Err(violations) = wasmpack_packager::validate(&path) else {
        context.shell.status("Validated", &arguments.target);
        return Ok(ExitCode::SUCCESS);
    };
    for violation in &violations {
        context.shell.result(violation).map_err(Error::WriteResult)?;
    }
    Err(Error::Damaged { path: arguments.target.clone(), count: violations.len() })
}
