//! Where a Cargo package comes from, and how others name that.

use serde::{Deserialize, Serialize};

use crate::public_address;

/// The index of crates.io, as lock files have it.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// A folder of this machine, whose path is nobody's affair.
    Local,
    CratesIo,
    /// Another registry, by the address of its index if it is a public one.
    Registry(Option<String>),
    /// A repository and the commit, if its address is a public one.
    Git(Option<String>),
}

impl Origin {
    /// From the `source` in a lock file; packages in folders have none.
    pub(super) fn of(source: Option<&str>) -> Self {
        let Some(source) = source else { return Self::Local };
        if source == CRATES_IO {
            return Self::CratesIo;
        }
        match source.split_once('+') {
            Some(("git", rest)) => {
                let (address, commit) = rest.split_once('#').unwrap_or((rest, ""));
                Self::Git(public_address(address).map(|address| format!("git+{address}@{commit}")))
            }
            _ => {
                Self::Registry(public_address(source.split_once('+').map_or(source, |(_, address)| address)))
            }
        }
    }

    /// As `cargo auditable` calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::CratesIo => "crates.io",
            Self::Registry(_) => "registry",
            Self::Git(_) => "git",
        }
    }

    /// The package URL (<https://github.com/package-url/purl-spec/blob/main/types-doc/cargo-definition.md>). That of a package that is in no
    /// registry would be taken for one of crates.io.
    pub(super) fn purl(&self, name: &str, version: &str) -> Option<String> {
        let qualifier = match self {
            Self::CratesIo => String::new(),
            Self::Registry(Some(index)) => format!("?repository_url={}", encoded(index)),
            Self::Git(Some(place)) => format!("?vcs_url={}", encoded(place)),
            Self::Local | Self::Registry(None) | Self::Git(None) => return None,
        };
        Some(format!("pkg:cargo/{}@{}{qualifier}", encoded(name), encoded(version)))
    }

    /// Where anybody can get it.
    pub(super) fn download(&self, name: &str, version: &str) -> Option<String> {
        match self {
            Self::CratesIo => Some(format!("https://static.crates.io/crates/{name}/{name}-{version}.crate")),
            Self::Git(place) => place.clone(),
            Self::Local | Self::Registry(_) => None,
        }
    }
}

/// Percent-encoded, as a part of a package URL has to be.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_says_its_kind_its_purl_and_its_place() {
        let crates_io = Origin::of(Some(CRATES_IO));
        assert_eq!(crates_io.purl("a", "1.0.0+x").as_deref(), Some("pkg:cargo/a@1.0.0%2Bx"));
        let git = Origin::of(Some("git+https://github.com/x/y?branch=main#0123abcd"));
        assert_eq!(git.download("y", "1.0.0").as_deref(), Some("git+https://github.com/x/y@0123abcd"));
        let purl = "pkg:cargo/y@1.0.0?vcs_url=git%2Bhttps://github.com/x/y%400123abcd";
        assert_eq!(git.purl("y", "1.0.0").as_deref(), Some(purl));
        let other = Origin::of(Some("sparse+https://registry.example/index/"));
        let purl = "pkg:cargo/a@1.0.0?repository_url=https://registry.example/index/";
        assert_eq!(other.purl("a", "1.0.0").as_deref(), Some(purl));
        assert_eq!([crates_io, git, other].map(|origin| origin.kind()), ["crates.io", "git", "registry"]);
    }

    #[test]
    fn neither_folders_nor_passwords_are_told() {
        assert_eq!(Origin::of(None).purl("a", "1.0.0"), None);
        assert_eq!(Origin::of(Some("git+file:///home/me/y#0123")), Origin::Git(None));
        assert_eq!(Origin::of(Some("registry+file:///srv/index")), Origin::Registry(None));
        let git = Origin::of(Some("git+https://me:secret@example.com/y#0123"));
        assert_eq!(git.download("y", "1.0.0").as_deref(), Some("git+https://example.com/y@0123"));
        let git = Origin::of(Some("git+ssh://git@example.com/y.git?branch=main#0123"));
        assert_eq!(git.download("y", "1.0.0").as_deref(), Some("git+https://example.com/y.git@0123"));
        assert_eq!(Origin::of(Some("git+ssh://git@work/y#0123")), Origin::Git(None));
        let registry = Origin::of(Some("sparse+https://registry.example/index/?token=secret"));
        assert_eq!(registry, Origin::Registry(Some("https://registry.example/index/".to_owned())));
    }
}
