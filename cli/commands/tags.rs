//! `tags`: what a repository has.

use std::process::ExitCode;

use serde_json::json;
use wasmpack_packager::Reference;
use wasmpack_packager::registry::{self, Access, Remote};

use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::registry_arguments::RegistryArguments;
use crate::word;

/// List the tags of a repository
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack tags ghcr.io/acme/app\n  \
    cargo wasmpack tags ghcr.io/acme/app --all\n  \
    cargo wasmpack tags ghcr.io/acme/app --json | jq -r '.tags[]'")]
pub struct Arguments {
    /// The repository, `REGISTRY/REPOSITORY`
    #[arg(value_parser = word::typed::<Reference>)]
    pub reference: Reference,
    /// Also those that name an image by its digest: below them, a registry that lists no referrers has what refers to it
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub registry: RegistryArguments,
}

/// Prints each tag, sorted.
///
/// # Errors
/// When there is no such repository, or it may not be read.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let settings = arguments.registry.access()?.to(&arguments.reference, &context.environment)?;
    let remote = Remote::open(&arguments.reference, Access::Pull, settings)?;
    let mut tags = registry::tags(&remote)?;
    tags.retain(|tag| arguments.all || !is_of_digest(tag));
    if arguments.json {
        let told = json!({"repository": remote.name(), "tags": tags});
        document::TAGS.tell(&told, &mut context.shell)?;
        return Ok(ExitCode::SUCCESS);
    }
    for tag in tags {
        context.shell.result(tag).map_err(Error::WriteResult)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether it is a digest, spelled as a tag: `sha256-…`, or with something behind it, as others store signatures.
fn is_of_digest(tag: &str) -> bool {
    let Some(digest) = tag.strip_prefix("sha256-").and_then(|rest| rest.get(..64)) else { return false };
    digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_digests_are_told_from_others() {
        let digest = "0123456789abcdef".repeat(4);
        for end in ["", ".sig"] {
            assert!(is_of_digest(&format!("sha256-{digest}{end}")));
        }
        assert!(!is_of_digest("sha256-support") && !is_of_digest(&digest) && !is_of_digest("v1"));
    }
}
