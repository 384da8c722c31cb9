//! Packages of one workspace that are built in different ways: each is asked for what it has.

use std::fs;
use std::path::Path;

use crate::support::{stdout_of, wasmpack};

const WORKSPACE: &str = "[workspace]\nmembers = [\"small\", \"fast\"]\nresolver = \"2\"\n";

/// A workspace of a program with a feature, and of another with a library, that is built to be fast.
fn workspace(folder: &Path, of_small: &str) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let package =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    write("Cargo.toml", WORKSPACE);
    write("small/Cargo.toml", &format!("{}[features]\nx = []\n{of_small}", package("small")));
    write("small/src/main.rs", "fn main() { println!(\"{}\", cfg!(feature = \"x\")); }\n");
    write("small/src/bin/slim.rs", "fn main() {}\n");
    let of_fast =
        "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n[package.metadata.wasmpack.optimize]\nlevel = 2\n";
    write("fast/Cargo.toml", &format!("{}{of_fast}", package("fast")));
    write("fast/src/lib.rs", "");
    write("fast/src/main.rs", "fn main() {}\n");
}

/// The commands that build would run.
fn planned(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let said = stdout_of(wasmpack().arg("build").arg("--dry-run").args(arguments).current_dir(folder));
    said.lines().filter(|line| line.starts_with("run ")).map(ToOwned::to_owned).collect()
}

#[test]
fn features_and_libraries_are_asked_of_packages_that_have_them() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), "");
    let planned = planned(folder.path(), &["--workspace", "--features=x,", "--lib", "--bins"]);
    let of =
        |package: &str| planned.iter().find(|line| line.contains(&format!("--package {package}"))).unwrap();
    assert_eq!(planned.len(), 2);
    assert!(of("small").contains("--features x ") && !of("small").contains("--lib "), "{}", of("small"));
    assert!(!of("fast").contains("--features") && of("fast").contains("--lib "), "{}", of("fast"));
    let built = ["build", "--quiet", "--workspace", "--features=x", "--lib", "--bins"];
    let names = stdout_of(wasmpack().args(built).current_dir(folder.path()));
    let names: Vec<_> = names.lines().map(|line| line.split('@').next().unwrap()).collect();
    assert_eq!(names, ["slim", "small", "fast"]);
    let small = folder.path().join("target/wasmpack/small");
    assert_eq!(stdout_of(wasmpack().arg("run").arg(small)), "true\n");
    let unknown =
        wasmpack().args(["build", "--workspace", "--features=y"]).current_dir(folder.path()).output();
    assert!(String::from_utf8_lossy(&unknown.unwrap().stderr).contains("feature: y"));
}

#[test]
fn a_pattern_of_programs_brings_the_configuration_of_their_packages() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), "[package.metadata.wasmpack.build]\nstack-size = 65536\n");
    for pattern in ["s*", "sl?m"] {
        let planned = planned(folder.path(), &["--workspace", "--bin", pattern]);
        assert!(planned[0].contains("-zstack-size=65536"), "{pattern}: {}", planned[0]);
    }
}

#[test]
fn a_launcher_and_a_stack_hold_wherever_they_are_configured() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = folder.path().join("sccache");
    let build = format!("[package.metadata.wasmpack.build]\nstack-size = 65536\nlauncher = {launcher:?}\n");
    workspace(folder.path(), &build);
    let source = folder.path().join("small/src");
    for (place, arguments) in [
        (folder.path(), &["--package", "small"][..]),
        (folder.path(), &["--manifest-path", "small/Cargo.toml"]),
        (&source, &[]),
    ] {
        let planned = planned(place, arguments);
        assert_eq!(planned.len(), 1, "{planned:?}");
        let has = |text: &str| planned[0].contains(text);
        assert!(has("build.rustc-wrapper=") && has("-zstack-size=65536"), "{}", planned[0]);
    }
    let other = planned(folder.path(), &["--package", "fast"]);
    assert!(!other[0].contains("rustc-wrapper") && other[0].contains("-zstack-size=983040"), "{}", other[0]);
}
