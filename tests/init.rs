//! `init`: every template is created, built, run and checked, by an installed binary and without a network.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::support::{said, stdout_of, wasmpack};

/// The command as `cargo install` leaves it: nothing of its sources is beside it. Cargo finds it on the search path.
fn installed() -> &'static (TempDir, std::ffi::OsString) {
    static INSTALLED: LazyLock<(TempDir, std::ffi::OsString)> = LazyLock::new(|| {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_cargo-wasmpack"), folder.path().join("cargo-wasmpack")).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test puts something before the search path")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [folder.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).unwrap();
        (folder, path)
    });
    &INSTALLED
}

/// A command in a folder, without a network.
fn offline(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_NET_OFFLINE", "true").env("PATH", &installed().1);
    for variable in
        ["CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "SOURCE_DATE_EPOCH", "WASMPACK_REPO"]
    {
        command.env_remove(variable);
    }
    command
}

fn ours(folder: &Path) -> Command {
    offline(installed().0.path().join("cargo-wasmpack"), folder)
}

/// A project called `my-app`, in a folder called otherwise.
fn begun(template: &str, arguments: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut init = ours(folder.path());
    init.args(["init", "-q", "--template", template, "--name", "my-app"]).args(arguments);
    let files = stdout_of(&mut init);
    for file in files.lines() {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    assert!(files.contains("README.md\n") && files.contains(".gitignore\n"), "{files}");
    assert!(!folder.path().join(".dockerignore").exists());
    folder
}

/// Each `$` line of the README says what stands below it, and so many there are.
fn readme_holds(folder: &Path) -> usize {
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let transcripts =
        blocks.flat_map(|block| block.split("$ ").skip(1).map(str::to_owned).collect::<Vec<_>>());
    let mut count = 0;
    for transcript in transcripts {
        let (line, expected) = transcript.split_once('\n').unwrap();
        let said = stdout_of(offline("sh", folder).args(["-c", line]));
        assert_eq!(said, format!("{}\n", expected.trim_end()), "{line}");
        count += 1;
    }
    count
}

/// Builds, runs and checks a project of a template whose README has so many transcripts.
fn holds(template: &str, transcripts: usize) {
    let project = begun(template, &[]);
    let folder = project.path();
    let is_rust = folder.join("Cargo.toml").exists();
    let lock = || std::fs::read(folder.join("Cargo.lock")).unwrap_or_default();
    let lock_before = lock();
    if is_rust {
        stdout_of(offline(env!("CARGO"), folder).args(["test", "-q"]));
        stdout_of(offline(env!("CARGO"), folder).args(["fmt", "--check", "--all"]));
    }
    assert_eq!(readme_holds(folder), transcripts);
    let names =
        if template == "workspace" { ["my-app-encode", "my-app-decode"].as_slice() } else { &["my-app"] };
    let mut build = ours(folder);
    build.args(["build", "-q"]).args((template == "workspace").then_some("--workspace"));
    let built = stdout_of(&mut build);
    for name in names {
        assert!(built.contains(&format!("{name}@sha256:")), "{built}");
        let layout = folder.join("target/wasmpack").join(name);
        stdout_of(ours(folder).arg("check").arg(&layout));
        stdout_of(ours(folder).arg("validate").arg(&layout));
    }
    assert_eq!(lock(), lock_before, "cargo would write another lock file");
    let ignored = std::fs::read_to_string(folder.join(".gitignore")).unwrap();
    assert_eq!(ignored, "/target/\n");
}

#[test]
fn a_command_in_rust() {
    holds("cli", 1);
}

#[test]
fn a_service_answers() {
    holds("http", 0);
    let project = begun("http", &[]);
    let mut run = ours(project.path());
    let mut service = run.args(["run", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(service.stderr.take().unwrap()));
    let address = lines.find_map(|line| {
        line.unwrap().split_once("Listening on http://").map(|(_, address)| address.to_owned())
    });
    let mut client = TcpStream::connect(address.unwrap()).unwrap();
    client.write_all(b"GET /hello/world HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Hello, world!\n"), "{answer}");
}

#[test]
fn a_command_in_c() {
    holds("c", 1);
}

#[test]
fn a_command_in_cpp() {
    holds("cpp", 1);
}

#[test]
fn two_commands_and_a_library() {
    holds("workspace", 2);
}

#[test]
fn functions_that_are_called() {
    holds("reactor", 2);
}

#[test]
fn rust_that_calls_c() {
    holds("rust-with-c", 1);
}

#[test]
fn a_command_built_by_cmake() {
    holds("cpp-cmake", 1);
}

#[test]
fn a_project_in_go_is_written_where_there_is_no_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut init = ours(folder.path());
    let output =
        init.args(["init", "--template", "go", "--name", "my-app"]).env("PATH", "").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("go                         not here; for `go.mod` only"),
        "{}",
        said(&output)
    );
    assert!(
        std::fs::read_to_string(folder.path().join("go.mod")).unwrap().contains("module example.com/my-app")
    );
}

#[test]
#[ignore = "needs Go; `cargo xtask test --full` installs and runs it"]
fn a_command_in_go() {
    holds("go", 1);
}

/// Files and their texts below a folder.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(contents(&entry));
        } else {
            found.push((entry.clone(), std::fs::read_to_string(&entry).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_replaced_unless_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::write(folder.path().join("README.md"), "mine\n").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine\n").unwrap();
    let before = contents(folder.path());
    let init = |arguments: &[&str]| {
        ours(folder.path()).args(["init", "--name", "a"]).args(arguments).output().unwrap()
    };
    let refused = init(&["--template", "cli"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("it has `README.md`, `notes.txt` in it"), "{}", said(&refused));
    assert_eq!(contents(folder.path()), before);

    let forced = init(&["--template", "cli", "--force"]);
    assert!(forced.status.success(), "{}", said(&forced));
    assert!(said(&forced).contains("Replaced README.md\n"), "{}", said(&forced));
    assert_eq!(said(&forced).matches("Replaced").count(), 1);
    assert_eq!(std::fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine\n");

    // Now it is a project with a document of its own.
    std::fs::write(folder.path().join("compose.yaml"), "mine\n").unwrap();
    let refused = init(&["--deploy", "compose"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("it has `compose.yaml` already"), "{}", said(&refused));
}

#[test]
fn a_project_gets_its_configuration_and_keeps_its_comments() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let manifest = "# Mine.\n[package]\nname = \"tool\" # short\n\n# What it needs.\n[dependencies]\n";
    std::fs::write(path("Cargo.toml"), manifest).unwrap();
    let added = stdout_of(ours(folder.path()).args(["init", "--name", "renamed", "--deploy", "kubernetes"]));
    assert_eq!(added, "Cargo.toml\ndeploy/kubernetes.yaml\n");
    let text = std::fs::read_to_string(path("Cargo.toml")).unwrap();
    let said = "\n[package.metadata.wasmpack.image]\nname = \"renamed\"\n";
    assert_eq!(text.replace(said, ""), manifest);
    assert_eq!(contents(folder.path()).len(), 2);
    // Nobody knows its arguments; those of the image are used.
    assert!(!std::fs::read_to_string(path("deploy/kubernetes.yaml")).unwrap().contains("args:"));

    let again = stdout_of(ours(folder.path()).arg("init"));
    assert_eq!((again.as_str(), std::fs::read_to_string(path("Cargo.toml")).unwrap()), ("", text));

    let c = tempfile::tempdir().unwrap();
    std::fs::write(c.path().join("main.c"), "int main(void) { return 0; }\n").unwrap();
    assert_eq!(stdout_of(ours(c.path()).args(["init", "--name", "tool"])), "wasmpack.toml\n");
    assert!(stdout_of(ours(c.path()).args(["build", "-q"])).starts_with("tool@sha256:"));
}

/// Cargo would take it for a part of the workspace, and refuse to build it.
#[test]
fn a_project_below_a_workspace_is_told_where_to_be_named() {
    let workspace = begun("workspace", &[]);
    let init = |name: &str, template: &str| {
        ours(workspace.path()).args(["init", name, "-t", template]).output().unwrap()
    };
    let below = init("third", "cli");
    assert!(said(&below).contains("note: add it to `members` or `exclude` in `"), "{}", said(&below));
    assert!(!said(&init("fourth", "c")).contains("members"));
}

/// `script` gives it a terminal.
#[test]
#[cfg(target_os = "linux")]
fn at_a_terminal_it_asks_for_what_is_not_given() {
    let Some(script) = crate::installed::installed("script") else { return };
    let folder = tempfile::tempdir().unwrap();
    let typed = format!("{} init asked --ci none", installed().0.path().join("cargo-wasmpack").display());
    let mut asked = offline(script, folder.path());
    asked.args(["--quiet", "--return", "--command", &typed, "/dev/null"]);
    let mut asked = asked.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // What cannot be taken is asked for again; an empty line takes what is offered.
    asked.stdin.take().unwrap().write_all(b"cobol\nreactor\n\n").unwrap();
    let output = asked.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("`cobol` cannot be taken") && shown.contains("Name [asked]: "), "{shown}");
    // A library is not deployed, so nobody asks.
    assert!(!shown.contains("Deploy"), "{shown}");
    assert!(folder.path().join("asked/src/lib.rs").is_file());
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_not_be_written_stays_empty() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere.
    if std::fs::write(folder.path().join("probe"), "").is_ok() {
        return;
    }
    let output = ours(folder.path()).args(["init", "new", "--template", "cli"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("failed to write"), "{}", said(&output));
    assert!(contents(folder.path()).is_empty());
}

/// What the files have runners do is understood by the command.
#[test]
fn forges_build_what_the_project_is() {
    for (forge, path) in [("github", ".github/workflows/image.yml"), ("gitlab", ".gitlab-ci.yml")] {
        let project = begun("workspace", &["--ci", forge]);
        let text = std::fs::read_to_string(project.path().join(path)).unwrap();
        for line in
            ["cargo wasmpack build --workspace", "cargo wasmpack build --push --workspace >", "cargo test"]
        {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert_eq!(text.matches(&format!("cargo-wasmpack@{}", env!("CARGO_PKG_VERSION"))).count(), 1);
        let mut planned = ours(project.path());
        planned.args(["build", "--workspace", "--dry-run"]);
        assert!(stdout_of(&mut planned).contains("my-app-encode"));
    }
}

#[test]
fn jobs_divide_what_is_a_workspace_and_nothing_else() {
    for (forge, path) in [
        ("github", ".github/workflows/image.yml"),
        ("gitlab", ".gitlab-ci.yml"),
        ("kubernetes", "ci/kubernetes.yaml"),
    ] {
        let project = tempfile::tempdir().unwrap();
        let manifest = "[workspace]\nmembers = [\"a\", \"b\"]\n";
        std::fs::write(project.path().join("Cargo.toml"), manifest).unwrap();
        let added = stdout_of(ours(project.path()).args(["init", "-q", "--ci", forge, "--parts", "3"]));
        assert_eq!(added, format!("Cargo.toml\n{path}\n"));
        let text = std::fs::read_to_string(project.path().join(path)).unwrap();
        assert!(text.contains("--workspace --partition "), "{text}");

        std::fs::write(project.path().join("Cargo.toml"), "[package]\nname = \"a\"\n").unwrap();
        let refused =
            ours(project.path()).args(["init", "--force", "--ci", forge, "--parts", "3"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains("failed to divide `a` among jobs"), "{}", said(&refused));
    }
}

/// The documents name the image that the project builds, and Kubernetes' are taken by `resolve`.
#[test]
fn what_deploys_matches_the_image() {
    for (template, kind) in [("cli", "Job"), ("c", "Job"), ("workspace", "Job"), ("http", "Deployment")] {
        let project = begun(template, &["--deploy", "kubernetes"]);
        let resolved = stdout_of(ours(project.path()).args(["resolve", "-q", "-f", "deploy"]));
        let suffix = if template == "workspace" { "-encode" } else { "" };
        assert!(resolved.contains(&format!("image: my-app{suffix}@sha256:")), "{resolved}");
        for word in ["kind: RuntimeClass", &format!("kind: {kind}"), "runtimeClassName: wasmtime"] {
            assert!(resolved.contains(word), "{word}: {resolved}");
        }
    }
    for template in ["http", "cli"] {
        let project = begun(template, &["--deploy", "compose"]);
        let compose = std::fs::read_to_string(project.path().join("compose.yaml")).unwrap();
        for line in [
            "image: my-app",
            "platform: wasi/wasm",
            "runtime: io.containerd.wasmtime.v1",
            "network_mode: host",
        ] {
            assert!(compose.lines().any(|found| found.trim() == line), "{line}: {compose}");
        }
        // Of the network of its own that it has not.
        assert!(!compose.contains("ports:"), "{compose}");
    }
    let folder = tempfile::tempdir().unwrap();
    let library = wasmpack()
        .current_dir(folder.path())
        .args(["init", "--template", "reactor", "--deploy", "compose"])
        .output()
        .unwrap();
    assert_eq!(library.status.code(), Some(2), "{}", said(&library));
    assert!(contents(folder.path()).is_empty());
}

/// The compose file of a project that is there already names the image that `build` makes.
#[test]
fn what_deploys_names_the_image_that_is_configured_or_built() {
    let manifest = |more: &str| format!("[package]\nname = \"of-package\"\nedition = \"2024\"\n{more}");
    let renamed = "[[bin]]\nname = \"Program\"\npath = \"src/main.rs\"\n";
    let configured = "[package.metadata.wasmpack.image]\nname = \"acme/of_manifest:v1\"\n";
    for (manifest, file, image, label) in [
        (manifest(""), "", "of-package", "of-package"),
        (manifest(renamed), "", "program", "program"),
        (manifest(configured), "", "acme/of_manifest:v1", "of-manifest"),
        (manifest(configured), "[image]\nname = \"of-file\"\n", "of-file", "of-file"),
        (manifest(""), "[build]\ntarget = \"wasm32-wasip1\"\n", "of-package", "of-package"),
    ] {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        std::fs::create_dir(path("src")).unwrap();
        std::fs::write(path("src/main.rs"), "fn main() {}\n").unwrap();
        std::fs::write(path("Cargo.toml"), manifest).unwrap();
        if !file.is_empty() {
            std::fs::write(path("wasmpack.toml"), file).unwrap();
        }
        stdout_of(ours(project.path()).args(["init", "-q", "--deploy", "compose"]));
        let compose = std::fs::read_to_string(path("compose.yaml")).unwrap();
        assert!(compose.contains(&format!("  {label}:\n    image: {image}\n")), "{compose}");
    }
    // A project that has its configuration keeps its name.
    let project = begun("c", &[]);
    let init = ours(project.path()).args(["init", "--name", "x", "--deploy", "compose"]).output().unwrap();
    assert!(said(&init).contains("its image stays `my-app`"), "{}", said(&init));
    assert!(
        std::fs::read_to_string(project.path().join("compose.yaml")).unwrap().contains("image: my-app\n")
    );
}

/// A forge reads its files in the root of a repository, and knows nothing of what a command needs.
#[test]
fn what_a_forge_would_miss_is_told() {
    let repository = tempfile::tempdir().unwrap();
    let folder = repository.path().join("services/words");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir(repository.path().join(".git")).unwrap();
    let init = |arguments: &[&str]| {
        let output = ours(&folder).arg("init").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let told = init(&["-t", "cli", "--ci", "github"]);
    let place =
        "move it to `../../.github/workflows/image.yml`, and have its commands run in `services/words`";
    assert!(told.contains(place), "{told}");
    std::fs::create_dir(folder.join(".git")).unwrap();
    assert!(!init(&["--ci", "gitlab"]).contains("note: a forge"));

    let project = tempfile::tempdir().unwrap();
    let init = |arguments: &[&str]| said(&ours(project.path()).arg("init").args(arguments).output().unwrap());
    std::fs::write(project.path().join("build.zig"), "").unwrap();
    let told = init(&["--ci", "github"]);
    assert!(!told.contains("install what"), "{told}");
    let workflow = std::fs::read_to_string(project.path().join(".github/workflows/image.yml")).unwrap();
    assert!(workflow.contains("ziglang\n") && !workflow.contains("doctor"), "{workflow}");
    std::fs::write(project.path().join("wasmpack.toml"), "build.command = [\"sh\", \"build.sh\"]\n").unwrap();
    let told = init(&["--ci", "gitlab"]);
    assert!(told.contains("have `.gitlab-ci.yml` install what `build.command` needs"), "{told}");
}

/// Editors on Windows write two characters at the end of a line.
#[test]
fn lines_of_a_manifest_end_as_they_did() {
    let project = tempfile::tempdir().unwrap();
    let path = project.path().join("Cargo.toml");
    let manifest = "# Mine.\r\n[package]\r\nname = \"tool\" # short\r\n";
    std::fs::write(&path, manifest).unwrap();
    stdout_of(ours(project.path()).args(["init", "-q"]));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(manifest) && text.len() > manifest.len(), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
}
