//! Transcripts: every `$` line of the READMEs and of `tests/cli/` is run, and must say what stands below it.
//!
//! `[..]` stands for the rest of a line, `...` for any lines. `TRYCMD=overwrite` writes what was said.

use std::env;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

#[test]
fn transcripts_say_what_the_commands_say() {
    cases("transcripts").case("tests/cli/*.trycmd").case("examples/*/README.md");
}

/// The README shows the figures of one machine; sizes and digests move with the toolchain's patch release, so a
/// copy without them is what is tested.
#[test]
fn the_readme_says_what_the_commands_say() {
    static FIGURES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b[0-9.,]+ (kB|MB|B|%|bytes|functions?)\b|[0-9.,]+ %|sha256:[0-9a-f]{64}| +[0-9,]+$")
            .unwrap()
    });
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let lines = readme.lines().map(|line| match line.strip_prefix("$ ") {
        Some(_) => line.into(),
        None => FIGURES.replace_all(line, "[..]"),
    });
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("README.md");
    std::fs::write(&copy, lines.collect::<Vec<_>>().join("\n")).unwrap();
    cases("readme").case(copy);
}

/// Cases with a target directory of their own, which begins empty: what is compiled is said, what is fresh is not.
#[expect(clippy::disallowed_methods, reason = "the commands are found where this test finds them")]
fn cases(name: &str) -> trycmd::TestCases {
    let binary = Path::new(env!("CARGO_BIN_EXE_cargo-wasmpack"));
    let folders = [binary.parent().unwrap().to_owned()].into_iter();
    let path = env::join_paths(folders.chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&target);

    let cases = trycmd::TestCases::new();
    // Cargo finds `cargo-wasmpack` on the PATH, as it does for users.
    cases.register_bin("cargo", Path::new(env!("CARGO")));
    cases.env("PATH", path.to_str().unwrap()).env("CARGO_TARGET_DIR", target.to_str().unwrap());
    cases.env("CARGO_TERM_QUIET", "false").env("SOURCE_DATE_EPOCH", "0");
    cases.timeout(Duration::from_secs(600));
    cases
}
