//! Which image of a layout is meant.

use std::collections::BTreeSet;

use oci_spec::image::{Descriptor, MediaType};

use crate::layout::INDEX_JSON;
use crate::store::Store;
use crate::{Digest, Error, Platform, Reference, artifact, documents, keys, layout};

/// An index in an index in an index is more than anybody writes.
const DEPTH_LIMIT: usize = 3;

/// The image that is meant.
pub(crate) struct Chosen {
    pub(crate) name: Option<String>,
    /// The entry of the image: its manifest, or an index.
    pub(crate) root: Descriptor,
    /// Its manifest, or that for the best platform.
    pub(crate) manifest: Descriptor,
}

/// Finds the image of this name, or the only one.
pub(crate) fn choose(store: &Store, reference: Option<&Reference>) -> Result<Chosen, Error> {
    let index = documents::index(&store.document(INDEX_JSON)?)
        .map_err(|problem| store.damaged(INDEX_JSON, problem))?;
    let entries: Vec<&Descriptor> = index.manifests().iter().filter(|entry| is_image(entry)).collect();
    let all: BTreeSet<&str> = entries.iter().filter_map(|entry| name(entry)).collect();
    // Of several formats of one build, the one that has the plain name is meant.
    let is_chosen =
        |entry: &&Descriptor| !annotation(entry, keys::FORMAT_OF).is_some_and(|chosen| all.contains(chosen));
    let chosen: Vec<&Descriptor> = entries.iter().copied().filter(is_chosen).collect();
    let names: BTreeSet<&str> = chosen.iter().filter_map(|entry| name(entry)).collect();
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    let path = || store.path().to_owned();
    let mut meant: Vec<&Descriptor> = match reference {
        Some(reference) => entries.into_iter().filter(|entry| is_meant(entry, reference)).collect(),
        None => chosen,
    };
    // Of several names of one image, that by which it was asked for.
    meant.sort_by_key(|entry| reference.is_some_and(|reference| !is_named(entry, reference)));
    // One image may have several names.
    let digests: BTreeSet<&str> = meant.iter().map(|entry| entry.digest().as_ref()).collect();
    if reference.is_none() && names.len() > 1 && digests.len() > 1 {
        return Err(Error::SeveralImages { path: path(), names: owned(names) });
    }
    match (nearest(store, meant)?, reference) {
        (Some(entry), _) => Ok(Chosen {
            name: name(entry).map(str::to_owned),
            root: entry.clone(),
            manifest: descend(store, entry, DEPTH_LIMIT)?,
        }),
        (None, None) => Err(store.refuse("its index lists no image")),
        (None, Some(reference)) => {
            Err(Error::NoSuchImage { path: path(), reference: reference.to_string(), names: owned(names) })
        }
    }
}

/// The manifest itself, or the one that the index chosen offers for the best platform.
fn descend(store: &Store, entry: &Descriptor, depth: usize) -> Result<Descriptor, Error> {
    if documents::is_manifest(entry.media_type()) {
        return Ok(entry.clone());
    }
    let place = layout::blob_path(Digest::from_oci(entry.digest())?);
    let index = documents::index(&store.blob(entry)?).map_err(|problem| store.damaged(&place, problem))?;
    let entries: Vec<&Descriptor> = index.manifests().iter().filter(|entry| is_image(entry)).collect();
    match nearest(store, entries)? {
        Some(entry) if depth > 0 => descend(store, entry, depth - 1),
        Some(_) => Err(store.damaged(&place, "it is nested too deeply")),
        None => Err(store.damaged(&place, "it lists no image")),
    }
}

/// Whether it is worth a look: what only refers to an image is none.
fn is_image(entry: &Descriptor) -> bool {
    let is_artifact = |kind: &MediaType| kind.as_ref() == artifact::CONFIG;
    let may_be = entry.artifact_type().as_ref().is_none_or(is_artifact);
    let is_nowhere = platform(entry).is_some_and(|platform| platform.is_nowhere());
    may_be && !is_nowhere && documents::is_document(entry.media_type())
}

/// Whether what is there refers to another image, whatever its entry says: others do not take it for one either, as they judge
/// by its `subject` what they vouch for.
fn refers(store: &Store, entry: &Descriptor) -> bool {
    let subject = || {
        let manifest: serde_json::Value = serde_json::from_slice(&store.blob(entry).ok()?).ok()?;
        manifest.get("subject").cloned()
    };
    documents::is_manifest(entry.media_type()) && subject().is_some_and(|subject| !subject.is_null())
}

fn platform(entry: &Descriptor) -> Option<Platform> {
    let platform = entry.platform().as_ref()?;
    Some(Platform::new(platform.os().to_string(), platform.architecture().to_string()))
}

/// The first of the images whose platform suits best. An unnamed platform is as good as any wasm: the config will
/// tell. What is not there is taken only if nothing is, and then told to be missing.
fn nearest<'a>(store: &Store, mut entries: Vec<&'a Descriptor>) -> Result<Option<&'a Descriptor>, Error> {
    entries.retain(|entry| !refers(store, entry));
    let mut best = None;
    for entry in entries {
        let is_absent = !store.has(&layout::blob_path(Digest::from_oci(entry.digest())?));
        let rank = (is_absent, platform(entry).map_or(1, |platform| platform.distance()));
        if best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, entry));
        }
    }
    Ok(best.map(|(_, entry)| entry))
}

fn name(entry: &Descriptor) -> Option<&str> {
    annotation(entry, keys::CONTAINERD_NAME).or_else(|| annotation(entry, keys::REF_NAME))
}

fn annotation<'a>(entry: &'a Descriptor, key: &str) -> Option<&'a str> {
    entry.annotations().as_ref()?.get(key).map(String::as_str)
}

fn is_meant(entry: &Descriptor, reference: &Reference) -> bool {
    match reference.digest() {
        Some(digest) => Digest::from_oci(entry.digest()).is_ok_and(|found| found == digest),
        None => is_named(entry, reference),
    }
}

fn is_named(entry: &Descriptor, reference: &Reference) -> bool {
    let reference = reference.without_digest();
    let qualified = reference.fully_qualified();
    match (annotation(entry, keys::CONTAINERD_NAME), annotation(entry, keys::REF_NAME)) {
        (Some(name), _) => name == qualified.to_string(),
        // Some tools put the whole name there, most the tag alone.
        (None, Some(name)) => [Some(&*qualified.to_string()), Some(&*reference.to_string()), qualified.tag()]
            .contains(&Some(name)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{Foreign, name};
    use crate::{Stored, open, open_reference};

    fn command(stored: &Stored) -> String {
        stored.cmd.join(" ")
    }

    fn image(foreign: &Foreign<'_>, command: &str, platform: Option<&str>) -> Value {
        let mut entry = foreign.image(&[], &json!({ "Cmd": [command] }));
        if let Some((os, architecture)) = platform.and_then(|platform| platform.split_once('/')) {
            entry["platform"] = json!({ "os": os, "architecture": architecture });
        }
        entry
    }

    fn named(mut entry: Value, key: &str, name: &str) -> Value {
        entry["annotations"] = json!({ key: name });
        entry
    }

    #[test]
    fn of_several_platforms_ours_is_chosen_and_else_the_first() {
        for (platforms, expected) in [
            (vec!["linux/amd64", "wasip1/wasm", "wasi/wasm"], "wasi/wasm"),
            (vec!["linux/amd64", "wasip1/wasm", "wasi/wasm32"], "wasip1/wasm"),
            (vec!["linux/arm64", "linux/amd64"], "linux/arm64"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let foreign = Foreign(folder.path());
            let entries: Vec<Value> =
                platforms.iter().map(|name| image(&foreign, name, Some(name))).collect();
            foreign.finish(&entries);
            assert_eq!(command(&open(folder.path()).unwrap()), expected);
            foreign.finish(&[foreign.index(&entries)]);
            assert_eq!(command(&open(folder.path()).unwrap()), expected, "nested");
        }
    }

    /// Who verifies judges by `subject` what an image is; what is started has to be the same.
    #[test]
    fn what_refers_to_an_image_is_never_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let signed = image(&foreign, "signed", None);
        let config = foreign.blob("application/vnd.oci.image.config.v1+json", "{}");
        let planted =
            json!({ "schemaVersion": 2, "config": config, "layers": [], "subject": signed }).to_string();
        let mut planted = foreign.blob("application/vnd.oci.image.manifest.v1+json", planted);
        planted["platform"] = json!({ "os": "wasi", "architecture": "wasm" });
        foreign.finish(&[
            named(planted.clone(), keys::REF_NAME, "v1"),
            named(signed.clone(), keys::REF_NAME, "v1"),
        ]);
        assert_eq!(command(&open(folder.path()).unwrap()), "signed");
        assert_eq!(command(&open_reference(folder.path(), &name("app:v1")).unwrap()), "signed");
        foreign.finish(&[foreign.index(&[planted, signed])]);
        assert_eq!(command(&open(folder.path()).unwrap()), "signed");
    }

    /// So `BuildKit` marks what it says of images, and no policy looks at it.
    #[test]
    fn what_is_for_no_platform_is_never_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let entries =
            ["unknown/unknown", "linux/amd64"].map(|platform| image(&foreign, platform, Some(platform)));
        foreign.finish(&[foreign.index(&entries)]);
        assert_eq!(command(&open(folder.path()).unwrap()), "linux/amd64");
    }

    #[test]
    fn what_is_not_there_is_chosen_only_if_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let entries = ["wasi/wasm", "linux/amd64"].map(|platform| image(&foreign, platform, Some(platform)));
        foreign.finish(&[foreign.index(&entries)]);
        let remove = |entry: &Value| {
            let digest = entry["digest"].as_str().unwrap().parse().unwrap();
            std::fs::remove_file(folder.path().join(layout::blob_path(digest))).unwrap();
        };
        remove(&entries[0]);
        assert_eq!(command(&open(folder.path()).unwrap()), "linux/amd64");
        remove(&entries[1]);
        let error = open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&entries[0]["digest"].as_str().unwrap()[7..]) && error.contains("missing"),
            "{error}"
        );
    }

    #[test]
    fn of_several_names_one_must_be_given() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let [one, two] = ["one", "two"].map(|command| image(&foreign, command, None));
        let digest: Digest = two["digest"].as_str().unwrap().parse().unwrap();
        foreign.finish(&[
            named(one, keys::CONTAINERD_NAME, "docker.io/library/one:latest"),
            named(two, keys::REF_NAME, "v2"),
        ]);
        let error = open(folder.path()).unwrap_err();
        assert!(error.hint().unwrap().contains("alone: `docker.io/library/one:latest`, `v2`;"));
        let read =
            |reference: &Reference| open_reference(folder.path(), reference).map(|stored| command(&stored));
        assert_eq!(read(&name("one")).unwrap(), "one");
        assert_eq!(read(&name("anything:v2")).unwrap(), "two");
        assert_eq!(read(&name("anything").with_digest(digest)).unwrap(), "two");
        assert!(matches!(read(&name("three")), Err(Error::NoSuchImage { .. })));
    }

    #[test]
    fn one_image_may_have_several_names() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        let entry = image(&foreign, "one", None);
        foreign.finish(&["v1", "v2"].map(|tag| named(entry.clone(), keys::REF_NAME, tag)));
        assert_eq!(open(folder.path()).unwrap().reference.as_deref(), Some("v1"));
        let digest: Digest = entry["digest"].as_str().unwrap().parse().unwrap();
        for asked in ["v1", "v2", "v3"] {
            let reference = name(&format!("app:{asked}")).with_digest(digest);
            let found = open_reference(folder.path(), &reference).unwrap().reference;
            assert_eq!(found.as_deref(), Some(if asked == "v3" { "v1" } else { asked }));
        }
    }

    #[test]
    fn an_index_without_end_and_one_without_images_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Foreign(folder.path());
        foreign.finish(&[]);
        assert!(open(folder.path()).unwrap_err().to_string().ends_with("its index lists no image"));
        let deep = (0..9).fold(image(&foreign, "x", None), |entry, _| foreign.index(&[entry]));
        foreign.finish(&[deep]);
        assert!(open(folder.path()).unwrap_err().to_string().ends_with("it is nested too deeply"));
    }
}
