//! Holds each `tests/policy/*.wat` against the policy it says, and compares what is refused with what it says of that.
//!
//! The first lines of a case say its lists and how it ends, refusals in file order with who calls what is refused:
//!
//! ```text
//! ;; allow: stdio, exit
//! ;; deny: network
//! ;; ends: allowed
//! ```
//!
//! Without a line there is no such list. A line that ends is `allowed`, or one for each refusal.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use wasmpack_optimizer::{Policy, Refusal, Rule, Symbols, Usage};

fn main() -> ExitCode {
    let cases = cases();
    let mut trials = vec![Trial::test("there_are_thirty_cases", {
        let count = cases.len();
        move || if count >= 30 { Ok(()) } else { Err(format!("only {count}").into()) }
    })];
    for case in cases {
        let name = case.file_stem().unwrap_or_default().display().to_string();
        trials.push(Trial::test(name, move || check(&case)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|case| case.extension().is_some_and(|kind| kind == "wat"));
    cases.sort();
    cases
}

fn check(case: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(case)?;
    let list = |key: &str| -> Result<Option<Vec<Rule>>, Failed> {
        let said = |line: &str| line.strip_prefix(&format!(";; {key}:")).map(str::to_owned);
        let Some(said) = text.lines().find_map(said) else { return Ok(None) };
        let words = said.split(',').map(str::trim).filter(|word| !word.is_empty());
        Ok(Some(words.map(str::parse).collect::<Result<_, _>>()?))
    };
    let policy = Policy { allow: list("allow")?, deny: list("deny")?.unwrap_or_default() };
    let expected: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(";; ends: ")).collect();
    let wasm = wat::parse_str(&text)?;
    let refusals = policy.refusals(&wasm, Symbols::of(&wasm).ok().as_ref(), &[])?;
    let mut actual: Vec<_> = refusals.iter().map(told).collect();
    if actual.is_empty() {
        actual.push("allowed".to_owned());
    }
    if actual == expected {
        return Ok(());
    }
    Err(format!("expected:\n{}\nactual:\n;; ends: {}", expected.join("\n"), actual.join("\n;; ends: "))
        .into())
}

/// The refusal, and who leads to it.
fn told(refusal: &Refusal) -> String {
    let callers = match &refusal.usage {
        None => String::new(),
        Some(Usage { is_reached: false, .. }) => "; nobody calls it".to_owned(),
        Some(Usage { frames, .. }) => {
            let names: Vec<_> = frames.iter().map(|frame| frame.name.as_str()).collect();
            format!("; from {}", names.join(", "))
        }
    };
    format!("{refusal}{callers}")
}
