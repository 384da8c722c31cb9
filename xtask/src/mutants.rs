//! `cargo xtask mutants`: whether the tests notice when the code is another, by cargo-mutants.
//!
//! Where strangers are let in or kept out, none may go unnoticed. Elsewhere a sample, the same each time, tells where tests are
//! missing.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::cache::{self, Program};
use crate::workspace::{self, Workspace};
use crate::{Result, process, shell};

const CARGO_MUTANTS: Program<'static> = Program {
    name: "cargo-mutants",
    version: "27.1.0",
    arguments: &["cargo-mutants", "--version", "27.1.0"],
};

/// It builds tests as the whole workspace does, so that nothing is compiled again, and runs those of one package.
const NEXTEST: Program<'static> = Program {
    name: "cargo-nextest",
    version: "0.9.143",
    arguments: &["cargo-nextest", "--version", "0.9.143"],
};

/// Digests, paths, policies and credentials, and the tests that look at them.
const STRICT: [(&str, &[&str], &[&str]); 3] = [
    (
        "wasmpack-packager",
        &[
            "packager/src/digest.rs",
            "packager/src/execution.rs",
            "packager/src/walk.rs",
            "packager/src/registry/credentials.rs",
        ],
        &["--lib"],
    ),
    ("wasmpack-optimizer", &["optimizer/src/policy.rs"], &["--test", "policy", "--lib"]),
    ("cargo-wasmpack", &["cli/policy.rs", "cli/credentials.rs"], &["--bin", "cargo-wasmpack"]),
];

/// The libraries that samples are taken from.
const LIBRARIES: [&str; 4] =
    ["wasmpack-builder", "wasmpack-optimizer", "wasmpack-packager", "wasmpack-runner"];

/// How many are taken from all of them.
const SAMPLE: usize = 200;

pub(crate) fn run(workspace: &Workspace) -> Result {
    strict(workspace)?;
    sample(workspace)
}

/// Only where none may go unnoticed.
pub(crate) fn strict(workspace: &Workspace) -> Result {
    let mutants = Mutants::new(workspace)?;
    let mut found = Found::default();
    for (package, files, tests) in STRICT {
        let files = files.iter().flat_map(|file| ["--file".to_owned(), (*file).to_owned()]);
        found.add(mutants.try_those(package, &files.collect::<Vec<_>>(), tests)?);
    }
    shell::status("Tried", format_args!("digests, paths, policies and credentials: {found}"));
    if found.missed.is_empty() { Ok(()) } else { Err("some went unnoticed".into()) }
}

/// Only those that tell where tests are missing.
pub(crate) fn sample(workspace: &Workspace) -> Result {
    let mutants = Mutants::new(workspace)?;
    let mut found = Found::default();
    let all: Vec<usize> = LIBRARIES.iter().map(|package| mutants.count(package)).collect::<Result<_>>()?;
    let every = (all.iter().sum::<usize>() / SAMPLE).max(1);
    for package in LIBRARIES {
        let flags = ["--shard".to_owned(), format!("0/{every}"), "--sharding=round-robin".to_owned()];
        found.add(mutants.try_those(package, &flags, &["--lib"])?);
    }
    shell::status("Tried", format_args!("one of {every} elsewhere: {found}"));
    Ok(())
}

/// What became of mutants.
#[derive(Default)]
struct Found {
    tried: usize,
    missed: Vec<String>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.missed.extend(other.missed);
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} tried, {} unnoticed", self.tried, self.missed.len())?;
        self.missed.iter().try_for_each(|missed| write!(f, "\n{missed}"))
    }
}

/// A copy of the sources that may be changed; what they depend on is compiled for them and for the sources alike.
struct Mutants {
    program: Utf8PathBuf,
    path: OsString,
    copy: Utf8PathBuf,
    target: Utf8PathBuf,
    out: Utf8PathBuf,
}

impl Mutants {
    fn new(workspace: &Workspace) -> Result<Self> {
        let program = cache::program(workspace, &CARGO_MUTANTS)?.join(CARGO_MUTANTS.name);
        let mut path = std::env::var_os("PATH").unwrap_or_default();
        if which::which(NEXTEST.name).is_err() {
            let nextest = cache::program(workspace, &NEXTEST)?.into_std_path_buf();
            path = std::env::join_paths([nextest].into_iter().chain(std::env::split_paths(&path)))?;
        }
        let folder = workspace.folder("mutants")?;
        let copy = folder.join("copy");
        let _ = fs::remove_dir_all(&copy);
        let mut clone = Command::new("git");
        process::run(clone.args(["clone", "--quiet", workspace.root.as_str(), copy.as_str()]))?;
        Ok(Self { program, path, copy, target: workspace.target.clone(), out: folder.join("out") })
    }

    fn command(&self, package: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["mutants", "--package", package]).current_dir(&self.copy);
        workspace::without_ourselves(&mut command);
        command.env("PATH", &self.path).env("CARGO_TARGET_DIR", &self.target);
        // What is built once and run for a second is not worth optimizing; its dependencies are as ever.
        command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
        command
    }

    fn count(&self, package: &str) -> Result<usize> {
        Ok(process::stdout_of(self.command(package).arg("--list"))?.lines().count())
    }

    fn try_those(&self, package: &str, flags: &[String], tests: &[&str]) -> Result<Found> {
        shell::status("Changing", package);
        let mut command = self.command(package);
        command.args(["--in-place", "--no-shuffle", "--colors=never"]).args(flags);
        command.args(["--test-tool=nextest", "--output"]).arg(&self.out);
        // As the whole workspace is built, with the features of what it depends on.
        let built = ["--workspace", "--locked"].iter().chain(tests);
        command.args(built.flat_map(|word| ["--cargo-arg", *word]));
        command.args(["--", "-E", &format!("package({package})")]);
        let status = command.status()?;
        // 2: some went unnoticed; 3: some ran for too long, which is noticed.
        if !matches!(status.code(), Some(0 | 2 | 3)) {
            return Err(format!("`{}` ended with {status}", process::spelled(&command)).into());
        }
        let list = |name: &str| lines(&self.out.join("mutants.out").join(name));
        let missed = list("missed.txt");
        let tried = missed.len() + list("caught.txt").len() + list("timeout.txt").len();
        // What cannot be compiled is not tried, and a command that is refused looks the same.
        if tried == 0 {
            Err(format!("nothing of `{package}` was tried").into())
        } else {
            Ok(Found { tried, missed })
        }
    }
}

/// Those of a file; none, if it is not there.
fn lines(file: &Utf8Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(ToOwned::to_owned).collect()
}
