//! How long it takes to bring an image into a registry on this machine, beside buildah and skopeo.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::timing::{Timed, medians, milliseconds};
use super::{memory, packing};
use crate::process::output_of;
use crate::table::Table;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, shell};

pub(super) const EXPLANATION: &str = "The image of clang-format, compressed to 1.1 MB, into Debian's `docker-registry` on this \
    machine, which has nothing of it: `buildah push`, `skopeo copy` from the same layout, and `cargo wasmpack push`. Then once \
    more, when all is there, beside three bare HTTP round trips. Milliseconds, the median of runs in turn; the highest resident \
    set in MB. The last row has a layer of 1 GB.";

const RUNS: usize = 9;

pub(super) fn table(workspace: &Workspace, tool: &Tool) -> Result<Table> {
    shell::status("Measuring", "pushing");
    let (_, module) = corpus::CLANG_FORMAT.fetch(workspace, "clang-format")?;
    let folder = workspace.folder("bench/pushing")?;
    let registry = Registry::start(&folder)?;
    let project = folder.join("module");
    packing::write_project(&project, &module, "")?;
    let layout = pack(tool, &project, &folder.join("target"), "gzip")?;

    let repository = format!("127.0.0.1:{}/app", registry.port);
    let ours = || {
        let mut push = tool.command("push");
        push.args(["--quiet"]).arg(&layout).arg(format!("{repository}:ours"));
        push
    };
    let storage = ["--root", folder.join("storage").as_str(), "--runroot", folder.join("run").as_str()]
        .map(str::to_owned);
    let buildah = |arguments: &[&str]| {
        let mut command = Command::new("buildah");
        command.args(&storage).args(["--storage-driver", "vfs"]).args(arguments);
        command
    };
    output_of(&mut buildah(&["bud", "--quiet", "--layers=false", "--tag", "app", project.as_str()]))?;
    let theirs =
        buildah(&["push", "--quiet", "--tls-verify=false", "app", &format!("docker://{repository}:buildah")]);
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["copy", "--quiet", "--all", "--dest-tls-verify=false"]);
    skopeo.arg(format!("oci:{layout}:latest")).arg(format!("docker://{repository}:skopeo"));

    let new = |name, command| Timed::new(name, command).after(|| registry.forget());
    let first = medians(&mut [new("buildah", theirs), new("skopeo", skopeo), new("ours", ours())], RUNS)?;
    output_of(&mut ours())?;
    let again =
        medians(&mut [Timed::new("again", ours()), Timed::new("start", tool.command("--version"))], RUNS)?;
    let round_trip = registry.round_trip()?;

    let mut table = Table::new(["", "time", "", "memory"]);
    let mut row = |name: &str, time: Duration, ratio: Option<f64>, memory: String| {
        let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        table.row(&[name.to_owned(), milliseconds(time), ratio, memory]);
    };
    let over = |time: Duration, other: Duration| Some(time.as_secs_f64() / other.as_secs_f64());
    row("`buildah push`", first[0], Some(1.0), String::new());
    row("`skopeo copy`", first[1], over(first[1], first[0]), String::new());
    registry.forget()?;
    let peak = |push: &mut Command| -> Result<String> {
        Ok((memory::peak(push)?.own_kib * 1024 / 1_000_000).to_string())
    };
    row("`cargo wasmpack push`", first[2], over(first[2], first[0]), peak(&mut ours())?);
    row("again, all is there", again[0], over(again[0], first[0]), String::new());
    let asking = again[0].saturating_sub(again[1]);
    row("of that, without the start of the process", asking, over(asking, round_trip * 3), String::new());
    row("three round trips", round_trip * 3, Some(1.0), String::new());

    let large = folder.join("large");
    packing::write_project(&large, &module, "[image]\nfiles = [{ from = \"files\" }]\n")?;
    noise(&large.join("files"))?;
    let layout = pack(tool, &large, &folder.join("target-large"), "none")?;
    let mut push = tool.command("push");
    push.args(["--quiet"]).arg(&layout).arg(format!("{repository}:large"));
    let start = Instant::now();
    let memory = peak(&mut push)?;
    row("with a layer of 1 GB", start.elapsed(), None, memory);
    Ok(table)
}

/// The layout of a project's image.
fn pack(tool: &Tool, project: &Utf8Path, target: &Utf8Path, how: &str) -> Result<Utf8PathBuf> {
    let mut pack = tool.command("pack");
    pack.args(["--quiet", "--tag", "app", "--compress", how]).arg(project).arg("--target-dir").arg(target);
    output_of(&mut pack)?;
    Ok(target.join("wasmpack/app"))
}

/// 1 GB that nobody can compress.
fn noise(folder: &Utf8Path) -> Result {
    fs::create_dir_all(folder)?;
    let mut state = 1_u64;
    for number in 0..10 {
        let words = (0..12_500_000).flat_map(|_| {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        fs::write(folder.join(number.to_string()), words.collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// Debian's registry, until this is dropped.
struct Registry {
    process: Child,
    port: u16,
    root: Utf8PathBuf,
}

impl Registry {
    fn start(folder: &Utf8Path) -> Result<Self> {
        let root = folder.join("registry");
        // Free a moment ago, and asked of the system, so that nobody else has it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let configuration = folder.join("registry.yml");
        fs::write(
            &configuration,
            format!(
                "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\n\
                 storage: {{ filesystem: {{ rootdirectory: {root} }} }}\nhttp: {{ addr: 127.0.0.1:{port} }}\n"
            ),
        )?;
        let mut command = Command::new("docker-registry");
        let process =
            command.arg("serve").arg(&configuration).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let registry = Self { process, port, root };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("docker-registry does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }

    /// Removes all it has.
    fn forget(&self) -> Result {
        match fs::remove_dir_all(&self.root) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// How long one question takes that the registry answers with nothing, on a connection that is open.
    fn round_trip(&self) -> Result<Duration> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        let mut answer = [0; 4096];
        let mut ask = || -> Result {
            stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            let mut length = 0;
            while !answer[..length].ends_with(b"{}") {
                match stream.read(&mut answer[length..])? {
                    0 => return Err("docker-registry closed the connection".into()),
                    count => length += count,
                }
            }
            Ok(())
        };
        ask()?;
        let start = Instant::now();
        for _ in 0..100 {
            ask()?;
        }
        Ok(start.elapsed() / 100)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
