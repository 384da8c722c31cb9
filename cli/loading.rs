//! Images into engines on this machine, and what is said of it.

use std::str::FromStr;

use camino::Utf8Path;
use wasmpack_packager::sinks::Load;
use wasmpack_packager::sinks::load::Engine;
use wasmpack_packager::{Reference, Stored};

use crate::context::Context;
use crate::error::Error;
use crate::shell::Shell;

/// Where an image is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Into the first engine that answers.
    Auto,
    /// Into this one.
    Engine(Engine),
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        if typed == "auto" {
            return Ok(Self::Auto);
        }
        typed.parse().map(Self::Engine).map_err(|error: wasmpack_packager::sinks::load::Error| {
            error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"))
        })
    }
}

/// Asks the engine whether it is there; `flag` is how another one is named. Archives for it lie below `scratch` for a while.
///
/// # Errors
/// When it is not, or does not answer.
pub fn open(
    destination: &Destination,
    flag: &str,
    scratch: &Utf8Path,
    context: &mut Context,
) -> Result<Load, Error> {
    let search_path = context.environment.get_os("PATH").unwrap_or_default();
    let load = match destination {
        Destination::Engine(engine) => Load::open(engine, &search_path, scratch),
        Destination::Auto => Load::open_any(&search_path, scratch),
    };
    let load = load.map_err(wasmpack_packager::Error::from)?;
    if !load.others().is_empty() {
        let others: Vec<_> = load.others().iter().map(ToString::to_string).collect();
        let (title, others) = (load.title(), others.join(", "));
        context.shell.note(format_args!(
            "loading into {title}; `{flag}` chooses another of those that are here: {others}"
        ));
    }
    Ok(load)
}

/// Loads an image as it is stored; gives what it is known by there.
///
/// # Errors
/// When it is damaged, or the engine does not take it.
pub fn stored(load: &Load, image: &Stored, name: &Reference, shell: &mut Shell) -> Result<String, Error> {
    let loaded = load.send(&image.image()?, name)?;
    shell.status("Loaded", format_args!("{} into {}", name.without_digest(), load.title()));
    if !loaded.reference.contains('@') {
        shell.note("this store keeps no digests of what is loaded: the image is known by its ID");
    }
    Ok(loaded.reference)
}

/// The name that an image brings along. A tag alone, as some tools have it, says nothing.
#[must_use]
pub fn own_name(image: &Stored) -> Option<&str> {
    image.reference.as_deref().filter(|name| name.contains(['/', ':', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_an_engine_or_the_first_that_answers() {
        assert_eq!("auto".parse(), Ok(Destination::Auto));
        assert_eq!("kind=dev".parse(), Ok(Destination::Engine(Engine::Kind(Some("dev".to_owned())))));
        let error = "dokcer".parse::<Destination>().unwrap_err();
        assert!(error.starts_with("failed to parse engine `dokcer`: engines are docker, podman"), "{error}");
    }
}
