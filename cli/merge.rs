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
pub fn merge(parts: Vec<Part>) -> Result<Whole, MergeError> {
    let Some(first) = parts.first() else { return Err(MergeError::Nothing) };
    let of_all = |record: &PartRecord| (record.parts, record.images);
    if let Some(other) = parts.iter().find(|part| part.record.parts != first.record.parts) {
        let [one, other] = [first, other].map(|part| (part.file.clone(), part.record.parts));
        return Err(MergeError::OtherCount { one, other });
    }
    let (count, images) = of_all(&first.record);
    let mut files = BTreeMap::new();
    for Part { file, record, .. } in &parts {
        if let Some(other) = files.insert(record.part, file) {
            let [one, other] = [other, file].map(Clone::clone);
            return Err(MergeError::Twice { part: record.part, parts: count, one, other });
        }
    }
    let missing: Vec<_> = (1..=count).filter(|part| !files.contains_key(part)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { missing, parts: count });
    }
    let mut places = BTreeMap::new();
    let mut digests = BTreeMap::new();
    for Part { file, record, entries } in &parts {
        for MadeRecord { name, place, references } in &record.made {
            let entry = &entries[name];
            let told = (digest(entry).unwrap_or_default().to_owned(), file.clone());
            if let Some(other) = digests.insert(name, told.clone()).filter(|(other, _)| *other != told.0) {
                return Err(MergeError::OtherDigest { name: name.clone(), one: other, other: told });
            }
            places.insert(*place, (name.clone(), entry.clone(), references));
        }
    }
    // Jobs of another commit have other images, or more of them.
    let made = parts.iter().map(|part| part.record.made.len()).sum::<usize>();
    let has_other_whole = parts.iter().find(|part| part.record.images != images);
    if let Some(other) = has_other_whole {
        let [one, other] = [first, other].map(|part| (part.file.clone(), part.record.images));
        return Err(MergeError::OtherWhole { one, other });
    }
    if made != images || places.len() != images || digests.len() != images {
        return Err(MergeError::NotWhole { images, made: places.len() });
    }
    let references = places.values().flat_map(|(_, _, references)| references.iter().cloned()).collect();
    let entries = places.into_values().map(|(name, entry, _)| (name, entry)).collect();
    Ok(Whole { metadata: outcome::joined(entries), references, images })
}
