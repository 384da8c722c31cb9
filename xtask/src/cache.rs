//! Programs that are built once, outside of the target directory, so that `cargo clean` does not cost minutes.

use std::path::PathBuf;

use camino::Utf8PathBuf;

use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// A program that `cargo install` builds.
pub(crate) struct Program<'a> {
    /// Its name, which its crate and its executable have, too.
    pub name: &'a str,
    /// Which one.
    pub version: &'a str,
    /// What `cargo install` is told of it, besides how it is built: where it is from, its features.
    pub arguments: &'a [&'a str],
}

/// What shares what is compiled. It takes four minutes to build.
pub(crate) const SCCACHE: Program<'static> = Program {
    name: "sccache",
    version: "0.19.0",
    arguments: &["sccache", "--version", "0.19.0", "--no-default-features", "--features", "redis"],
};

/// Builds it unless it is there, and returns the folder of the executable.
pub(crate) fn program(workspace: &Workspace, program: &Program<'_>) -> Result<Utf8PathBuf> {
    let Program { name, version, arguments } = program;
    let cache = folder()?;
    let root = cache.join(format!("{name}-{version}"));
    let bin = root.join("bin");
    if bin.join(name).exists() {
        return Ok(bin);
    }
    shell::status("Building", format!("{name} {version} to `{bin}`, once"));
    let target = cache.join(format!("{name}-target"));
    let mut install = workspace.cargo("install");
    install.args(*arguments).args(["--quiet", "--locked", "--root"]).arg(&root);
    process::run(install.env("CARGO_TARGET_DIR", &target))?;
    // What is left is of no use any more; a rest that stays harms nothing.
    if let Err(error) = std::fs::remove_dir_all(&target) {
        shell::warn(format!("failed to remove `{target}`: {error}"));
    }
    Ok(bin)
}

/// `$XDG_CACHE_HOME/wasmpack-xtask`, or the same below `~/.cache`.
pub(crate) fn folder() -> Result<Utf8PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache =
        std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or_else(home);
    let cache = cache.ok_or("neither `XDG_CACHE_HOME` nor `HOME` is set")?;
    Ok(Utf8PathBuf::try_from(cache)?.join("wasmpack-xtask"))
}
