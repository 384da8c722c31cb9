//! Programs of other people's that tests use.

use std::path::PathBuf;

/// A program of other people's, as `cargo xtask test` has installed it. Without it, the test says so and fails only under `CI=true`.
#[expect(clippy::disallowed_methods, reason = "a test may look at its own environment")]
#[expect(clippy::print_stderr, reason = "what is skipped is named")]
pub fn installed(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if program.is_none() {
        assert!(
            !std::env::var("CI").is_ok_and(|ci| ci == "true"),
            "{name} is missing; `cargo xtask test` installs it"
        );
        eprintln!("skipped: {name} is missing; `cargo xtask test` installs it");
    }
    program
}
