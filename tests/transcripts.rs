//! Transcripts: every `$` line of the READMEs and of `tests/cli/` is run, and must say what stands below it.
//!
//! `[..]` stands for the rest of a line, `...` for any lines. `TRYCMD=overwrite` writes what was said, except into a README.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;

#[test]
fn transcripts_say_what_the_commands_say() {
    let folder = std::fs::read_dir("tests/cli").unwrap().map(|entry| entry.unwrap().path());
    let transcripts = folder.filter(|path| path.extension().is_some_and(|kind| kind == "trycmd"));
    all_hold("transcripts", transcripts.collect());
}

/// One after the other, with a target directory for each: cargo says so when it waits for another cargo, and we when we
/// wait for another of us.
fn all_hold(name: &str, mut transcripts: Vec<PathBuf>) {
    transcripts.sort();
    let failed: Vec<_> = transcripts.iter().filter(|path| !holds(name, path)).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Cases are run when they are dropped, and panic when they fail, after saying how.
fn holds(name: &str, path: &Path) -> bool {
    let name = Path::new(name).join(path.file_stem().unwrap());
    let run = || {
        cases(name.to_str().unwrap()).case(path);
    };
    std::panic::catch_unwind(run).is_ok()
}

#[test]
fn the_readmes_say_what_the_commands_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = examples().into_iter().filter(|folder| !needs_another_toolchain(folder));
    readmes("readmes", examples.chain([root.to_owned()]));
}

#[test]
#[ignore = "needs Go and zig; `cargo xtask test --full` installs and runs them"]
fn the_readmes_of_other_toolchains_say_what_the_commands_say() {
    readmes("other-readmes", examples().into_iter().filter(|folder| needs_another_toolchain(folder)));
}

fn examples() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    folder.map(|example| example.unwrap().path()).collect()
}

fn needs_another_toolchain(example: &Path) -> bool {
    ["go.mod", "build.zig"].iter().any(|file| example.join(file).exists())
}

fn readmes(name: &str, folders: impl Iterator<Item = PathBuf>) {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-copies"));
    let _ = std::fs::remove_dir_all(&copies);
    std::fs::create_dir_all(&copies).unwrap();
    let copied = folders.map(|folder| {
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        let copy = copies.join(folder.file_name().unwrap()).with_extension("md");
        std::fs::write(&copy, without_figures(&readme)).unwrap();
        copy
    });
    all_hold(name, copied.collect());
}

/// A README shows the figures of one machine, and reads well; sizes and digests move with the toolchain's patch
/// release, and a transcript's last line must be an empty one.
pub fn without_figures(readme: &str) -> String {
    let figures = r"\b[0-9.,]+ (kB|MB|B|bytes|functions?|more)\b|\b[0-9]+\.[0-9]+s\b|[0-9.,]+ %|segment [0-9]+|(sha256:|\b)[0-9a-f]{64}";
    let figures = Regex::new(figures).unwrap();
    let columns = Regex::new(r"^(section  .*\S) +[0-9,]+$").unwrap();
    // What `size` says: a label, bytes, perhaps a share, and a name; below it the way there, which moves with inlining.
    let rows = Regex::new(r"^([a-z]+|) +([0-9,]+  +|_start .*)").unwrap();
    let mut copy = String::new();
    for line in readme.lines() {
        let line = if line.starts_with("$ ") { line.into() } else { figures.replace_all(line, "[..]") };
        copy += if line == "```" { "\n" } else { "" };
        // Two of them side by side stand for nothing.
        copy += &rows.replace(&columns.replace(&line, "$1 [..]"), "$1 [..]").replace("[..][..]", "[..]");
        copy += "\n";
    }
    copy
}

/// Cases with a target directory of their own, which begins empty: what is compiled is said, what is fresh is not.
fn cases(name: &str) -> trycmd::TestCases {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&target);

    let cases = trycmd::TestCases::new();
    // Cargo finds `cargo-wasmpack` on the PATH, as it does for users.
    cases.register_bin("cargo", Path::new(env!("CARGO")));
    for (name, value) in environment(&target) {
        cases.env(name, value.to_str().unwrap());
    }
    cases.timeout(Duration::from_secs(600));
    cases
}

/// What commands of a transcript are told beside their arguments.
#[expect(clippy::disallowed_methods, reason = "the commands are found where this test finds them")]
pub fn environment(target: &Path) -> Vec<(&'static str, OsString)> {
    let binary = Path::new(env!("CARGO_BIN_EXE_cargo-wasmpack"));
    let folders = [binary.parent().unwrap().to_owned()].into_iter();
    let path = env::join_paths(folders.chain(env::split_paths(&env::var_os("PATH").unwrap()))).unwrap();
    vec![
        ("PATH", path),
        ("CARGO_TARGET_DIR", target.into()),
        ("CARGO_TERM_QUIET", "false".into()),
        ("SOURCE_DATE_EPOCH", "0".into()),
        // A job of GitHub's is told more.
        ("GITHUB_ACTIONS", "false".into()),
        ("WASMPACK_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/user-config.toml").into()),
        ("CARGO_HOME", cargo_home(&target.with_extension("cargo")).into()),
        // What images say of their commit would be another with each of ours.
        ("GIT_DIR", target.join("no-repository").into()),
    ]
}

/// All that is in cargo's own folder but its locks: other tests run cargo, too, and it says so when it waits for them.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "cargo's folder is where this test finds it")]
fn cargo_home(folder: &Path) -> PathBuf {
    let home = || PathBuf::from(env::var_os("HOME").unwrap()).join(".cargo");
    let original = env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from);
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).unwrap();
    for entry in std::fs::read_dir(original).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        let is_lock =
            [".package-cache", ".global-cache"].iter().any(|lock| name.to_string_lossy().starts_with(lock));
        if !is_lock {
            std::os::unix::fs::symlink(entry.path(), folder.join(name)).unwrap();
        }
    }
    folder.to_owned()
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "cargo's folder is where this test finds it")]
fn cargo_home(_folder: &Path) -> PathBuf {
    let home = || env::home_dir().unwrap().join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}
