//! `run --compare`: what is the same is told, and what is not has an exit code.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::{copy, example, said, stdout_of, wasmpack};

/// A command as text: `$say` writes bytes from 64 on to a file, `$open` creates `out` in the first folder.
fn command(body: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_filestat_get" (func $about (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_open"
                (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\40\00\00\00\03\00\00\00") (data (i32.const 32) "out") (data (i32.const 64) "one")
            (func $say (param $file i32)
                (drop (call $write (local.get $file) (i32.const 0) (i32.const 1) (i32.const 16))))
            (func $open (result i32)
                (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 3) (i32.const 9)
                    (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 20)))
                (i32.load (i32.const 20)))
            (func $even (param i32) (result i32) (i32.eqz (i32.rem_u (local.get 0) (i32.const 2))))
            (func (export "_start") {body}))"#
    )
}

/// Compares a module with itself after optimization, in its folder.
fn compare(folder: &Path, body: &str, flags: &[&str], input: &str) -> Output {
    fs::write(folder.join("guest.wat"), command(body)).unwrap();
    fs::write(folder.join("input"), input).unwrap();
    let input = fs::File::open(folder.join("input")).unwrap();
    let mut run = wasmpack();
    run.current_dir(folder).args(["run", "--compare", "guest.wat"]).args(flags).stdin(Stdio::from(input));
    run.output().unwrap()
}

/// The same with an optimizer that gives another program.
#[cfg(unix)]
fn compare_with(folder: &Path, body: &str, other: &str, flags: &[&str]) -> Output {
    use std::os::unix::fs::PermissionsExt;
    let other_path = folder.join("other.wasm");
    fs::write(&other_path, wat::parse_str(command(other)).unwrap()).unwrap();
    // An import that is not used would be new, and not believed.
    let mut bare = wasmpack();
    bare.args(["optimize", "--wasm-opt", "off", "-o"]).args([&other_path, &other_path]);
    stdout_of(&mut bare);
    let script = folder.join("wasm-opt");
    let text = format!(
        "#!/bin/sh\nif [ $1 = --version ]; then echo version 999; else cp {} $3; fi\n",
        other_path.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    compare(folder, body, &[flags, &["--wasm-opt", "./wasm-opt"]].concat(), "")
}

/// The last line: what was found.
fn found(output: &Output) -> String {
    said(output).lines().last().unwrap_or_default().trim().to_owned()
}

#[test]
fn both_runs_have_the_same_input_and_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/other"), "as it was").unwrap();
    let body = "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $say (i32.const 1)) (call $say (i32.const 1)) (call $say (call $open))
        (call $exit (i32.add (i32.const 3) (call $even (i32.const 4))))";
    let output = compare(folder.path(), body, &["--dir", "data::/data"], "abc");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(found(&output), "Same exit code 4, 6 bytes of stdout, 0 of stderr, 2 files");
    // Nothing of the program's own reaches stdout, and nothing its folder.
    assert!(output.stdout.is_empty());
    assert!(!folder.path().join("data/out").exists());
}

#[test]
fn a_trap_is_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = compare(folder.path(), "(call $say (i32.const 2)) unreachable", &[], "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(found(&output).starts_with("Same trap (wasm `unreachable`"), "{}", said(&output));
}

#[test]
#[cfg(unix)]
fn what_differs_is_told_and_has_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    let say_two = "(i32.store8 (i32.const 65) (i32.const 78))";
    for (before, after, told) in [
        ("(call $exit (i32.const 3))", "(call $exit (i32.const 4))", "exit code 3 before, exit code 4 after"),
        ("(call $exit (i32.const 3))", "unreachable", "exit code 3 before, a trap"),
        ("(call $say (i32.const 1))", "", "stdout differs at byte 0, in line 1: `one` before, the end after"),
        (
            "(call $say (i32.const 2))",
            &format!("{say_two} (call $say (i32.const 2))"),
            "stderr differs at byte 1, in line 1: `ne` before, `Ne` after",
        ),
        (
            "(call $say (call $open))",
            &format!("{say_two} (call $say (call $open))"),
            "/data/out differs at byte 1, in line 1: `ne` before, `Ne` after",
        ),
        ("(drop (call $open))", "", "`/data/out` is there only before"),
    ] {
        // What the optimizer makes is used only if it is no larger.
        let before = format!("{} {before}", "(drop (i32.load (i32.const 40000)))".repeat(10));
        let output = compare_with(folder.path(), &before, after, &["--dir", "data::/data"]);
        assert_eq!(output.status.code(), Some(111), "{}", said(&output));
        assert!(said(&output).contains(told), "{told}: {}", said(&output));
    }
}

#[test]
#[cfg(unix)]
fn a_program_that_does_something_else_each_time_is_no_measure() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    // The number of a folder on its disk.
    let body = "(drop (call $about (i32.const 3) (i32.const 56))) (call $say (i32.const 1))";
    let output = compare(folder.path(), body, &["--dir", "data::/data"], "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("does something else each time"), "{}", said(&output));
}

#[test]
fn what_cannot_be_compared_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let endless = compare(folder.path(), "(loop $again (br $again))", &["--timeout", "0.2"], "");
    assert_eq!(endless.status.code(), Some(124), "{}", said(&endless));

    let service = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $handler (export "handle" (func $f)))
        (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#;
    let path = folder.path().join("service.wat");
    fs::write(&path, service).unwrap();
    let output = wasmpack().args(["run", "--compare"]).arg(&path).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("it is a service"), "{}", said(&output));
}

#[test]
fn a_project_is_compared_and_its_image_alone_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    let run = |target: &Path| {
        let mut run = wasmpack();
        run.args(["run", "--compare"]).arg(target).args(["--", "5"]).stdin(Stdio::null()).output().unwrap()
    };
    let same = run(&project);
    assert_eq!(
        (same.status.code(), &*found(&same)),
        (Some(0), "Same exit code 0, 9 bytes of stdout, 0 of stderr")
    );
    stdout_of(wasmpack().arg("build").arg(&project));
    let alone = run(&project.join("target/wasmpack/factorial"));
    assert_eq!(alone.status.code(), Some(2));
    assert!(said(&alone).contains("run --compare FILE.wasm"), "{}", said(&alone));
}
