//! `run --watch` starts again when something changes, whatever the program was doing, and only then.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crate::support::wasmpack;

/// A watch that is ended with the test.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    /// What was said and not waited for.
    said: RefCell<Vec<String>>,
}

impl Watch {
    fn start(target: &Path) -> Self {
        Self::of(wasmpack(), target)
    }

    fn of(mut command: Command, target: &Path) -> Self {
        command
            .args(["run", "--watch", "--listen", "127.0.0.1:0"])
            .arg(target)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let told = sender.clone();
        std::thread::spawn(move || {
            BufReader::new(stdout).lines().for_each(|line| drop(told.send(line.unwrap())));
        });
        std::thread::spawn(move || {
            BufReader::new(stderr).lines().for_each(|line| drop(sender.send(line.unwrap())));
        });
        Self { child, lines, said: RefCell::default() }
    }

    /// Waits for a line that has this in it. What else is said meanwhile is kept: stdout and stderr come in any order.
    fn until(&self, text: &str) {
        let mut said = self.said.borrow_mut();
        loop {
            if let Some(place) = said.iter().position(|line| line.contains(text)) {
                said.remove(place);
                return;
            }
            match self.lines.recv_timeout(Duration::from_secs(120)) {
                Ok(line) => said.push(line),
                Err(_) => panic!("nobody said `{text}`: {said:#?}"),
            }
        }
    }

    /// That nothing was built again until now, and nothing more is said for a while.
    fn is_quiet(&self) {
        // What was said a moment ago may still be on its way.
        std::thread::sleep(Duration::from_millis(300));
        let mut said = self.said.borrow_mut();
        said.extend(self.lines.try_iter());
        assert!(!said.iter().any(|line| line.contains("Changed")), "{said:#?}");
        let more = self.lines.recv_timeout(Duration::from_millis(700));
        assert!(more.is_err(), "{more:?}");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A module that says a word, and goes on with something.
fn module(word: &str, more: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\10\00\00\00\06\00\00\00")
            (data (i32.const 16) "{word:5}\n")
            (func (export "_start")
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                {more}))"#
    )
}

#[test]
fn a_program_that_never_ends_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("word.wat");
    fs::write(&path, module("first", "(loop $again (br $again))")).unwrap();
    let watch = Watch::start(&path);
    watch.until("first");
    let begun = Instant::now();
    fs::write(&path, module("next", "")).unwrap();
    watch.until("next");
    watch.until("Changed");
    assert!(begun.elapsed() < Duration::from_secs(20));
    watch.until("Waiting for a change, after exit code 0");
    // Whoever only looks changes nothing.
    fs::read(&path).unwrap();
    watch.is_quiet();
    fs::write(&path, "(module").unwrap();
    watch.until("error[invalid-module]: ");
    watch.until("Waiting for a change");
    fs::write(&path, module("last", "unreachable")).unwrap();
    watch.until("last");
    watch.until("trapped");
}

#[test]
fn a_file_that_is_put_in_the_place_of_another_is_seen_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("word.wat");
    fs::write(&path, module("first", "")).unwrap();
    let watch = Watch::start(&path);
    watch.until("first");
    for word in ["two", "three", "four"] {
        let other = folder.path().join("new");
        fs::write(&other, module(word, "")).unwrap();
        fs::rename(&other, &path).unwrap();
        watch.until(word);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_whatever_it_runs() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("word.wat");
    fs::write(&path, module("first", "(loop $again (br $again))")).unwrap();
    for (target, said) in [(path, "first"), (crate::service::image(), "Listening on")] {
        let mut watch = Watch::start(&target);
        watch.until(said);
        let id = watch.child.id().to_string();
        crate::support::stdout_of(Command::new("kill").args(["-INT", &id]));
        let status = watch.child.wait().unwrap();
        // A shell says 130 of both: what has a temporary folder removes it first.
        assert!(status.signal() == Some(2) || status.code() == Some(130), "{status}");
    }
}

#[test]
fn a_project_is_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    let manifest = "[package]\nname = \"watched\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    write("Cargo.toml", manifest);
    write("src/main.rs", r#"fn main() { println!("one {}", env!("CARGO_PKG_VERSION")) }"#);
    let mut command = wasmpack();
    command.env("WASMPACK_CACHE_DIR", folder.path().join("kept"));
    let watch = Watch::of(command, folder.path());
    watch.until("one 0.1.0");
    watch.until("Waiting for a change");
    // What the build has written is no change, nor is what the run keeps.
    watch.is_quiet();
    write("src/main.rs", r#"fn main() { println!("two {}", env!("CARGO_PKG_VERSION")) }"#);
    watch.until("Changed ");
    watch.until("two 0.1.0");
    write("Cargo.toml", &manifest.replace("0.1.0", "0.2.0"));
    watch.until("two 0.2.0");
    // As long as it takes.
    for word in ["no", "again", "still"] {
        write("src/main.rs", &format!("fn main() {{ oh {word} }}"));
        watch.until("error[cargo-build]: cargo did not build the package");
        watch.until("Waiting for a change");
    }
    write("wasmpack.toml", "[image]\nargs = [\"given\"]\n");
    write("src/main.rs", r#"fn main() { println!("{:?}", std::env::args().nth(1)) }"#);
    watch.until(r#"Some("given")"#);
}
