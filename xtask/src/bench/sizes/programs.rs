//! The programs whose sizes are compared: where they come from, and what builds them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::Result;
use crate::corpus::{self, AVR_AS, B3SUM, BOOLECTOR, CLANG_FORMAT, HEXYL, Package, Published, RIPGREP};
use crate::workspace::Workspace;

/// A program of the table.
pub(super) struct Program {
    /// What it is called there.
    pub(super) name: &'static str,
    origin: Origin,
}

enum Origin {
    /// A folder of `xtask/corpus/`.
    Corpus,
    /// A folder of `examples/`.
    Example(&'static str),
    /// A package of the crate registry, and the program in it.
    Crate(Package, &'static str),
    /// A module that somebody has compiled and published.
    Published(Published),
}

/// In the order of the table: Rust, C, C++, and what others have compiled.
pub(super) const PROGRAMS: [Program; 14] = [
    Program { name: "hello", origin: Origin::Corpus },
    Program { name: "jsongrep", origin: Origin::Corpus },
    Program { name: "ripgrep", origin: Origin::Crate(RIPGREP, "rg") },
    Program { name: "hexyl", origin: Origin::Crate(HEXYL, "hexyl") },
    Program { name: "b3sum", origin: Origin::Crate(B3SUM, "b3sum") },
    Program { name: "puts", origin: Origin::Corpus },
    Program { name: "printf", origin: Origin::Corpus },
    Program { name: "bzip2", origin: Origin::Corpus },
    Program { name: "sqlite", origin: Origin::Corpus },
    Program { name: "sort", origin: Origin::Example("sort") },
    Program { name: "snappy", origin: Origin::Corpus },
    Program { name: "boolector", origin: Origin::Published(BOOLECTOR) },
    Program { name: "avr-as", origin: Origin::Published(AVR_AS) },
    Program { name: "clang-format", origin: Origin::Published(CLANG_FORMAT) },
];

/// What is there to be built.
pub(super) enum Sources {
    /// A package of cargo's and the program in it.
    Rust { folder: Utf8PathBuf, bin: String },
    /// C or C++.
    C { folder: Utf8PathBuf },
    /// A module, in a folder whose configuration names it.
    Module { folder: Utf8PathBuf, module: Utf8PathBuf },
}

impl Sources {
    /// The folder that is built.
    pub(super) fn folder(&self) -> &Utf8Path {
        match self {
            Self::Rust { folder, .. } | Self::C { folder } | Self::Module { folder, .. } => folder,
        }
    }
}

impl Program {
    /// Fetches it, if need be.
    pub(super) fn sources(&self, workspace: &Workspace, registry: &Utf8Path) -> Result<Sources> {
        let folder = match self.origin {
            Origin::Corpus => corpus::program(workspace, registry, self.name)?,
            Origin::Example(name) => workspace.root.join("examples").join(name),
            Origin::Crate(package, bin) => {
                let folder = corpus::in_registry(registry, package);
                return Ok(Sources::Rust { folder, bin: bin.to_owned() });
            }
            Origin::Published(published) => {
                let (folder, module) = published.fetch(workspace, self.name)?;
                return Ok(Sources::Module { folder, module });
            }
        };
        let bin = self.name.to_owned();
        let is_rust = folder.join("Cargo.toml").exists();
        Ok(if is_rust { Sources::Rust { folder, bin } } else { Sources::C { folder } })
    }
}
