//! Components in an engine that is not ours: jco, which runs them on Node.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Tried, expect};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process, shell};

const JCO: &str = "@bytecodealliance/jco@1.35.0";

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    if which::which("npm").is_err() {
        shell::warn("components are tried elsewhere only where npm is");
        return Ok(Vec::new());
    }
    let folder = workspace.folder("jco")?;
    let mut install = Command::new("npm");
    process::run(install.args(["install", "--silent", "--prefix", folder.as_str(), JCO]))?;
    let jco = folder.join("node_modules/.bin/jco");
    let target = workspace.folder("components")?;
    Ok(vec![
        ("jco: a command".to_owned(), try_command(&jco, workspace, tool, &target)),
        ("jco: a service".to_owned(), try_service(&jco, workspace, tool, &target)),
    ])
}

fn try_command(jco: &Utf8Path, workspace: &Workspace, tool: &Tool, target: &Utf8Path) -> Result {
    let sources = workspace.root.join("examples/wordcount");
    let mut build = tool.command("build");
    process::stdout_of(build.args(["--target", "wasm32-wasip2", "--target-dir"]).arg(target).arg(sources))?;
    let component = module(&target.join("wasmpack/wordcount"))?;
    let mut run = Command::new(jco);
    let said = process::stdout_of(run.arg("run").arg(component).args(["--text", "one two three"]))?;
    expect(&said, "      0       3      13 one two three\n")
}

fn try_service(jco: &Utf8Path, workspace: &Workspace, tool: &Tool, target: &Utf8Path) -> Result {
    let component = module(&tool.image(&workspace.root.join("examples/http-hello"), target)?)?;
    // A port that was free a moment ago.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut serve = Command::new(jco);
    serve.arg("serve").arg(component).args(["--port", &port.to_string()]).stdout(Stdio::null());
    let mut serving = Stopped(serve.spawn()?);
    let answer = ask(port, "/hello/jco");
    let ended = serving.0.try_wait()?;
    let body = answer.map_err(|error| format!("{error} ({ended:?})"))?;
    if body.contains("Hello, jco!") { Ok(()) } else { Err(format!("it answered {body:?}").into()) }
}

/// A child that does not outlive us.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the service answers, once it listens.
fn ask(port: u16, path: &str) -> Result<String> {
    let start = Instant::now();
    let mut connection = loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(connection) => break connection,
            Err(error) if start.elapsed() > Duration::from_secs(60) => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    };
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The component in an image: the only file of its only layer, the only blob that is compressed.
fn module(layout: &Utf8Path) -> Result<Utf8PathBuf> {
    let mut layer = None;
    for blob in layout.join("blobs/sha256").read_dir_utf8()? {
        let path = blob?.into_path();
        if fs::read(&path)?.starts_with(&[0x1f, 0x8b]) {
            layer = Some(path);
        }
    }
    let layer = layer.ok_or("the image has no layer")?;
    let folder = layout.join("../jco").join(layout.file_name().unwrap_or_default());
    fs::create_dir_all(&folder)?;
    process::run(Command::new("tar").arg("-xzf").arg(layer).arg("-C").arg(&folder))?;
    Ok(folder.join("app.wasm"))
}
