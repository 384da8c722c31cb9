//! Why two images are not the same: what they say, which layer, which file, which section, which byte.

use std::collections::{BTreeMap, BTreeSet};

use wasmpack_packager::{Stored, StoredLayer};

use crate::error::Error;
use crate::size::grouped;

/// All that differs between two images, in lines; of each file where it begins. Nothing if they are the same.
///
/// # Errors
/// A layer cannot be read.
pub fn between(first: &Stored, second: &Stored) -> Result<Vec<String>, Error> {
    if first.digest == second.digest {
        return Ok(Vec::new());
    }
    let mut lines = said(first, second);
    // Of a module without a tar there is but the one digest.
    let content = |layer: &StoredLayer| layer.diff_id.unwrap_or(layer.digest);
    let pairs: Vec<_> = first.layers.iter().zip(&second.layers).collect();
    let differing: Vec<_> =
        (1..).zip(&pairs).filter(|(_, (one, other))| content(one) != content(other)).collect();
    if first.layers.len() != second.layers.len() {
        lines.push(format!("{} layers, then {}", first.layers.len(), second.layers.len()));
    }
    for (number, (one, other)) in &differing {
        let (one, other) = (content(one), content(other));
        lines.push(format!("layer {number} of {}: {one}, then {other}", first.layers.len()));
    }
    if differing.is_empty() {
        let is_other = |(one, other): &(&StoredLayer, &StoredLayer)| one.digest != other.digest;
        lines.extend(
            pairs.iter().any(is_other).then(|| "the same layers, compressed in another way".to_owned()),
        );
        return Ok(lines);
    }
    let in_files = in_files(&first.files()?, &second.files()?);
    if in_files.is_empty() {
        lines.push("the same files, with other modes, times or order".to_owned());
    }
    lines.extend(in_files);
    Ok(lines)
}

/// What config and manifest say.
fn said(first: &Stored, second: &Stored) -> Vec<String> {
    let fields = |image: &Stored| {
        let mut fields = BTreeMap::new();
        let texts = |texts: &[String]| texts.join(" ");
        fields.insert("platform".to_owned(), image.platform.to_string());
        fields.insert("created".to_owned(), image.created.clone().unwrap_or_default());
        fields.insert("entrypoint".to_owned(), texts(&image.entrypoint));
        fields.insert("arguments".to_owned(), texts(&image.cmd));
        fields.insert("user".to_owned(), image.user.clone().unwrap_or_default());
        fields.extend(image.env.iter().map(|(name, value)| (format!("env {name}"), value.clone())));
        fields.extend(image.labels.iter().map(|(name, value)| (format!("label {name}"), value.clone())));
        let annotations = image.annotations.iter();
        fields.extend(annotations.map(|(name, value)| (format!("annotation {name}"), value.clone())));
        fields
    };
    let (one, other) = (fields(first), fields(second));
    let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let shown = |value: Option<&String>| {
        value.map_or("nothing".to_owned(), |value| format!("`{}`", value.escape_debug()))
    };
    let differing = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    differing
        .map(|name| format!("{name}: {}, then {}", shown(one.get(name)), shown(other.get(name))))
        .collect()
}

/// A section of a module: its name and its bytes.
type Section<'a> = (String, &'a [u8]);

fn in_files(first: &BTreeMap<String, Vec<u8>>, second: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names: BTreeSet<_> = first.keys().chain(second.keys()).collect();
    let lines = |name: &String| match (first.get(name), second.get(name)) {
        (Some(one), Some(other)) => in_file(name, one, other),
        (Some(_), None) => vec![format!("`/{name}` is only in the first")],
        _ => vec![format!("`/{name}` is only in the second")],
    };
    names.into_iter().flat_map(lines).collect()
}

/// Where two files begin to differ; of modules with the same sections, where each of them does.
fn in_file(name: &str, first: &[u8], second: &[u8]) -> Vec<String> {
    let (one, other) = (sections(first), sections(second));
    let names = |sections: &[Section<'_>]| sections.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if one.is_empty() || names(&one) != names(&other) {
        return in_bytes(&format!("`/{name}`"), first, second).into_iter().collect();
    }
    let pairs = one.iter().zip(&other);
    let line = |((section, one), (_, other)): (&Section<'_>, &Section<'_>)| {
        in_bytes(&format!("section `{}` of `/{name}`", section.escape_debug()), one, other)
    };
    pairs.filter_map(line).collect()
}

/// Where they begin to differ, and what stands there.
fn in_bytes(what: &str, first: &[u8], second: &[u8]) -> Option<String> {
    let same = first.iter().zip(second).take_while(|(one, other)| one == other).count();
    if first.len() == second.len() && same == first.len() {
        return None;
    }
    let [one, other] = [first, second].map(|bytes| around(bytes, same));
    Some(format!("{what} differs at byte {}: {one}, then {other}", grouped(same as u64)))
}

/// The sections of a module, by name; none of what is no module.
fn sections(wasm: &[u8]) -> Vec<Section<'_>> {
    // Behind magic number and version.
    let mut rest = wasm.get(8..).unwrap_or_default();
    let mut sections = Vec::new();
    for section in wasmpack_optimizer::sections(wasm).unwrap_or_default() {
        let Some((bytes, after)) = rest.split_at_checked(section.bytes as usize) else { return Vec::new() };
        sections.push((section.name, bytes));
        rest = after;
    }
    sections
}

/// The text that a byte is in; the bytes from there on if it is none.
fn around(bytes: &[u8], at: usize) -> String {
    const LONGEST: usize = 60;
    if at >= bytes.len() {
        return "the end".to_owned();
    }
    let is_text = |byte: &u8| (b' '..=b'~').contains(byte);
    let before = bytes[..at].iter().rev().take(LONGEST).take_while(|byte| is_text(byte)).count();
    let after = bytes[at..].iter().take(LONGEST).take_while(|byte| is_text(byte)).count();
    let text = &bytes[at - before..at + after];
    if after > 0 && text.len() >= 4 {
        return format!("`{}`", String::from_utf8_lossy(text));
    }
    let hex: Vec<_> = bytes[at..].iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    hex.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_differs_at_a_byte_in_a_text() {
        assert_eq!(in_file("a", b"same", b"same"), [""; 0]);
        assert_eq!(
            in_file("a", b"\0built 12:00\0", b"\0built 13:30\0"),
            ["`/a` differs at byte 8: `built 12:00`, then `built 13:30`"]
        );
        assert_eq!(in_file("a", b"\0\x01\x02", b"\0\x01"), ["`/a` differs at byte 2: 02, then the end"]);
    }

    #[test]
    fn of_a_module_each_section_is_told() {
        let module = |one: &str, other: &str| {
            let mut wasm = b"\0asm\x01\0\0\0".to_vec();
            for (name, text) in [("one", one), ("two", other)] {
                wasm.extend([0, 1 + 3 + 5, 3]);
                wasm.extend(name.bytes().chain(text.bytes()));
            }
            wasm
        };
        let lines = in_file("app.wasm", &module("12:00", "/a/bc"), &module("12:30", "/x/bc"));
        let expected = [
            "section `one` of `/app.wasm` differs at byte 9: ",
            "section `two` of `/app.wasm` differs at byte 7: ",
        ];
        assert_eq!(lines.len(), 2);
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
        assert_eq!(in_file("app.wasm", &module("12:00", "/a/bc"), &module("12:00", "/a/bc")), [""; 0]);
    }
}
