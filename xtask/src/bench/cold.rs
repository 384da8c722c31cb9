//! How long a build from nothing takes where somebody has built the same before: what is compiled is found by sccache, what
//! is optimized in a registry.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::Bench;
use super::page::Section;
use super::registry::Registry;
use super::timing::{RATIOS, Timed, alternate, table};
use crate::cache::{self, SCCACHE};
use crate::setup::TARGET;
use crate::{Result, corpus, process, shell};

const EXPLANATION: &str = "Milliseconds, jsongrep, a program in Rust with 24 dependencies, from an empty target directory on a \
    machine with a warm sccache; and with `--cache-from`, where a registry on this machine has what another has optimized. What `build` links is optimized as a whole, which sccache \
    does not keep.";

const RUNS: usize = 5;

pub(super) fn section(bench: &Bench<'_>) -> Result<Section> {
    shell::status("Measuring", "builds from nothing");
    let Bench { workspace, tool, .. } = bench;
    let folder = workspace.folder("bench/cold")?;
    let sccache = Sccache::start(cache::program(workspace, &SCCACHE)?.join(SCCACHE.name), &folder)?;
    let registry = Registry::start(&folder)?;
    let from = corpus::program(workspace, &corpus::registry(workspace)?, "jsongrep")?;
    let project = folder.join("jsongrep");
    if !project.exists() {
        process::run(Command::new("cp").args(["-R", from.as_str(), project.as_str()]))?;
    }
    fs::write(project.join("wasmpack.toml"), format!("[build]\nlauncher = \"{}\"\n", sccache.program))?;
    let target = folder.join("target");
    let forget = || match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    };
    let in_project = |mut command: Command| {
        command.arg("--target-dir").arg(&target).current_dir(&project);
        sccache.known_to(&mut command);
        command
    };
    let cargo = || {
        let mut cargo = workspace.cargo("build");
        cargo.args(["--quiet", "--release", "--target", TARGET]).env("CARGO_INCREMENTAL", "0");
        in_project(cargo)
    };
    let mut with_sccache = cargo();
    with_sccache.env("RUSTC_WRAPPER", &sccache.program);
    let build = |flags: &[&str]| {
        let mut build = tool.command("build");
        build.arg("--quiet").args(flags);
        in_project(build)
    };
    let shared = format!("127.0.0.1:{}/cache", registry.port);
    process::run(&mut build(&["--cache-to", &shared]))?;
    let mut table = table();
    let mut subjects = [
        Timed::new("`cargo build --release`, with sccache", with_sccache).after(forget),
        Timed::new("`cargo build --release`, without", cargo()).after(forget),
        Timed::new("`build`, with sccache", build(&[])).after(forget),
        Timed::new("`build --cache-from`, with sccache", build(&["--cache-from", &shared])).after(forget),
    ];
    alternate(&mut subjects, RUNS, &mut table)?;
    Ok(Section { title: "Building from nothing", explanation: format!("{EXPLANATION} {RATIOS}"), table })
}

/// Its server, with a folder of its own, until this is dropped.
struct Sccache {
    program: Utf8PathBuf,
    folder: Utf8PathBuf,
    port: u16,
}

impl Sccache {
    fn start(program: Utf8PathBuf, folder: &Utf8Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let sccache = Self { program, folder: folder.join("sccache"), port };
        sccache.say("--start-server")?;
        Ok(sccache)
    }

    fn known_to(&self, command: &mut Command) {
        command.env("SCCACHE_SERVER_PORT", self.port.to_string()).env("SCCACHE_DIR", &self.folder);
    }

    fn say(&self, word: &str) -> Result {
        let mut command = Command::new(&self.program);
        self.known_to(command.arg(word));
        process::output_of(&mut command).map(drop)
    }
}

impl Drop for Sccache {
    fn drop(&mut self) {
        // Without work it ends by itself after a while.
        drop(self.say("--stop-server"));
    }
}
