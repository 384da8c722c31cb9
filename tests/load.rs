//! `load` and `build --load`, with programs on the search path that stand in for engines and write down what they are told.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::documented::documented;
use crate::support::{said, stdout_of, wasmpack};

/// The smallest module that `_start`s.
const MODULE: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

struct Machine {
    folder: tempfile::TempDir,
    /// Of the image in its archive.
    digest: String,
}

impl Machine {
    /// An archive in it, and no engine.
    fn new(format: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("bin")).unwrap();
        fs::write(path("app.wat"), MODULE).unwrap();
        let output = format!("type=oci-archive,dest={}", path("app.tar").display());
        let packed =
            stdout_of(wasmpack().args(["pack", "--format", format, "-o", &output]).arg(path("app.wat")));
        let digest = packed.trim().strip_prefix("app@").unwrap().to_owned();
        Self { folder, digest }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// With a program whose answers are the arms of a shell's `case`.
    fn with(self, program: &str, arms: &str) -> Self {
        let calls = self.path("calls");
        let script = format!(
            "#!/bin/sh\necho \"{program} $*\" >> {}\ncase \"$*\" in\n{arms}\n*) exit 98;;\nesac\n",
            calls.display()
        );
        // Written by a child: what is open for writing while another test starts a program cannot be run.
        let path = self.path("bin").join(program);
        let write = format!("cat > '{0}' && chmod 755 '{0}'", path.display());
        let mut child = Command::new("sh").args(["-c", &write]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self
    }

    /// podman, which answers, and says of whatever it has loaded that it has this digest.
    fn with_podman(self, digest: &str) -> Self {
        let version = "info*) echo 4.3.1;;";
        self.with("podman", &format!("{version}\nload*) ;;\n'image inspect'*) echo {digest};;"))
    }

    /// `load`, on a machine with nothing but these.
    fn load(&self, target: &Path, arguments: &[&str]) -> Output {
        let mut load = wasmpack();
        load.arg("load").arg(target).args(arguments).env("PATH", self.path("bin"));
        load.output().unwrap()
    }

    /// These, and what else is on the machine.
    #[expect(clippy::disallowed_methods, reason = "compilers are found where this test finds them")]
    fn search_path(&self) -> OsString {
        let path = env::var_os("PATH").unwrap();
        env::join_paths([self.path("bin")].into_iter().chain(env::split_paths(&path))).unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap_or_default()
    }
}

#[test]
fn the_first_engine_that_answers_is_told_and_stdout_has_the_name_alone() {
    let machine = Machine::new("everywhere");
    let digest = machine.digest.clone();
    let machine = machine
        .with("docker", "*) echo 'Cannot connect to the Docker daemon' >&2; exit 1;;")
        .with("ctr", "")
        .with_podman(&digest);
    let output = machine.load(&machine.path("app.tar"), &[]);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("docker.io/library/app@{digest}\n"),
        "{}",
        said(&output)
    );
    let expected = "note: loading into podman 4.3.1; `--to` chooses another of those that are here: containerd\n      \
                    Loaded docker.io/library/app:latest into podman 4.3.1\n";
    assert_eq!(said(&output), expected);
    assert!(!machine.calls().contains("ctr"), "{}", machine.calls());

    // Nobody asks docker who has named another.
    let quiet = machine.load(&machine.path("app.tar"), &["--to", "podman", "-q", "--tag", "other:v1"]);
    assert_eq!(String::from_utf8_lossy(&quiet.stdout), format!("other@{digest}\n"));
    assert_eq!(said(&quiet), "");
    assert!(machine.calls().ends_with("docker.io/library/other:v1\n"), "{}", machine.calls());

    let told = machine.load(&machine.path("app.tar"), &["--to", "podman", "-q", "--json"]);
    let told = documented(told.stdout);
    assert_eq!(told["images"][0]["references"][0], format!("docker.io/library/app@{digest}"));
}

#[test]
fn a_machine_without_engines_is_told_what_was_looked_for() {
    let machine =
        Machine::new("everywhere").with("docker", "*) echo 'docker.sock: permission denied' >&2; exit 1;;");
    let output = machine.load(&machine.path("app.tar"), &[]);
    assert_eq!(output.status.code(), Some(119));
    let expected = "error[engine-missing]: failed to find an engine that answers\n    docker: docker.sock: permission denied\n    \
                    podman: there is no `podman`\n";
    assert!(said(&output).starts_with(expected), "{}", said(&output));
    let output = machine.load(&machine.path("app.tar"), &["--to", "docker"]);
    assert_eq!(output.status.code(), Some(119));
    assert!(
        said(&output).contains("help: its socket is for root and the group `docker`"),
        "{}",
        said(&output)
    );
    let output = machine.load(&machine.path("app.tar"), &["--to", "dokcer"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("engines are docker, podman, nerdctl"), "{}", said(&output));
}

#[test]
fn failures_have_codes_and_the_words_of_the_engine() {
    let machine = Machine::new("everywhere");
    let digest = machine.digest.clone();
    let full = r#"info*) echo 5.0.0;; load*) printf 'a\033[31m: no space left on device' >&2; exit 125;;"#;
    let machine = machine.with("podman", full);
    let output = machine.load(&machine.path("app.tar"), &["--to", "podman"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "error[engine-failed]: failed to load `docker.io/library/app` into podman 5.0.0: `podman load --input image.tar`: exit status: \
                    125\n    a\u{fffd}[31m: no space left on device\nhelp: make room where the engine keeps its images\n";
    let told = said(&output).replace("app:latest", "app");
    assert!(told.starts_with(expected), "{told}");

    let machine = machine.with_podman(&digest.replace(char::is_numeric, "0"));
    let output = machine.load(&machine.path("app.tar"), &["--to", "podman"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "a name that is not there is not printed");
    assert!(said(&output).contains(&format!("help: what was sent is {digest}")), "{}", said(&output));

    let machine = Machine::new("wasm-layer").with_podman("");
    let output = machine.load(&machine.path("app.tar"), &["--to", "podman"]);
    assert_eq!(output.status.code(), Some(120), "{}", said(&output));
    assert!(!machine.calls().contains("load"));
}

#[test]
fn nothing_is_built_for_an_engine_that_does_not_answer() {
    let machine = Machine::new("everywhere").with("podman", "*) echo 'no podman socket' >&2; exit 125;;");
    let project = machine.path("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("main.c"), "int main() { this is no C }").unwrap();
    for arguments in [&["build", "--load", "podman"][..], &["load", "--to", "podman"]] {
        let mut command = wasmpack();
        command.args(arguments).arg(&project).env("PATH", machine.search_path());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(119), "{}", said(&output));
        assert!(said(&output).contains("no podman socket"), "{}", said(&output));
    }
}

#[test]
fn a_foreign_image_keeps_its_digest_and_needs_a_name() {
    let machine = Machine::new("everywhere");
    let digest = machine.digest.clone();
    let machine = machine.with_podman(&digest);
    let layout = machine.path("layout");
    fs::create_dir(&layout).unwrap();
    tar::Archive::new(fs::File::open(machine.path("app.tar")).unwrap()).unpack(&layout).unwrap();
    // As skopeo names it.
    let index = fs::read_to_string(layout.join("index.json")).unwrap();
    let index = index.replace(r#""io.containerd.image.name":"docker.io/library/app:latest","#, "");
    fs::write(layout.join("index.json"), index).unwrap();
    let output = machine.load(&layout, &["--to", "podman"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("it has no name\nhelp: give it one: `push` takes it"),
        "{}",
        said(&output)
    );
    let output = machine.load(&layout, &["--to", "podman", "--tag", "app"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("app@{digest}\n"), "{}", said(&output));
}

#[test]
fn a_containers_exit_code_is_ours_and_what_it_says_stays_apart() {
    let machine = Machine::new("everywhere");
    let version = r#"version*) echo '{"Client":{},"Server":{"Version":"29.4.0","Components":[]}}';;"#;
    let store = r#"*DriverStatus*) echo '[["driver-type","io.containerd.snapshotter.v1"]]';;"#;
    let known =
        format!(r#"'image inspect'*) echo '{{"Id":"x","RepoDigests":["app@{}"]}}';;"#, machine.digest);
    let run = "run*) cat; echo result; echo said >&2; exit 7;;";
    let docker = |runtimes: &str| {
        let runtimes = format!("*Runtimes*) echo '{{{runtimes}}}';;");
        [version, store, &runtimes, "load*) ;;", &known, run].join("\n")
    };
    let run = |machine: &Machine, arguments: &[&str]| {
        let mut run = wasmpack();
        run.arg("run").arg(machine.path("app.tar")).args(["--engine", "docker"]).args(arguments);
        run.stdin(fs::File::open(machine.path("app.wat")).unwrap()).env("PATH", machine.search_path());
        run.output().unwrap()
    };
    let with_shim = docker(r#""io.containerd.wasmtime.v1":{}"#);
    let machine = machine.with("docker", &with_shim);
    let output = run(&machine, &["--env", "KEY=a b", "--dir", ".::/data", "--", "one", "two"]);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{MODULE}result\n"));
    let expected = "      Loaded app into docker 29.4.0 (containerd image store) with runwasi's wasmtime\nnote: a program that \
                    reads its input to the end waits for ever there; `--timeout SECONDS` ends it\nsaid\n";
    assert_eq!(said(&output).replace("docker.io/library/app:latest", "app"), expected);
    let calls = machine.calls();
    let flags = "--rm --pull=never --interactive --network host --name cargo-wasmpack-";
    let told = calls.lines().last().unwrap();
    assert!(told.starts_with(&format!("docker run {flags}")), "{told}");
    assert!(
        told.contains(" --runtime io.containerd.wasmtime.v1 --platform wasi/wasm --env KEY=a b "),
        "{told}"
    );
    let end =
        format!(",target=/data --entrypoint /app.wasm docker.io/library/app@{} one two", machine.digest);
    assert!(told.ends_with(&end), "{told}");

    let machine = machine.with("docker", &docker(""));
    let output = run(&machine, &[]);
    assert_eq!(output.status.code(), Some(119), "{}", said(&output));
    assert!(
        said(&output).contains("neither `youki` nor `crun-wasm` among its runtimes"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("help: install a shim of <https://github.com/containerd/runwasi/releases>")
    );
}
