//! The programs of a Cargo package, as far as its manifest and its folders tell.

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::DocumentMut;

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// Of the package; none in a workspace without one.
    pub package: Option<String>,
    /// What it builds to be started.
    pub names: Vec<String>,
}

impl Programs {
    /// Those of the package in a folder; nothing, if it has no manifest that can be read.
    #[must_use]
    pub fn of(folder: &Utf8Path) -> Option<Self> {
        let manifest: DocumentMut = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
        let package =
            manifest.get("package").and_then(|package| package.get("name")?.as_str()).map(str::to_owned);
        let mut names: Vec<String> = Vec::new();
        for table in manifest.get("bin").and_then(|bins| bins.as_array_of_tables()).into_iter().flatten() {
            names.extend(table.get("name").and_then(|name| name.as_str()).map(str::to_owned));
        }
        if names.is_empty() && folder.join("src/main.rs").is_file() {
            names.extend(package.clone());
        }
        for entry in folder.join("src/bin").read_dir_utf8().into_iter().flatten().flatten() {
            names.extend(entry.path().file_stem().map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Some(Self { package, names })
    }
}

/// The folder, below that of a workspace, of the package that has this name, or a program of it.
#[must_use]
pub fn member(workspace: &Utf8Path, name: &str) -> Option<String> {
    let manifest: DocumentMut = std::fs::read_to_string(workspace.join("Cargo.toml")).ok()?.parse().ok()?;
    let members = manifest.get("workspace")?.get("members")?.as_array()?;
    let patterns = members.iter().filter_map(|member| Some(workspace.join(member.as_str()?).into_string()));
    let folders = patterns.flat_map(|pattern| glob::glob(&pattern).into_iter().flatten().flatten());
    let folders: Vec<Utf8PathBuf> = folders.filter_map(|path| path.try_into().ok()).collect();
    let has_it = |folder: &&Utf8PathBuf| {
        Programs::of(folder).is_some_and(|one| {
            one.package.as_deref() == Some(name) || one.names.iter().any(|program| program == name)
        })
    };
    let found = folders.iter().find(has_it)?.strip_prefix(workspace).ok()?;
    Some(found.to_string())
}
