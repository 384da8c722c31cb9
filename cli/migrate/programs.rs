//! The programs of a Cargo package, as far as its manifest and its folders tell.

use camino::Utf8Path;
use toml_edit::DocumentMut;

/// What a manifest says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Programs {
    /// Of the package; none in a workspace without one.
    pub package: Option<String>,
    /// What it builds to be started.
    pub names: Vec<String>,
    /// Whether there are other packages.
    pub is_workspace: bool,
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
        Some(Self { package, names, is_workspace: manifest.contains_key("workspace") })
    }
}
