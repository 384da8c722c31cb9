//! What is said where compilers are missing.

use crate::support::{copy, example, said, stdout_of, wasmpack};

#[test]
fn without_compilers_the_way_to_get_them_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (name, missing) in [("factorial", "clang"), ("sort", "clang"), ("wordcount", "cargo")] {
        copy(&example(name), &folder.path().join(name));
        let output = wasmpack()
            .arg("build")
            .arg(folder.path().join(name))
            .env("PATH", folder.path())
            .env_remove("CARGO")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(110), "{}", said(&output));
        assert!(said(&output).contains(&format!("failed to find `{missing}`")), "{}", said(&output));
        assert!(said(&output).contains("help: "), "{}", said(&output));
        assert!(!folder.path().join(name).join("target").exists(), "{name}");
    }
}

#[test]
fn doctor_finds_nothing_on_an_empty_path_and_says_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let output = wasmpack().arg("doctor").env("PATH", folder.path()).env_remove("CARGO").output().unwrap();
    assert_eq!(output.status.code(), Some(110));
    let parts = String::from_utf8(output.stdout).unwrap();
    for part in ["cargo", "rustc", "clang"] {
        let line = parts.lines().find(|line| line.starts_with(&format!("{part} "))).unwrap();
        assert!(line.contains("missing"), "{line}");
    }
}

#[test]
#[cfg(unix)]
fn doctor_asks_whether_there_is_a_newer_version_only_when_it_is_told_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    let told_of = |answer: &str, flags: &[&str]| {
        std::fs::write(&cargo, format!("#!/bin/sh\necho \"$*\" > asked\n{answer}\n")).unwrap();
        std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut doctor = wasmpack();
        doctor.arg("doctor").args(flags).env("CARGO", &cargo).current_dir(folder.path());
        let said = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
        said.lines().next().unwrap().to_owned()
    };
    let line = told_of("echo 'version: 999.0.0'", &["--newest"]);
    assert!(line.ends_with("; 999.0.0 is newer: cargo install --locked cargo-wasmpack"), "{line}");
    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
    assert_eq!(asked, "info --color=never --registry=crates-io cargo-wasmpack\n");
    let line = told_of("echo 'error: no network' >&2; exit 101", &["--newest"]);
    assert!(
        line.ends_with("; failed to ask for the newest version of `cargo-wasmpack`: no network"),
        "{line}"
    );
    std::fs::remove_file(folder.path().join("asked")).unwrap();
    told_of("echo 'cargo 1.95.0'", &[]);
    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap_or_default();
    assert!(!asked.contains("info"), "{asked}");
}

#[test]
#[cfg(unix)]
fn what_is_on_the_search_path_has_no_part_in_an_image() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let optimizer = folder.path().join("wasm-opt");
    std::fs::write(&optimizer, "#!/bin/sh\necho 'nobody asked for this' >&2; exit 1\n").unwrap();
    std::fs::set_permissions(&optimizer, std::fs::Permissions::from_mode(0o755)).unwrap();
    let source = folder.path().join("factorial");
    copy(&example("factorial"), &source);
    #[expect(clippy::disallowed_methods, reason = "a test puts something before the search path")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [folder.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
    let mut build = wasmpack();
    build.arg("build").arg(&source).env("PATH", std::env::join_paths(paths).unwrap());
    stdout_of(&mut build);
}
