//! What an image says of itself: without asking, what the manifest and git know; over it, what was asked for.

use std::collections::BTreeMap;

use wasmpack_builder::{Module, Package};
use wasmpack_optimizer::Capabilities;
use wasmpack_packager::{Annotations, annotation_name, is_rfc3339, keys, rfc3339, spdx_license};

use crate::created::Created;
use crate::git::Checkout;
use crate::word::in_one_line;

/// What is found out is said in annotations; users of Docker look for these in labels, so they are there as well. Not
/// all: each word more stands in every config and manifest of an image.
const IN_LABELS: [&str; 4] = [keys::LICENSES, keys::REVISION, keys::SOURCE, keys::VERSION];

/// Annotations and labels of the images of one package.
#[derive(Debug, Clone, Default)]
pub struct About {
    found: Annotations,
    annotations: Annotations,
    labels: Annotations,
    /// What was found and cannot be said.
    pub warnings: Vec<String>,
}

impl About {
    /// What the manifest and git know.
    #[must_use]
    pub fn find(package: Option<&Package>, checkout: Option<&Checkout>, created: Created) -> Self {
        let mut about = Self::default();
        about.put(keys::CREATED, rfc3339(created.image));
        if let Some(Checkout { revision, .. }) = checkout {
            about.put(keys::REVISION, Some(revision.clone()));
        }
        if let Some(package) = package {
            about.put(keys::DESCRIPTION, package.description.as_deref().map(in_one_paragraph));
            about.put(keys::AUTHORS, Some(package.authors.join(", ")));
            about.put(keys::URL, package.homepage.clone());
            about.put(keys::DOCUMENTATION, package.documentation.clone());
            about.put(keys::SOURCE, package.repository.clone());
            about.find_license(package);
        }
        // The revision is one of the repository that was cloned: the manifest of a fork still names the original.
        about.put(keys::SOURCE, checkout.and_then(|checkout| checkout.source.clone()));
        about.put(keys::VENDOR, about.found.get(keys::SOURCE).and_then(|source| account(source)));
        about
    }

    fn put(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.found.insert(name.to_owned(), value);
        }
    }

    fn find_license(&mut self, package: &Package) {
        let Some(license) = &package.license else { return };
        match spdx_license(license) {
            Ok(license) => self.put(keys::LICENSES, Some(license)),
            Err(error) => self
                .warnings
                .push(format!("the image does not say the `license` of package `{}`: {error}", package.name)),
        }
    }

    /// Lays what was asked for over it. An empty value takes away what would be said without asking.
    #[must_use]
    pub fn with(mut self, annotations: Annotations, labels: Annotations) -> Self {
        (self.annotations, self.labels) = (annotations, labels);
        self
    }

    /// Whether labels were asked for.
    #[must_use]
    pub fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// The annotations of a module's image.
    #[must_use]
    pub fn annotations(&self, module: &Module) -> Annotations {
        let mut all = self.found.clone();
        all.insert(keys::TITLE.to_owned(), module.name.clone());
        if let Some(version) = &module.version {
            all.insert(keys::VERSION.to_owned(), version.clone());
        }
        laid_over(all, &self.annotations)
    }

    /// The same, and what its modules ask for. That is measured, so it can be left out by an empty value, and nothing else be
    /// said in its place.
    #[must_use]
    pub fn annotations_with(&self, module: &Module, needs: &Capabilities) -> Annotations {
        let mut all = self.annotations(module);
        if all.get(keys::CAPABILITIES).is_some_and(String::is_empty) {
            all.remove(keys::CAPABILITIES);
        } else {
            all.insert(keys::CAPABILITIES.to_owned(), needs.claim());
        }
        all
    }

    /// The labels of a module's image.
    #[must_use]
    pub fn labels(&self, module: &Module) -> Annotations {
        let mut all = self.annotations(module);
        all.retain(|name, _| IN_LABELS.contains(&name.as_str()));
        laid_over(all, &self.labels)
    }
}

fn laid_over(mut below: Annotations, above: &Annotations) -> Annotations {
    for (name, value) in above {
        if value.is_empty() && annotation_is_found(name) {
            below.remove(name);
        } else {
            below.insert(name.clone(), value.clone());
        }
    }
    below
}

/// Whether it is one of those that are said without asking.
fn annotation_is_found(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, word)| annotation_name(word).is_ok_and(|whole| whole == name))
}

/// An annotation that was asked for, with its whole name.
///
/// # Errors
/// The name cannot be one, or the value is not what the specification has at that name.
pub fn annotation(name: &str, value: &str) -> Result<(String, String), String> {
    let name = annotation_name(name).map_err(|error| {
        told(&error, || format!("or write one of `{}`", wasmpack_packager::WORDS.join("`, `")))
    })?;
    if name == keys::CREATED && !value.is_empty() && !is_rfc3339(value) {
        return Err(format!("`{value}` is no time of RFC 3339; write `2026-01-31T12:00:00Z`"));
    }
    if name == keys::CAPABILITIES && !value.is_empty() {
        return Err(format!(
            "`{name}` is measured; leave it out, or write an empty text, and the image does not say it"
        ));
    }
    let value = if name == keys::LICENSES && !value.is_empty() { license(value)? } else { value.to_owned() };
    Ok((name, value))
}

/// The annotations of a table.
///
/// # Errors
/// As [`annotation`].
pub fn annotations(table: &BTreeMap<String, String>) -> Result<Annotations, String> {
    table.iter().map(|(name, value)| annotation(name, value)).collect()
}

/// A licence as SPDX writes it.
fn license(typed: &str) -> Result<String, String> {
    let listed =
        || "identifiers are listed at https://spdx.org/licenses; others are `LicenseRef-NAME`".to_owned();
    spdx_license(typed).map_err(|error| told(&error, listed))
}

/// An error and its way out; this one, if it knows none.
fn told(error: &wasmpack_packager::Error, otherwise: impl Fn() -> String) -> String {
    match error.hint() {
        None => format!("{error}; {}", otherwise()),
        Some(_) => in_one_line(error),
    }
}

/// Where the first part of an address is the account that keeps the repository, and with it what is made of it. Elsewhere it may
/// be anything: `pub`, `git`, `scm`.
const FORGES: [&str; 5] = ["github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht"];

/// Whose repository it is.
fn account(source: &str) -> Option<String> {
    let (host, path) = source.strip_prefix("https://")?.split_once('/')?;
    let (account, _) = path.split_once('/').filter(|_| FORGES.contains(&host))?;
    Some(account.trim_start_matches('~').to_owned())
}

/// Descriptions in manifests are broken into lines at will.
fn in_one_paragraph(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> Module {
        Module {
            name: "app".into(),
            wasm: Vec::new(),
            path: "app.wasm".into(),
            language: None,
            package: Some("app".into()),
            version: Some("1.2.3".into()),
            materials: wasmpack_builder::Materials::default(),
            parameters: BTreeMap::new(),
        }
    }

    fn package(license: &str) -> Package {
        Package {
            name: "app".into(),
            version: "1.2.3".into(),
            manifest: "Cargo.toml".into(),
            is_default: true,
            description: Some("Counts\n  words".into()),
            license: Some(license.into()),
            authors: vec!["A <a@example.com>".into(), "B".into()],
            homepage: Some("https://app.example".into()),
            ..Package::default()
        }
    }

    fn checkout() -> Checkout {
        Checkout {
            time: Some(5),
            revision: "abc-dirty".into(),
            source: Some("https://forge.example/app".into()),
        }
    }

    fn shown(annotations: &Annotations) -> Vec<String> {
        let short = |name: &str| name.replace("org.opencontainers.image.", "");
        annotations.iter().map(|(name, value)| format!("{}={value}", short(name))).collect()
    }

    #[test]
    fn an_image_says_what_manifest_and_git_know() {
        let about = About::find(Some(&package("MIT")), Some(&checkout()), Created { image: 5, files: 0 });
        assert_eq!(
            shown(&about.annotations(&module())),
            [
                "authors=A <a@example.com>, B",
                "created=1970-01-01T00:00:05Z",
                "description=Counts words",
                "licenses=MIT",
                "revision=abc-dirty",
                "source=https://forge.example/app",
                "title=app",
                "url=https://app.example",
                "version=1.2.3",
            ]
        );
        let labels =
            ["licenses=MIT", "revision=abc-dirty", "source=https://forge.example/app", "version=1.2.3"];
        assert_eq!(shown(&about.labels(&module())), labels);
    }

    #[test]
    fn what_modules_ask_for_is_measured_or_not_said() {
        let needs = Capabilities::default();
        let about = About::default();
        assert_eq!(about.annotations_with(&module(), &needs)[keys::CAPABILITIES], "none");
        let asked = annotations(&[(keys::CAPABILITIES.into(), String::new())].into()).unwrap();
        let about = About::default().with(asked, Annotations::new());
        assert!(!about.annotations_with(&module(), &needs).contains_key(keys::CAPABILITIES));
        assert!(annotation(keys::CAPABILITIES, "none").unwrap_err().contains("is measured"));
    }

    #[test]
    fn the_repository_that_was_cloned_goes_before_that_of_the_manifest() {
        let package = Package { repository: Some("https://other.example".into()), ..package("MIT") };
        let about = About::find(Some(&package), Some(&checkout()), Created::default());
        assert_eq!(about.annotations(&module())[keys::SOURCE], "https://forge.example/app");
        let about = About::find(Some(&package), None, Created::default());
        assert_eq!(about.annotations(&module())[keys::SOURCE], "https://other.example");
    }

    #[test]
    fn what_is_asked_for_goes_before_and_nothing_takes_away() {
        let asked = [("title", "App"), ("revision", ""), ("vendor", "Acme"), ("com.acme.flag", "")];
        let asked = annotations(&asked.map(|(name, value)| (name.into(), value.into())).into()).unwrap();
        let labels = [(keys::VERSION, ""), ("flag", ""), ("team", "x")];
        let about = About::find(None, Some(&checkout()), Created::default())
            .with(asked, labels.map(|(name, value)| (name.into(), value.into())).into());
        assert_eq!(
            shown(&about.annotations(&module())),
            [
                "com.acme.flag=",
                "created=1970-01-01T00:00:00Z",
                "source=https://forge.example/app",
                "title=App",
                "vendor=Acme",
                "version=1.2.3"
            ]
        );
        assert_eq!(shown(&about.labels(&module())), ["flag=", "source=https://forge.example/app", "team=x"]);
    }

    #[test]
    fn the_vendor_is_who_keeps_the_repository_where_the_address_tells() {
        for (source, vendor) in [
            ("https://github.com/acme/app", Some("acme")),
            ("https://gitlab.com/acme/group/app", Some("acme")),
            ("https://git.sr.ht/~acme/app", Some("acme")),
            ("https://git.kernel.org/pub/scm/git/git", None),
            ("https://github.com/acme", None),
            ("http://github.com/acme/app", None),
        ] {
            let checkout = Checkout { source: Some(source.into()), ..checkout() };
            let about = About::find(None, Some(&checkout), Created::default());
            assert_eq!(
                about.annotations(&module()).get(keys::VENDOR).map(String::as_str),
                vendor,
                "{source}"
            );
        }
    }

    #[test]
    fn a_licence_of_the_manifest_is_told_as_spdx_or_not_at_all() {
        for (typed, told) in [
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("GPL-3.0", "GPL-3.0-only"),
            ("LicenseRef-Acme", "LicenseRef-Acme"),
        ] {
            let about = About::find(Some(&package(typed)), None, Created::default());
            assert_eq!(about.annotations(&module())[keys::LICENSES], told);
            assert_eq!(about.warnings, [""; 0]);
            assert_eq!(annotation("licenses", typed).unwrap().1, told);
        }
        let about = About::find(Some(&package("Proprietary")), None, Created::default());
        assert!(!about.annotations(&module()).contains_key(keys::LICENSES));
        assert!(about.warnings[0].contains("`Proprietary`"), "{:?}", about.warnings);
    }

    #[test]
    fn a_licence_that_was_asked_for_is_spdx() {
        assert_eq!(annotation("licenses", "MIT").unwrap().0, keys::LICENSES);
        assert!(annotation("licenses", "").is_ok());
        assert!(annotation("licenses", "GPL").unwrap_err().ends_with("write `GPL-2.0-only`"));
        let unknown = annotation(keys::LICENSES, "Nonsense").unwrap_err();
        assert!(unknown.starts_with("failed to parse SPDX licence expression `Nonsense`: "), "{unknown}");
        assert!(unknown.contains("https://spdx.org/licenses"), "{unknown}");
        assert!(annotation("team", "x").unwrap_err().contains("or write one of `authors`"));
    }
}
