//! Runs one pass over each `tests/passes/<pass>/*.wat` and compares with the `.expected.wat` beside it.
//!
//! The first line of a fixture says what to run: `;; RUN: gc`, `;; RUN: roots keep=spare level=z`.
//! `BLESS=1 cargo test -p wasmpack-optimizer` writes the expected files anew.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use wasmpack_optimizer::{PASSES, Settings, features};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if let Some(exit) = support::serve_if_child() {
        return exit;
    }
    let mut trials = vec![Trial::test("every_pass_has_a_fixture", every_pass_has_a_fixture)];
    for fixture in fixtures() {
        let name = fixture.strip_prefix(folder()).unwrap_or(&fixture).display().to_string();
        trials.push(Trial::test(name, move || check(&fixture).map_err(Failed::from)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes")
}

fn every_pass_has_a_fixture() -> Result<(), Failed> {
    let fixtures = fixtures();
    let has_one = |name| fixtures.iter().any(|fixture| fixture.starts_with(folder().join(name)));
    match PASSES.iter().find(|pass| !has_one(pass.name())) {
        Some(pass) => Err(format!("no fixture in tests/passes/{}", pass.name()).into()),
        None => Ok(()),
    }
}

fn fixtures() -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut files: Vec<PathBuf> = list(&folder()).iter().flat_map(|pass| list(pass)).collect();
    files.retain(|file| file.to_string_lossy().ends_with(".wat"));
    files.retain(|file| !file.to_string_lossy().ends_with(".expected.wat"));
    files.sort();
    files
}

/// Whether expected files are to be written instead of compared.
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
fn blessing() -> bool {
    env::var_os("BLESS").is_some()
}

/// Runs what the fixture's first line says and compares the result, printed as text.
fn check(fixture: &Path) -> Fallible<()> {
    let text = fs::read_to_string(fixture)?;
    let actual = run(&text)?;
    let expected = fixture.with_extension("expected.wat");
    if blessing() {
        return Ok(fs::write(expected, actual)?);
    }
    // A checkout on Windows may have turned the line ends.
    let expected = fs::read_to_string(&expected)
        .map_err(|error| format!("{}: {error}; BLESS=1 writes it", expected.display()))?
        .replace("\r\n", "\n");
    if actual != expected {
        return Err(format!("expected:\n{expected}\nactual:\n{actual}\nBLESS=1 accepts it").into());
    }
    Ok(())
}

fn run(text: &str) -> Fallible<String> {
    let first = text.lines().next().unwrap_or_default();
    let mut words =
        first.strip_prefix(";; RUN: ").ok_or("the first line is not `;; RUN: <pass>`")?.split(' ');
    let name = words.next().ok_or("no pass after RUN")?;
    let pass = PASSES.iter().find(|pass| pass.name() == name).ok_or("no pass of that name")?;
    let scratch = tempfile::tempdir()?;
    let mut pipeline = support::pipeline(scratch.path(), &["serve"]);
    for word in words {
        match word.split_once('=').ok_or("an option is `key=value`")? {
            ("keep", name) => pipeline.keep.push(name.to_owned()),
            ("level", level) => pipeline.level = level.parse()?,
            (key, _) => return Err(format!("no option `{key}`").into()),
        }
    }
    let wasm = wat::parse_str(text)?;
    let output = pass.run(&wasm, &Settings::resolve(&wasm, &pipeline)?)?.wasm;
    features(&output)?;
    Ok(wasmprinter::print_bytes(&output)? + "\n")
}
