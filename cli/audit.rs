//! `run --audit`: what a program really used of its host.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wasmpack_optimizer::Capabilities;
use wasmpack_runner::{Subject, Used};

use crate::printable::printable;
use crate::shell::Shell;
use crate::size::grouped;

/// What was done with one thing.
#[derive(Debug, Default)]
struct Deeds {
    calls: u64,
    refused: u64,
}

/// Says it, capability by capability.
pub fn tell(used: &[Used], shell: &mut Shell) {
    let lines = lines(used);
    if lines.is_empty() {
        shell.answer("Used", "nothing of its host");
    }
    for line in lines {
        shell.answer("Used", line);
    }
}

/// What was done with each thing, as data.
#[must_use]
pub fn deeds(used: &[Used]) -> Vec<Value> {
    let told = |((capability, thing), Deeds { calls, refused }): ((String, String), Deeds)| json!({"capability": capability, "thing": thing, "calls": calls, "refused": refused});
    things(used).into_iter().map(told).collect()
}

fn things(used: &[Used]) -> BTreeMap<(String, String), Deeds> {
    let mut things: BTreeMap<(String, String), Deeds> = BTreeMap::new();
    for one in used {
        let deeds = things.entry((capability(one), thing(one))).or_default();
        deeds.calls += one.calls;
        deeds.refused += one.refused;
    }
    things
}

/// `files-read  /data/a.txt, 3 calls`
fn lines(used: &[Used]) -> Vec<String> {
    let line = |((capability, thing), Deeds { calls, refused }): ((String, String), Deeds)| {
        let noun = if calls == 1 { "call" } else { "calls" };
        let refused = if refused > 0 { format!(", {} refused", grouped(refused)) } else { String::new() };
        format!("{capability}: {}, {} {noun}{refused}", printable(&thing), grouped(calls))
    };
    things(used).into_iter().map(line).collect()
}

/// In the words of policies.
fn capability(one: &Used) -> String {
    match (&one.subject, one.is_write) {
        (Subject::Stream(_), _) => "stdio".to_owned(),
        (Subject::File(_), true) => "files-write".to_owned(),
        (Subject::File(_), false) => "files-read".to_owned(),
        _ => Capabilities::of_function(&one.interface, &one.function).to_string(),
    }
}

/// What it is about; the function, where that has no name.
fn thing(one: &Used) -> String {
    match &one.subject {
        Subject::None => one.function.clone(),
        Subject::Stream(name) => (*name).to_owned(),
        Subject::File(name) | Subject::Address(name) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(function: &str, subject: Subject, is_write: bool, calls: u64, refused: u64) -> Used {
        let (interface, function) = ("wasi_snapshot_preview1".to_owned(), function.to_owned());
        Used { interface, function, subject, is_write, calls, refused }
    }

    #[test]
    fn what_was_used_is_told_by_capability() {
        let file = || Subject::File("/data/a".to_owned());
        let told = lines(&[
            used("clock_time_get", Subject::None, false, 1, 0),
            used("fd_read", file(), false, 1_200, 0),
            used("path_open", file(), false, 1, 1),
            used("path_open", file(), true, 1, 0),
            used("fd_write", Subject::Stream("stdout"), true, 2, 0),
        ]);
        let expected = [
            "clock: clock_time_get, 1 call",
            "files-read: /data/a, 1,201 calls, 1 refused",
            "files-write: /data/a, 1 call",
            "stdio: stdout, 2 calls",
        ];
        assert_eq!(told, expected);
    }
}
