//! `run`: what reaches the program, and what comes back.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::documented::documented;
use crate::support::{copy, example, said, stdout_of, wasmpack};

/// A command that does what `body` says, as a file.
fn module(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("guest.wasm");
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start") {body}))"#
    );
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

fn run(body: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    wasmpack().arg("run").arg(module(folder.path(), body)).args(arguments).output().unwrap()
}

#[test]
fn the_guests_exit_code_becomes_ours() {
    for code in [0, 1, 7, 125] {
        assert_eq!(run(&format!("(call $exit (i32.const {code}))"), &[]).status.code(), Some(code));
    }
}

#[test]
fn a_guest_sees_no_variable_and_no_folder_unless_given() {
    let count = "(drop (call $environ (i32.const 0) (i32.const 4))) (call $exit (i32.load (i32.const 0)))";
    assert_eq!(run(count, &[]).status.code(), Some(0));
    assert_eq!(run(count, &["--env", "A=1", "--env", "B=2", "--env", "A=3"]).status.code(), Some(2));
    // 8 is `badf`: the first folder would have file descriptor 3.
    let folder = "(call $exit (call $prestat (i32.const 3) (i32.const 0)))";
    assert_eq!(run(folder, &[]).status.code(), Some(8));
    assert_eq!(run(folder, &["--dir", ".::/data"]).status.code(), Some(0));
}

#[test]
fn a_trap_and_a_time_limit_have_codes_of_their_own() {
    let trapped = run("unreachable", &[]);
    assert_eq!(trapped.status.code(), Some(134));
    assert!(said(&trapped).contains("`guest.wasm` trapped"), "{}", said(&trapped));
    let endless = run("(loop $again (br $again))", &["--timeout", "0.2"]);
    assert_eq!(endless.status.code(), Some(124), "{}", said(&endless));
}

#[test]
fn a_guest_whose_reader_goes_is_stopped_quietly_and_has_not_succeeded() {
    let folder = tempfile::tempdir().unwrap();
    // Empty lines without end.
    let body = "(i32.store (i32.const 16) (i32.const 32)) (i32.store (i32.const 20) (i32.const 1))
        (i32.store8 (i32.const 32) (i32.const 10))
        (loop $again (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))) (br $again))";
    let mut command = wasmpack();
    command.arg("run").arg(module(folder.path(), body)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = [0];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*said(&output)), (Some(141), ""));
}

#[test]
fn a_guest_that_fills_a_stream_nobody_reads_ends_with_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let body = "(i32.store (i32.const 16) (i32.const 32)) (i32.store (i32.const 20) (i32.const 4096))
        (loop $again (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8))) (br $again))";
    let mut command = wasmpack();
    command
        .args(["run", "--timeout", "0.5", "--time"])
        .arg(module(folder.path(), body))
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let code = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if begun.elapsed() > Duration::from_secs(60) => {
                child.kill().unwrap();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!(code, Some(124));
}

#[test]
fn a_pipe_goes_in_and_comes_out() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cargo-wasmpack"))
        .args(["run", "-q", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/sort")])
        .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/run"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"pear\nfig\npear\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "      1 fig\n      2 pear\n");
}

/// What an interpreter and its script are, at a size a test can build.
#[test]
fn files_of_the_image_are_read_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let [program, project] = ["program", "project"].map(|name| folder.path().join(name));
    copy(&example("wordcount"), &program);
    stdout_of(wasmpack().arg("build").arg(&program));
    std::fs::create_dir_all(project.join("texts/deep")).unwrap();
    let module = program.join("target/wasm32-wasip1/wasmpack/wordcount.wasm");
    std::fs::copy(module, project.join("interpreter.wasm")).unwrap();
    std::fs::write(project.join("texts/a.txt"), "one two\n").unwrap();
    std::fs::write(project.join("texts/deep/b.txt"), "three\n").unwrap();
    let config = "[build]\nmodule = \"interpreter.wasm\"\n[image]\nargs = [\"/data/a.txt\"]\n\
        files = [{ from = \"texts\", to = \"/data\" }, { from = \"texts/a.txt\", to = \"/bin/tool\", mode = \"755\" }]\n";
    std::fs::write(project.join("wasmpack.toml"), config).unwrap();
    assert_eq!(stdout_of(wasmpack().arg("run").arg(&project)), "      1       2       8 /data/a.txt\n");
    let deep = stdout_of(wasmpack().arg("run").arg(&project).args(["--", "/data/deep/b.txt", "/bin/tool"]));
    assert!(deep.contains("/data/deep/b.txt") && deep.ends_with("3      14 total\n"), "{deep}");

    // Neither can stand in front of the other without hiding it.
    for root in [".::/", "."] {
        let refused = wasmpack().current_dir(&project).args(["run", ".", "--dir", root]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        assert!(said(&refused).contains("the files of the image are there"), "{}", said(&refused));
    }

    let described = stdout_of(wasmpack().args(["inspect", "--json"]).arg(&project));
    let described = documented(described);
    let layers = || described["image"]["layers"].as_array().unwrap().clone();
    assert_eq!(layers().len(), 2);
    // Another module leaves the layer of the files as it is.
    std::fs::write(
        project.join("interpreter.wasm"),
        wat::parse_str("(module (func (export \"_start\")))").unwrap(),
    )
    .unwrap();
    let again = stdout_of(wasmpack().args(["inspect", "--json"]).arg(&project));
    let again = documented(again);
    assert_eq!(again["image"]["layers"][0], layers()[0]);
    assert_ne!(again["image"]["layers"][1], layers()[1]);
}
