//! The picture of a terminal in the README: what commands really say, in their colours. `BLESS=1` draws it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

use anstyle_svg::Term;
use regex::Regex;

use crate::manual::variable;
use crate::transcripts::environment;

const TYPED: [&str; 3] = [
    "cargo wasmpack init words",
    "cargo wasmpack build words",
    "cargo wasmpack run -q words -- to be or not to be",
];

#[test]
fn the_picture_shows_what_the_commands_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/terminal.svg");
    let drawn = Term::new().render_svg(&said());
    let shown = fs::read_to_string(&path).unwrap_or_default();
    if variable("BLESS").is_some() {
        fs::write(&path, &drawn).unwrap();
    } else {
        assert!(without_figures(&drawn) == without_figures(&shown), "{} is stale: BLESS=1", path.display());
    }
}

/// Times, sizes and digests move with the machine and the toolchain, and places with them.
fn without_figures(picture: &str) -> String {
    Regex::new("[0-9a-f]*[0-9][0-9a-f.]*").unwrap().replace_all(picture, "0").into_owned()
}

/// What stands in the terminal, with its escape sequences.
fn said() -> String {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let mut terminal = String::new();
    for line in TYPED {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("exec 2>&1\n{line}")).current_dir(&place);
        shell.envs(environment(&place.join("target"))).env("CARGO_TERM_COLOR", "always");
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
        let text = String::from_utf8(output.stdout).unwrap().replace(place.to_str().unwrap(), "~");
        terminal += &format!("\u{1b}[1m$ {line}\u{1b}[0m\n{text}\n");
    }
    terminal
}
