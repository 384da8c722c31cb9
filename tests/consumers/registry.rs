//! Debian's `docker-registry`, what `push` brings there, and the programs that fetch it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::images::{Built, blob_path};
use crate::support::{stdout_of, wasmpack};
use crate::{containerd, readers, tools};

pub fn missing() -> Option<String> {
    tools::missing(&["docker-registry"]).or_else(readers::skopeo_missing)
}

pub fn podman_missing() -> Option<String> {
    missing().or_else(readers::podman_missing)
}

pub fn containerd_missing() -> Option<String> {
    missing().or_else(containerd::youki_missing)
}

/// All formats are there under their tags, each with its digest and its bill of materials, and skopeo copies them with every
/// platform and without a change.
pub fn keeps(built: &Built) {
    let repository = pushed(built);
    for format in [&built.everywhere, &built.image, &built.wasm_layer, &built.artifact] {
        let copy = built.folder("registry").join(&format.tag);
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--all", "--preserve-digests", "--src-tls-verify=false"]);
        let from = format!("docker://{repository}:{}", format.tag);
        stdout_of(skopeo.arg(from).arg(format!("oci:{}:{}", copy.display(), format.tag)));
        let copied = fs::read(copy.join(blob_path(&format.digest))).unwrap();
        assert!(copied == fs::read(built.layout.join(blob_path(&format.digest))).unwrap());
    }
    let mut tags = wasmpack();
    let tags = stdout_of(tags.args(["tags", "--all"]).arg(&repository));
    let fallback = format!("sha256-{}", built.everywhere.digest.trim_start_matches("sha256:"));
    let expected = ["latest", "latest-artifact", "latest-image", "latest-wasm-layer", &fallback];
    assert!(expected.iter().all(|tag| tags.lines().any(|line| line == *tag)), "{tags}");
}

/// What is fetched by its reference is what was pushed, with all that refers to it.
pub fn gives_back(built: &Built) {
    let repository = pushed(built);
    let cache = built.folder("fetched");
    let fetching = || {
        let mut command = wasmpack();
        command.env("WASMPACK_CACHE_DIR", &cache);
        command
    };
    let reference = format!("{repository}:latest");
    let mut run = fetching();
    run.args(["run", &reference, "--"]).args(built.arguments).stdin(Stdio::null());
    assert_eq!(stdout_of(&mut run), built.stdout);
    let described = stdout_of(fetching().args(["inspect", "--json", &reference]));
    let described: Value = serde_json::from_str(&described).unwrap();
    assert_eq!(described["image"]["digest"], built.everywhere.digest, "{described:#}");
    let archive = cache.join("pulled.tar");
    let output = format!("type=oci-archive,dest={}", archive.display());
    let name = stdout_of(fetching().args(["pull", &reference, "-o", &output]));
    assert_eq!(name.trim(), format!("{repository}@{}", built.everywhere.digest));
    stdout_of(wasmpack().arg("validate").arg(&archive));
}

/// podman pulls it for its own machine.
pub fn podman_pulls(built: &Built) {
    let repository = pushed(built);
    let storage = tempfile::tempdir().unwrap();
    let podman = |arguments: &[&str]| {
        let mut command = Command::new("podman");
        command.arg("--root").arg(storage.path().join("root"));
        command.arg("--runroot").arg(storage.path().join("run"));
        stdout_of(command.args(["--storage-driver", "vfs"]).args(arguments))
    };
    podman(&["pull", "--quiet", "--tls-verify=false", &format!("{repository}:latest")]);
    let digest = podman(&["image", "inspect", "--format", "{{.Digest}}", &format!("{repository}:latest")]);
    assert_eq!(digest.trim(), built.everywhere.digest);
}

/// containerd pulls it and runs it, without a word about platforms.
pub fn containerd_runs(built: &Built) {
    let reference = format!("{}:latest", pushed(built));
    stdout_of(containerd::ctr().args(["image", "pull", "--plain-http", &reference]));
    let images = stdout_of(containerd::ctr().args(["image", "ls"]));
    let line = images.lines().find(|line| line.starts_with(&reference)).unwrap_or_else(|| panic!("{images}"));
    assert!(line.contains(&built.everywhere.digest), "{line}");
    assert_eq!(containerd::output_of(&reference, built, None), built.stdout);
}

/// The repository of an example, which was pushed by `cargo wasmpack push`.
pub fn pushed(built: &Built) -> String {
    let repository = format!("127.0.0.1:{}/acme/{}", registry().port, built.name);
    let mut push = wasmpack();
    let said =
        stdout_of(push.args(["push", "--quiet"]).arg(&built.layout).arg(format!("{repository}:latest")));
    assert_eq!(said.lines().next(), Some(&*format!("{repository}@{}", built.everywhere.digest)));
    repository
}

/// Pushes a layout under a name, and gives the whole of that.
pub fn push(layout: &Path, name: &str) -> String {
    let reference = format!("127.0.0.1:{}/{name}", registry().port);
    stdout_of(wasmpack().args(["push", "--quiet"]).arg(layout).arg(&reference));
    reference
}

/// Our own registry.
struct Registry {
    process: Mutex<Child>,
    port: u16,
    folder: TempDir,
}

static REGISTRY: OnceLock<Registry> = OnceLock::new();

fn registry() -> &'static Registry {
    REGISTRY.get_or_init(Registry::start)
}

/// Ends the registry, if a trial has started it.
pub fn stop() {
    if let Some(registry) = REGISTRY.get() {
        let mut process = registry.process.lock().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        // A static is never dropped.
        fs::remove_dir_all(registry.folder.path()).unwrap();
    }
}

impl Registry {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Free a moment ago, and asked of the system, so that nobody else has it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let root = folder.path().join("data");
        let configuration = format!(
            "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: 127.0.0.1:{port} }}\n",
            root.display()
        );
        let config = folder.path().join("registry.yml");
        fs::write(&config, configuration).unwrap();
        let mut command = Command::new("docker-registry");
        let process =
            command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "docker-registry does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process: Mutex::new(process), port, folder }
    }
}
