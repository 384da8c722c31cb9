//! What the integration tests share: the command, and copies of the examples.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `cargo-wasmpack`, in an environment that no machine's own settings reach.
pub fn wasmpack() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-wasmpack"));
    for variable in [
        "SOURCE_DATE_EPOCH",
        "WASMPACK_REPO",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "GITHUB_ACTIONS",
        "WASMPACK_CACHE_FROM",
        "WASMPACK_CACHE_TO",
        "CARGO_NET_OFFLINE",
    ] {
        command.env_remove(variable);
    }
    // Nobody's own settings.
    command.env("WASMPACK_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/user-config.toml"));
    command
}

/// The sources of an example.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Copies a folder of sources, without what was built in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to).unwrap();
        } else if entry.file_name() != "target" {
            copy(&entry.path(), &to);
        }
    }
}

/// Runs the command, shows what it said if it failed, and gives its stdout.
pub fn stdout_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// All that a command said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
