//! `cargo xtask fuzz`: what strangers may hand us, made up by libFuzzer, for so many seconds each.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::cache::{self, Program};
use crate::workspace::Workspace;
use crate::{Result, shell};

const VERSION: &str = "0.13.2";

/// How long each is run.
pub(crate) const SECONDS: u32 = 60;

/// The programs of `tests/fuzz`.
const TARGETS: [&str; 6] = ["reference", "challenge", "archive", "document", "module", "passes"];

/// What libFuzzer may take: a second more or a byte more is a finding.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=65536"];

/// Starts with what is committed, and keeps what it learns in the target directory. Says how often each was run.
pub(crate) fn run(workspace: &Workspace, seconds: u32) -> Result<Vec<(&'static str, u64)>> {
    let folder = cache::program(
        workspace,
        &Program { name: "cargo-fuzz", version: VERSION, arguments: &["cargo-fuzz", "--version", VERSION] },
    )?;
    let fuzz = workspace.root.join("tests/fuzz");
    let mut tried = Vec::new();
    for target in TARGETS {
        shell::status("Fuzzing", target);
        let learned = workspace.folder("fuzz-corpus")?.join(target);
        fs::create_dir_all(&learned)?;
        let mut command = Command::new(folder.join("cargo-fuzz"));
        // Sanitizers are for nightly compilers, and look for what safe Rust does not do.
        command.args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"]).arg(&fuzz).arg(target);
        command.arg(&learned).arg(fuzz.join("corpus").join(target)).arg("--");
        command.args(LIMITS).args(["-print_final_stats=1", &format!("-max_total_time={seconds}")]);
        command.env("CARGO_TARGET_DIR", workspace.folder("fuzz")?).current_dir(&workspace.root);
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut runs = None;
        for line in child.stderr.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
            let line = line?;
            runs = executed(&line).or(runs);
            shell::line(line);
        }
        if !child.wait()?.success() {
            return Err(format!("`{target}` found something: see above").into());
        }
        tried.push((target, runs.ok_or("libFuzzer does not say how often it ran")?));
    }
    Ok(tried)
}

/// `stat::number_of_executed_units: 123`
fn executed(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}
