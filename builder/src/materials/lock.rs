//! `Cargo.lock`: where packages come from, and what their archives hash to.

use serde::Deserialize;

/// A lock file, as far as it is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

/// A package in it.
#[derive(Debug, Deserialize)]
pub(super) struct Locked {
    name: String,
    version: String,
    pub(super) source: Option<String>,
    pub(super) checksum: Option<String>,
}

impl Lock {
    /// The package that cargo shows as `name vVERSION (PLACE)`. It shows no place for crates.io, and for repositories only the beginning
    /// of the commit.
    pub(super) fn find(&self, name: &str, version: &str, place: Option<&str>) -> Option<&Locked> {
        let mut found = self.package.iter().filter(|locked| locked.name == name && locked.version == version);
        let is_of = |locked: &&Locked| match (&locked.source, place) {
            (None, Some(place)) => !place.contains("://"),
            (Some(source), None) => source.contains("crates.io-index"),
            (Some(source), Some(place)) => {
                let address = source.split_once('+').map_or(source.as_str(), |(_, address)| address);
                address.starts_with(place)
            }
            (None, None) => false,
        };
        let only = found.next()?;
        match found.next() {
            None => Some(only),
            Some(second) => std::iter::once(only).chain([second]).chain(found).find(is_of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_one_name_and_version_are_told_apart_by_their_place() {
        let text = r#"
            version = 4
            [[package]]
            name = "a"
            version = "1.0.0"
            [[package]]
            name = "a"
            version = "1.0.0"
            source = "registry+https://github.com/rust-lang/crates.io-index"
            checksum = "01"
            [[package]]
            name = "a"
            version = "1.0.0"
            source = "git+https://example.com/a#0123456789"
        "#;
        let lock: Lock = toml::from_str(text).unwrap();
        let source = |place| lock.find("a", "1.0.0", place).unwrap().source.as_deref();
        assert_eq!(source(Some("/home/me/a")), None);
        assert!(source(None).unwrap().starts_with("registry+"));
        assert!(source(Some("https://example.com/a#01234567")).unwrap().starts_with("git+"));
        assert!(lock.find("a", "2.0.0", None).is_none());
    }
}
