//! Services whose guests fail, each in its own way, and what becomes of the others.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use wasmpack_runner::{Answered, Ended, Event, Exit, Invocation, Limits, Runtime, Stop};

/// A service of which all but the body of its one function is given.
fn service(body: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (import "wasi:http/types@0.2.0" (instance $types
                (export "incoming-request" (type (sub resource)))
                (export "response-outparam" (type (sub resource)))))
            (alias export $types "incoming-request" (type $request))
            (alias export $types "response-outparam" (type $out))
            (core module $code (func $answer (export "handle") (param i32 i32) {body}))
            (core instance $code (instantiate $code))
            (func $handle (param "request" (own $request)) (param "response-out" (own $out))
                (canon lift (core func $code "handle")))
            (instance (export "wasi:http/incoming-handler@0.2.0") (export "handle" (func $handle))))"#
    ))
    .unwrap()
}

/// A service that can answer, too: `answering.wat` says how.
fn answering(body: &str) -> Vec<u8> {
    wat::parse_str(include_str!("answering.wat").replace("BODY)", &format!("{body})"))).unwrap()
}

const LOOP: &str = "(loop $again (br $again))";

/// Runs the service, asks it, and gives what it told, once that is so many requests and whoever asks is done.
fn run(
    wasm: &[u8],
    limits: &Limits,
    requests: usize,
    ask: impl FnOnce(SocketAddr) + Send + 'static,
) -> (Ended, Vec<Answered>) {
    let stop = Stop::default();
    let waited_for = Arc::new(AtomicUsize::new(requests + 1));
    let done = {
        let stop = stop.clone();
        move || {
            if waited_for.fetch_sub(1, Ordering::SeqCst) == 1 {
                stop.ask();
            }
        }
    };
    let (listening, address) = mpsc::channel();
    let asked = done.clone();
    let asking = thread::spawn(move || {
        ask(address.recv().unwrap());
        asked();
    });
    let listen = "127.0.0.1:0".parse().unwrap();
    let mut answered = Vec::new();
    let mut on_event = |event| match event {
        Event::Listening { address } => listening.send(address).unwrap(),
        Event::Answered(one) => {
            answered.push(*one);
            done();
        }
        Event::Stopping { .. } => {}
    };
    // So that a test that fails has an end.
    let limits = Limits { time: Some(Duration::from_secs(60)), ..limits.clone() };
    let invocation = Invocation { listen, ..Invocation::default() };
    let runtime = Runtime { stop: Some(stop), ..Runtime::default() };
    let ended = runtime.run(wasm, &invocation, &limits, &mut on_event).unwrap();
    asking.join().unwrap();
    assert_eq!(ended.exit, Exit::Terminated);
    (ended, answered)
}

/// The first line of the answer.
fn ask(address: SocketAddr) -> String {
    say(address, b"GET /x HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
}

/// The first line of the answer to these words.
fn say(address: SocketAddr, words: &[u8]) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(words).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_guest_that_traps_is_told_to_the_log_and_not_to_the_client() {
    let (ended, answered) = run(&service("unreachable"), &Limits::default(), 1, |address| {
        assert!(ask(address).contains(" 500 "));
    });
    let [answered] = &answered[..] else { panic!("{answered:?}") };
    assert_eq!((answered.status, &*answered.path), (Some(500), "/x"));
    let failure = answered.failure.as_ref().unwrap();
    assert!(failure.contains("unreachable") && failure.contains("answer"), "{failure}");
    assert!(ended.spent.instantiate.is_none());
}

#[test]
fn a_guest_that_gives_no_answer_is_told() {
    // The other goes on when it has none to give any more.
    for guest in [service(""), answering(&format!("(call $give-up (local.get $out)) {LOOP}"))] {
        let (_, answered) =
            run(&guest, &Limits::default(), 1, |address| assert!(ask(address).contains(" 500 ")));
        assert_eq!(answered[0].failure.as_deref(), Some("it gave no answer"));
    }
}

#[test]
fn guests_that_loop_are_stopped_and_keep_nobody_waiting() {
    let limits = Limits { request_time: Some(Duration::from_millis(300)), ..Limits::default() };
    // More than there are processors, most often.
    let (_, answered) = run(&service(LOOP), &limits, 16, |address| {
        let begun = Instant::now();
        let clients: Vec<_> = (0..16).map(|_| thread::spawn(move || ask(address))).collect();
        for client in clients {
            let answer = client.join().unwrap();
            assert!(answer.contains(" 504 "), "{answer}");
        }
        // One after the other, they would take 16 times as long as one may.
        assert!(begun.elapsed() < Duration::from_millis(16 * 300), "{:?}", begun.elapsed());
    });
    assert_eq!(answered.len(), 16);
    let expected = "it had not finished after 0.3 seconds, which is the limit";
    assert!(answered.iter().all(|one| one.failure.as_deref() == Some(expected)), "{answered:?}");
}

#[test]
fn more_requests_than_are_answered_at_once_wait() {
    let limits = Limits { request_time: Some(Duration::from_millis(100)), requests: 2, ..Limits::default() };
    let (_, answered) = run(&service(LOOP), &limits, 6, |address| {
        let begun = Instant::now();
        let clients: Vec<_> = (0..6).map(|_| thread::spawn(move || ask(address))).collect();
        assert!(clients.into_iter().all(|client| client.join().unwrap().contains(" 504 ")));
        assert!(begun.elapsed() >= Duration::from_millis(300));
    });
    assert_eq!(answered.len(), 6);
}

#[test]
fn a_client_that_goes_away_takes_its_guest_along() {
    let limits = Limits { request_time: None, ..Limits::default() };
    let (_, answered) = run(&service(LOOP), &limits, 1, |address| {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"GET /x HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(200));
    });
    let [answered] = &answered[..] else { panic!("{answered:?}") };
    assert_eq!((answered.status, &answered.failure), (None, &None));
}

#[test]
fn a_guest_that_fails_after_its_answer_is_told() {
    let body = "(call $end (call $answer (local.get $out) (i32.const 200))) (call $work) unreachable";
    let (_, answered) =
        run(&answering(body), &Limits::default(), 1, |address| assert!(ask(address).contains(" 200 ")));
    let [answered] = &answered[..] else { panic!("{answered:?}") };
    assert_eq!(answered.status, Some(200));
    assert!(answered.failure.as_ref().is_some_and(|failure| failure.contains("unreachable")), "{answered:?}");
}

#[test]
fn what_did_not_reach_the_client_is_not_logged_as_if_it_had() {
    for (body, status, failure) in [
        (
            "(call $end (call $answer (local.get $out) (i32.const 102)))",
            500,
            "it answered with the status 102, which is no answer",
        ),
        (
            "(call $abort (call $answer (local.get $out) (i32.const 200)))",
            200,
            "it broke off the body of its answer",
        ),
    ] {
        let (_, answered) = run(&answering(body), &Limits::default(), 1, |address| drop(ask(address)));
        assert_eq!((answered[0].status, answered[0].failure.as_deref()), (Some(status), Some(failure)));
    }
}

#[test]
fn a_host_that_is_no_text_is_the_fault_of_the_client() {
    let (_, answered) = run(&service("unreachable"), &Limits::default(), 1, |address| {
        let words = b"GET /x HTTP/1.1\r\nhost: h\xc3\xb6re\r\nconnection: close\r\n\r\n";
        assert!(say(address, words).contains(" 400 "));
    });
    assert_eq!((answered[0].status, &answered[0].failure), (Some(400), &None));
}

#[test]
fn a_log_that_is_read_slowly_does_not_put_off_the_end() {
    const REQUESTS: usize = 400;
    let stop = Stop::default();
    let (listening, address) = mpsc::channel();
    let asked = stop.clone();
    let asking = thread::spawn(move || {
        let address = address.recv().unwrap();
        (0..REQUESTS).for_each(|_| drop(ask(address)));
        asked.ask();
        Instant::now()
    });
    let mut told = 0;
    let mut on_event = |event| match event {
        Event::Listening { address } => listening.send(address).unwrap(),
        _ => {
            told += 1;
            thread::sleep(Duration::from_millis(100));
        }
    };
    let invocation = Invocation { listen: "127.0.0.1:0".parse().unwrap(), ..Invocation::default() };
    let runtime = Runtime { stop: Some(stop), ..Runtime::default() };
    let ended = runtime.run(&service("unreachable"), &invocation, &Limits::default(), &mut on_event).unwrap();
    assert_eq!(ended.exit, Exit::Terminated);
    // All of it takes forty seconds.
    let took = asking.join().unwrap().elapsed();
    assert!(took < Duration::from_secs(20) && told < REQUESTS, "{told} after {took:?}");
}
