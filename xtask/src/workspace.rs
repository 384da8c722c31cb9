//! This checkout, and where things that are made go.

use std::path::PathBuf;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::{Result, process};

/// Leaves out what cargo says of xtask to xtask: some build scripts run again when it changes.
pub(crate) fn without_ourselves(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let is_ours = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(is_ours) {
            command.env_remove(name);
        }
    }
}

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// Where the root `Cargo.toml` is.
    pub(crate) root: Utf8PathBuf,
    /// Where cargo builds, and we too.
    pub(crate) target: Utf8PathBuf,
    cargo: PathBuf,
}

impl Workspace {
    /// Asks cargo, because the target directory can be anywhere.
    pub(crate) fn find() -> Result<Self> {
        let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
        let arguments = ["metadata", "--format-version", "1", "--no-deps"];
        let metadata = process::stdout_of(Command::new(&cargo).args(arguments).current_dir(root))?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let target =
            metadata["target_directory"].as_str().ok_or("cargo metadata names no target directory")?;
        Ok(Self { root: root.to_owned(), target: target.into(), cargo })
    }

    /// A cargo command in this checkout.
    pub(crate) fn cargo(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command.arg(verb).current_dir(&self.root);
        without_ourselves(&mut command);
        command
    }

    /// A folder of our own below the target directory; it is made if it is not there.
    pub(crate) fn folder(&self, name: &str) -> Result<Utf8PathBuf> {
        let folder = self.target.join("xtask").join(name);
        std::fs::create_dir_all(&folder).map_err(|error| format!("failed to make `{folder}`: {error}"))?;
        Ok(folder)
    }
}
