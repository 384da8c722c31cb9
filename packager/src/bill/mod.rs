//! The bill of materials: what is in a module, and what made it, in the two forms that scanners read.
//!
//! A [`Bill`] is a value; a document is a function of it. Where the forms want something unique in every document, the hash
//! of all the rest stands there, so that the same bill is the same bytes.

mod cyclonedx;
mod spdx;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Blob, Digest, draft, json};

/// What is in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Packages and libraries; the first is the program itself, and what it is called and which version it is, is said of it.
    pub components: Vec<Component>,
    /// What had a part in making it, besides us.
    pub tools: Vec<Tool>,
    /// The digest of the module itself.
    pub module: Digest,
    /// What is in the image besides modules.
    pub files: Vec<File>,
    /// When it was made, in seconds since 1970.
    pub created_seconds: u64,
}

/// A package or library.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
    /// The licence in whatever words; those that are no expression of SPDX are said to be words.
    pub license: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Where it can be got.
    pub download: Option<String>,
    /// SHA-256 of what is there, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What it uses, as places in [`Bill::components`].
    pub dependencies: Vec<usize>,
}

/// A file of an image, or many of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its absolute path in the image; of many, what they are.
    pub name: String,
    /// Its digest; of many, that of the tar of their layer.
    pub digest: Digest,
    /// How many they are, if it is not one.
    pub count: Option<usize>,
}

impl File {
    /// These files, whose tar has the digest `diff_id`: each, or all as one where they are more than two hundred, because
    /// whoever reads the bill wants to find the packages in it.
    ///
    /// # Errors
    /// What `digests` fails with, which is asked only where it is needed.
    pub fn all<E>(
        paths: usize,
        diff_id: Digest,
        digests: impl FnOnce() -> Result<BTreeMap<String, Digest>, E>,
    ) -> Result<Vec<Self>, E> {
        if paths > Self::EACH {
            return Ok(vec![Self { name: "files".to_owned(), digest: diff_id, count: Some(paths) }]);
        }
        let each = |(path, digest)| Self { name: format!("/{path}"), digest, count: None };
        Ok(digests()?.into_iter().map(each).collect())
    }

    /// As many are told one by one.
    const EACH: usize = 200;

    /// What is to be said of it.
    fn comment(&self) -> String {
        match self.count {
            Some(count) => {
                format!("{count} files of the image; the checksum is that of the tar of their layer.")
            }
            None => "A file of the image.".to_owned(),
        }
    }
}

/// A program that made or changed the module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
}

/// The forms of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>).
    Spdx,
    /// CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>).
    CycloneDx,
}

impl Form {
    /// As RFC 6838 spells it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Spdx => "application/spdx+json",
            Self::CycloneDx => "application/vnd.cyclonedx+json",
        }
    }

    /// How names of such files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Spdx => "spdx.json",
            Self::CycloneDx => "cdx.json",
        }
    }
}

/// What we are called in such documents.
pub(crate) const OURSELVES: &str = "cargo-wasmpack";
pub(crate) const OUR_VERSION: &str = env!("CARGO_PKG_VERSION");

impl Bill {
    /// The bill as a document.
    #[must_use]
    pub fn document(&self, form: Form) -> Blob {
        let document = match form {
            Form::Spdx => spdx::document(self),
            Form::CycloneDx => cyclonedx::document(self),
        };
        Blob::new(form.media_type(), json::canonical(&document))
    }
}

/// RFC 3339; the first of all times in place of one that cannot be said.
fn timestamp(bill: &Bill) -> String {
    draft::created(bill.created_seconds).unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
}

/// A name for a document that no other document has, from all that is in it: a UUID of version 8 (RFC 9562).
fn uuid(document: &Value) -> String {
    let hex = Digest::of(&json::canonical(document)).hex();
    // The digits that say the version and the variant are not free.
    format!("{}-{}-8{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
}

/// What a component is called inside a document: its place, and its name for people.
fn id(place: usize, name: &str) -> String {
    format!("{place}-{}", plain(name))
}

/// The name with nothing in it that identifiers cannot have.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn bill() -> Bill {
        let component = |name: &str, license: Option<&str>, dependencies: &[usize]| Component {
            name: name.to_owned(),
            version: Some("1.0.0".to_owned()),
            license: license.map(ToOwned::to_owned),
            purl: Some(format!("pkg:cargo/{name}@1.0.0")),
            dependencies: dependencies.to_vec(),
            ..Component::default()
        };
        let mut components = vec![
            component("app", Some("MIT/Apache-2.0"), &[1, 2]),
            component("libc", Some("MIT"), &[]),
            component("odd_one", Some("ask me"), &[1]),
        ];
        components[1].sha256 = Some("ab".repeat(32));
        components[1].download = Some("https://example.com/libc.crate".to_owned());
        let tools = vec![Tool { name: "rustc".to_owned(), version: Some("1.95.0 (x)".to_owned()) }];
        let file = File { name: "/etc/app.toml".to_owned(), digest: Digest::of(b"file"), count: None };
        let files =
            vec![file, File { name: "files".to_owned(), digest: Digest::of(b"tar"), count: Some(500) }];
        Bill { components, tools, module: Digest::of(b"module"), files, created_seconds: 1 }
    }

    #[test]
    fn the_same_bill_is_the_same_document_and_another_has_another_name() {
        let other = Bill { created_seconds: 2, ..bill() };
        for form in [Form::Spdx, Form::CycloneDx] {
            assert_eq!(bill().document(form), bill().document(form));
            assert_ne!(bill().document(form).digest(), other.document(form).digest());
        }
    }

    #[test]
    fn files_are_told_one_by_one_unless_they_are_hundreds() {
        let digests = |count| (0..count).map(|number| Ok((format!("f{number}"), Digest::of(b"x")))).collect();
        let told = |count| File::all(count, Digest::of(b"tar"), || digests(count));
        let told = |count| told(count).unwrap_or_else(|never: std::convert::Infallible| match never {});
        assert_eq!((told(0).len(), told(200).len(), told(200)[0].name.as_str()), (0, 200, "/f0"));
        assert_eq!(
            told(201),
            [File { name: "files".to_owned(), digest: Digest::of(b"tar"), count: Some(201) }]
        );
    }

    #[test]
    fn a_uuid_has_the_digits_of_its_kind() {
        let uuid = uuid(&Value::Null);
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!((&uuid[14..15], &uuid[19..20]), ("8", "8"));
    }
}
