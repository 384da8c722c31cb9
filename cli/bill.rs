//! Bills of materials that are read: the one that a module carries, and the documents that refer to an image.
//!
//! Of a module, it is what of Cargo is in it. The custom section `.dep-v0` holds JSON, compressed with zlib
//! (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>). Whoever made the module wrote it, so it is read
//! with a bound, and a broken one is told and stops nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;

use serde::{Deserialize, Serialize};
use wasmpack_packager::bill;

/// The name of the section.
const SECTION: &str = ".dep-v0";

/// The format's own advice for what a reader should take at most, in bytes of JSON.
const LIMIT_BYTES: u64 = 8 << 20;

/// What it says.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bill {
    /// The packages that are in it, without those that only built it.
    Packages(Vec<Package>),
    /// Why it cannot be read.
    Unreadable(String),
}

/// A package, in a module one of Cargo.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, if a document says it.
    pub version: Option<String>,
    /// Where it is from: `crates.io`, `git`, `local`, `registry`.
    #[serde(default)]
    pub source: Option<String>,
    /// Only `build` is said: it ran, and is not in the module.
    #[serde(default, skip_serializing)]
    kind: Option<String>,
}

impl Bill {
    /// Reads it from a module or component, if it has one.
    #[must_use]
    pub fn of(wasm: &[u8]) -> Option<Self> {
        let section = wasmpack_optimizer::custom_section(wasm, SECTION)?;
        Some(packages(section).map_or_else(Self::Unreadable, Self::Packages))
    }
}

/// A document that says what is in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// SPDX 2 (<https://spdx.github.io/spdx-spec/v2.3/>).
    Spdx,
    /// CycloneDX 1 (<https://cyclonedx.org/docs/1.6/json/>).
    CycloneDx,
}

impl Document {
    /// By its media type, with or without parameters.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        let media_type = media_type.split(';').next().unwrap_or_default();
        let is = |form: bill::Form| form.media_type() == media_type;
        is(bill::Form::Spdx)
            .then_some(Self::Spdx)
            .or_else(|| is(bill::Form::CycloneDx).then_some(Self::CycloneDx))
    }

    /// The packages that it lists. Somebody else may have made it, so a broken one is told and stops nothing.
    #[must_use]
    pub fn read(self, json: &[u8]) -> Bill {
        let read = match self {
            Self::Spdx => spdx(json),
            Self::CycloneDx => cyclonedx(json),
        };
        let problem = |cause| Bill::Unreadable(format!("it is not the JSON expected: {cause}"));
        read.map_or_else(problem, Bill::Packages)
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spdx => "SPDX",
            Self::CycloneDx => "CycloneDX",
        })
    }
}

/// All packages but files and what only built the others.
fn spdx(json: &[u8]) -> Result<Vec<Package>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Listed {
        #[serde(rename = "SPDXID", default)]
        id: String,
        name: String,
        version_info: Option<String>,
        primary_package_purpose: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Relationship {
        spdx_element_id: String,
        relationship_type: String,
    }
    #[derive(Deserialize)]
    struct Spdx {
        #[serde(default)]
        packages: Vec<Listed>,
        #[serde(default)]
        relationships: Vec<Relationship>,
    }
    let Spdx { packages, relationships } = serde_json::from_slice(json)?;
    let tools = relationships.iter().filter(|it| it.relationship_type == "BUILD_TOOL_OF");
    let tools: BTreeSet<&str> = tools.map(|it| it.spdx_element_id.as_str()).collect();
    let is_in = |package: &Listed| {
        package.primary_package_purpose.as_deref() != Some("FILE") && !tools.contains(&*package.id)
    };
    let package = |Listed { name, version_info, .. }| Package::named(name, version_info);
    Ok(packages.into_iter().filter(is_in).map(package).collect())
}

/// What the document is about, and all components but files; some have others inside.
fn cyclonedx(json: &[u8]) -> Result<Vec<Package>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Component {
        #[serde(rename = "type", default)]
        kind: String,
        name: String,
        version: Option<String>,
        #[serde(default)]
        components: Vec<Component>,
    }
    #[derive(Deserialize, Default)]
    struct Metadata {
        component: Option<Component>,
    }
    #[derive(Deserialize)]
    struct CycloneDx {
        #[serde(default)]
        metadata: Metadata,
        #[serde(default)]
        components: Vec<Component>,
    }
    let CycloneDx { metadata, components } = serde_json::from_slice(json)?;
    let mut packages = Vec::new();
    // Backwards, as the last is looked at first.
    let mut left: Vec<Component> = components.into_iter().rev().chain(metadata.component).collect();
    while let Some(Component { kind, name, version, components }) = left.pop() {
        if kind != "file" {
            packages.push(Package::named(name, version));
        }
        left.extend(components.into_iter().rev());
    }
    Ok(packages)
}

impl Package {
    fn named(name: String, version: Option<String>) -> Self {
        Self { name, version, source: None, kind: None }
    }
}

fn packages(section: &[u8]) -> Result<Vec<Package>, String> {
    #[derive(Deserialize)]
    struct Audited {
        packages: Vec<Package>,
    }
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(section)
        .take(LIMIT_BYTES + 1)
        .read_to_end(&mut json)
        .map_err(|cause| format!("it is not compressed as it should be: {cause}"))?;
    if json.len() as u64 > LIMIT_BYTES {
        return Err(format!("it has more than {LIMIT_BYTES} bytes"));
    }
    let Audited { mut packages } =
        serde_json::from_slice(&json).map_err(|cause| format!("it is not the JSON expected: {cause}"))?;
    packages.retain(|package| package.kind.as_deref() != Some("build"));
    Ok(packages)
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packages(packages) if packages.len() == 1 => f.write_str("1 package"),
            Self::Packages(packages) => write!(f, "{} packages", packages.len()),
            Self::Unreadable(reason) => write!(f, "unreadable: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{copy, repeat};

    use super::*;

    fn module(section: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8]| {
            let (mut left, mut encoded) = (bytes.len(), Vec::new());
            while left >= 128 {
                encoded.push((left % 128) as u8 | 128);
                left /= 128;
            }
            encoded.push(left as u8);
            encoded
        };
        let contents = [&[SECTION.len() as u8], SECTION.as_bytes(), section].concat();
        [b"\0asm\x01\0\0\0\0", &length(&contents)[..], &contents].concat()
    }

    fn compressed(write: impl FnOnce(&mut dyn std::io::Write)) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        write(&mut encoder);
        encoder.finish().unwrap()
    }

    #[test]
    fn packages_are_counted_without_those_that_only_built() {
        let json = br#"{"packages":[{"name":"app","version":"1.0.0","source":"local","root":true,"dependencies":[1]},
            {"name":"cc","version":"1.2.0","source":"crates.io","kind":"build"},{"name":"memchr","version":"2.7.4"}]}"#;
        let bill = Bill::of(&module(&compressed(|out| out.write_all(json).unwrap()))).unwrap();
        assert_eq!(bill.to_string(), "2 packages");
        assert_eq!(serde_json::to_value(&bill).unwrap()["packages"][1]["name"], "memchr");
        assert_eq!(Bill::of(b"\0asm\x01\0\0\0"), None);
    }

    #[test]
    fn documents_list_what_is_in_the_image_and_not_its_tools_or_files() {
        let spdx = br#"{"packages":[{"SPDXID":"a","name":"app","versionInfo":"1.0.0"},{"SPDXID":"b","name":"libc"},
            {"SPDXID":"c","name":"rustc"},{"name":"/page","primaryPackagePurpose":"FILE"}],
            "relationships":[{"spdxElementId":"c","relationshipType":"BUILD_TOOL_OF","relatedSpdxElement":"a"}]}"#;
        let cyclonedx = br#"{"metadata":{"component":{"type":"application","name":"app","version":"1.0.0"}},
            "components":[{"type":"file","name":"/page","components":[{"type":"library","name":"libc"}]}]}"#;
        let expected = [("app", Some("1.0.0")), ("libc", None)];
        for (media_type, json) in
            [("application/spdx+json", &spdx[..]), ("application/vnd.cyclonedx+json; version=1.6", cyclonedx)]
        {
            let Bill::Packages(packages) = Document::of(media_type).unwrap().read(json) else { panic!() };
            let found = packages.iter().map(|package| (&*package.name, package.version.as_deref()));
            assert_eq!(found.collect::<Vec<_>>(), expected);
            let broken = Document::of(media_type).unwrap().read(b"7").to_string();
            assert!(broken.starts_with("unreadable: it is not the JSON expected"), "{broken}");
        }
        assert_eq!(Document::of("application/json"), None);
    }

    #[test]
    fn a_hostile_section_is_told_and_stops_nothing() {
        let bomb = compressed(|mut out| {
            copy(&mut repeat(b' ').take(1 << 28), &mut out).unwrap();
        });
        for (section, expected) in [
            (b"not zlib".to_vec(), "not compressed"),
            (compressed(|out| out.write_all(b"[]").unwrap()), "not the JSON"),
            (bomb, "more than 8388608 bytes"),
        ] {
            let bill = Bill::of(&module(&section)).unwrap().to_string();
            assert!(bill.starts_with("unreadable: ") && bill.contains(expected), "{bill}");
        }
    }
}
