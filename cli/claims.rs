//! What images claim to ask their host for, held against what their programs do ask for.
//!
//! Policies never look at what is claimed. But others may, so a claim that is not true is told.

use std::collections::BTreeSet;

use serde_json::Value;
use wasmpack_optimizer::Capabilities;
use wasmpack_packager::survey::{Entry, Manifest};
use wasmpack_packager::{Survey, keys};

use crate::error::Error;

/// What an image claims that is not so: a text for each.
///
/// # Errors
/// When it claims anything, and is damaged or stored in a way that is not read here.
pub fn untrue(survey: &Survey, image: &Entry) -> Result<Vec<String>, Error> {
    let of_index = of_document(survey, image);
    let mut untrue = Vec::new();
    for (entry, manifest) in image.manifests() {
        let of_entry = entry.annotations.get(keys::CAPABILITIES).cloned();
        let of_manifest = manifest.annotations.get(keys::CAPABILITIES).cloned();
        let claims: Vec<_> = [of_index.clone(), of_entry, of_manifest].into_iter().flatten().collect();
        if claims.is_empty() || manifest.lacks().is_some() {
            continue;
        }
        let needs = measured(survey, manifest)?.claim();
        for claim in claims.iter().filter(|claim| parts(claim) != parts(&needs)) {
            let text = format!(
                "annotation `{}` says `{claim}`, and its programs ask for `{needs}`",
                keys::CAPABILITIES
            );
            if !untrue.contains(&text) {
                untrue.push(text);
            }
        }
    }
    Ok(untrue)
}

/// What all programs ask for. One that cannot be read starts nowhere.
fn measured(survey: &Survey, manifest: &Manifest) -> Result<Capabilities, Error> {
    let mut needs = Capabilities::default();
    for program in survey.programs(manifest, &mut Survey::INFLATE_BYTES.clone())? {
        needs.add(Capabilities::of(&program.bytes).unwrap_or_default());
    }
    Ok(needs)
}

/// What an index says of all its images; a manifest has been read already.
fn of_document(survey: &Survey, entry: &Entry) -> Option<String> {
    let document: Value = serde_json::from_slice(&survey.document(entry.digest).ok()?).ok()?;
    document["annotations"][keys::CAPABILITIES].as_str().map(str::to_owned)
}

/// In whatever order it is said.
fn parts(claim: &str) -> BTreeSet<&str> {
    claim.split(',').map(str::trim).collect()
}
