//! What becomes of guests of all kinds. None of them prints: what they saw they say by their exit code.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{fs, time::Duration, time::Instant};

use wasmpack_runner::{Access, Directory, Error, Exit, Invocation, Limits, Runtime, Trap};

/// A guest that is no service tells nothing.
fn run(wasm: &[u8], invocation: &Invocation, limits: &Limits) -> Result<Exit, Error> {
    Runtime::default().run(wasm, invocation, limits, &mut |_| {}).map(|ended| ended.exit)
}

/// A module of which all but the body of `_start` is given.
fn command(body: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_open"
                (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 1024) "note.txt")
            (func (export "_start") {body}))"#
    ))
}

fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap()
}

fn outcome(wasm: &[u8]) -> Result<Exit, Error> {
    run(wasm, &Invocation::default(), &Limits::default())
}

fn code(wasm: &[u8], invocation: &Invocation) -> i32 {
    match run(wasm, invocation, &Limits::default()).unwrap() {
        Exit::Code(code) => code,
        other => panic!("{other:?}"),
    }
}

fn trap(wasm: &[u8], limits: &Limits) -> Trap {
    match run(wasm, &Invocation::default(), limits).unwrap() {
        Exit::Trap(trap) => trap,
        other => panic!("{other:?}"),
    }
}

fn limited(memory_bytes: Option<u64>, time: Option<Duration>) -> Limits {
    Limits { memory_bytes, time, ..Limits::default() }
}

#[test]
fn a_command_that_returns_exits_with_0() {
    assert_eq!(outcome(&command("")).unwrap(), Exit::Code(0));
}

#[test]
fn every_exit_code_arrives_as_it_was_given() {
    for code in [0, 1, 101, 126, 255, 256, -1] {
        assert_eq!(outcome(&command(&format!("(call $exit (i32.const {code}))"))).unwrap(), Exit::Code(code));
    }
}

#[test]
fn a_trap_names_its_reason_and_the_functions_on_the_way() {
    let wasm = wasm(
        r#"(module $shop
            (func $_ZN4shop5count17h0123456789abcdefE unreachable)
            (func $f call $_ZN4shop5count17h0123456789abcdefE)
            (func $main (export "_start") call $f))"#,
    );
    let trap = trap(&wasm, &Limits::default());
    assert_eq!(trap.message, "wasm `unreachable` instruction executed");
    let functions: Vec<_> = trap.backtrace.lines().map(|line| line.rsplit(" - ").next().unwrap()).collect();
    assert_eq!(functions, ["shop::count::h0123456789abcdef", "f", "main"]);
    assert!(trap.hint.unwrap().contains("abort"));
}

#[test]
fn a_trap_without_names_gives_indices_and_offsets() {
    let wasm = wasm(r#"(module (func unreachable) (func (export "_start") call 0))"#);
    let backtrace = trap(&wasm, &Limits::default()).backtrace;
    assert_eq!(backtrace.lines().count(), 2, "{backtrace}");
    let first = backtrace.lines().next().unwrap();
    assert!(first.contains("0x") && first.ends_with("<wasm function 0>"), "{backtrace}");
}

#[test]
fn an_endless_recursion_is_a_trap() {
    let wasm = wasm(r#"(module (func $again (export "_start") call $again))"#);
    let trap = trap(&wasm, &Limits::default());
    assert_eq!(trap.message, "call stack exhausted");
    assert!(trap.hint.unwrap().contains("recursion"));
}

#[test]
fn a_start_function_may_be_the_end_of_the_guest() {
    let module = |start| {
        wasm(&format!(
            r#"(module
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (func $start {start}) (start $start)
                (func (export "_start")))"#
        ))
    };
    assert_eq!(outcome(&module("(call $exit (i32.const 3))")).unwrap(), Exit::Code(3));
    assert!(trap(&module("unreachable"), &Limits::default()).message.contains("unreachable"));
}

#[test]
fn imports_this_host_lacks_are_all_named() {
    let wasm = wasm(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (import "env" "log" (func))
            (import "env" "now" (func (result i64)))
            (func (export "_start")))"#,
    );
    let error = outcome(&wasm).unwrap_err();
    assert!(matches!(&error, Error::UnknownImports { imports } if imports == &["env::log", "env::now"]));
    assert!(error.to_string().contains("it imports `env::log`, `env::now`"), "{error}");
    assert!(error.hint().unwrap().contains("linker"));
}

#[test]
fn an_import_of_another_type_is_named() {
    let wasm = wasm(
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (func (export "_start")))"#,
    );
    let error = outcome(&wasm).unwrap_err();
    let Error::ImportType { source } = &error else { panic!("{error:?}") };
    assert!(source.to_string().contains("wasi_snapshot_preview1::fd_close"), "{source}");
}

#[test]
fn what_is_not_a_command_is_told_apart() {
    let reactor = wasm(r#"(module (func (export "_initialize")) (func (export "add")))"#);
    assert!(matches!(outcome(&reactor), Err(Error::Reactor)));
    let library = wasm(r#"(module (func (export "add")))"#);
    assert!(matches!(outcome(&library), Err(Error::NoStart)));
    let other_start = wasm(r#"(module (func (export "_start") (param i32)))"#);
    assert!(matches!(outcome(&other_start), Err(Error::NoStart)));
    let component = wasm("(component)");
    assert!(matches!(outcome(&component), Err(Error::NoEntry { .. })));
    for error in [&reactor, &library, &component].map(|wasm| outcome(wasm).unwrap_err()) {
        assert!(error.hint().is_some(), "{error}");
    }
}

#[test]
fn what_is_not_webassembly_is_told_apart() {
    assert!(matches!(outcome(b""), Err(Error::NotWasm { kind: Some("none: it is empty") })));
    assert!(matches!(
        outcome(b"\x7fELF\x02\x01\x01\0"),
        Err(Error::NotWasm { kind: Some("a program for Linux (ELF)") })
    ));
    assert!(matches!(
        outcome(b"\n (module)"),
        Err(Error::NotWasm { kind: Some("WebAssembly in its text format") })
    ));
}

#[test]
fn an_invalid_module_is_reported_with_the_offset() {
    let whole = command("");
    for broken in [&whole[..4], &whole[..whole.len() - 5]] {
        let error = outcome(broken).unwrap_err();
        assert!(matches!(error, Error::InvalidModule { .. }), "{error:?}");
        assert!(error.to_string().contains("offset"), "{error}");
        assert!(error.hint().unwrap().contains("damaged"));
    }
}

#[test]
fn a_module_with_a_feature_this_host_lacks_is_refused() {
    let threads = "(module (memory 1 1 shared) (func (export \"_start\")))";
    let error = outcome(&wasm(threads)).unwrap_err();
    assert!(error.hint().unwrap().contains("build without this feature"), "{error}");
}

#[test]
fn an_exception_is_caught_or_ends_the_guest() {
    let module = |body: &str| wasm(&format!("(module (tag $failed) (func (export \"_start\") {body}))"));
    let caught = module("(block $out (try_table (catch $failed $out) (throw $failed)))");
    assert_eq!(outcome(&caught).unwrap(), Exit::Code(0));
    let Exit::Trap(trap) = outcome(&module("(throw $failed)")).unwrap() else { panic!("it is caught") };
    assert_eq!(trap.message, "an exception that nothing catches");
}

#[test]
fn a_guest_sees_its_arguments() {
    // Exits with the number of arguments, and with 99 if the first does not begin with `w`.
    let wasm = command(
        "(drop (call $args_sizes (i32.const 0) (i32.const 4)))
         (drop (call $args (i32.const 8) (i32.const 512)))
         (if (i32.ne (i32.load8_u (i32.const 512)) (i32.const 119)) (then (call $exit (i32.const 99))))
         (call $exit (i32.load (i32.const 0)))",
    );
    let arguments = |list: &[&str]| Invocation {
        arguments: list.iter().map(ToString::to_string).collect(),
        ..Invocation::default()
    };
    assert_eq!(code(&wasm, &arguments(&["wc", "-l", ""])), 3);
    assert_eq!(code(&wasm, &arguments(&["cat"])), 99);
}

#[test]
fn a_guest_sees_the_variables_it_was_given_and_no_other() {
    // Exits with the number of variables times 100 plus the length of the first with its terminator.
    let wasm = command(
        "(drop (call $environ_sizes (i32.const 0) (i32.const 4)))
         (call $exit (i32.add (i32.mul (i32.load (i32.const 0)) (i32.const 100)) (i32.load (i32.const 4))))",
    );
    assert_eq!(code(&wasm, &Invocation::default()), 0);
    let environment = vec![("LANG".to_owned(), "C".to_owned())];
    assert_eq!(
        code(&wasm, &Invocation { environment, ..Invocation::default() }),
        100 + "LANG=C\0".len() as i32
    );
}

/// Opens `note.txt` below the first directory, and exits with its first byte, or with 1000 plus the error.
const READ_NOTE: &str = "(local $error i32)
    (local.set $error (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 8)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (if (local.get $error) (then (call $exit (i32.add (i32.const 1000) (local.get $error)))))
    (i32.store (i32.const 16) (i32.const 512)) (i32.store (i32.const 20) (i32.const 1))
    (drop (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 24)))
    (call $exit (i32.load8_u (i32.const 512)))";

#[test]
fn a_guest_without_a_directory_opens_nothing() {
    const BADF: i32 = 8;
    assert_eq!(code(&command(READ_NOTE), &Invocation::default()), 1000 + BADF);
}

#[test]
fn a_guest_reads_below_the_directory_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("note.txt"), "A").unwrap();
    let directories = vec![Directory {
        host: folder.path().to_owned(),
        guest: "/data".to_owned(),
        access: Access::ReadWrite,
    }];
    assert_eq!(
        code(&command(READ_NOTE), &Invocation { directories, ..Invocation::default() }),
        i32::from(b'A')
    );
}

#[test]
fn a_directory_to_read_is_not_written() {
    let create =
        command(&READ_NOTE.replacen("(i32.const 0) (i64.const 2)", "(i32.const 1) (i64.const 66)", 1));
    for (access, is_written) in [(Access::ReadOnly, false), (Access::ReadWrite, true)] {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().to_owned();
        let directories = vec![Directory { host, guest: "/data".to_owned(), access }];
        let code = code(&create, &Invocation { directories, ..Invocation::default() });
        assert_eq!(
            (code < 1000, folder.path().join("note.txt").exists()),
            (is_written, is_written),
            "{code}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_guest_does_not_leave_its_directory_by_a_link() {
    const PERM: i32 = 63;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "S").unwrap();
    fs::create_dir(folder.path().join("given")).unwrap();
    std::os::unix::fs::symlink("../secret", folder.path().join("given/note.txt")).unwrap();
    let directories = vec![Directory {
        host: folder.path().join("given"),
        guest: ".".to_owned(),
        access: Access::ReadWrite,
    }];
    assert_eq!(code(&command(READ_NOTE), &Invocation { directories, ..Invocation::default() }), 1000 + PERM);
}

#[test]
fn a_directory_that_is_not_there_is_an_error() {
    let directories = vec!["/no/such/folder".parse().unwrap()];
    let error = run(&command(""), &Invocation { directories, ..Invocation::default() }, &Limits::default());
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "failed to open directory `/no/such/folder` for the guest");
    assert!(std::error::Error::source(&error).is_some());
}

/// Grows its memory by a page at a time and exits with the number of pages it came to have.
const GROW: &str = "(loop $more
        (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (call $exit (memory.size))";

#[test]
fn memory_ends_at_the_limit_and_the_guest_may_go_on() {
    let limits = limited(Some(10 * 65536 + 1), None);
    let exit = run(&command(GROW), &Invocation::default(), &limits).unwrap();
    assert_eq!(exit, Exit::Code(10));
}

#[test]
fn a_trap_for_want_of_memory_says_so() {
    let wasm = command("(if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then unreachable))");
    assert_eq!(outcome(&wasm).unwrap(), Exit::Code(0));
    let hint = trap(&wasm, &limited(Some(1 << 20), None)).hint.unwrap();
    assert!(hint.contains("1048576 bytes"), "{hint}");
}

#[test]
fn a_module_that_starts_with_too_much_memory_is_refused() {
    let wasm = wasm(r#"(module (memory (export "memory") 32) (func (export "_start")))"#);
    let error = run(&wasm, &Invocation::default(), &limited(Some(1 << 20), None)).unwrap_err();
    assert!(
        matches!(error, Error::MemoryLimit { needed_bytes: 2_097_152, limit_bytes: 1_048_576 }),
        "{error:?}"
    );
}

#[test]
fn an_endless_loop_ends_with_its_time() {
    // Endless enough: where the limit does not hold, the test fails instead of hanging.
    let wasm = command(
        "(local $left i64)
         (local.set $left (i64.const 30000000000))
         (loop $again
            (br_if $again (i64.ne (local.tee $left (i64.sub (local.get $left) (i64.const 1))) (i64.const 0))))",
    );
    let limits = limited(None, Some(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(run(&wasm, &Invocation::default(), &limits).unwrap(), Exit::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_sleeper_ends_with_its_time() {
    // One subscription to the monotonic clock, 20 seconds from now.
    let wasm = command(
        "(i32.store (i32.const 16) (i32.const 1))
         (i64.store (i32.const 24) (i64.const 20000000000))
         (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))",
    );
    let limits = limited(None, Some(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(run(&wasm, &Invocation::default(), &limits).unwrap(), Exit::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn a_guest_within_its_time_ends_as_ever() {
    let limits = limited(None, Some(Duration::from_secs(60)));
    let run = |body| run(&command(body), &Invocation::default(), &limits).unwrap();
    assert_eq!(run("(call $exit (i32.const 7))"), Exit::Code(7));
    assert!(matches!(run("unreachable"), Exit::Trap(_)));
    let longest = limited(None, Some(Duration::MAX));
    let ended = Runtime::default().run(&command(""), &Invocation::default(), &longest, &mut |_| {});
    assert_eq!(ended.unwrap().exit, Exit::Code(0));
}
