//! `sign`: an image, its bill of materials and its provenance, by a key.

use std::process::ExitCode;

use wasmpack_packager::signature::{self, MEDIA_TYPE};
use wasmpack_packager::survey::Entry;
use wasmpack_packager::{Form, Reference, Survey, sinks};

use crate::args::TargetArguments;
use crate::context::Context;
use crate::delivery::{self, Delivery};
use crate::document;
use crate::error::Error;
use crate::image_record::{ImageRecord, ImageRecords};
use crate::keys::KeySource;
use crate::signatures::pinned;
use crate::target::{self, Fetched};

/// Sign an image by a key
///
/// TARGET is a project, which is built first, or an OCI layout. Signed are its images and what is told of them, bill of materials and
/// provenance. Signatures are Sigstore bundles and stand in the layout as what refers to the image, where cosign looks for
/// them too once they are in a registry. The same image and key give the same signature.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem\n  \
    cargo wasmpack sign target/wasmpack/wordcount --key key.pem\n  \
    cargo wasmpack sign --key env://SIGNING_KEY")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Private key, ECDSA P-256 in PKCS #8 and PEM, not encrypted: a file, or `env://VARIABLE`
    #[arg(long, value_name = "KEY")]
    pub key: KeySource,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints `name@sha256:…` for each image.
///
/// # Errors
/// When the key cannot be used, or the target is no layout with an image in it.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let key = arguments.key.private(&context.environment)?;
    let surveyed = target::survey(&arguments.target.typed(), context)?;
    let survey = &surveyed.survey;
    let path = survey.path.display().to_string();
    if survey.form != Form::Layout {
        return Err(Error::SignArchive { path });
    }
    let (mut referrers, mut names) = (Vec::new(), Vec::new());
    for entry in surveyed.images() {
        let documents = survey.signed_documents(entry.digest)?;
        referrers.extend(signature::sign(&survey.root(entry)?, &documents, &key)?);
        names.push(pinned(entry));
    }
    if names.is_empty() {
        return Err(Error::NoImage { deed: "sign", path });
    }
    match &surveyed.fetched {
        None => sinks::Layout::at(&survey.path).attach(&referrers)?,
        // Only what is new is sent. Signatures name a digest, and no tag is moved: by now it may be somebody's newer image.
        Some(Fetched { reference, stored }) => {
            let access = arguments.target.registry.access()?;
            let references = [reference.without_tag().with_digest(stored.digest)];
            let signed = stored.image()?.signed(&key)?;
            delivery::deliver(&signed, &references, &access, Delivery::Send, context)?;
        }
    }
    context.shell.detail("Wrote", format_args!("{} of {MEDIA_TYPE}", referrers.len()));
    for name in &names {
        context.shell.status("Signed", name);
        if !arguments.json {
            context.shell.result(name).map_err(Error::WriteResult)?;
        }
    }
    if arguments.json {
        let told = surveyed.images().into_iter().zip(names);
        let records = told.map(|(entry, name)| record(survey, entry, name));
        let images = records.collect::<Result<Vec<_>, Error>>()?;
        document::IMAGES.tell(&ImageRecords { images }, &mut context.shell)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn record(survey: &Survey, entry: &Entry, reference: String) -> Result<ImageRecord, Error> {
    let name = entry.name().and_then(|name| name.parse::<Reference>().ok());
    let by_digest = name.clone().unwrap_or("image".parse()?).with_digest(entry.digest);
    let stored = wasmpack_packager::open_reference(&survey.path, &by_digest)?;
    let names: Vec<_> = name.into_iter().collect();
    ImageRecord::one(&stored, &names, vec![reference])
}
