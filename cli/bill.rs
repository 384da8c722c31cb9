//! The bill of materials that a module carries: what of Cargo is in it.
//!
//! The custom section `.dep-v0` holds JSON, compressed with zlib
//! (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>). Whoever made the module wrote it, so it is read
//! with a bound, and a broken one is told and stops nothing.

use std::fmt;
use std::io::Read as _;

use serde::{Deserialize, Serialize};

/// The name of the section.
const SECTION: &str = ".dep-v0";

/// The format's own advice for what a reader should take at most, in bytes of JSON.
const LIMIT_BYTES: u64 = 8 << 20;

/// What the section says.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bill {
    /// The packages that are in the module, without those that only built it.
    Packages(Vec<Package>),
    /// Why it cannot be read.
    Unreadable(String),
}

/// A package of Cargo.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
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
