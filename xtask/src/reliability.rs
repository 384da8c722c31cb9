//! `cargo xtask reliability`: what is promised for the day that something fails, tried in numbers, and what came of it in
//! `docs/explanation/reliability.md`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::setup::{self, For};
use crate::table::bytes;
use crate::workspace::Workspace;
use crate::{Result, fuzz, machine, process, shell, test};

/// Tests tell what they tried when this is set, and try all they know when it says so.
const ALL: (&str, &str) = ("WASMPACK_TRY", "all");

/// What is in the names of tests that know digests and bytes by heart.
const BY_HEART: &str = "do_not_move";

/// What is in the names of tests that try something.
const FILTERS: [&str; 6] = [
    "reliability::",
    "faults::",
    "thirty_builds",
    "two_checkouts_and_two_homes",
    "source_date_epoch",
    BY_HEART,
];

/// What stands in the page before and behind what was tried.
const MARKS: [&str; 2] = ["<!-- tried -->\n", "<!-- until here -->"];

pub(crate) fn run(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Tests)?;
    let mut cargo = workspace.cargo("test");
    // Others have a harness that takes one filter.
    cargo.args([
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--test",
        "product",
        "--test",
        "registry",
    ]);
    cargo.args(["--", "--include-ignored", "--nocapture"]);
    cargo.args(FILTERS).env(ALL.0, ALL.1).env("PATH", test::search_path(workspace)?);
    shell::status("Running", process::spelled(&cargo));
    let mut tried = told(&mut cargo)?;
    let fuzzed = fuzz::run(workspace, fuzz::SECONDS)?;
    tried.extend(fuzzed.into_iter().map(|(target, runs)| {
        let what = format!(
            "fuzzed for {} seconds, `{target}`: {} inputs, no panic, no hang",
            fuzz::SECONDS,
            bytes(runs)
        );
        ("S3".to_owned(), what)
    }));
    let rows = tried.iter().map(|(promise, what)| format!("| {promise} | {what} |\n"));
    let table = format!("| | what was tried, and what came of it |\n|---|---|\n{}", rows.collect::<String>());
    let page = workspace.root.join("docs/explanation/reliability.md");
    let before = fs::read_to_string(&page)?;
    let [start, end] = MARKS;
    let whole = || format!("`{page}` does not say where the results go");
    let (intro, rest) = before.split_once(start).ok_or_else(whole)?;
    let (_, outro) = rest.split_once(end).ok_or_else(whole)?;
    fs::write(
        &page,
        format!("{intro}{start}{} Nothing was lost.\n\n{table}{end}{outro}", machine::description()?),
    )?;
    shell::status("Wrote", page);
    Ok(())
}

/// What tests tell that they tried, sorted by promise.
fn told(cargo: &mut Command) -> Result<Vec<(String, String)>> {
    let mut child = cargo.stdout(Stdio::piped()).spawn()?;
    let mut tried = Vec::new();
    let mut by_heart = 0;
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line?;
        tried.extend(parse(&line));
        by_heart += usize::from(line.contains(BY_HEART) && line.ends_with("ok"));
        shell::line(line);
    }
    let status = child.wait()?;
    tried.push((
        "R4".to_owned(),
        format!("images of every form and their layers, in {by_heart} tests: as they are written down"),
    ));
    tried.sort();
    if status.success() { Ok(tried) } else { Err(format!("a promise was broken: {status}").into()) }
}

/// `tried D1: killed at …`, behind whatever the harness has put before it.
fn parse(line: &str) -> Option<(String, String)> {
    let (_, told) = line.split_once("tried ")?;
    let (promise, what) = told.split_once(": ")?;
    let is_promise = promise.len() == 2 && promise.starts_with(|first: char| first.is_ascii_uppercase());
    is_promise.then(|| (promise.to_owned(), what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_is_found_behind_what_the_harness_says() {
        let found = parse("test faults::a_push ... tried N3: a push: whole").unwrap();
        assert_eq!(found, ("N3".to_owned(), "a push: whole".to_owned()));
        assert_eq!(parse("he tried once: in vain"), None);
    }
}
