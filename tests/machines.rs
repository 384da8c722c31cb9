//! Two machines that share what they compile: what one has compiled, the other does not.

#![cfg(unix)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::installed::installed;
use crate::support::{copy, example, said, wasmpack};

/// Debian's Redis, as long as this lives.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start(folder: &Path) -> Option<Self> {
        let program = installed("redis-server")?;
        let port = free_port();
        let mut redis = Command::new(program);
        redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder);
        let child = redis.stdout(Stdio::null()).spawn().unwrap();
        let is_up = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        (0..400)
            .find(|_| {
                is_up() || {
                    sleep(Duration::from_millis(25));
                    false
                }
            })
            .expect("Redis does not listen");
        Some(Self { child, port })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Somebody's machine: an sccache of its own, and nothing in its target directory.
struct Machine<'a> {
    sccache: &'a Path,
    redis: &'a Redis,
    folder: tempfile::TempDir,
    port: u16,
}

impl<'a> Machine<'a> {
    fn new(sccache: &'a Path, redis: &'a Redis) -> Self {
        Self { sccache, redis, folder: tempfile::tempdir().unwrap(), port: free_port() }
    }

    fn at_home<'b>(&self, command: &'b mut Command) -> &'b mut Command {
        command.env("SCCACHE_SERVER_PORT", self.port.to_string());
        command.env("SCCACHE_REDIS_ENDPOINT", format!("redis://127.0.0.1:{}", self.redis.port));
        command.env("HOME", self.folder.path()).env("RUSTUP_HOME", crate::places::rustup_home());
        command.env("CARGO_HOME", crate::places::home_of("CARGO_HOME", ".cargo"))
    }

    /// Builds in a checkout that is at the same path on each machine.
    fn build(&self, checkout: &Path) -> Output {
        drop(fs::remove_dir_all(checkout.join("target")));
        let output = self.at_home(wasmpack().arg("build").current_dir(checkout)).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        output
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        drop(self.at_home(Command::new(self.sccache).arg("--stop-server")).output());
    }
}

/// `(41, 42)` of `Reused 41 of 42 compilations, by sccache`.
fn reused(output: &Output) -> (usize, usize) {
    let said = said(output);
    let line = said.lines().find_map(|line| line.trim_start().strip_prefix("Reused ")).expect(&said);
    let mut words = line.split(' ');
    let mut number = || words.find_map(|word| word.parse().ok()).unwrap();
    (number(), number())
}

#[test]
#[ignore = "needs sccache, which takes minutes to build; `cargo xtask test --full` runs it"]
fn what_was_compiled_on_one_machine_is_not_compiled_on_another() {
    let folder = tempfile::tempdir().unwrap();
    let Some((sccache, redis)) = installed("sccache").zip(Redis::start(folder.path())) else { return };
    let rust = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/corpus/jsongrep");
    for (name, sources) in [("jsongrep", rust), ("sort", example("sort"))] {
        let checkout = folder.path().join(name);
        copy(&sources, &checkout);
        let config = checkout.join("wasmpack.toml");
        let before = fs::read_to_string(&config).unwrap_or_default();
        assert!(!before.contains("[build]"), "{before}");
        fs::write(&config, format!("{before}\n[build]\nlauncher = \"sccache\"\n")).unwrap();

        let first = Machine::new(&sccache, &redis).build(&checkout);
        assert_eq!(reused(&first).0, 0, "{}", said(&first));
        let second = Machine::new(&sccache, &redis).build(&checkout);
        let (hits, all) = reused(&second);
        assert!(hits > 0 && hits * 100 >= all * 95, "{name}: {hits} of {all}");
        assert_eq!(first.stdout, second.stdout, "{name}");
    }
}
