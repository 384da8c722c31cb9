//! A build that is ended in its middle leaves nothing that a later one takes for finished.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{stdout_of, wasmpack};

/// A launcher that, as long as there is a file `slow`, writes half an object and stays there.
const LAUNCHER: &str = r#"#!/bin/sh
if [ -e slow ]; then
  while [ "$1" != -o ]; do shift; done
  echo half > "$2"
  touch begun
  exec sleep 60
fi
exec "$@"
"#;

fn project(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let launcher = folder.join("launcher.sh");
    fs::write(&launcher, LAUNCHER).unwrap();
    fs::set_permissions(&launcher, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("wasmpack.toml"), "[build]\nlauncher = \"./launcher.sh\"\n").unwrap();
    fs::write(folder.join("main.c"), "#include <stdio.h>\nint main(void) { puts(\"whole\"); }\n").unwrap();
}

/// Starts a build in a process group of its own, as a shell does, and waits for the compiler's half object.
fn begun(folder: &Path) -> Child {
    use std::os::unix::process::CommandExt as _;
    let mut build = wasmpack();
    build.arg("build").current_dir(folder).process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
    fs::write(folder.join("slow"), "").unwrap();
    let child = build.spawn().unwrap();
    wait_for("the compiler", || folder.join("begun").exists());
    fs::remove_file(folder.join("begun")).unwrap();
    fs::remove_file(folder.join("slow")).unwrap();
    child
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what} does not come");
        sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to the whole group, as a terminal does.
fn signal(name: &str, child: &Child) {
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-s", name, "--", &group]).status().unwrap().success());
}

#[test]
fn what_was_half_compiled_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    for name in ["INT", "KILL"] {
        let mut child = begun(folder.path());
        signal(name, &child);
        assert!(!child.wait().unwrap().success());
        assert_eq!(stdout_of(wasmpack().arg("run").current_dir(folder.path())), "whole\n");
        let objects = folder.path().join("target/wasmpack/.obj");
        let names = fs::read_dir(objects).unwrap().flat_map(|entry| fs::read_dir(entry.unwrap().path()));
        let names = names.flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: Vec<_> = names.filter(|name| name.starts_with(".new-")).collect();
        assert!(left.is_empty(), "{name}: {left:?}");
        // So that there is something to compile for the next signal.
        fs::remove_dir_all(folder.path().join("target")).unwrap();
    }
}

#[test]
fn a_second_build_waits_for_the_first() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let first = begun(folder.path());
    let mut second = wasmpack();
    second.arg("build").current_dir(folder.path()).stdout(Stdio::null());
    let stderr = folder.path().join("stderr");
    let mut second = second.stderr(fs::File::create(&stderr).unwrap()).spawn().unwrap();
    wait_for("word of the first build", || {
        fs::read_to_string(&stderr).unwrap().contains("Blocking waiting for another build in `")
    });
    signal("KILL", &first);
    assert!(!first.wait_with_output().unwrap().status.success());
    assert!(second.wait().unwrap().success(), "{}", fs::read_to_string(&stderr).unwrap());
}
