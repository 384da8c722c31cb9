//! How soon a program says something, beside podman with the same program for this machine.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::page::Section;
use super::timing::{RATIOS, Rounds, milliseconds};
use super::{Bench, memory};
use crate::process::{output_of, spelled, stdout_of};
use crate::table::Table;
use crate::{Result, shell};

const EXPLANATION: &str = "From the start of the process to the first byte on stdout, and to its end: hello world in \
    Rust, from the layout that `build` wrote, with the machine code of an earlier run and (kept nothing) without; SQLite as clang makes it, a module of 1 MB, \
    which is asked for a number; and hello world as a static program of this machine, by itself and in an image from scratch by `podman run` \
    with runc and no network. Milliseconds, the median of runs in turn; the highest resident set in MB: of the process, and of \
    the largest of its children.";

const RUNS: usize = 21;

/// A program that is started.
struct Started {
    name: &'static str,
    command: Command,
    /// A folder that is removed before.
    forgotten: Option<Utf8PathBuf>,
}

pub(super) fn section(bench: &Bench<'_>) -> Result<Section> {
    shell::status("Measuring", "starts");
    let mut started = subjects(bench)?;
    let [mut firsts, mut ends] = [vec![Vec::new(); started.len()], vec![Vec::new(); started.len()]];
    for round in 0..=RUNS {
        for (number, one) in started.iter_mut().enumerate() {
            let (first, end) = one.time()?;
            if round > 0 {
                firsts[number].push(first);
                ends[number].push(end);
            }
        }
    }
    let [firsts, ends] = [firsts, ends].map(Rounds::of);
    let mut table = Table::new(["", "first output", "ratio", "half of them", "end", "memory", "children"]);
    for (number, mut one) in started.into_iter().enumerate() {
        one.forget()?;
        let peak = memory::peak(one.command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let [own, children] = [peak.own_kib, peak.children_kib].map(|kib| match kib * 1024 / 1_000_000 {
            0 => String::new(),
            megabytes => megabytes.to_string(),
        });
        let [first, end] = [&firsts, &ends].map(|rounds| milliseconds(rounds.median(number)));
        let [ratio, half] = firsts.ratio(number, 0);
        table.row(&[one.name.to_owned(), first, ratio, half, end, own, children]);
    }
    Ok(Section { title: "Starting", explanation: format!("{EXPLANATION} {RATIOS}"), table })
}

/// The first is what the others are compared with.
fn subjects(bench: &Bench<'_>) -> Result<[Started; 6]> {
    let Bench { workspace, tool, module, .. } = bench;
    let folder = workspace.folder("bench/starting")?;
    let project = folder.join("hello");
    fs::create_dir_all(project.join("src"))?;
    fs::write(
        project.join("Cargo.toml"),
        "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
    )?;
    fs::write(project.join("src/main.rs"), "fn main() {\n    println!(\"Hello, world!\");\n}\n")?;
    let layout = tool.image(&project, &folder.join("target"))?;
    let (kept, forgotten) = (folder.join("kept"), folder.join("forgotten"));
    let run = |target: &Utf8Path, cache: &Utf8Path, arguments: &[&str]| {
        let mut run = tool.command("run");
        run.arg("--quiet").arg(target).arg("--").args(arguments).env("WASMPACK_CACHE_DIR", cache);
        run
    };
    let native = native(&project, &folder)?;
    let started = |name, command| Started { name, command, forgotten: None };
    let kept_nothing = |name, command| Started { name, command, forgotten: Some(forgotten.clone()) };
    let asked = ["select 6 * 7"];
    Ok([
        started("`podman run`, hello world of this machine", podman(&folder, &native)?),
        started("`run`, hello world", run(&layout, &kept, &[])),
        kept_nothing("`run`, hello world, kept nothing", run(&layout, &forgotten, &[])),
        started("`run`, SQLite", run(module, &kept, &asked)),
        kept_nothing("`run`, SQLite, kept nothing", run(module, &forgotten, &asked)),
        started("hello world of this machine", Command::new(&native)),
    ])
}

impl Started {
    fn forget(&self) -> Result {
        if let Some(folder) = self.forgotten.as_ref().filter(|folder| folder.exists()) {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    /// To the first byte, and to the end.
    fn time(&mut self) -> Result<(Duration, Duration)> {
        self.forget()?;
        let begun = Instant::now();
        let mut child =
            self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut stdout = child.stdout.take().ok_or("a child without stdout")?;
        let mut byte = [0];
        let read = stdout.read(&mut byte)?;
        let first = begun.elapsed();
        stdout.read_to_end(&mut Vec::new())?;
        let status = child.wait()?;
        if read == 0 || !status.success() {
            return Err(format!("`{}` ended with {status}", spelled(&self.command)).into());
        }
        Ok((first, begun.elapsed()))
    }
}

/// The same program, for this machine and with all that it needs.
fn native(project: &Utf8Path, folder: &Utf8Path) -> Result<Utf8PathBuf> {
    let said = stdout_of(Command::new("rustc").arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc says no host")?;
    let native = folder.join("native");
    let mut rustc = Command::new("rustc");
    rustc.args(["-O", "-C", "strip=symbols", "-C", "target-feature=+crt-static", "--target", host]);
    output_of(rustc.arg(project.join("src/main.rs")).arg("-o").arg(&native))?;
    Ok(native)
}

/// It in an image from scratch, in a storage of its own.
fn podman(folder: &Utf8Path, native: &Utf8Path) -> Result<Command> {
    let context = folder.join("context");
    fs::create_dir_all(&context)?;
    fs::copy(native, context.join("hello"))?;
    fs::write(context.join("Containerfile"), "FROM scratch\nCOPY hello /hello\nENTRYPOINT [\"/hello\"]\n")?;
    let storage = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--root").arg(folder.join("storage")).arg("--runroot").arg(folder.join("run"));
        command.args(["--storage-driver", "vfs"]);
        command
    };
    output_of(storage("buildah").args(["bud", "--quiet", "--tag", "hello", context.as_str()]))?;
    let mut run = storage("podman");
    // What it may do where this machine is a container itself.
    run.args(["--cgroup-manager", "cgroupfs", "run", "--rm", "--runtime", "runc", "--network", "none"]);
    run.args(["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "hello"]);
    Ok(run)
}
