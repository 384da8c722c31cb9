//! A build that cannot finish says why and leaves nothing half done.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{copy, example, said, stdout_of, wasmpack};

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_device_is_refused_and_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("factorial"), folder.path());
    let output = wasmpack()
        .args(["build", "--output", "type=oci-archive,dest=/dev/full"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("failed to write `/dev/full`"), "{}", said(&output));
    assert!(output.stdout.is_empty());
}

/// A limit on the size of files makes a write fail in its middle, as a full disk does, and needs no root.
#[cfg(unix)]
#[test]
fn what_does_not_fit_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project");
    copy(&example("sort"), &project);
    // So that the image is all that is left to write.
    stdout_of(wasmpack().arg("build").arg(&project));
    let dest = folder.path().join("out");
    fs::create_dir(&dest).unwrap();
    for output in ["type=oci-archive", "type=oci-layout"] {
        let image = dest.join("image");
        let output = std::process::Command::new("sh")
            .args(["-c", r#"trap "" XFSZ; ulimit -f 8; exec "$@""#, "sh"])
            .arg(wasmpack().get_program())
            .arg("build")
            .arg(&project)
            .arg("--output")
            .arg(format!("{output},dest={}", image.display()))
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("SOURCE_DATE_EPOCH")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let wanted = format!("failed to write `{}", image.display());
        assert!(said(&output).contains(&wanted), "{}", said(&output));
        assert!(output.stdout.is_empty());
        assert_eq!(fs::read_dir(&dest).unwrap().count(), 0, "{:?}", files(&dest));
    }
}

#[test]
fn a_folder_in_the_way_is_named_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("factorial"), &folder.path().join("project"));
    let dest = folder.path().join("out");
    fs::create_dir_all(dest.join("image.tar")).unwrap();
    let output = wasmpack()
        .arg("build")
        .arg(folder.path().join("project"))
        .arg("--output")
        .arg(format!("type=oci-archive,dest={}", dest.join("image.tar").display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(files(&dest).is_empty());
}

#[test]
fn a_failed_build_leaves_the_image_before_it_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("factorial"), folder.path());
    stdout_of(wasmpack().arg("build").current_dir(folder.path()));
    let layout = folder.path().join("target/wasmpack");
    let images = |folder: &Path| -> Vec<_> {
        files(folder).into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect()
    };
    let name = fs::read_dir(&layout)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("oci-layout").exists());
    let before = images(&name.clone().unwrap());
    fs::write(folder.path().join("factorial.c"), "int main(void) { return }").unwrap();
    let output = wasmpack().arg("build").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    assert_eq!(images(&name.unwrap()), before);
}

#[test]
fn a_damaged_layout_is_named_and_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    stdout_of(wasmpack().arg("build").arg(&project));
    let layout = project.join("target/wasmpack/factorial");
    stdout_of(wasmpack().arg("validate").arg(&layout));

    let blobs = layout.join("blobs/sha256");
    let is_layer = |blob: &PathBuf| fs::read(blob).unwrap().starts_with(&[0x1f, 0x8b]);
    let layer = files(&blobs).into_iter().find(is_layer).unwrap();
    let mut bytes = fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&layer, bytes).unwrap();

    let validated = wasmpack().arg("validate").arg(&layout).output().unwrap();
    assert_eq!(validated.status.code(), Some(112));
    let digest = layer.file_name().unwrap().to_str().unwrap();
    assert!(String::from_utf8(validated.stdout).unwrap().contains(digest));
    for verb in ["run", "inspect"] {
        let output = wasmpack().arg(verb).arg(&layout).output().unwrap();
        assert_eq!(output.status.code(), Some(112), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
    // The next build heals it.
    stdout_of(wasmpack().arg("build").arg(&project));
    stdout_of(wasmpack().arg("validate").arg(&layout));
}

/// What cannot end well is said before anything is compiled.
#[test]
fn what_is_known_to_fail_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    copy(&example("factorial"), &path("app"));
    for (name, manifest) in [
        ("several", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("several/one", "[package]\nname = \"one\"\n"),
        ("several/two", "[package]\nname = \"two\"\n"),
    ] {
        fs::create_dir_all(path(name).join("src")).unwrap();
        fs::write(path(name).join("Cargo.toml"), manifest).unwrap();
        fs::write(path(name).join("src/main.rs"), "fn main() {}\n").unwrap();
    }
    for (words, told) in [
        (&["build", "app", "--push"][..], "no-registry"),
        (&["build", "app", "-o", "type=oci-archive,dest=nowhere/app.tar"], "nowhere` is no folder"),
        (&["build", "app", "-o", "type=oci-layout,dest=several"], "it has other files in it"),
        (&["run", "app", "--dir", "nowhere"], "failed to open directory `nowhere`"),
        (&["push", "several", "localhost:1/app"], "holds several programs: `one`, `two`"),
        (&["init", "several", "--deploy", "compose"], "its members have an image each"),
    ] {
        let output = wasmpack().args(words).current_dir(folder.path()).output().unwrap();
        let told_all = said(&output);
        assert!(!output.status.success() && told_all.contains(told), "{words:?}: {told_all}");
        assert!(!told_all.contains("Compiling"), "{words:?}: {told_all}");
    }
    // One of several is one.
    stdout_of(wasmpack().args(["run", "several", "--bin", "two"]).current_dir(folder.path()));
}

/// Cargo keeps what it builds for this machine beside the layouts.
#[test]
fn an_image_called_as_a_folder_of_cargos_has_a_layout_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/main.rs"), "fn main() {}\n").unwrap();
    let manifest = "[package]\nname = \"app\"\n[package.metadata.wasmpack.image]\nname = \"build\"\n";
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    let told = stdout_of(wasmpack().args(["build", "-q"]).current_dir(folder.path()));
    assert!(told.starts_with("build@sha256:"), "{told}");
    let layouts = folder.path().join("target/wasmpack");
    assert!(layouts.join("build.image/index.json").is_file() && layouts.join("build").is_dir());
    assert!(!layouts.join("build/index.json").exists());
}
