//! How soon a program says something, beside podman with the same program for this machine.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::memory;
use super::timing::milliseconds;
use crate::process::{output_of, spelled, stdout_of};
use crate::table::Table;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, shell};

pub(super) const EXPLANATION: &str = "From the start of the process to the first byte on stdout, and to its end: hello world in \
    Rust, from the layout that `build` wrote, with the machine code of an earlier run and (kept nothing) without; SQLite as clang makes it, a module of 1 MB, \
    which is asked for a number; and hello world as a static program of this machine, by itself and in an image from scratch by `podman run` \
    with runc and no network. Milliseconds, the median of runs in turn; ratios are to podman's first output. The highest resident set in MB: \
    of the process, and of the largest of its children.";

const RUNS: usize = 21;

/// A program that is started.
struct Started {
    name: &'static str,
    command: Command,
    /// A folder that is removed before.
    forgotten: Option<Utf8PathBuf>,
}

pub(super) fn table(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Table> {
    shell::status("Measuring", "starts");
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
    let mut started = [
        Started {
            name: "`podman run`, hello world of this machine",
            command: podman(&folder, &native)?,
            forgotten: None,
        },
        Started { name: "`run`, hello world", command: run(&layout, &kept, &[]), forgotten: None },
        Started {
            name: "`run`, hello world, kept nothing",
            command: run(&layout, &forgotten, &[]),
            forgotten: Some(forgotten.clone()),
        },
        Started { name: "`run`, SQLite", command: run(module, &kept, &["select 6 * 7"]), forgotten: None },
        Started {
            name: "`run`, SQLite, kept nothing",
            command: run(module, &forgotten, &["select 6 * 7"]),
            forgotten: Some(forgotten),
        },
        Started { name: "hello world of this machine", command: Command::new(&native), forgotten: None },
    ];
    let mut times = vec![Vec::new(); started.len()];
    for round in 0..=RUNS {
        for (one, times) in started.iter_mut().zip(&mut times) {
            let time = one.time()?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    let mut table = Table::new(["", "first output", "", "end", "memory", "children"]);
    let mut podman = None;
    for (mut one, mut times) in started.into_iter().zip(times) {
        times.sort_unstable();
        let (first, _) = times[RUNS / 2];
        times.sort_unstable_by_key(|(_, end)| *end);
        let (_, end) = times[RUNS / 2];
        let ratio = first.as_secs_f64() / podman.get_or_insert(first).as_secs_f64();
        one.forget()?;
        let peak = memory::peak(one.command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let [own, children] = [peak.own_kib, peak.children_kib].map(|kib| match kib * 1024 / 1_000_000 {
            0 => String::new(),
            megabytes => megabytes.to_string(),
        });
        table.row(&[
            one.name.to_owned(),
            milliseconds(first),
            format!("{ratio:.3}"),
            milliseconds(end),
            own,
            children,
        ]);
    }
    Ok(table)
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
