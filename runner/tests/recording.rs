//! Runs whose output is kept.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use wasmpack_runner::{Error, Exit, Invocation, Limits, Recording, record};

/// A module that may call what WASI has for streams, chance and time; all but the body of `_start` is given.
fn command(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\40\00\00\00\20\00\00\00")
            (func $say (param i32)
                (drop (call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func (export "_start") {body}))"#
    );
    wat::parse_str(text).unwrap()
}

fn recorded(body: &str, input: &[u8], keep_bytes: usize) -> Recording {
    record(&command(body), &Invocation::default(), &Limits::default(), input, keep_bytes).unwrap()
}

#[test]
fn what_goes_in_and_what_comes_out_are_values() {
    let echo = "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (call $say (i32.const 1)) (i32.store8 (i32.const 64) (i32.const 33)) (call $say (i32.const 2))
        (call $exit (i32.const 3))";
    let Recording { exit, stdout, stderr } = recorded(echo, b"hello", 100);
    assert_eq!((exit, &stdout[..], &stderr[..]), (Exit::Code(3), &b"hello"[..], &b"!ello"[..]));
}

#[test]
fn chance_and_time_are_the_same_again_and_not_always_one_number() {
    let body = "(drop (call $random (i32.const 64) (i32.const 16)))
        (drop (call $time (i32.const 0) (i64.const 1) (i32.const 80)))
        (drop (call $time (i32.const 1) (i64.const 1) (i32.const 88)))
        (call $say (i32.const 1))";
    let once = recorded(body, b"", 100);
    assert_eq!(once, recorded(body, b"", 100));
    assert_ne!(once.stdout[..8], once.stdout[8..16]);
    assert_ne!(once.stdout[16..24], [0; 8]);
}

#[test]
fn a_clock_that_is_asked_for_long_enough_gets_there() {
    let body = "(loop $wait
        (drop (call $time (i32.const 1) (i64.const 1) (i32.const 80)))
        (br_if $wait (i64.lt_u (i64.load (i32.const 80)) (i64.const 60000000000))))";
    assert_eq!(recorded(body, b"", 0).exit, Exit::Code(0));
}

#[test]
fn a_guest_that_writes_without_end_is_stopped_where_nothing_is_kept_any_more() {
    let Recording { exit, stdout, .. } =
        recorded("(loop $again (call $say (i32.const 1)) (br $again))", b"", 1000);
    assert_eq!((exit, stdout.len()), (Exit::OutputClosed, 1000));
}

#[test]
fn a_service_is_not_recorded() {
    // What makes it one is the name of its export.
    let service = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $handler (export "handle" (func $f)))
        (export "wasi:http/incoming-handler@0.2.0" (instance $handler)))"#;
    let wasm = wat::parse_str(service).unwrap();
    let recorded = record(&wasm, &Invocation::default(), &Limits::default(), b"", 0);
    assert!(matches!(recorded, Err(Error::Endless)), "{recorded:?}");
}
