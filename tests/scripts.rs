//! What is there for those who do not read the terminal: scripts, jobs of GitHub Actions, shells and readers of manuals.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::documented::documented;
use crate::support::{copy, said, stdout_of, wasmpack};

const NOTHING: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

/// An empty folder with a module in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scripts").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.wat"), NOTHING).unwrap();
    folder
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_build_leaves_digests_and_names_for_scripts() {
    let folder = folder("metadata");
    let mut build = wasmpack();
    build.current_dir(&folder).args(["build", "-q", "app.wat", "-t", "acme/app:v1", "-t", "acme/app:v2"]);
    build.args(["--format", "image,artifact", "--metadata-file", "app.json", "--image-refs", "refs"]);
    let stdout = stdout_of(&mut build);
    assert_eq!(fs::read_to_string(folder.join("refs")).unwrap(), stdout);
    let told = json(folder.join("app.json"));
    let names: Vec<_> = stdout.lines().collect();
    let [name, artifact] = names[..] else { panic!("{names:?}") };
    let digest = |keys: &Value| keys["containerimage.digest"].as_str().unwrap().to_owned();
    assert_eq!(name, format!("acme/app@{}", digest(&told)));
    assert_eq!(told["containerimage.descriptor"]["digest"], told["containerimage.digest"]);
    assert_eq!(told["image.name"], "docker.io/acme/app:v1,docker.io/acme/app:v2");
    let manifest = digest(&told).replace(':', "/");
    let manifest = json(folder.join("target/wasmpack/app/blobs").join(manifest));
    assert_eq!(told["containerimage.descriptor"]["mediaType"], manifest["mediaType"]);
    assert_eq!(told["containerimage.config.digest"], manifest["config"]["digest"]);
    let other = &told["wasmpack.formats"]["artifact"];
    assert_eq!(artifact, format!("acme/app:v1-artifact@{}", digest(other)));
}

#[test]
fn what_fails_leaves_no_file_and_a_missing_folder_is_told_at_once() {
    let folder = folder("failed");
    fs::write(folder.join("app.wat"), "(module (func (export \"_start\") i32.const))").unwrap();
    let mut build = wasmpack();
    build.current_dir(&folder).args(["build", "app.wat", "--metadata-file", "app.json"]);
    assert!(!build.output().unwrap().status.success());
    assert!(!folder.join("app.json").exists());
    let mut build = wasmpack();
    build.current_dir(&folder).args(["build", "app.wat", "--image-refs", "no/refs"]);
    assert!(said(&build.output().unwrap()).contains("failed to write"));
}

#[test]
fn a_job_is_shown_errors_beside_their_files_and_a_table_of_images() {
    let folder = folder("job");
    let summary = folder.join("summary.md");
    fs::write(&summary, "before\n").unwrap();
    let in_job = |arguments: &[&str]| {
        let mut command = wasmpack();
        command.current_dir(&folder).args(arguments).env("GITHUB_ACTIONS", "true");
        command.env("GITHUB_WORKSPACE", folder.parent().unwrap()).env("GITHUB_STEP_SUMMARY", &summary);
        command
    };
    let output = in_job(&["build", "app.wat"]).output().unwrap();
    assert!(!said(&output).contains("::"), "{}", said(&output));
    let table = fs::read_to_string(&summary).unwrap();
    let digest = String::from_utf8(output.stdout).unwrap().trim().replace("app@", "");
    assert!(table.starts_with("before\n| image |"), "{table}");
    assert!(table.contains("| `app` | ") && table.contains(&format!("| `{digest}` |")), "{table}");

    fs::write(folder.join("wasmpack.toml"), "[optimize]\nlevle = 1\n").unwrap();
    let annotation = "::error file=job/wasmpack.toml,title=cargo wasmpack::unknown key `optimize.levle`";
    let output = in_job(&["build", "."]).output().unwrap();
    assert!(output.stdout.is_empty());
    assert!(said(&output).contains(annotation), "{}", said(&output));
    let output = in_job(&["build", "."]).env("WASMPACK_GITHUB_ACTIONS", "false").output().unwrap();
    assert!(!said(&output).contains("::"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&summary).unwrap(), table);
}

#[test]
fn a_job_is_shown_what_rustc_says_as_well() {
    let folder = folder("rustc");
    copy(Path::new("tests/cli/broken-rust.in"), &folder.join("broken"));
    let mut build = wasmpack();
    build.current_dir(&folder).args(["build", "broken"]).env("GITHUB_ACTIONS", "true");
    let output = build.env("GITHUB_WORKSPACE", &folder).output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let annotation =
        "\n::error file=broken/src/main.rs,line=2,col=23,title=cargo wasmpack::mismatched types\n";
    let said = said(&output);
    assert!(said.contains("error[E0308]: mismatched types\n") && said.contains(annotation), "{said}");
}

#[test]
fn files_that_were_written_are_links_where_a_terminal_has_them() {
    let folder = folder("links");
    let links = |variables: &[(&str, &str)]| {
        let mut size = wasmpack();
        size.current_dir(&folder).args(["size", "app.wat", "--html", "map.html"]);
        said(&size.envs(variables.iter().copied()).output().unwrap())
    };
    let asked = [("CARGO_TERM_HYPERLINKS", "true"), ("CARGO_TERM_COLOR", "always")];
    let link = format!("\x1b]8;;file://{}/map.html\x1b\\map.html\x1b]8;;\x1b\\", folder.display());
    assert!(links(&asked).contains(&link), "{}", links(&asked));
    assert!(!links(&[("CARGO_TERM_COLOR", "always")]).contains("]8;;"));
    // Cargo's own configuration is heard as its variables are.
    fs::create_dir(folder.join(".cargo")).unwrap();
    let config = "[term]\nhyperlinks = true\ncolor = \"always\"\n";
    fs::write(folder.join(".cargo/config.toml"), config).unwrap();
    assert!(links(&[]).contains(&link), "{}", links(&[]));
    fs::write(folder.join(".cargo/config.toml"), "[term]\nquiet = true\n").unwrap();
    assert_eq!(links(&[]), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_a_closed_pipe_is_none_of_our_affair() {
    let folder = folder("full");
    for words in ["--help", "init --list", "build -q app.wat --message-format json", "inspect app.wat --json"]
    {
        let run = |stdout: std::process::Stdio| {
            let mut command = wasmpack();
            command.current_dir(&folder).args(words.split(' ')).stdout(stdout);
            let output = command.stderr(std::process::Stdio::piped()).output().unwrap();
            (output.status.code(), said(&output))
        };
        let (code, text) = run(fs::File::create("/dev/full").unwrap().into());
        assert_eq!(code, Some(1), "{words}: {text}");
        assert!(text.contains("failed to write to stdout"), "{words}: {text}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(run(writer.into()), (Some(0), String::new()), "{words}");
    }
}

#[test]
fn with_v_commands_are_told_and_with_q_nothing_is() {
    let folder = folder("verbose");
    fs::remove_file(folder.join("app.wat")).unwrap();
    fs::write(folder.join("main.c"), "int main(void) { return 0; }\n").unwrap();
    let told = |flag: &str| {
        let _ = fs::remove_dir_all(folder.join("target"));
        said(&wasmpack().current_dir(&folder).args(["build", "--level", "0", flag]).output().unwrap())
    };
    let verbose = told("-v");
    let commands: Vec<_> = verbose.lines().filter(|line| line.contains("Running ")).collect();
    assert_eq!(commands.len(), 2, "{verbose}");
    assert!(commands[0].contains(" -c main.c"), "{verbose}");
    assert_eq!(told("-q"), "");
}

#[test]
fn there_is_a_manual_page_for_each_verb() {
    let folder = folder("man");
    stdout_of(wasmpack().current_dir(&folder).args(["man", "--output", "man1"]));
    for page in
        ["cargo-wasmpack", "cargo-wasmpack-build", "cargo-wasmpack-config-show", "cargo-wasmpack-doctor"]
    {
        let text = fs::read_to_string(folder.join("man1").join(format!("{page}.1"))).unwrap();
        assert!(text.contains(&format!(".TH {page} 1 ")), "{text}");
    }
    assert!(!folder.join("man1/cargo-wasmpack-binaryen.1").exists());
}

/// Asks bash for what it would offer behind these words.
#[cfg(unix)]
fn offered(script: &Path, before: &str, words: &str) -> String {
    let ask = r#"
        COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
        eval "$before"; source "$script"
        function=$(complete -p "${COMP_WORDS[0]}" | sed -E 's/.*-F ([^ ]+).*/\1/')
        "$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
    "#;
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", ask]).env("script", script).env("before", before).env("words", words);
    stdout_of(&mut bash).trim().to_owned()
}

#[cfg(unix)]
#[test]
fn bash_completes_ours_and_leaves_the_rest_of_cargo_alone() {
    let script = folder("completions").join("completions.bash");
    fs::write(&script, stdout_of(wasmpack().args(["completions", "bash"]))).unwrap();
    let cargo = "theirs() { COMPREPLY=(theirs); }; complete -F theirs cargo";
    for (words, expected) in [
        ("cargo-wasmpack symb", "symbolize"),
        ("cargo wasmpack symb", "symbolize"),
        ("cargo +nightly wasmpack build --check-r", "--check-reproducible"),
        ("cargo wasmpack config sch", "schema"),
        ("cargo wasmpack build --color al", "always"),
        ("cargo wasmpack load --to pod", "podman"),
        ("cargo wasmpack run --engine was", "wasmtime"),
        ("cargo wasmpack build --format wa", "wasm-layer"),
        ("cargo wasmpack check --for spi", "spin"),
        ("cargo wasmpack man symb", "symbolize"),
        ("cargo wasmpack config schema inspect-", "inspect-diff"),
        ("cargo bu", "theirs"),
    ] {
        assert_eq!(offered(&script, cargo, words), expected, "{words}");
    }
    assert_eq!(offered(&script, "", "cargo bu"), "");
}

#[test]
fn what_is_told_is_told_as_json_too() {
    let folder = folder("json");
    let layout = folder.join("target/wasmpack/app");
    stdout_of(wasmpack().current_dir(&folder).args(["build", "-q", "app.wat"]));
    let validate = || {
        let output = wasmpack().arg("validate").arg(&layout).arg("--json").output().unwrap();
        documented(output.stdout)
    };
    assert_eq!(validate()["whole"], true);
    fs::write(layout.join("oci-layout"), "{}").unwrap();
    let told = validate();
    assert_eq!(told["whole"], false);
    assert!(told["violations"][0]["problem"].is_string(), "{told}");

    // Whatever is missing on this machine is told, and makes it no success.
    let output = wasmpack().args(["doctor", "--json"]).output().unwrap();
    let told = documented(output.stdout);
    let parts = told["parts"].as_array().unwrap();
    let is_missing = |part: &&Value| part["path"].is_null();
    assert_eq!(output.status.success(), parts.iter().filter(is_missing).count() == 0, "{told}");
    assert!(parts.iter().any(|part| part["name"] == "cargo"), "{told}");
    assert!(told["engines"].as_array().unwrap().iter().all(|engine| engine["name"].is_string()), "{told}");
}
