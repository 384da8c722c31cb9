//! What a user says for all projects: below what a project says, above what nobody says, and nothing that goes into an image.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{said, stdout_of, wasmpack};

const MAIN: &str = "int main(void) { return 0; }\n";

/// A project in C, and somebody who says this.
fn place(said: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("app")).unwrap();
    fs::write(folder.path().join("app/main.c"), MAIN).unwrap();
    fs::create_dir_all(folder.path().join("home/wasmpack")).unwrap();
    fs::write(folder.path().join("home/wasmpack/config.toml"), said).unwrap();
    folder
}

fn command(folder: &Path, words: &str) -> Command {
    let mut command = wasmpack();
    command.current_dir(folder.join("app")).args(words.split(' ')).env_remove("WASMPACK_CONFIG");
    // Where it is on each kind of machine.
    for variable in ["XDG_CONFIG_HOME", "APPDATA"] {
        command.env(variable, folder.join("home"));
    }
    command
}

#[cfg(not(target_os = "macos"))]
#[test]
fn a_user_is_heard_below_the_project() {
    let folder = place(
        "[build]\njobs = 1\nlauncher = \"no-such-launcher\"\n[registry]\nrepository = \"ghcr.io/acme/\"\n\
         [check]\nfor = [\"wkg\"]\n",
    );
    let output = command(folder.path(), "build -q").output().unwrap();
    assert!(said(&output).contains("no-such-launcher"), "{}", said(&output));
    fs::write(folder.path().join("app/wasmpack.toml"), "[build]\nlauncher = \"env\"\n").unwrap();
    let built = stdout_of(&mut command(folder.path(), "build -q --level 0"));
    assert!(built.starts_with("ghcr.io/acme/app@sha256:"), "{built}");
    let variable =
        |value: &str| stdout_of(command(folder.path(), "build -q --level 0").env("WASMPACK_REPO", value));
    assert!(variable("quay.io/a").starts_with("quay.io/a/app@"));
    assert!(variable("").starts_with("app@"));
    // Who is asked for by the user has to take it.
    assert_eq!(command(folder.path(), "check -q --level 0").output().unwrap().status.code(), Some(120));

    let shown = stdout_of(&mut command(folder.path(), "config show --origin"));
    let file = folder.path().join("home/wasmpack/config.toml");
    for line in [
        "launcher = \"env\"  # wasmpack.toml".to_owned(),
        format!("jobs = 1  # {}", file.display()),
        format!("repository = \"ghcr.io/acme/\"  # {}", file.display()),
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{shown}");
    }
}

#[test]
fn what_a_user_cannot_say_is_told_with_its_file() {
    let folder = place("");
    for (text, expected) in [
        ("[image]\nenv = { A = \"1\" }\n", "`image.env` cannot be said in `"),
        ("[run]\nengine = \"kind\"\n", "the value of `run.engine` in "),
        ("[runs]\n", "unknown key `runs` in "),
        ("[run\n", "failed to parse configuration `"),
    ] {
        fs::write(folder.path().join("user.toml"), text).unwrap();
        let mut run = command(folder.path(), "run -q");
        let output = run.env("WASMPACK_CONFIG", folder.path().join("user.toml")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    let output = command(folder.path(), "run").env("WASMPACK_CONFIG", "nowhere.toml").output().unwrap();
    assert!(said(&output).contains("nowhere.toml"), "{}", said(&output));
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_second_build_hears_the_user_too() {
    let folder = place("[build]\nlauncher = \"env\"\n");
    let mut build = command(folder.path(), "build --level 0 --check-reproducible --message-format json");
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .ends_with("{\"reason\":\"build-finished\",\"success\":true}\n")
    );
}
