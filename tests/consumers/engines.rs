//! `run --engine`, with real engines: what a program is given and says, and that nothing stays behind.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::containerd;
use crate::images::{Built, Guest};
use crate::load::Podman;
use crate::support::{said, stdout_of, wasmpack};
use crate::{readers, tools, trial};

/// An engine that runs containers with youki.
struct Engine {
    name: &'static str,
    missing: fn() -> Option<String>,
    /// Makes a command one for the engine that the tests have to themselves.
    told: fn(&mut Command),
    /// Everything that a container could leave behind, of this namespace where there are any.
    left: fn() -> String,
    /// Whether a program sees the end of its input.
    ends_input: bool,
    /// One trial at a time: each looks whether anything is left.
    turn: Mutex<()>,
}

static ENGINES: [Engine; 2] = [
    Engine {
        name: "containerd",
        missing: containerd::youki_missing,
        told: containerd::told,
        left: left_in_containerd,
        ends_input: false,
        turn: Mutex::new(()),
    },
    Engine {
        name: "podman",
        missing: podman_missing,
        told: |command| {
            podman().told(command);
        },
        left: || podman().podman(&["ps", "--all", "--quiet"]),
        ends_input: true,
        turn: Mutex::new(()),
    },
];

/// A namespace of its own, in which nobody else has containers.
const NAMESPACE: &str = "engines";

static PODMAN: OnceLock<Podman> = OnceLock::new();

fn podman() -> &'static Podman {
    PODMAN.get_or_init(Podman::new)
}

pub fn podman_missing() -> Option<String> {
    readers::podman_missing().or_else(containerd::youki_missing)
}

/// Removes what podman keeps, if a trial has used it: a static is never dropped.
pub fn stop() {
    if let Some(podman) = PODMAN.get() {
        podman.remove();
    }
}

fn left_in_containerd() -> String {
    let list = |words: &[&str]| stdout_of(containerd::ctr().args(["--namespace", NAMESPACE]).args(words));
    let active = list(&["snapshot", "ls"]);
    let active = active.lines().filter(|line| line.trim_end().ends_with("Active"));
    list(&["containers", "ls", "--quiet"]) + &list(&["tasks", "ls", "--quiet"]) + &active.collect::<String>()
}

type Deed = fn(&Engine);

pub fn trials() -> Vec<Trial> {
    let trials = ENGINES.iter().flat_map(|engine| {
        let deeds: [(&str, Deed); 3] = [
            ("hands everything on", handed_on),
            ("ends in time", ended),
            ("refuses what has no meaning", refused),
        ];
        deeds.map(|(does, tries)| {
            trial(format!("`run --engine {}` {does}", engine.name), (engine.missing)(), move || tries(engine))
        })
    });
    trials.collect()
}

/// What `cargo wasmpack run` prints, by the index and by the one image; below containerd.
pub fn containerd_runs(built: &Built) {
    runs(&ENGINES[0], built);
}

/// The same below podman.
pub fn podman_runs(built: &Built) {
    runs(&ENGINES[1], built);
}

fn runs(engine: &Engine, built: &Built) {
    let _turn = engine.turn();
    for target in [&built.everywhere.archive, &built.image.archive] {
        let mut run = engine.run(target);
        let output = wait(run.arg("--timeout=60").arg("--").args(built.arguments).stdin(Stdio::null()));
        assert_eq!(String::from_utf8_lossy(&output.stdout), built.stdout, "{}", said(&output));
        assert!(output.status.success(), "{}", said(&output));
    }
    let output = wait(engine.run(&built.wasm_layer.archive).stdin(Stdio::null()));
    assert_eq!(output.status.code(), Some(120), "{}", said(&output));
}

impl Engine {
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, target: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut run = wasmpack();
        (self.told)(&mut run);
        let place =
            if self.name == "containerd" { format!("containerd={NAMESPACE}") } else { self.name.to_owned() };
        run.arg("run").arg(target).args(["--engine", &place]);
        run
    }
}

/// One that hangs is a failure, and no hanging test.
fn wait(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    tools::wait(child, Duration::from_secs(120))
}

/// Arguments, variables, both streams of output, the exit code, and where it ends, the input.
fn handed_on(engine: &Engine) {
    let _turn = engine.turn();
    let guest = Guest::get();
    for code in ["0", "7"] {
        let mut run = engine.run(&guest.layout);
        run.args(["--env", "KEY=a b", "--timeout=60", "--limit=memory=512 MiB", "--", "exit", code, "c d"]);
        let output = wait(run.stdin(Stdio::null()));
        assert_eq!(output.status.code(), Some(code.parse().unwrap()), "{}", said(&output));
        let expected =
            format!("argument /app.wasm\nargument exit\nargument {code}\nargument c d\nKEY is a b\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        let notes = ["to stderr\n", "note: youki shows a program no files, and the image has some"];
        assert!(notes.iter().all(|note| said(&output).contains(note)), "{}", said(&output));
    }
    // A module is packed first, and a project built.
    for target in [&guest.module, &guest.sources] {
        let mut run = engine.run(target);
        let output = wait(run.args(["--timeout=60", "--", "exit", "3"]).stdin(Stdio::null()));
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    }
    if engine.ends_input {
        let mut run = engine.run(&guest.layout);
        run.args(["--timeout=60", "--", "copy"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = run.stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"of the input\n").unwrap();
        let output = tools::wait(child, Duration::from_secs(120));
        assert!(output.stdout.ends_with(b"not set\nof the input\n"), "{}", said(&output));
    }
    assert_eq!((engine.left)(), "");
}

/// By its time, and by a signal.
fn ended(engine: &Engine) {
    let _turn = engine.turn();
    let guest = Guest::get();
    let mut run = engine.run(&guest.layout);
    let output = wait(run.args(["--timeout=2", "--", "spin"]).stdin(Stdio::null()));
    assert_eq!(output.status.code(), Some(124), "{}", said(&output));
    assert!(said(&output).contains("did not end in time"), "{}", said(&output));
    assert_eq!((engine.left)(), "");

    let mut run = engine.run(&guest.layout);
    run.args(["--", "spin"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = run.spawn().unwrap();
    let start = Instant::now();
    while (engine.left)().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "there never is a container");
        std::thread::sleep(Duration::from_millis(50));
    }
    stdout_of(Command::new("kill").args(["-INT", &child.id().to_string()]));
    let output = tools::wait(child, Duration::from_secs(60));
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(engine.ends_input || said(&output).contains("`--timeout SECONDS` ends it"), "{}", said(&output));
    assert_eq!((engine.left)(), "");
}

/// Before anything is built or loaded.
fn refused(engine: &Engine) {
    for (arguments, reason) in [
        (&["--limit=fuel=9"][..], "`memory` is the only limit there"),
        (&["--compare"], "failed to run with `--compare` in"),
        (&["--listen=127.0.0.1:9"], "failed to run with `--listen` in"),
        (&["--arg0=x"], "failed to run with `--arg0` in"),
        (&["--dir=.::/data"], "youki shows a program no folders"),
    ] {
        let output = wait(engine.run("nowhere").args(arguments));
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(reason), "{}", said(&output));
    }
    let mut without = engine.run("nowhere");
    // Engines are there, and youki is not.
    let output = wait(without.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"));
    assert_eq!(output.status.code(), Some(119), "{}", said(&output));
    assert!(said(&output).contains("no `youki`"), "{}", said(&output));
    assert!(said(&output).contains("help: install"), "{}", said(&output));

    let mut doctor = wasmpack();
    (engine.told)(&mut doctor);
    let output = doctor.arg("doctor").output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let line = lines.lines().find(|line| line.starts_with(engine.name)).unwrap();
    assert!(line.ends_with(" with youki"), "{line}");
}
