//! What has to hold before an image is given to anybody: its policy and its budget.
//!
//! The layout of a build is written in any case, so that it can be looked at. What goes further, into registries and
//! engines and to whoever reads stdout, goes through here; a policy also keeps what is written elsewhere from being written.

use std::collections::BTreeSet;

use camino::Utf8Path;
use wasmpack_optimizer::{Level, Policy, Symbols};
use wasmpack_packager::survey::{Entry, Manifest, Program};
use wasmpack_packager::{Digest, Platform, Survey, keys};

use crate::breakdown::Breakdown;
use crate::debug_module;
use crate::error::Error;
use crate::make::Made;
use crate::refused::{Place, Refused};
use crate::ruling::Ruling;
use crate::target::{self, Surveyed};

/// Whether images may go where they are to go.
///
/// # Errors
/// Those that are against their policy; if there are none, those that are over their budget.
pub fn pass(images: &[Made]) -> Result<(), Error> {
    obey(images)?;
    weigh(images)
}

/// Whether no image asks for more than it may.
///
/// # Errors
/// Those that do.
pub fn obey(images: &[Made]) -> Result<(), Error> {
    let mut refused = Vec::new();
    for made in images.iter().filter(|made| !made.policy.is_empty()) {
        let rulings = of_made(made, &made.policy)?;
        refused.extend(rulings.iter().filter_map(|ruling| ruling.refused(place(&made.linked, made.level))));
    }
    verdict(refused)
}

/// An error, if anything is refused.
///
/// # Errors
/// That one.
pub fn verdict(refused: Vec<Refused>) -> Result<(), Error> {
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

/// Whether no image weighs more than it may.
///
/// # Errors
/// Those that do.
pub fn weigh(images: &[Made]) -> Result<(), Error> {
    let limited = images.iter().filter(|made| made.budget.max_size.is_some());
    let overruns = limited.map(|made| {
        let budget = made.budget;
        Ok(budget.check_size(&Breakdown::of(&target::built(made)?)?))
    });
    let overruns: Vec<_> = overruns.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect();
    if overruns.is_empty() { Ok(()) } else { Err(Error::OverBudget(overruns)) }
}

/// Where an image comes from that is made of this module, as the toolchain left it, at this level.
#[must_use]
pub fn place(linked: &[u8], level: Level) -> Place {
    // Of a component that was there already, only the modules inside are made smaller.
    Place::Project { as_it_was: level == Level::None && !wasmpack_optimizer::is_component(linked) }
}

/// What a policy says of an image that was made just now, in all its formats.
///
/// # Errors
/// When it is damaged.
pub fn of_made(made: &Made, policy: &Policy) -> Result<Vec<Ruling>, Error> {
    of_images(&target::surveyed(&made.layout, &made.reference)?, policy, &made.keep)
}

/// What a policy says of images. Formats with the same programs are judged once.
///
/// # Errors
/// When one is damaged, or stored in a way that is not read here.
pub fn of_images(surveyed: &Surveyed, policy: &Policy, keep: &[String]) -> Result<Vec<Ruling>, Error> {
    let mut rulings: Vec<Ruling> = Vec::new();
    let mut seen = BTreeSet::new();
    let symbols = |module: &[u8]| {
        let layout = Utf8Path::from_path(&surveyed.survey.path);
        let debug = layout.and_then(|layout| debug_module::beside(layout, module));
        Symbols::of(debug.as_deref().unwrap_or(module)).ok()
    };
    for entry in surveyed.images() {
        for (one, manifest) in entry.listed() {
            let name = entry.annotations.get(keys::FORMAT_OF).map(String::as_str).or(entry.name());
            let name = name.map_or_else(|| entry.digest.to_string(), str::to_owned);
            let (programs, problems) = programs(&surveyed.survey, one, manifest)?;
            let digests: Vec<_> = programs.iter().map(|program| Digest::of(&program.bytes)).collect();
            let is_nothing = programs.is_empty() && problems.is_empty();
            if is_nothing || !seen.insert((name.clone(), digests, problems.clone())) {
                continue;
            }
            rulings.push(Ruling { problems, ..Ruling::of(name, &programs, policy, symbols, keep) });
        }
    }
    Ok(rulings)
}

/// The programs of a manifest, and what keeps it from being judged.
fn programs(
    survey: &Survey,
    entry: &Entry,
    manifest: Option<&Manifest>,
) -> Result<(Vec<Program>, Vec<String>), Error> {
    let nothing = |problem: String| Ok((Vec::new(), vec![problem]));
    let Some(manifest) = manifest else {
        return nothing(format!("manifest {} is not there, so nobody knows what it asks for", entry.digest));
    };
    if entry.platform.as_ref().is_some_and(Platform::is_nowhere) {
        return Ok((Vec::new(), Vec::new()));
    }
    if let Some((part, digest)) = manifest.lacks() {
        return nothing(format!("{part} {digest} is not there, so nobody knows what it asks for"));
    }
    let mut left_bytes = Survey::INFLATE_BYTES;
    let started = match survey.module(manifest, &mut left_bytes)? {
        Ok(wasm) if wasm.starts_with(b"\0asm") => None,
        Ok(_) => Some("what it starts is no WebAssembly, so nobody knows what it asks for".to_owned()),
        Err(why) => Some(format!("what it starts {why}, so nobody knows what it asks for")),
    };
    let mut left_bytes = Survey::INFLATE_BYTES;
    let programs = survey.programs(manifest, &mut left_bytes)?;
    Ok((programs, started.into_iter().collect()))
}
