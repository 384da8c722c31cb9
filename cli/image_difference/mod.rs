//! Why two images or modules are not the same: down to a field of a document, a file of a layer, a function of a module.
//!
//! A digest that differs is no reason but a consequence, so those of documents that are compared themselves are passed over.

mod module;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;
use wasmpack_packager::survey::{Content, Entry, Layer, Manifest, TarEntry};
use wasmpack_packager::{Digest, Survey};

use crate::error::Error;
use crate::printable::printable;
use crate::target::{Side, Surveyed};

/// One thing that is not the same.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where: a document and a JSON pointer, a layer and a file, a section.
    pub place: String,
    /// What is there in the first one; nothing where it has no such place.
    pub old: Option<String>,
    /// What is there in the second one.
    pub new: Option<String>,
}

/// Everything that differs, in the order of the documents.
///
/// # Errors
/// When one of the two is damaged.
pub fn between(old: &Side, new: &Side) -> Result<Vec<Difference>, Error> {
    let mut found = Found::default();
    match (old, new) {
        (Side::Module(old), Side::Module(new)) => found.files("module", [old, new], [None, None]),
        (Side::Image(old), Side::Image(new)) => found.surveys(old, new)?,
        _ => {
            let [old, new] = [old, new].map(|side| match side {
                Side::Image(_) => "an image",
                Side::Module(_) => "a module",
            });
            found.add("target".to_owned(), Some(old), Some(new));
        }
    }
    Ok(found.differences)
}

/// What has been found so far.
#[derive(Default)]
struct Found {
    differences: Vec<Difference>,
    /// Pairs of layers that have been compared: the images of an index share theirs.
    seen: BTreeSet<(Digest, Digest)>,
}

/// An image of each side, or a part of each.
type Pair<'a, T> = [(&'a Survey, T); 2];

impl Found {
    fn add(&mut self, place: String, old: Option<impl ToString>, new: Option<impl ToString>) {
        let [old, new] = [old.map(|old| old.to_string()), new.map(|new| new.to_string())];
        self.differences.push(Difference { place, old, new });
    }

    /// The only images, whatever their names; of several, those of one name.
    fn surveys(&mut self, old: &Surveyed, new: &Surveyed) -> Result<(), Error> {
        let [olds, news] = [old, new].map(Surveyed::images);
        if let ([one], [other]) = (&*olds, &*news) {
            return self.entries("", [(&old.survey, one), (&new.survey, other)]);
        }
        for one in &olds {
            match news.iter().find(|other| other.name() == one.name()) {
                Some(other) => {
                    let place = format!("{} ", one.name().unwrap_or("unnamed"));
                    self.entries(&place, [(&old.survey, one), (&new.survey, other)])?;
                }
                None => self.add("index.json".to_owned(), one.name(), None::<&str>),
            }
        }
        for other in news.iter().filter(|other| !olds.iter().any(|one| one.name() == other.name())) {
            self.add("index.json".to_owned(), None::<&str>, other.name());
        }
        Ok(())
    }

    fn entries(&mut self, place: &str, pair: Pair<'_, &Entry>) -> Result<(), Error> {
        let [(old_survey, old), (new_survey, new)] = pair;
        if old.digest == new.digest {
            self.presence(place, pair);
            return Ok(());
        }
        match (&old.content, &new.content) {
            (Content::Index(olds), Content::Index(news)) => {
                self.documents(&format!("{place}index"), pair.map(|(survey, entry)| (survey, entry.digest)))?;
                for (number, (old, new)) in olds.iter().zip(news).enumerate() {
                    let platform =
                        old.platform.as_ref().map_or_else(|| number.to_string(), ToString::to_string);
                    self.entries(&format!("{place}{platform} "), [(old_survey, old), (new_survey, new)])?;
                }
            }
            (Content::Manifest(one), Content::Manifest(other)) => {
                self.documents(
                    &format!("{place}manifest"),
                    pair.map(|(survey, entry)| (survey, entry.digest)),
                )?;
                self.manifests(place, [(old_survey, one), (new_survey, other)])?;
            }
            (Content::Absent, _) | (_, Content::Absent) => {
                let said = |(survey, entry): (&Survey, &Entry)| stored(survey, entry.digest);
                let [old, new] = pair.map(said);
                self.add(format!("{place}manifest"), Some(old), Some(new));
            }
            (old, new) => self.add(format!("{place}kind"), Some(kind(old)), Some(kind(new))),
        }
        Ok(())
    }

    /// The same digest says the same, and not that all of it is there on both sides.
    fn presence(&mut self, place: &str, pair: Pair<'_, &Entry>) {
        let [old, new] = pair.map(|(_, entry)| absent(entry));
        for digest in old.symmetric_difference(&new) {
            let [old, new] = pair.map(|(survey, _)| survey.has(*digest).then_some("there"));
            self.add(format!("{place}blob {digest}"), old, new);
        }
    }

    fn manifests(&mut self, place: &str, pair: Pair<'_, &Manifest>) -> Result<(), Error> {
        let [(old_survey, old), (new_survey, new)] = pair;
        if old.config_digest != new.config_digest {
            let configs = pair.map(|(survey, manifest)| (survey, manifest.config_digest));
            self.documents(&format!("{place}config"), configs)?;
        }
        for (number, (one, other)) in old.layers.iter().zip(&new.layers).enumerate() {
            if one.digest != other.digest && self.seen.insert((one.digest, other.digest)) {
                self.layers(number, [(old_survey, (old, one)), (new_survey, (new, other))])?;
            }
        }
        Ok(())
    }

    /// The fields of two JSON documents.
    fn documents(&mut self, name: &str, pair: Pair<'_, Digest>) -> Result<(), Error> {
        let [(old_survey, old), (new_survey, new)] = pair;
        if !old_survey.has(old) || !new_survey.has(new) {
            self.add(name.to_owned(), Some(stored(old_survey, old)), Some(stored(new_survey, new)));
            return Ok(());
        }
        let [old, new] = [old_survey.document(old)?, new_survey.document(new)?];
        match [&old, &new].map(|bytes| serde_json::from_slice::<Value>(bytes)) {
            [Ok(one), Ok(other)] if one != other => self.values(name, "", [Some(&one), Some(&other)]),
            // The same fields in another order, or with other white space; or no JSON.
            _ => self.bytes(name, [&old, &new]),
        }
        Ok(())
    }

    fn values(&mut self, name: &str, path: &str, pair: [Option<&Value>; 2]) {
        match pair {
            [old, new] if old == new => {}
            [Some(Value::Object(old)), Some(Value::Object(new))] => {
                let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    // As RFC 6901 escapes them.
                    let step = key.replace('~', "~0").replace('/', "~1");
                    self.values(name, &format!("{path}/{step}"), [old.get(key), new.get(key)]);
                }
            }
            [Some(Value::Array(old)), Some(Value::Array(new))] => {
                for number in 0..old.len().max(new.len()) {
                    self.values(name, &format!("{path}/{number}"), [old.get(number), new.get(number)]);
                }
            }
            [Some(_), Some(_)] if is_consequence(path) => {}
            [old, new] => self.add(format!("{name} {path}"), old, new),
        }
    }

    fn layers(&mut self, number: usize, pair: Pair<'_, (&Manifest, &Layer)>) -> Result<(), Error> {
        let place = format!("layer {number}");
        let [(old_survey, (old, one)), (new_survey, (new, other))] = pair;
        if !old_survey.has(one.digest) || !new_survey.has(other.digest) {
            let [old, new] = [stored(old_survey, one.digest), stored(new_survey, other.digest)];
            self.add(place, Some(old), Some(new));
            return Ok(());
        }
        if one.is_module() && other.is_module() {
            let modules = [old_survey.blob(one)?, new_survey.blob(other)?];
            self.files(&place, [&modules[0], &modules[1]], [Some(old_survey), Some(new_survey)]);
            return Ok(());
        }
        let mut left_bytes = Survey::INFLATE_BYTES;
        let olds = old_survey.files(old, number, &mut left_bytes)?;
        let news = new_survey.files(new, number, &mut left_bytes)?;
        let (Some(olds), Some(news)) = (olds, news) else {
            // No two tars that their configs list: nothing is known of what is in them.
            let bytes = [old_survey.blob(one)?, new_survey.blob(other)?];
            self.bytes(&format!("{place} as stored"), [&bytes[0], &bytes[1]]);
            return Ok(());
        };
        let first = (0..olds.len().max(news.len())).find(|entry| olds.get(*entry) != news.get(*entry));
        match first.map(|entry| (olds.get(entry), news.get(entry))) {
            None => self.add(place, Some("the same files"), Some("the same files, stored in another way")),
            Some((Some(one), Some(other))) if one.path == other.path => {
                self.attributes(&format!("{place} {}", one.path), one, other);
                if one.digest != other.digest {
                    let file = |survey: &Survey, manifest: &Manifest, left_bytes: &mut u64| {
                        Ok::<_, Error>(survey.file(manifest, &one.path, left_bytes)?.unwrap_or_default())
                    };
                    let [old, new] =
                        [file(old_survey, old, &mut left_bytes)?, file(new_survey, new, &mut left_bytes)?];
                    self.files(
                        &format!("{place} {}", one.path),
                        [&old, &new],
                        [Some(old_survey), Some(new_survey)],
                    );
                }
            }
            Some((old, new)) => {
                let path = |entry: Option<&TarEntry>| entry.map(|entry| entry.path.clone());
                self.add(place, path(old), path(new));
            }
        }
        Ok(())
    }

    fn attributes(&mut self, place: &str, old: &TarEntry, new: &TarEntry) {
        let number = |value: Option<u64>| value.map(|value| value.to_string());
        let octal = |value: Option<u64>| value.map(|value| format!("0o{value:o}"));
        for (name, old, new) in [
            ("kind", Some(old.kind.clone()), Some(new.kind.clone())),
            ("link", old.link.clone(), new.link.clone()),
            ("mode", octal(old.mode), octal(new.mode)),
            ("user", number(old.user), number(new.user)),
            ("group", number(old.group), number(new.group)),
            ("modified", number(old.modified), number(new.modified)),
        ] {
            if old != new {
                self.add(format!("{place} {name}"), old, new);
            }
        }
    }
}

/// Whether a field only says that something else differs, which is compared as well.
fn is_consequence(path: &str) -> bool {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    match &steps[..] {
        ["config", field] | ["layers" | "manifests", _, field] => matches!(*field, "digest" | "size"),
        ["rootfs", "diff_ids", _] | ["layerDigests", _] => true,
        _ => false,
    }
}

fn kind(content: &Content) -> &'static str {
    match content {
        Content::Index(_) => "an index",
        Content::Manifest(_) => "a manifest",
        Content::Foreign => "something else",
        Content::Absent => "what is not there",
    }
}

/// Everything an entry leads to and that is not there.
fn absent(entry: &Entry) -> BTreeSet<Digest> {
    let listed = entry.listed().into_iter();
    listed.flat_map(|(entry, manifest)| manifest.map_or(vec![entry.digest], |it| it.absent.clone())).collect()
}

/// A blob by its digest, for where there is nothing else to compare.
fn stored(survey: &Survey, digest: Digest) -> String {
    let absent = if survey.has(digest) { "" } else { ", which is not there" };
    format!("{digest}{absent}")
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |side: &Option<String>| {
            side.as_deref().map_or("nothing".into(), |text| printable(text).into_owned())
        };
        write!(f, "{}: {} before, {} after", printable(&self.place), said(&self.old), said(&self.new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(old: &str, new: &str) -> Vec<String> {
        let [old, new] = [old, new].map(|wat| Side::Module(wat::parse_str(wat).unwrap()));
        between(&old, &new).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_function_that_differs_is_named() {
        let old = r#"(module (func $same nop) (func $main (export "f") nop nop) (data "a"))"#;
        assert_eq!(modules(old, old), [""; 0]);
        let new = old.replace("nop nop)", "nop)");
        // The names themselves are a section, too, and are the same.
        assert_eq!(
            modules(old, &new),
            [
                "module section `code`: main, 5 bytes, 04 00 01 01 0b at byte 0 before, main, 4 bytes, 03 00 01 0b at byte 0 after"
            ]
        );
        let longer = old.replace("(data", "(func nop) (data");
        assert_eq!(
            modules(old, &longer),
            [
                "module section `function` byte 1: 03 02 00 00, 5 bytes in all before, 04 03 00 00 00, 6 bytes in all after",
                "module section `code`: nothing before, function 2, 4 bytes, 03 00 01 0b at byte 0 after"
            ]
        );
    }

    #[test]
    fn imports_and_exports_are_named() {
        let old =
            r#"(module (import "host" "print" (func)) (memory (export "memory") 1) (func (export "f")))"#;
        let new = old.replace("print", "write").replace("\"f\"", "\"go\"");
        assert_eq!(
            modules(old, &new),
            [
                "module import: function host.print before, nothing after",
                "module import: nothing before, function host.write after",
                "module export: function f before, nothing after",
                "module export: nothing before, function go after"
            ]
        );
    }

    #[test]
    fn a_module_inside_of_a_component_is_looked_into() {
        let old = "(component (core module (func $a nop)) (core module (func $b nop)))";
        let found = modules(old, &old.replace("$b nop", "$b nop nop"));
        assert!(
            found[0].contains(
                "section `code`: b, 4 bytes, 03 00 01 0b at byte 0 before, b, 5 bytes, 04 00 01 01 0b at byte 0 after"
            ),
            "{found:?}"
        );
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_sections_there_are_comes_first() {
        let found = modules("(module)", "(module (memory 1))");
        assert_eq!(found, ["module sections:  before, memory after"]);
        let other = between(&Side::Module(b"text".to_vec()), &Side::Module(b"test".to_vec())).unwrap();
        assert_eq!(
            other[0].to_string(),
            "module byte 2: `text`, 4 bytes in all before, `test`, 4 bytes in all after"
        );
    }

    #[test]
    fn fields_are_named_by_their_pointers() {
        let mut found = Found::default();
        let old = serde_json::json!({ "a/b": [1, { "c": "x" }], "layers": [{ "digest": "1", "size": 1 }], "gone": true });
        let new =
            serde_json::json!({ "a/b": [1, { "c": "y" }, null], "layers": [{ "digest": "2", "size": 2 }] });
        found.values("config", "", [Some(&old), Some(&new)]);
        let said: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                r#"config /a~1b/1/c: "x" before, "y" after"#,
                "config /a~1b/2: nothing before, null after",
                "config /gone: true before, nothing after"
            ]
        );
    }
}
