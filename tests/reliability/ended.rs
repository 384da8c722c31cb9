//! D5: Ctrl-C ends a command wherever it is, at once, with all that it started, and leaves no temporary file.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{copy, example, stdout_of, wasmpack};
use crate::tried;

/// What a stand-in for a slow program does: it says that it has begun, and goes on for ever.
const SLOW: &str = "touch begun; exec sleep 600";

/// A guest that says that it has begun, and goes on for ever.
const ENDLESS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\08\00\00\00\06\00\00\00begun\n")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
        (loop (br 0))))"#;

/// Where a command is when it is told to end.
struct Stage {
    name: &'static str,
    command: Command,
    begun: Begun,
}

/// How it is known that it is there.
enum Begun {
    /// There is a file `begun` in its folder.
    File,
    /// It has said this.
    Said(&'static str),
    /// It is connected to, and gets no answer.
    Asked(TcpListener),
}

/// A folder with what the stages need.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for folder in ["tmp", "bin", "c", "again", "rust/src"] {
            fs::create_dir_all(place.path(folder)).unwrap();
        }
        place.program("launcher", SLOW);
        // Slow in the second build only, which is elsewhere.
        let again = place.path("again");
        let again = again.display();
        place.program(
            "later",
            &format!("[ \"$PWD\" = {again} ] && exec \"$@\"; touch {again}/begun; exec sleep 600"),
        );
        // It is started in a folder of its own.
        let begun = place.path("factorial/begun");
        let waits = format!("touch {}; exec sleep 600", begun.display());
        place.program(
            "wasm-opt",
            &format!("[ \"$1\" = --version ] && exec echo wasm-opt version 120; {waits}"),
        );
        place.program("podman", &format!("case \"$*\" in info*) echo 4.3.1; exit;; esac; {SLOW}"));
        for (folder, launcher) in [("c", "launcher"), ("again", "later")] {
            fs::write(place.path(folder).join("main.c"), "int main(void) { return 0; }\n").unwrap();
            let launcher =
                format!("[build]\nlauncher = \"{}\"\n", place.path("bin").join(launcher).display());
            fs::write(place.path(folder).join("wasmpack.toml"), launcher).unwrap();
        }
        fs::write(
            place.path("rust/Cargo.toml"),
            "[package]\nname = \"app\"\nedition = \"2024\"\n\n[workspace]\n",
        )
        .unwrap();
        fs::write(place.path("rust/src/main.rs"), "fn main() {}\n").unwrap();
        let waits = r#"fn main() { std::fs::write("begun", "").unwrap(); loop { std::thread::park(); } }"#;
        fs::write(place.path("rust/build.rs"), waits).unwrap();
        fs::write(place.path("endless.wat"), ENDLESS).unwrap();
        copy(&example("factorial"), &place.path("factorial"));
        stdout_of(place.command("factorial").args(["build", "--tag", "app"]));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// In a folder of this place, with one for temporary files.
    fn command(&self, folder: &str) -> Command {
        let mut command = wasmpack();
        command.current_dir(self.path(folder)).env("TMPDIR", self.path("tmp"));
        command.env("WASMPACK_CACHE_DIR", self.path("cache"));
        command
    }

    fn stages(&self) -> Vec<Stage> {
        let stage = |name, folder: &str, words: &str, begun| {
            let mut command = self.command(folder);
            command.args(words.split(' '));
            Stage { name, command, begun }
        };
        let asking = |name, words: &str| {
            let registry = TcpListener::bind("127.0.0.1:0").unwrap();
            let image = format!("127.0.0.1:{}/app", registry.local_addr().unwrap().port());
            stage(name, "factorial", &words.replace("IMAGE", &image), Begun::Asked(registry))
        };
        let mut loading = stage("load", "factorial", "load target/wasmpack/app --to podman", Begun::File);
        loading.command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()));
        let wasm_opt = self.path("bin/wasm-opt");
        let wasm_opt = wasm_opt.to_str().unwrap();
        vec![
            stage("clang", "c", "build", Begun::File),
            stage("cargo", "rust", "build", Begun::File),
            stage("wasm-opt", "factorial", &format!("build --wasm-opt {wasm_opt}"), Begun::File),
            stage("the second build", "again", "build --check-reproducible", Begun::File),
            asking("push", "push target/wasmpack/app IMAGE"),
            asking("pull", "pull IMAGE"),
            asking("tags", "tags IMAGE"),
            loading,
            stage("a guest", ".", "run endless.wat", Begun::Said("begun")),
            stage("a guest that is watched", ".", "run --watch endless.wat", Begun::Said("begun")),
            stage("a guest with a time limit", ".", "run --timeout 600 endless.wat", Begun::Said("begun")),
        ]
    }
}

impl Begun {
    fn wait(&self, name: &str, folder: &Path, said: &Path) {
        let start = Instant::now();
        let has_begun = || match self {
            Self::File => folder.join("begun").exists(),
            Self::Said(text) => fs::read_to_string(said).unwrap().contains(text),
            Self::Asked(registry) => {
                registry.set_nonblocking(true).unwrap();
                // Nobody answers: the connection lasts as long as whoever asked.
                registry.accept().map(std::mem::forget).is_ok()
            }
        };
        while !has_begun() {
            let told = fs::read_to_string(said).unwrap();
            assert!(start.elapsed() < Duration::from_secs(120), "{name} does not begin: {told}");
            sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn ctrl_c_ends_a_command_wherever_it_is() {
    let place = Place::new();
    let stages = place.stages();
    let count = stages.len();
    let mut longest = Duration::ZERO;
    // Among other tests on a busy machine, all that counts is that nothing goes on for ever.
    let limit = Duration::from_secs(if tried::all() { 2 } else { 60 });
    for Stage { name, mut command, begun } in stages {
        let folder = command.get_current_dir().unwrap().to_owned();
        let said = place.path("said");
        let output = fs::File::create(&said).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        // A group of its own, as a shell makes one.
        let mut child = command.process_group(0).spawn().unwrap();
        begun.wait(name, &folder, &said);
        let group = format!("-{}", child.id());
        let signal =
            |name: &str| Command::new("kill").args(["-s", name, "--", &group]).stderr(Stdio::null()).status();
        let start = Instant::now();
        assert!(signal("INT").unwrap().success());
        let status = child.wait().unwrap();
        longest = longest.max(start.elapsed());
        let told = fs::read_to_string(&said).unwrap();
        // A shell says 130 of both.
        assert!(status.code() == Some(130) || status.signal() == Some(2), "{name}: {status}: {told}");
        assert!(start.elapsed() < limit, "{name}: {:?}", start.elapsed());
        let is_gone = || running(child.id()).is_empty();
        while !is_gone() {
            assert!(start.elapsed() < limit, "{name} leaves {:?}", running(child.id()));
            sleep(Duration::from_millis(5));
        }
        let left: Vec<_> =
            fs::read_dir(place.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{name} leaves {left:?}");
        drop(fs::remove_file(folder.join("begun")));
    }
    tried::tell(
        "D5",
        format_args!(
            "Ctrl-C at {count} stages: each ended, the longest after {} ms, with no process and no file left",
            longest.as_millis()
        ),
    );
}

/// What runs in a group of processes. Those that have ended, and wait for somebody to take notice, do not.
fn running(group: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    let is_running = |stat: &String| {
        // After the name, which may have anything in it: state, parent, group.
        let mut words = stat.rsplit(')').next().unwrap().split_whitespace();
        let is_alive = words.next() != Some("Z");
        is_alive && words.nth(1) == Some(&*group.to_string())
    };
    stats.filter(is_running).collect()
}
