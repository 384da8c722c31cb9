//! How long it takes to bring an image into a registry on this machine, beside buildah and skopeo.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::page::Section;
use super::registry::Registry;
use super::timing::{RATIOS, Timed, medians, milliseconds, rounds};
use super::{Bench, memory, packing};
use crate::process::output_of;
use crate::table::Table;
use crate::tool::Tool;
use crate::{Result, corpus};

const EXPLANATION: &str = "The image of clang-format, compressed to 1.1 MB, into Debian's `docker-registry` on this \
    machine, which has nothing of it: `buildah push` and `cargo wasmpack push` of one manifest, and `skopeo copy` and `push` of \
    the four platforms of `everywhere`, with `push` bill of materials and provenance too. Then the last once more, when all is \
    there, without the start of the process, beside the same two requests on a bare connection; on this machine and through \
    10 ms of network. Milliseconds, the median of runs in turn; the highest resident set in MB. The last rows are a layer of \
    1 GB, beside its bytes through `sha256sum` and `cp`, and 100 programs of one package by `build --push`, with the build, \
    which has nothing to do.";

const RUNS: usize = 9;
/// One way.
const DISTANCE: Duration = Duration::from_millis(5);
const MANY: usize = 100;

pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, .. } = bench;
    let (_, module) = corpus::CLANG_FORMAT.fetch(workspace, "clang-format")?;
    let folder = workspace.folder("bench/pushing")?;
    let registry = Registry::start(&folder)?;
    let project = folder.join("module");
    packing::write_project(&project, &module, "")?;
    let layout = pack(tool, &project, &folder.join("target"), &["--compress", "gzip"])?;
    let alone = ["--compress", "gzip", "--format", "image", "--sbom", "none", "--provenance", "false"];
    let alone = pack(tool, &project, &folder.join("target-alone"), &alone)?;

    let repository = format!("127.0.0.1:{}/app", registry.port);
    let ours = || push(tool, &layout, &format!("{repository}:ours"));
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
    let alone = push(tool, &alone, &format!("{repository}:alone"));
    let mut first = [new("buildah", theirs), new("alone", alone), new("skopeo", skopeo), new("ours", ours())];
    let first = rounds(&mut first, RUNS)?;

    let mut table = Table::new(["", "time", "ratio", "half of them", "memory"]);
    let alone = || [String::new(), String::new()];
    let mut row = |name: &str, time: Duration, [ratio, half]: [String; 2], memory: String| {
        table.row(&[name.to_owned(), milliseconds(time), ratio, half, memory]);
    };
    let names = ["`buildah push`", "`cargo wasmpack push` of the same", "`skopeo copy` of four platforms"];
    for (number, name) in names.into_iter().enumerate() {
        row(name, first.median(number), first.ratio(number, 0), String::new());
    }
    registry.forget()?;
    row("`cargo wasmpack push` of all", first.median(3), first.ratio(3, 0), peak(&mut ours())?);

    let said = output_of(&mut ours())?.stdout;
    let list = String::from_utf8(said)?.trim().rsplit("sha256:").next().unwrap_or_default().to_owned();
    for (place, port) in [("", registry.port), (", 10 ms away", distant(registry.port)?)] {
        let again = push(tool, &layout, &format!("127.0.0.1:{port}/app:ours"));
        let again = medians(
            &mut [Timed::new("again", again), Timed::new("start", tool.command("--version"))],
            3 * RUNS,
        )?;
        let asking = again[0].saturating_sub(again[1]);
        let bare = bare(port, &list)?;
        let ratio = format!("{:.2}", asking.as_secs_f64() / bare.as_secs_f64());
        row(&format!("again{place}"), asking, [ratio, String::new()], String::new());
        row(
            &format!("the same two requests{place}"),
            bare,
            ["1.00".to_owned(), String::new()],
            String::new(),
        );
    }

    let Large { time, copied, memory } = large(tool, &folder, &module, &format!("{repository}:large"))?;
    let ratio = format!("{:.2}", time.as_secs_f64() / copied.as_secs_f64());
    row("with a layer of 1 GB", time, [ratio, String::new()], memory);
    row("its bytes, by `sha256sum` and `cp`", copied, ["1.00".to_owned(), String::new()], String::new());
    let (time, memory) = hundred(tool, &folder, registry.port)?;
    row("100 images", time, alone(), memory);
    Ok(vec![Section { title: "Pushing", explanation: format!("{EXPLANATION} {RATIOS}"), table }])
}

fn push(tool: &Tool, layout: &Utf8Path, to: &str) -> Command {
    let mut push = tool.command("push");
    push.args(["--quiet"]).arg(layout).arg(to);
    push
}

fn peak(command: &mut Command) -> Result<String> {
    let memory = memory::peak(command.stdout(Stdio::null()))?;
    Ok((memory.own_kib * 1024 / 1_000_000).to_string())
}

/// What became of a layer of 1 GB.
struct Large {
    time: Duration,
    /// How long the system takes to hash its bytes and to copy them.
    copied: Duration,
    memory: String,
}

/// One layer that is larger than memory should become.
fn large(tool: &Tool, folder: &Utf8Path, module: &Utf8Path, to: &str) -> Result<Large> {
    let project = folder.join("large");
    packing::write_project(&project, module, "[image]\nfiles = [{ from = \"files\" }]\n")?;
    noise(&project.join("files"))?;
    let layout = pack(tool, &project, &folder.join("target-large"), &["--compress", "none"])?;
    let start = Instant::now();
    let memory = peak(&mut push(tool, &layout, to))?;
    let time = start.elapsed();
    let files = project.join("files").read_dir_utf8()?.map(|entry| Ok(entry?.into_path()));
    let files = files.collect::<Result<Vec<_>>>()?;
    let copies = folder.join("copies");
    fs::create_dir_all(&copies)?;
    let start = Instant::now();
    output_of(Command::new("sha256sum").args(&files))?;
    output_of(Command::new("cp").args(&files).arg(&copies))?;
    Ok(Large { time, copied: start.elapsed(), memory })
}

/// Many images by one command; all of them are there, or this fails.
fn hundred(tool: &Tool, folder: &Utf8Path, port: u16) -> Result<(Duration, String)> {
    let project = many(&folder.join("many"))?;
    let build = |flags: &[&str]| {
        let mut build = tool.command("build");
        build.args(["--quiet", "--level", "0"]).args(flags).arg(&project);
        build.env("WASMPACK_REPO", format!("127.0.0.1:{port}/many"));
        build
    };
    output_of(&mut build(&[]))?;
    let start = Instant::now();
    let memory = peak(&mut build(&["--push"]))?;
    let time = start.elapsed();
    for number in 1..=MANY {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        ask(&mut stream, "HEAD", &format!("/v2/many/p{number}/manifests/latest"))?;
    }
    Ok((time, memory))
}

/// A package of so many programs.
fn many(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    fs::create_dir_all(folder.join("src/bin"))?;
    let manifest = "[package]\nname = \"many\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    for number in 1..=MANY {
        let source = format!("fn main() {{ println!(\"{number}\") }}\n");
        fs::write(folder.join(format!("src/bin/p{number}.rs")), source)?;
    }
    Ok(folder.to_owned())
}

/// The same port, so far away; until this process ends.
fn distant(port: u16) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let own = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { break };
            let Ok(pair) = near.try_clone().and_then(|near| Ok((near, far.try_clone()?))) else { break };
            std::thread::spawn(move || carry(pair.0, pair.1));
            std::thread::spawn(move || carry(far, near));
        }
    });
    Ok(own)
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = to.set_nodelay(true);
    let mut buffer = [0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        std::thread::sleep(DISTANCE);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// How long it takes to ask what a push of an unchanged image asks, by as little as there can be: the median of connections,
/// each with two requests.
fn bare(port: u16, list: &str) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..3 * RUNS {
        let start = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        ask(&mut stream, "HEAD", "/v2/app/manifests/ours")?;
        ask(&mut stream, "GET", &format!("/v2/app/manifests/sha256-{list}"))?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}

fn ask(stream: &mut TcpStream, method: &str, path: &str) -> Result {
    let kind = "application/vnd.oci.image.index.v1+json";
    stream.write_all(
        format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {kind}\r\n\r\n").as_bytes(),
    )?;
    let mut answer = Vec::new();
    let mut buffer = [0; 8 << 10];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Err("docker-registry closed the connection".into()),
            count => answer.extend(&buffer[..count]),
        }
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if !head.starts_with("HTTP/1.1 200") {
            return Err(format!("`{method} {path}` is answered with {head}").into());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        if method == "HEAD" || length.is_none_or(|length: usize| body.len() >= length) {
            return Ok(());
        }
    }
}

/// The layout of a project's image.
fn pack(tool: &Tool, project: &Utf8Path, target: &Utf8Path, flags: &[&str]) -> Result<Utf8PathBuf> {
    let mut pack = tool.command("pack");
    pack.args(["--quiet", "--tag", "app"]).args(flags).arg(project).arg("--target-dir").arg(target);
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
