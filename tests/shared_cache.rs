//! Results that machines share through a registry, Debian's `docker-registry`: a clean machine makes nothing again that another has
//! made, what is damaged or somebody else's is refused, and whatever becomes of the registry, images are the same.
//!
//! Binaryen is a script that notes that it was run. A machine is a folder with all that one keeps.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wasmpack_packager::registry::{Access, Label, Remote, Settings, put_value};
use wasmpack_packager::{Blob, Digest, Reference};

use crate::debian::Debian;
use crate::support::{said, stdout_of, wasmpack};

/// So many programs, each with an image.
const PROGRAMS: usize = 3;

/// The layer and the optimized module of each.
const ENTRIES: usize = 2 * PROGRAMS;

struct Machine(TempDir);

impl Machine {
    /// One with the project, and nothing else.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let project = machine.path("project");
        fs::create_dir(&project).unwrap();
        for number in 0..PROGRAMS {
            let text = format!(
                r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                    (memory (export "memory") 1)
                    (func $main (export "_start") (call $exit (i32.const {number}))))"#
            );
            fs::write(project.join(format!("program{number}.wasm")), wat::parse_str(text).unwrap()).unwrap();
        }
        let config =
            "[build]\ncommand = \"cp *.wasm $WASMPACK_OUT\"\n[optimize]\nwasm-opt = \"./wasm-opt\"\n";
        fs::write(project.join("wasmpack.toml"), config).unwrap();
        let script = "#!/bin/sh\nif [ $1 = --version ]; then echo version 999; exit; fi\n\
            echo run >> \"$HOME\"/runs\ncp $1 $3\n";
        fs::create_dir(machine.path("home")).unwrap();
        fs::write(project.join("wasm-opt"), script).unwrap();
        fs::set_permissions(project.join("wasm-opt"), fs::Permissions::from_mode(0o755)).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn build(&self, flags: &[String]) -> Command {
        let mut command = wasmpack();
        command.args(["build", "--bins"]).args(flags).current_dir(self.path("project"));
        for variable in ["XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE", "DOCKER_AUTH_CONFIG", "XDG_RUNTIME_DIR"] {
            command.env_remove(variable);
        }
        command.env("HOME", self.path("home")).env("WASMPACK_CACHE_DIR", self.path("cache"));
        command.stdin(Stdio::null());
        command
    }

    /// Builds, and tells the images, all that was said, and how often Binaryen was run for that.
    fn built(&self, flags: &[String]) -> (String, String, usize) {
        let before = self.runs();
        let output = self.build(flags).arg("--verbose").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let images = String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(images.lines().count(), PROGRAMS);
        (images, said(&output), self.runs() - before)
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.path("home/runs")).unwrap_or_default().lines().count()
    }
}

fn cache(port: u16) -> String {
    format!("127.0.0.1:{port}/acme/cache")
}

fn from(port: u16) -> String {
    format!("--cache-from={}", cache(port))
}

fn to(port: u16) -> String {
    format!("--cache-to={}", cache(port))
}

/// A registry, and what images are when a machine makes them that shares nothing.
fn place() -> Option<(TempDir, Debian, String)> {
    let folder = tempfile::tempdir().unwrap();
    let registry = Debian::start(folder.path(), "", "")?;
    let (images, _, runs) = Machine::new().built(&[]);
    assert!(runs >= PROGRAMS);
    Some((folder, registry, images))
}

/// A registry that one machine has filled.
fn warm_place() -> Option<(TempDir, Debian, String)> {
    let (folder, registry, images) = place()?;
    let (made, told, _) = Machine::new().built(&[to(registry.port)]);
    assert_eq!(made, images);
    assert!(told.contains(&format!("Cache 0 found, {ENTRIES} made, {ENTRIES} sent")), "{told}");
    Some((folder, registry, images))
}

#[test]
fn a_clean_machine_with_a_warm_registry_runs_no_optimizer() {
    let Some((_folder, registry, images)) = warm_place() else { return };
    let clean = Machine::new();
    let (found, told, runs) = clean.built(&[from(registry.port)]);
    assert_eq!((found, runs), (images.clone(), 0), "{told}");
    let all = format!("Cache {ENTRIES} found ({ENTRIES} in {}), 0 made\n", cache(registry.port));
    assert!(told.contains(&all) && told.contains("Fetched the layer of `program0`, "), "{told}");
    // Debug modules come along.
    assert!(clean.path("project/target/wasmpack/program0.debug.wasm").exists(), "{told}");
    // From then on its own folder has it all, also without the registry.
    let port = registry.port;
    drop(registry);
    let (again, told, runs) = clean.built(&[from(port)]);
    assert_eq!((again, runs), (images, 0));
    assert!(
        told.contains(&format!("Cache {PROGRAMS} found, 0 made\n")) && !told.contains("warning"),
        "{told}"
    );
}

#[test]
fn what_a_machine_has_goes_to_a_registry_that_lacks_it_and_is_not_asked_about_again() {
    let Some((_folder, registry, images)) = place() else { return };
    let proxy = Proxy::start(registry.port, i64::MAX, Then::Close);
    let warm = Machine::new();
    warm.built(&[]);
    let (sent, told, runs) = warm.built(&[to(proxy.port)]);
    assert_eq!((sent, runs), (images.clone(), 0));
    assert!(told.contains(&format!("found, 0 made, {ENTRIES} sent\n")), "{told}");
    let connections = proxy.connections();
    assert!(connections > 0);
    let (_, told, _) = warm.built(&[from(proxy.port), to(proxy.port)]);
    assert_eq!(proxy.connections(), connections, "{told}");
    assert!(told.contains("found, 0 made\n"), "{told}");
    let (found, _, runs) = Machine::new().built(&[from(registry.port)]);
    assert_eq!((found, runs), (images, 0));
}

#[test]
fn what_came_from_a_cache_counts_only_for_who_still_asks_it() {
    let Some((_folder, registry, images)) = warm_place() else { return };
    let other = tempfile::tempdir().unwrap();
    let Some(mine) = Debian::start(other.path(), "", "") else { return };
    let machine = Machine::new();
    assert_eq!(machine.built(&[from(registry.port)]).2, 0);
    // What others have made is not passed on, nor used.
    let (made, told, runs) = machine.built(&[to(mine.port)]);
    assert_eq!(made, images);
    assert!(runs >= PROGRAMS, "{told}");
    assert!(told.contains(&format!("Cache 0 found, {ENTRIES} made, {ENTRIES} sent\n")), "{told}");
    // What is one's own goes first from then on.
    assert_eq!(machine.built(&[]).2, 0);
}

#[test]
fn a_registry_that_only_a_project_names_learns_no_password() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = thread::spawn(move || {
        let mut asked = String::new();
        for mut stream in listener.incoming().map(Result::unwrap) {
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap();
            if request.starts_with(b"END") {
                return asked;
            }
            asked += &String::from_utf8_lossy(&request[..count]);
            let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"r\"\r\n\
                content-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    let machine = Machine::new();
    let config = machine.path("project/wasmpack.toml");
    let text = fs::read_to_string(&config).unwrap();
    let key = format!("[build]\ncache-from = [\"{}\"]\n", cache(port));
    fs::write(&config, text.replace("[build]\n", &key)).unwrap();
    let build = |variables: &[(&str, &str)]| {
        let mut build = machine.build(&[]);
        build.env("WASMPACK_REGISTRY_USERNAME", "robin").env("WASMPACK_REGISTRY_PASSWORD", "battery");
        said(&build.envs(variables.iter().copied()).output().unwrap())
    };
    let told = build(&[]);
    assert!(told.contains("because only the project names it"), "{told}");
    // Who names it means it.
    let named = Machine::new();
    fs::copy(&config, named.path("project/wasmpack.toml")).unwrap();
    let mut build = named.build(&[]);
    build.env("WASMPACK_REGISTRY_USERNAME", "robin").env("WASMPACK_REGISTRY_PASSWORD", "horse");
    build.env("WASMPACK_CACHE_FROM", cache(port)).output().unwrap();
    TcpStream::connect(("127.0.0.1", port)).unwrap().write_all(b"END").unwrap();
    let asked = asked.join().unwrap().to_lowercase();
    // `robin:battery` and `robin:horse`
    assert!(asked.contains("/v2/") && !asked.contains("cm9iaw46ymf0dgvyeq"), "{asked}");
    assert!(asked.contains("cm9iaw46ag9yc2u"), "{asked}");
}

#[test]
fn what_is_said_in_variables_and_configuration_holds_and_offline_asks_nobody() {
    let Some((_folder, registry, images)) = place() else { return };
    let proxy = Proxy::start(registry.port, i64::MAX, Then::Close);
    let configured = Machine::new();
    let config = configured.path("project/wasmpack.toml");
    let text = fs::read_to_string(&config).unwrap();
    let key = format!("[build]\ncache-to = \"{}\"\n", cache(proxy.port));
    fs::write(&config, text.replace("[build]\n", &key)).unwrap();
    for offline in ["--offline", "--frozen"] {
        let (made, told, _) = configured.built(&[offline.to_owned(), from(proxy.port)]);
        assert_eq!((made, proxy.connections()), (images.clone(), 0), "{told}");
    }
    let (_, told, _) = configured.built(&[]);
    assert!(told.contains(&format!("{ENTRIES} sent\n")), "{told}");
    let machine = Machine::new();
    let mut build = machine.build(&["--quiet".to_owned()]);
    let mut build_with = |from: &str| stdout_of(build.env("WASMPACK_CACHE_FROM", from));
    assert_eq!((build_with(&cache(proxy.port)), machine.runs()), (images, 0));
    let output = machine.build(&[]).env("WASMPACK_CACHE_FROM", "acme/cache").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`WASMPACK_CACHE_FROM` cannot be used"), "{}", said(&output));
}

/// The tags that there are, each with the file that says what it names.
fn tags(folder: &Path) -> Vec<PathBuf> {
    let tags = folder.join("registry/docker/registry/v2/repositories/acme/cache/_manifests/tags");
    let mut links: Vec<_> =
        fs::read_dir(tags).unwrap().map(|tag| tag.unwrap().path().join("current/link")).collect();
    links.sort();
    links
}

fn blob(folder: &Path, digest: &str) -> PathBuf {
    let hex = digest.trim_start_matches("sha256:");
    folder.join("registry/docker/registry/v2/blobs/sha256").join(&hex[..2]).join(hex).join("data")
}

fn manifest(folder: &Path, link: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(blob(folder, &fs::read_to_string(link).unwrap())).unwrap()).unwrap()
}

#[test]
fn what_was_damaged_in_the_registry_is_refused_and_made_again() {
    let Some((folder, registry, images)) = warm_place() else { return };
    for link in tags(folder.path()) {
        let manifest = manifest(folder.path(), &link);
        let value = blob(folder.path(), manifest["layers"][0]["digest"].as_str().unwrap());
        let mut bytes = fs::read(&value).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&value, bytes).unwrap();
    }
    let (made, told, runs) = Machine::new().built(&[from(registry.port)]);
    assert_eq!(made, images, "{told}");
    assert!(runs >= PROGRAMS, "{told}");
    for number in 0..PROGRAMS {
        for what in ["the layer of", "optimized"] {
            let warning = format!("warning: {what} `program{number}` is made again: failed to pull from");
            assert!(told.contains(&warning), "{told}");
        }
    }
    assert!(told.contains("is refused: its digest is"), "{told}");
    assert!(told.contains(&format!("Cache 0 found, {ENTRIES} made\n")), "{told}");
}

#[test]
fn what_was_lost_in_the_registry_is_made_again_and_sent() {
    let Some((folder, registry, images)) = warm_place() else { return };
    for link in tags(folder.path()) {
        let manifest = manifest(folder.path(), &link);
        let value = manifest["layers"][0]["digest"].as_str().unwrap();
        // As its garbage collector would, the link in the repository goes too.
        fs::remove_file(blob(folder.path(), value)).unwrap();
        let hex = value.trim_start_matches("sha256:");
        let linked = folder.path().join("registry/docker/registry/v2/repositories/acme/cache/_layers/sha256");
        fs::remove_dir_all(linked.join(hex)).unwrap();
    }
    let port = registry.port;
    let (made, told, runs) = Machine::new().built(&[from(port), to(port)]);
    assert_eq!(made, images, "{told}");
    assert!(runs >= PROGRAMS && told.contains("which is not there"), "{told}");
    assert!(told.contains(&format!("{ENTRIES} made, {ENTRIES} sent\n")), "{told}");
    let (found, told, runs) = Machine::new().built(&[from(port)]);
    assert_eq!((found, runs), (images, 0), "{told}");
}

#[test]
fn an_entry_under_the_tag_of_another_is_refused_and_put_right() {
    let Some((folder, registry, images)) = warm_place() else { return };
    let links = tags(folder.path());
    let digests: Vec<_> = links.iter().map(|link| fs::read_to_string(link).unwrap()).collect();
    for (number, link) in links.iter().enumerate() {
        fs::write(link, &digests[(number + 1) % digests.len()]).unwrap();
    }
    let port = registry.port;
    let (made, told, runs) = Machine::new().built(&[from(port), to(port)]);
    assert_eq!(made, images, "{told}");
    assert!(runs >= PROGRAMS, "{told}");
    assert_eq!(told.matches("is refused: its `dev.wasmpack.cache.key` is").count(), ENTRIES, "{told}");
    assert!(told.contains(&format!("{ENTRIES} sent\n")), "{told}");
    assert_eq!(Machine::new().built(&[from(port)]).2, 0);
}

#[test]
fn what_cannot_have_come_of_the_module_is_refused() {
    let Some((folder, registry, images)) = warm_place() else { return };
    let foreign = wat::parse_str(
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (func (export "_start")))"#,
    )
    .unwrap();
    let remote = writer(registry.port);
    let (mut layers, mut modules) = (0, 0);
    for link in tags(folder.path()) {
        replace(&remote, folder.path(), &link, |head, content| {
            if head.get("module_bytes").is_some() {
                modules += 1;
                becomes(&foreign, head, content);
            } else {
                // It says of itself that it is another, and is not.
                layers += 1;
                head["diff_id"] = Digest::of(b"another").to_string().into();
            }
        });
    }
    assert_eq!((layers, modules), (PROGRAMS, PROGRAMS));
    let (made, told, runs) = Machine::new().built(&[from(registry.port)]);
    assert_eq!(made, images, "{told}");
    assert!(runs >= PROGRAMS, "{told}");
    assert_eq!(told.matches("is refused: the tar in it is ").count(), PROGRAMS, "{told}");
    assert_eq!(told.matches("fd_write").count(), PROGRAMS, "{told}");
}

/// Puts something else into the entry that a tag names; what says of it what it is goes along.
fn replace(
    remote: &Remote,
    folder: &Path,
    link: &Path,
    change: impl FnOnce(&mut serde_json::Value, &mut Vec<u8>),
) {
    let manifest = manifest(folder, link);
    let value = fs::read(blob(folder, manifest["layers"][0]["digest"].as_str().unwrap())).unwrap();
    let end = value.iter().position(|byte| *byte == b'\n').unwrap();
    let mut head: serde_json::Value = serde_json::from_slice(&value[..end]).unwrap();
    let mut content = value[end + 1..].to_vec();
    change(&mut head, &mut content);
    let value = [head.to_string().as_bytes(), b"\n", &content].concat();
    let key = manifest["annotations"]["dev.wasmpack.cache.key"].as_str().unwrap();
    let label = Label {
        artifact_type: manifest["artifactType"].as_str().unwrap().to_owned(),
        annotations: [("dev.wasmpack.cache.key".to_owned(), key.to_owned())].into(),
    };
    let tag = link.ancestors().nth(2).unwrap().file_name().unwrap().to_str().unwrap();
    put_value(remote, tag, &label, Blob::new("application/octet-stream", value)).unwrap();
}

fn becomes(wasm: &[u8], head: &mut serde_json::Value, content: &mut Vec<u8>) {
    (head["module_bytes"], head["has_debug"]) = (wasm.len().into(), false.into());
    content.clear();
    content.extend(wasm);
}

fn is_layer(folder: &Path, link: &Path) -> bool {
    let manifest = manifest(folder, link);
    let value = fs::read(blob(folder, manifest["layers"][0]["digest"].as_str().unwrap())).unwrap();
    let head = value.split(|byte| *byte == b'\n').next().unwrap();
    let head: serde_json::Value = serde_json::from_slice(head).unwrap();
    head.get("module_bytes").is_none()
}

fn writer(port: u16) -> Remote {
    let reference: Reference = cache(port).parse().unwrap();
    Remote::open(&reference, Access::Push, Settings::default()).unwrap()
}

/// Nobody sees of a module that it does the same: it is the manual that says who has to be trusted, and how one finds out.
#[test]
fn what_a_cache_has_decided_is_found_by_building_a_second_time() {
    let Some((folder, registry, images)) = warm_place() else { return };
    let remote = writer(registry.port);
    let other = wat::parse_str(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 99))))"#,
    )
    .unwrap();
    for link in tags(folder.path()) {
        if is_layer(folder.path(), &link) {
            fs::remove_dir_all(link.ancestors().nth(2).unwrap()).unwrap();
        } else {
            replace(&remote, folder.path(), &link, |head, content| becomes(&other, head, content));
        }
    }
    let machine = Machine::new();
    let (taken, told, _) = machine.built(&[from(registry.port)]);
    assert_ne!(taken, images, "{told}");
    let again = Machine::new();
    let mut again = again.build(&["--check-reproducible".to_owned()]);
    let output = again.env("WASMPACK_CACHE_FROM", cache(registry.port)).output().unwrap();
    assert_eq!(output.status.code(), Some(117), "{}", said(&output));
}

/// What becomes of connections when enough has gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Close,
    Hang,
}

/// Stands before a registry, until it does not any more.
struct Proxy {
    port: u16,
    shared: Arc<Through>,
}

struct Through {
    to: u16,
    /// How many bytes go through, in both directions.
    left: AtomicI64,
    then: Then,
    connections: AtomicUsize,
    ended: AtomicBool,
}

impl Proxy {
    fn start(to: u16, bytes: i64, then: Then) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (left, connections) = (AtomicI64::new(bytes), AtomicUsize::new(0));
        let shared = Arc::new(Through { to, left, then, connections, ended: AtomicBool::new(false) });
        let through = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                if through.ended.load(Ordering::SeqCst) {
                    break;
                }
                through.connections.fetch_add(1, Ordering::SeqCst);
                let registry = TcpStream::connect(("127.0.0.1", through.to)).unwrap();
                for (from, to) in [(&stream, &registry), (&registry, &stream)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let through = Arc::clone(&through);
                    thread::spawn(move || through.pump(from, to));
                }
            }
        });
        Self { port, shared }
    }

    fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    fn is_used_up(&self) -> bool {
        self.shared.left.load(Ordering::SeqCst) <= 0
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Through {
    fn pump(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 256];
        let _ = (|| -> io::Result<()> {
            loop {
                let count = from.read(&mut buffer)?;
                let left = self.left.fetch_sub(i64::try_from(count).unwrap(), Ordering::SeqCst);
                if left <= 0 && self.then == Then::Hang {
                    // Nothing comes and nothing is closed, until the client gives up.
                    while !self.ended.load(Ordering::SeqCst) {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
                if count == 0 || left <= 0 {
                    return Ok(());
                }
                to.write_all(&buffer[..count])?;
            }
        })();
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    }
}

/// What a registry costs that is of no help from some byte on: the time, and how many connections it was asked for.
fn without_help(then: Then, bytes: i64, flags: fn(u16) -> Vec<String>) -> Option<(Duration, usize)> {
    let (_folder, registry, images) = warm_place()?;
    let proxy = Proxy::start(registry.port, bytes, then);
    let started = Instant::now();
    let (made, told, _) = Machine::new().built(&flags(proxy.port));
    let took = started.elapsed();
    assert_eq!(made, images, "{told}");
    assert!(proxy.is_used_up(), "{told}");
    let warning = format!("any more: failed to pull from `{}`", cache(proxy.port));
    assert_eq!(told.matches(" any more: ").count(), 1, "{told}");
    assert!(told.contains(&warning) || told.contains("failed to push to"), "{told}");
    assert!(told.contains("help: look whether"), "{told}");
    Some((took, proxy.connections()))
}

#[test]
fn a_registry_that_dies_at_any_byte_costs_the_build_nothing_but_time() {
    let both = |port| vec![from(port), to(port)];
    for bytes in [0, 300, 1000, 2000, 4000] {
        if without_help(Then::Close, bytes, both).is_none() {
            return;
        }
    }
}

#[test]
fn a_registry_that_hangs_costs_seconds_and_not_for_each_image() {
    let both = |port| vec![from(port), to(port), "--jobs=3".to_owned()];
    for (bytes, at_most) in [(0, 2), (2000, usize::MAX)] {
        let Some((took, connections)) = without_help(Then::Hang, bytes, both) else { return };
        assert!(took > Duration::from_secs(4) && took < Duration::from_secs(20), "{took:?}");
        assert!(connections <= at_most, "{connections}");
    }
}

#[test]
fn who_may_not_write_is_told_so_once_and_reads_all_the_same() {
    let Some((folder, registry, images)) = warm_place() else { return };
    drop(registry);
    let storage = "  maintenance:\n    readonly:\n      enabled: true\n";
    let registry = Debian::start_with(folder.path(), storage, "", "").unwrap();
    // Half of it has to be made.
    let all = tags(folder.path());
    for link in &all[..ENTRIES / 2] {
        fs::remove_dir_all(link.ancestors().nth(2).unwrap()).unwrap();
    }
    let (made, told, _) = Machine::new().built(&[from(registry.port), to(registry.port)]);
    assert_eq!(made, images, "{told}");
    assert_eq!(told.matches("warning: a cache is not sent anything any more: ").count(), 1, "{told}");
    assert!(told.contains("405") && told.contains("help: the registry does not take images"), "{told}");
    assert!(told.contains(&format!("Cache {0} found ({0} in ", ENTRIES / 2)), "{told}");
}

#[test]
fn many_writers_at_once_leave_what_one_would_have_left() {
    let Some((folder, registry, images)) = place() else { return };
    let machines: Vec<_> = (0..4).map(|_| Machine::new()).collect();
    let flags = [from(registry.port), to(registry.port)];
    let spawn = |machine: &Machine| {
        machine.build(&flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = machines.iter().map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && !said(&output).contains("warning"), "{}", said(&output));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), images);
    }
    let left =
        |folder: &Path| tags(folder).iter().map(|link| fs::read_to_string(link).unwrap()).collect::<Vec<_>>();
    let many = left(folder.path());
    assert_eq!(many.len(), ENTRIES);
    let (found, _, runs) = Machine::new().built(&[from(registry.port)]);
    assert_eq!((found, runs), (images, 0));
    let Some((alone, _registry, _)) = warm_place() else { return };
    assert_eq!(left(alone.path()), many);
}
