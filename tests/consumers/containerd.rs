//! containerd on a socket of its own, and youki as its runtime for WebAssembly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::images::{Built, Formatted};
use crate::readers::linux;
use crate::support::stdout_of;
use crate::tools;

pub fn missing() -> Option<String> {
    if !tools::is_root() {
        return Some("containerd needs root".to_owned());
    }
    tools::missing(&["containerd", "ctr"])
}

pub fn youki_missing() -> Option<String> {
    let youki = || {
        tools::find("youki").is_none().then(|| "youki is missing; `cargo xtask test` builds it".to_owned())
    };
    missing().or_else(youki)
}

/// A plain import keeps digest and platforms.
pub fn imports(built: &Built) {
    for (format, platforms) in
        [(&built.everywhere, "linux/amd64,linux/arm64,wasi/wasm,wasip1/wasm"), (&built.image, "wasi/wasm")]
    {
        let image = import(built, format, &[]);
        let words: Vec<&str> = image.split_whitespace().collect();
        assert!(words.contains(&format.digest.as_str()), "{image}");
        assert!(words.contains(&platforms), "{image}");
    }
}

/// A container prints what `cargo wasmpack run` prints: from the image for any platform without a word about it, and for
/// each that is asked for.
pub fn runs(built: &Built) {
    let linux = linux();
    run(built, &built.everywhere, &[], None);
    for platform in ["wasi/wasm", "wasip1/wasm", &linux] {
        run(built, &built.everywhere, &["--all-platforms"], Some(platform));
    }
    run(built, &built.image, &[], Some("wasi/wasm"));
}

fn run(built: &Built, format: &Formatted, import_flags: &[&str], platform: Option<&str>) {
    let image = import(built, format, import_flags);
    let image = image.split_whitespace().next().unwrap();
    let mut output = output_of(image, built, platform);
    // On a busy machine `ctr` of 1.6 was seen to end before it had shown all.
    if output.len() < built.stdout.len() && built.stdout.starts_with(&output) {
        output = output_of(image, built, platform);
    }
    assert_eq!(output, built.stdout);
}

/// What a container of an image prints that containerd has.
pub fn output_of(image: &str, built: &Built, platform: Option<&str>) -> String {
    let youki = tools::find("youki").unwrap();
    // Two of one name cannot run at once.
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let container = format!("{}-{}", built.name, NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut run = daemon().ctr();
    run.args(["run", "--rm"]).args(platform.map(|platform| format!("--platform={platform}")));
    run.args(["--annotation", "run.oci.handler=wasm", "--runc-binary"]);
    // What is given here is the whole command line, program included.
    run.arg(youki).args([image, &container, "/app.wasm"]).args(built.arguments);
    let child = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // No end of input reaches the program, so that one that reads would wait for ever.
    let output = tools::wait(child, Duration::from_secs(60));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let log = daemon().log();
    assert!(output.status.success(), "{platform:?} {} {stdout}{stderr}{log}", output.status);
    stdout.into_owned()
}

/// A command for our own containerd.
pub fn ctr() -> Command {
    daemon().ctr()
}

/// Where our own containerd listens.
pub fn socket() -> PathBuf {
    daemon().socket()
}

/// What our own containerd has said.
pub fn log() -> String {
    daemon().log()
}

/// Makes a command's own `ctr` one for our own containerd.
pub fn told(command: &mut Command) {
    daemon().tell(command);
}

/// Imports the archive, of which containerd keeps what is for its own platform unless it is told otherwise; the line that then stands for it in the list of what is there.
fn import(built: &Built, format: &Formatted, flags: &[&str]) -> String {
    stdout_of(daemon().ctr().args(["image", "import"]).args(flags).arg(&format.archive));
    let images = stdout_of(daemon().ctr().args(["image", "ls"]));
    let name = format!("docker.io/library/{}:{} ", built.name, format.tag);
    let line = images.lines().find(|line| line.starts_with(&name));
    line.unwrap_or_else(|| panic!("{images}")).to_owned()
}

/// Our own containerd.
struct Daemon {
    process: Mutex<Child>,
    // Below the system's folder for temporary files, because a socket's path must be short.
    folder: TempDir,
}

static DAEMON: OnceLock<Daemon> = OnceLock::new();

fn daemon() -> &'static Daemon {
    DAEMON.get_or_init(Daemon::start)
}

/// Ends containerd, if a trial has started it.
pub fn stop() {
    if let Some(daemon) = DAEMON.get() {
        let mut process = daemon.process.lock().unwrap();
        // A signal it can catch lets it unmount what it has mounted.
        let asked = Command::new("kill").arg(process.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            process.kill().unwrap();
        }
        process.wait().unwrap();
        // A static is never dropped.
        fs::remove_dir_all(daemon.folder.path()).unwrap();
    }
}

impl Daemon {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, config) = (folder.path(), folder.path().join("config.toml"));
        fs::write(&config, configuration(path)).unwrap();
        let log = fs::File::create(path.join("log")).unwrap();
        let process = Command::new("containerd").arg("--config").arg(&config).stderr(log).spawn().unwrap();
        let daemon = Self { process: Mutex::new(process), folder };
        let start = Instant::now();
        while !daemon.ctr().arg("version").output().unwrap().status.success() {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "containerd does not answer\n{}",
                daemon.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        daemon
    }

    fn ctr(&self) -> Command {
        let mut command = Command::new("ctr");
        self.tell(&mut command);
        command
    }

    fn tell(&self, command: &mut Command) {
        // Copies in place of overlays, which cannot be mounted everywhere.
        command.env("CONTAINERD_ADDRESS", self.socket()).env("CONTAINERD_SNAPSHOTTER", "native");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// What Kubernetes calls youki, in a `RuntimeClass`.
pub const HANDLER: &str = "youki";

/// The image of what holds a pod's namespaces.
pub const PAUSE: &str = "localhost/pause:1";

/// Everything in one folder. Below Kubernetes it is youki that runs containers, and the word that one of them is WebAssembly
/// comes through to it. It may be no further from being killed than we are ourselves.
fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    let youki = tools::find("youki").unwrap_or_default();
    let youki = youki.display();
    format!(
        r#"
version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
address = "{folder}/socket"
[plugins."io.containerd.internal.v1.opt"]
path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
default_runtime_name = "{HANDLER}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{HANDLER}]
runtime_type = "io.containerd.runc.v2"
container_annotations = ["run.oci.handler"]
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{HANDLER}.options]
BinaryName = "{youki}"
"#
    )
}
