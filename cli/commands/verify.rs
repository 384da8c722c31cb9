//! `verify`: whether a key vouches for an image.

use std::process::ExitCode;

use wasmpack_packager::Gravity;

use crate::args::TargetArguments;
use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::keys::KeySource;
use crate::signatures::Signatures;
use crate::target;

/// Check that an image is whole and signed by a key
///
/// TARGET is a project, which is built first, an OCI layout or an image archive; archives that this tool writes hold no
/// signatures. Every digest is computed again, every signature that names the key has to be right, and bill of materials and
/// provenance have to be those that were signed. The exit code is 118 if not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    openssl pkey -in key.pem -pubout -out key.pub\n  \
    cargo wasmpack verify target/wasmpack/wordcount --key key.pub\n  \
    cargo wasmpack verify target/wasmpack/wordcount --key key.pub --json | jq '.images[].signed'")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Public key in PEM: a file, or `env://VARIABLE`
    #[arg(long, value_name = "KEY")]
    pub key: KeySource,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints what is signed, of each image.
///
/// # Errors
/// When the key cannot be used, the target is damaged, or one of its images is not signed.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let key = arguments.key.public(&context.environment)?;
    let surveyed = target::survey(&arguments.target.typed(), context)?;
    let survey = &surveyed.survey;
    let path = survey.path.display().to_string();
    match &surveyed.fetched {
        // What else was fetched once lies beside it.
        Some(fetched) => drop(fetched.stored.image()?),
        None => whole(&survey.path)?,
    }
    let mut signatures = Signatures::default();
    for entry in surveyed.images() {
        signatures.add(survey, entry, &key)?;
    }
    if signatures.images.is_empty() {
        return Err(Error::NoImage { deed: "verify", path });
    }
    if arguments.json {
        document::VERIFY.tell(&signatures, &mut context.shell)?;
    } else {
        context.shell.result(signatures.to_string().trim_end()).map_err(Error::WriteResult)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Nothing that is there is wrong. A platform that is not there cannot be put into an index whose digest is signed.
fn whole(path: &std::path::Path) -> Result<(), Error> {
    let found = wasmpack_packager::validate(path).err().unwrap_or_default();
    match found.iter().filter(|violation| violation.gravity == Gravity::Wrong).count() {
        0 => Ok(()),
        count => Err(Error::Damaged { path: path.display().to_string().into(), count }),
    }
}
