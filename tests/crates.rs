//! The crates as they are published: each has what its sources name, its licences, and nothing heavy.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use cargo_metadata::{MetadataCommand, Package};
use regex::Regex;

use crate::support::stdout_of;

/// Those that anybody can have.
fn published() -> Vec<Package> {
    let mut metadata = MetadataCommand::new();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = metadata.manifest_path(manifest).no_deps().exec().unwrap();
    let packages = metadata.packages.into_iter();
    packages.filter(|package| package.publish.as_ref().is_none_or(|places| !places.is_empty())).collect()
}

fn files(package: &Package) -> BTreeSet<PathBuf> {
    let mut list = Command::new(env!("CARGO"));
    list.args(["package", "--list", "--allow-dirty", "--offline", "--quiet", "--package", &package.name]);
    stdout_of(list.current_dir(env!("CARGO_MANIFEST_DIR"))).lines().map(PathBuf::from).collect()
}

/// What `include_str!` and `include_bytes!` name in a file; `concat!` is only used for folders, which have a test of their
/// own.
fn named(text: &str) -> Vec<String> {
    let include = Regex::new(r#"include_(?:str|bytes)!\(\s*"([^"]+)"\s*,?\s*\)"#).unwrap();
    include.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// Without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(plain.pop(), "{}", path.display()),
            other => plain.push(other),
        }
    }
    plain
}

#[test]
fn a_crate_has_all_that_its_sources_name() {
    let mut count = 0;
    for package in published() {
        let folder = package.manifest_path.parent().unwrap().as_std_path();
        let files = files(&package);
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
            for name in named(&fs::read_to_string(folder.join(file)).unwrap()) {
                let path = plain(&file.parent().unwrap().join(&name));
                assert!(files.contains(&path), "{} has no `{}`", package.name, path.display());
                count += 1;
            }
        }
        for file in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            assert!(files.contains(Path::new(file)), "{} has no {file}", package.name);
        }
        // Those of cargo's own making are not there.
        let sizes = files.iter().filter_map(|file| Some(fs::metadata(folder.join(file)).ok()?.len()));
        let bytes: u64 = sizes.sum();
        assert!(bytes < 2_000_000, "{} has {bytes} bytes", package.name);
        assert!(!files.iter().any(|file| file.starts_with("tests")), "{files:?}");
    }
    assert!(count > 10, "{count}");
}

#[test]
fn what_the_command_has_in_it_is_in_the_crate() {
    let root = published().into_iter().find(|package| package.name == "cargo-wasmpack").unwrap();
    let in_crate = files(&root);
    let mut tracked = Command::new("git");
    let tracked = stdout_of(
        tracked
            .args(["ls-files", "templates", "docs/errors", "docs/reference", "docs/schemas"])
            .current_dir(env!("CARGO_MANIFEST_DIR")),
    );
    assert!(tracked.lines().count() > 150, "{tracked}");
    for file in tracked.lines() {
        assert!(in_crate.contains(Path::new(file)), "{file}");
    }
}

#[test]
fn a_crate_says_what_registries_show() {
    let packages = published();
    let names: BTreeSet<_> = packages.iter().map(|package| package.name.as_str()).collect();
    let expected = ["builder", "optimizer", "packager", "runner"].map(|name| format!("wasmpack-{name}"));
    assert_eq!(names, expected.iter().map(String::as_str).chain(["cargo-wasmpack"]).collect());
    for package in packages {
        let name = &package.name;
        assert!(package.description.is_some() && package.repository.is_some(), "{name}");
        assert!(package.license.is_some() && package.rust_version.is_some(), "{name}");
        assert!((1..=5).contains(&package.keywords.len()) && !package.categories.is_empty(), "{name}");
    }
}
