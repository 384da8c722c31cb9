//! Guests and the three streams they share with their process. Each runs in a child process, which is this
//! test started again with the guest's text.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitCode, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Trial};
use wasmpack_runner::{Error, Exit, Invocation, Limits, Runtime};

/// A guest that is no service tells nothing.
fn run(wasm: &[u8], invocation: &Invocation, limits: &Limits) -> Result<Exit, Error> {
    Runtime::default().run(wasm, invocation, limits, &mut |_| {}).map(|ended| ended.exit)
}

/// Says a line on each output stream.
const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\06\00\00\00")
    (data (i32.const 16) "hello\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// Writes 64 KiB of lines 1600 times: 100 MiB.
const FLOOD: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "\00\00\01\00\00\00\01\00")
    (func (export "_start") (local $at i32) (local $left i32)
        (local.set $at (i32.const 65536))
        (loop $fill
            (i32.store8 (local.get $at)
                (select (i32.const 10) (i32.const 121) (i32.eqz (i32.rem_u (local.get $at) (i32.const 80)))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if $fill (i32.lt_u (local.get $at) (i32.const 131072))))
        (local.set $left (i32.const 1600))
        (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))))"#;

/// Says `y` a million times, and never looks at an error: the guest that a closed pipe must stop.
const YES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\02\00\00\00")
    (data (i32.const 16) "y\n")
    (func (export "_start") (local $left i32)
        (local.set $left (i32.const 1000000))
        (loop $again
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $again (local.get $left)))))"#;

/// Copies stdin to stdout, as much as comes at a time.
const CAT: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (func (export "_start")
        (loop $again
            (i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 65536))
            (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (i32.load (i32.const 8))
                (then
                    (i32.store (i32.const 4) (i32.load (i32.const 8)))
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (br $again))))))"#;

/// What the child exits with when the guest did not exit by itself.
const TIMED_OUT: i32 = 124;
const OUTPUT_CLOSED: i32 = 141;

#[expect(clippy::disallowed_methods, reason = "a test that is its own child reads its arguments")]
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, verb, guest, milliseconds] = &arguments[..]
        && verb == "guest"
    {
        return child(guest, milliseconds.parse().unwrap());
    }
    let trials = vec![
        trial("what_a_guest_says_reaches_both_streams", both_streams),
        trial("a_hundred_megabytes_pass_through_a_pipe", flood),
        trial("a_guest_ends_quietly_when_its_reader_goes", reader_goes),
        trial("a_guest_reads_stdin_to_its_end", stdin_to_its_end),
        trial("a_guest_answers_line_by_line", line_by_line),
        trial("a_guest_that_waits_for_stdin_ends_with_its_time", waits_for_stdin),
        trial("a_guest_that_waits_for_its_reader_ends_with_its_time", waits_for_reader),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// Runs a guest as a command line would; 0 milliseconds are no limit.
fn child(wat: &str, milliseconds: u64) -> ExitCode {
    let limits =
        Limits { time: (milliseconds > 0).then(|| Duration::from_millis(milliseconds)), ..Limits::default() };
    let code = match run(&wat::parse_str(wat).unwrap(), &Invocation::default(), &limits).unwrap() {
        Exit::Code(code) => code,
        Exit::TimedOut | Exit::Stopped(_) | Exit::Interrupted | Exit::Terminated | Exit::Returned { .. } => {
            TIMED_OUT
        }
        Exit::OutputClosed => OUTPUT_CLOSED,
        Exit::Trap(trap) => panic!("{trap:?}"),
    };
    ExitCode::from(u8::try_from(code).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "a test that is its own child needs its own path")]
fn start(wat: &str, milliseconds: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["guest", wat, &milliseconds.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child's exit code, which must have come without a word on stderr.
fn quiet_end(child: Child) -> i32 {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&stderr), "");
    status.code().unwrap()
}

fn both_streams() {
    let output = start(HELLO, 0).wait_with_output().unwrap();
    assert_eq!(output.stdout, b"hello\n");
    assert_eq!(output.stderr, b"hello\n");
    assert!(output.status.success());
}

fn flood() {
    let start_time = Instant::now();
    let mut child = start(FLOOD, 0);
    let (mut bytes, mut lines, mut buffer) = (0, 0, vec![0; 1 << 16]);
    let mut stdout = child.stdout.take().unwrap();
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        bytes += count;
        lines += buffer[..count].iter().filter(|&&byte| byte == b'\n').count();
    }
    assert_eq!((bytes, lines), (100 << 20, 1600 * 819));
    assert_eq!(quiet_end(child), 0);
    // It takes a fraction of a second; this finds a stall, not a slow machine.
    assert!(start_time.elapsed() < Duration::from_secs(20), "{:?}", start_time.elapsed());
}

fn reader_goes() {
    let mut child = start(YES, 0);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "y\n");
    assert_eq!(quiet_end(child), OUTPUT_CLOSED);
}

fn stdin_to_its_end() {
    let sent: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut child = start(CAT, 0);
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut received = Vec::new();
    thread::scope(|scope| {
        let all = &sent;
        scope.spawn(move || stdin.write_all(all).unwrap());
        stdout.read_to_end(&mut received).unwrap();
    });
    assert!(received == sent, "{} of {} bytes came back", received.len(), sent.len());
    assert_eq!(quiet_end(child), 0);
}

fn line_by_line() {
    let mut child = start(CAT, 0);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for line in ["one\n", "two\n", "three\n"] {
        stdin.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, line);
    }
    drop(stdin);
    assert_eq!(quiet_end(child), 0);
}

fn waits_for_stdin() {
    let mut child = start(CAT, 50);
    hold(child.stdin.take());
    assert_eq!(quiet_end(child), TIMED_OUT);
}

fn waits_for_reader() {
    let mut child = start(FLOOD, 200);
    hold(child.stdout.take());
    assert_eq!(quiet_end(child), TIMED_OUT);
}

/// Keeps the other end of a pipe open for longer than the guest may run, yet not for ever: a guest without a
/// time limit then ends in another way, and the test fails instead of hanging.
fn hold(pipe: impl Send + 'static) {
    thread::spawn(move || {
        thread::sleep(Duration::from_secs(20));
        drop(pipe);
    });
}
