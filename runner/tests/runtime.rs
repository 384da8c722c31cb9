//! What a runtime does around its guests: it keeps machine code, stops them, and tells what they spent and used.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use wasmpack_runner::{Access, Directory, Ended, Exit, Invocation, Limits, Runtime, Stop, Subject, Used};

fn run(runtime: &Runtime, wat: &str, directories: Vec<Directory>) -> Ended {
    let invocation = Invocation { directories, ..Invocation::default() };
    runtime.run(&wat::parse_str(wat).unwrap(), &invocation, &Limits::default(), &mut |_| {}).unwrap()
}

const NOTHING: &str = r#"(module (memory (export "memory") 2) (func (export "_start")))"#;

#[test]
fn machine_code_is_kept_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("below/kept");
    let runtime = Runtime { cache: Some(kept.clone()), ..Runtime::default() };
    let first = run(&runtime, NOTHING, Vec::new()).spent;
    let second = run(&runtime, NOTHING, Vec::new()).spent;
    assert_eq!((first.is_kept, second.is_kept), (false, true));
    assert_eq!(second.memory_bytes, 2 << 16);
    assert!(second.instantiate.is_some() && second.first_output.is_none());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700);
    }
    // Other limits are other code.
    let limits = Limits { fuel: Some(1_000), ..Limits::default() };
    let wasm = wat::parse_str(NOTHING).unwrap();
    let other = runtime.run(&wasm, &Invocation::default(), &limits, &mut |_| {}).unwrap().spent;
    assert!(!other.is_kept);
}

#[test]
fn what_is_kept_and_damaged_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime { cache: Some(folder.path().to_owned()), ..Runtime::default() };
    run(&runtime, NOTHING, Vec::new());
    let mut places = vec![folder.path().to_owned()];
    let mut damaged = 0;
    while let Some(place) = places.pop() {
        match fs::read_dir(&place) {
            Ok(entries) => places.extend(entries.map(|entry| entry.unwrap().path())),
            Err(_) => {
                let bytes = fs::read(&place).unwrap();
                fs::write(&place, &bytes[..bytes.len() / 2]).unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged > 0);
    assert_eq!(run(&runtime, NOTHING, Vec::new()).exit, Exit::Code(0));
}

#[test]
fn where_nothing_can_be_kept_it_runs_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let runtime = Runtime { cache: Some(file.join("below")), ..Runtime::default() };
    assert_eq!(run(&runtime, NOTHING, Vec::new()).exit, Exit::Code(0));
}

#[test]
fn a_guest_that_computes_or_waits_is_stopped_from_another_thread() {
    let computes = r#"(module (func (export "_start") (loop $again (br $again))))"#;
    // A subscription to the monotonic clock, a day from now.
    let waits = r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 86400000000000))
            (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;
    for guest in [computes, waits] {
        let stop = Stop::default();
        let asking = stop.clone();
        let runtime = Runtime { stop: Some(stop), ..Runtime::default() };
        let begun = Instant::now();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            asking.ask();
        });
        assert_eq!(run(&runtime, guest, Vec::new()).exit, Exit::Terminated);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_guest_that_ends_by_itself_was_not_stopped() {
    let runtime = Runtime { stop: Some(Stop::default()), ..Runtime::default() };
    assert_eq!(run(&runtime, NOTHING, Vec::new()).exit, Exit::Code(0));
}

/// Looks at a file in the folder it was given, writes another, reaches for one outside, asks for chance, and ends with 3.
const CURIOUS: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "a.txt")
    (data (i32.const 110) "b.txt")
    (data (i32.const 120) "../c.txt")
    (data (i32.const 140) "\c8\00\00\00\02\00\00\00")
    (data (i32.const 200) "hi")
    (func (export "_start")
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 300)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 110) (i32.const 5) (i32.const 1)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 304)))
        (drop (call $write (i32.load (i32.const 304)) (i32.const 140) (i32.const 1) (i32.const 308)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 120) (i32.const 8) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 300)))
        (drop (call $random (i32.const 400) (i32.const 8)))
        (call $exit (i32.const 3))))"#;

#[test]
fn what_a_guest_uses_is_told_with_its_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let given =
        Directory { host: folder.path().to_owned(), guest: "/data".to_owned(), access: Access::ReadWrite };
    let runtime = Runtime { audit: true, ..Runtime::default() };
    let Ended { exit, used, .. } = run(&runtime, CURIOUS, vec![given.clone()]);
    assert_eq!(exit, Exit::Code(3));
    let told = |one: &Used| {
        let subject = match &one.subject {
            Subject::File(path) => path.as_str(),
            _ => "",
        };
        (one.function.clone(), subject.to_owned(), one.is_write, one.refused)
    };
    let told: Vec<_> = used.iter().map(told).collect();
    let expected = [
        ("fd_write", "/data/b.txt", true, 0),
        ("path_open", "/data/../c.txt", false, 1),
        ("path_open", "/data/a.txt", false, 0),
        ("path_open", "/data/b.txt", true, 0),
        ("proc_exit", "", false, 0),
        ("random_get", "", false, 0),
    ];
    let expected = expected
        .map(|(function, path, is_write, refused)| (function.to_owned(), path.to_owned(), is_write, refused));
    assert_eq!(told, expected);
    // And nothing, where nobody wants to know.
    assert!(run(&Runtime::default(), CURIOUS, vec![given]).used.is_empty());
}
