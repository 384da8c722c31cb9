//! Which custom sections stay in an image.
//!
//! No custom section can change what a module does
//! (<https://webassembly.github.io/spec/core/appendix/custom.html>); some tell tools or hosts something about it.

use crate::section::{self, Section};
use crate::{Error, component, names};

/// What becomes of a custom section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes: it is about building or debugging, or speaks of code that is not there any more.
    Dropped,
    /// It goes into the debug module, having followed its functions through the passes.
    Carried,
    /// It stays: a list of dependencies, or something that only some host understands.
    Kept,
}

/// What compilers and linkers write for each other and for debuggers. Whatever else there is, somebody may look for.
const DROPPED: [&str; 9] = [
    component::NAMES,
    "producers",
    "target_features",
    "linking",
    "build_id",
    "sourceMappingURL",
    "external_debug_info",
    "sourceRoot",
    "__clangast",
];

/// The same for names that go on: DWARF (of which [`crate::lines`] go along), relocations, hints at places in the code, the interface of a component that
/// is still a module.
const DROPPED_STARTS: [&str; 4] = [".debug_", "reloc.", "metadata.code.", "component-type"];

impl Fate {
    pub(crate) fn of(name: &str) -> Self {
        if name == names::SECTION {
            Self::Carried
        } else if DROPPED.contains(&name) || DROPPED_STARTS.iter().any(|start| name.starts_with(start)) {
            Self::Dropped
        } else {
            Self::Kept
        }
    }
}

/// The custom sections that stay, in file order. One whose name cannot be read is nobody's.
pub(crate) fn kept(wasm: &[u8]) -> Result<Vec<Section<'_>>, Error> {
    let is_kept = |section: &Section<'_>| {
        section.as_custom().is_some_and(|custom| Fate::of(custom.name()) == Fate::Kept)
    };
    Ok(section::walk(wasm)?.into_iter().filter(is_kept).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tools_read_goes_and_what_is_unknown_stays() {
        for name in
            ["producers", ".debug_info", "reloc.CODE", "metadata.code.branch_hint", "component-type:x"]
        {
            assert_eq!(Fate::of(name), Fate::Dropped, "{name}");
        }
        for name in [".dep-v0", "jwt", "contractspecv0", "dylink.0", "names"] {
            assert_eq!(Fate::of(name), Fate::Kept, "{name}");
        }
        assert_eq!(Fate::of("name"), Fate::Carried);
    }
}
