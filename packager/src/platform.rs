//! The platform an image runs on. The only file that spells platforms.

use std::borrow::Cow;
use std::fmt;

/// Operating system and architecture, as the image config and the index spell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The operating system, such as `wasi`.
    pub os: Cow<'static, str>,
    /// The architecture, such as `wasm`.
    pub architecture: Cow<'static, str>,
}

impl Platform {
    /// `wasi/wasm`: the one spelling that podman maps to a wasm runtime by itself, and that runwasi and
    /// Docker take as well.
    pub const WASI_WASM: Self = Self { os: Cow::Borrowed("wasi"), architecture: Cow::Borrowed("wasm") };

    /// A platform from the two words of a document.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self { os: Cow::Owned(os.into()), architecture: Cow::Owned(architecture.into()) }
    }

    /// How well an image of this platform suits this tool, lower is better: ours, any other spelling of wasm,
    /// anything else.
    pub(crate) fn distance(&self) -> u8 {
        match (&*self.os, &*self.architecture) {
            ("wasi", "wasm") => 0,
            (_, "wasm" | "wasm32") => 1,
            _ => 2,
        }
    }
}

/// `os/architecture`, as `--platform` options take it.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}
