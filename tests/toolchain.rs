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
