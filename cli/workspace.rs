//! The manifest of a workspace that a package is in, as far as manifests tell: nobody asks cargo, which may not be here.

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{DocumentMut, Item};

/// The nearest manifest, in this folder or above it, that is one of a workspace with this folder in it; and where it is.
#[must_use]
pub fn above(folder: &Utf8Path) -> Option<(Utf8PathBuf, DocumentMut)> {
    folder.ancestors().find_map(|root| {
        let path = root.join("Cargo.toml");
        let document: DocumentMut = std::fs::read_to_string(&path).ok()?.parse().ok()?;
        let workspace = document.get("workspace")?;
        let excluded = workspace.get("exclude").and_then(Item::as_array);
        let excludes =
            |path: &toml_edit::Value| path.as_str().is_some_and(|path| folder.starts_with(root.join(path)));
        let is_excluded = excluded.is_some_and(|paths| paths.iter().any(excludes));
        (!is_excluded).then_some((path, document))
    })
}

/// What the manifest of a workspace has of our configuration.
#[must_use]
pub fn configured(document: &DocumentMut) -> Option<&Item> {
    document.get("workspace")?.get("metadata")?.get("wasmpack")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_in_the_nearest_workspace_that_does_not_exclude_it() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let workspace = "[workspace]\nmembers = [\"*\"]\nexclude = [\"b\"]\n[workspace.metadata.wasmpack]\nimage.user = \"1\"\n";
        std::fs::write(root.join("Cargo.toml"), workspace).unwrap();
        for package in ["a", "b"] {
            std::fs::create_dir(root.join(package)).unwrap();
            std::fs::write(root.join(package).join("Cargo.toml"), "[package]\n").unwrap();
        }
        let (path, document) = above(&root.join("a")).unwrap();
        assert_eq!(path, root.join("Cargo.toml"));
        assert!(configured(&document).is_some());
        assert!(above(&root.join("b")).is_none_or(|(path, _)| !path.starts_with(root)));
    }
}
