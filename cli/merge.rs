//! The metadata of all parts of a build, joined to what one whole build would have written.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde_json::{Map, Value};

use crate::merge_error::MergeError;
use crate::outcome;
use crate::part_record::{self, MadeRecord, PartRecord};

/// What one of the jobs has left.
#[derive(Debug)]
pub struct Part {
    file: Utf8PathBuf,
    record: PartRecord,
    /// What is said of each of its images, by its name.
    entries: Map<String, Value>,
}

/// All parts together.
#[derive(Debug)]
pub struct Whole {
    /// What a build without parts would have written.
    pub metadata: Value,
    /// What it would have printed.
    pub references: Vec<String>,
    /// How many images there are.
    pub images: usize,
}

impl Part {
    /// Reads what a file says.
    ///
    /// # Errors
    /// When it is not what `build --partition` writes, or what a newer version writes.
    pub fn read(file: Utf8PathBuf, text: &str) -> Result<Self, MergeError> {
        let parsed = serde_json::from_str(text);
        let mut entries: Map<String, Value> = match parsed {
            Ok(entries) => entries,
            Err(error) => return Err(MergeError::NotMetadata { file, problem: error.to_string() }),
        };
        let Some(record) = entries.remove(part_record::KEY) else {
            return Err(MergeError::NotAPart { file });
        };
        // Said of every form, so that nobody is told that a newer one is broken.
        let version = record["version"].as_u64();
        if let Some(version) = version.filter(|version| *version > part_record::VERSION.into()) {
            return Err(MergeError::NewerForm { file, version });
        }
        let record: PartRecord = match serde_json::from_value(record) {
            Ok(record) => record,
            Err(error) => return Err(MergeError::NotMetadata { file, problem: error.to_string() }),
        };
        let part = Self { file, record, entries };
        match part.problem() {
            Some(problem) => Err(MergeError::NotMetadata { file: part.file, problem }),
            None => Ok(part),
        }
    }

    /// What somebody has changed by hand.
    fn problem(&self) -> Option<String> {
        let Self { record: PartRecord { part, parts, images, made, .. }, entries, .. } = self;
        if !(1..=*parts).contains(part) {
            return Some(format!("there is no part {part} of {parts}"));
        }
        if let Some(MadeRecord { place, .. }) = made.iter().find(|one| one.place >= *images) {
            return Some(format!("there is no place {place} among {images} images"));
        }
        let named: BTreeSet<_> = made.iter().map(|one| &one.name).collect();
        let said: BTreeSet<_> = entries.keys().collect();
        let differing = named.symmetric_difference(&said).next();
        let undigested = || entries.iter().find(|(_, entry)| digest(entry).is_none()).map(|(name, _)| name);
        let wrong = differing.copied().or_else(undigested);
        wrong.map(|name| format!("what it says of `{name}` is not complete"))
    }
}

fn digest(entry: &Value) -> Option<&str> {
    entry["containerimage.digest"].as_str()
}

/// Joins all parts, in whatever order they come.
///
/// # Errors
/// When they are not all the parts of one build.
pub fn merge(parts: &[Part]) -> Result<Whole, MergeError> {
    let Some(first) = parts.first() else { return Err(MergeError::Nothing) };
    let PartRecord { parts: count, images, .. } = first.record;
    if let Some(other) = parts.iter().find(|part| part.record.parts != count) {
        let [one, other] = [first, other].map(|part| (part.file.clone(), part.record.parts));
        return Err(MergeError::OtherCount { one, other });
    }
    complete(parts, count)?;
    of_one_commit(parts)?;
    let mut entries: BTreeMap<&String, (&Part, &Value)> = BTreeMap::new();
    for (part, (name, entry)) in parts.iter().flat_map(|part| part.entries.iter().map(move |one| (part, one)))
    {
        if let Some((before, other)) = entries.insert(name, (part, entry))
            && digest(other) != digest(entry)
        {
            let told = |entry, part: &Part| (digest(entry).unwrap_or_default().to_owned(), part.file.clone());
            let (one, other) = (told(other, before), told(entry, part));
            return Err(MergeError::OtherDigest { name: name.clone(), one, other });
        }
    }
    // Jobs of different commits have found more images, or others.
    if let Some(other) = parts.iter().find(|part| part.record.images != images) {
        let [one, other] = [first, other].map(|part| (part.file.clone(), part.record.images));
        return Err(MergeError::OtherWhole { one, other });
    }
    let made = parts.iter().flat_map(|part| &part.record.made);
    let places: BTreeMap<_, _> = made.map(|made| (made.place, made)).collect();
    let made = places.len().min(entries.len());
    if made != images || entries.len() != images {
        return Err(MergeError::NotWhole { images, made });
    }
    let entry = |made: &MadeRecord| (made.name.clone(), entries[&made.name].1.clone());
    Ok(Whole {
        metadata: outcome::joined(places.values().map(|made| entry(made)).collect()),
        references: places.values().flat_map(|made| made.references.clone()).collect(),
        images,
    })
}

/// Whether all are of the same commit, or none knows of any: what an image says of itself has it.
fn of_one_commit(parts: &[Part]) -> Result<(), MergeError> {
    let Some(first) = parts.first() else { return Ok(()) };
    match parts.iter().find(|part| part.record.revision != first.record.revision) {
        None => Ok(()),
        Some(other) => {
            let [one, other] = [first, other].map(|part| (part.file.clone(), part.record.revision.clone()));
            Err(MergeError::OtherCommit { one, other })
        }
    }
}

/// Whether each part is there, and once.
fn complete(parts: &[Part], count: usize) -> Result<(), MergeError> {
    let mut files = BTreeMap::new();
    for Part { file, record, .. } in parts {
        if let Some(other) = files.insert(record.part, file) {
            let [one, other] = [other, file].map(Clone::clone);
            return Err(MergeError::Twice { part: record.part, parts: count, one, other });
        }
    }
    let missing: Vec<_> = (1..=count).filter(|part| !files.contains_key(part)).collect();
    if missing.is_empty() { Ok(()) } else { Err(MergeError::Missing { missing, parts: count }) }
}
