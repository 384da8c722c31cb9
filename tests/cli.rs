//! Transcripts: every `$` line of the README and of `tests/cli/` is run, and must say what stands below it.
//!
//! `[..]` stands for the rest of a line, `...` for any lines. `TRYCMD=overwrite` writes what was said.

#![expect(clippy::disallowed_methods, reason = "a test may look at its own environment")]

use std::env;
use std::path::Path;

#[test]
fn transcripts_say_what_the_commands_say() {
    let binary = Path::new(env!("CARGO_BIN_EXE_cargo-wasmpack"));
    let folders = [binary.parent().unwrap().to_owned()].into_iter();
    let path = env::join_paths(folders.chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();

    let cases = trycmd::TestCases::new();
    // Cargo finds `cargo-wasmpack` on the PATH, as it does for users.
    cases.register_bin("cargo", Path::new(env!("CARGO")));
    cases.env("PATH", path.to_str().unwrap());
    cases.env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cli"));
    cases.env("CARGO_TERM_QUIET", "false").env("SOURCE_DATE_EPOCH", "0");
    cases.timeout(std::time::Duration::from_secs(600));
    cases.case("README.md").case("examples/*/README.md").case("tests/cli/*.trycmd");
}
