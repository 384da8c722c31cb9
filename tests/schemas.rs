//! What machines read is as its schema says, and says which schema that is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

use crate::documented::{assert_fits, documented};
use crate::support::{copy, example, said, stdout_of, wasmpack};

const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 8) "\10\00\00\00\03\00\00\00hi\n")
    (func $main (export "_start") (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"#;

/// A folder with a module and the configuration that names it.
fn project(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemas").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("app.wat"), PROGRAM).unwrap();
    let configured = "wasmpack-version = \"0.1\"\n[build]\nmodule = \"app.wat\"\n";
    fs::write(folder.join("wasmpack.toml"), configured).unwrap();
    folder
}

fn command(folder: &Path, words: &str) -> Command {
    let mut command = wasmpack();
    command.current_dir(folder).arg("-q").args(words.split(' '));
    command
}

/// What it printed, whatever its exit code.
fn told(folder: &Path, words: &str) -> Value {
    let output = command(folder, words).output().unwrap();
    assert!(!output.stdout.is_empty(), "{words}\n{}", said(&output));
    documented(output.stdout)
}

#[test]
fn images_are_told_in_one_shape() {
    let folder = project("images");
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("packager/src/signature/test-keys/rfc6979.pem");
    let sign = format!("sign target/wasmpack/app --json --key {}", key.display());
    let build = told(&folder, "build --json --format everywhere,artifact");
    let pack = told(&folder, "pack . --json --format everywhere,artifact");
    let sign = told(&folder, &sign);
    for document in [&build, &pack, &sign] {
        let images = document["images"].as_array().unwrap();
        assert_eq!(images.len(), 2, "{document:#}");
        let reference = images[0]["references"][0].as_str().unwrap();
        let digest = images[0]["digest"].as_str().unwrap();
        assert!(reference.ends_with(&format!("app@{digest}")), "{reference}");
    }
    assert_eq!(build["images"][1]["format"], "artifact");
    let module = &pack["images"][0]["module"];
    assert_eq!(module["bytes"], module["linked_bytes"]);
    assert_eq!(sign["images"][0]["module"], Value::Null);
}

#[test]
fn whatever_is_told_is_described() {
    let folder = project("told");
    fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY app.wat /app.wasm\nRUN x\nUSER 1\n").unwrap();
    stdout_of(&mut command(&folder, "build"));
    for words in [
        "build --dry-run --json",
        "inspect app.wat --json",
        "inspect --json",
        "inspect app.wat --diff app.wat --json",
        "inspect app.wat --diff target/wasmpack/app --json",
        "size --json",
        "size app.wat --diff app.wat --json",
        "check --json",
        "check app.wat --policy --allow exit --json",
        "check --policy --deny network --json",
        "validate target/wasmpack/app --json",
        "optimize app.wat -o small.wasm --json --level 0",
        "symbolize target/wasmpack/app 0x40 0xffff --json",
        "init begun --template cli --json",
        "migrate Dockerfile --dry-run --json",
        "init --list --json",
        "config show --json",
        "config show --json --origin",
        "doctor --json",
    ] {
        told(&folder, words);
    }
}

#[test]
fn a_run_is_reported_in_a_file() {
    let folder = project("report");
    let report = |words: &str| {
        let output = command(&folder, &format!("run --report report.json {words}")).output().unwrap();
        (documented(fs::read(folder.join("report.json")).unwrap()), output)
    };
    let (told, output) = report("app.wat --audit");
    assert_eq!((told["ending"].as_str(), told["code"].as_i64()), (Some("code"), Some(0)), "{told:#}");
    assert_eq!(output.stdout, b"hi\n");
    assert_eq!(told["used"][0]["capability"], "stdio");
    fs::write(folder.join("trap.wat"), r#"(module (func (export "_start") unreachable))"#).unwrap();
    let (told, _) = report("trap.wat");
    assert_eq!((told["ending"].as_str(), &told["used"]), (Some("trap"), &Value::Null));
    fs::write(folder.join("call.wat"), r#"(module (func (export "two") (result i32) i32.const 2))"#).unwrap();
    let (told, _) = report("call.wat --invoke two");
    assert_eq!(told["values"][0], "2");
}

#[test]
fn files_of_metadata_are_described() {
    let folder = project("metadata");
    fs::write(folder.join("job.yaml"), "image: wasmpack://.\n").unwrap();
    for words in ["build --format image,artifact", "resolve -f job.yaml"] {
        stdout_of(&mut command(&folder, &format!("{words} --metadata-file app.json")));
        let text = fs::read(folder.join("app.json")).unwrap();
        assert_fits(&serde_json::from_slice(&text).unwrap(), "metadata");
    }
}

/// The lines of a stream, each an object.
fn stream(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[test]
fn a_build_is_one_stream_of_messages() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("wordcount");
    copy(&example("wordcount"), &project);
    let lines = stream(&stdout_of(&mut command(&project, "build --level 0 --message-format json")));
    let reasons: Vec<_> = lines.iter().map(|line| line["reason"].as_str().unwrap()).collect();
    let [.., "compiler-artifact", "wasmpack-image", "build-finished"] = reasons[..] else {
        panic!("{reasons:?}")
    };
    let [.., image, finished] = &lines[..] else { unreachable!() };
    assert_fits(image, "message");
    assert_fits(finished, "message");
    assert_eq!(finished["success"], true);

    fs::write(project.join("src/main.rs"), "fn main() { let x: u8 = \"\"; }").unwrap();
    let output = command(&project, "build --message-format json").output().unwrap();
    assert_eq!(output.status.code(), Some(101));
    let lines = stream(std::str::from_utf8(&output.stdout).unwrap());
    let error = lines.iter().find(|line| line["message"]["level"] == "error").unwrap();
    assert_eq!(error["message"]["spans"][0]["file_name"], "src/main.rs");
    assert_eq!(lines.last().unwrap()["success"], false);
}

#[test]
fn what_clang_says_is_in_the_stream_and_the_programs_output_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main.c");
    fs::write(&main, "#include <stdio.h>\nint main(void) { int unused; return puts(\"{}\") < 0; }\n")
        .unwrap();
    fs::write(folder.path().join("wasmpack.toml"), "[build]\nflags = [\"-Wall\"]\n").unwrap();
    let stdout = stdout_of(&mut command(folder.path(), "run --level 0 --message-format json"));
    let lines = stream(&stdout);
    let [warning, image, finished, program] = &lines[..] else { panic!("{stdout}") };
    assert_eq!(warning["reason"], "compiler-message");
    assert_eq!(warning["message"]["level"], "warning");
    assert_eq!(image["reason"], "wasmpack-image");
    assert_eq!(finished["reason"], "build-finished");
    assert_eq!(program, &serde_json::json!({}));
}

/// Documents in transcripts, with something for what stands there for anything.
fn documents_in(transcript: &str) -> Vec<String> {
    let command = Regex::new(r"(?ms)^\$ cargo wasmpack [^\n]*--json[^\n]*\n(.*?)(?:^\$ |^```)").unwrap();
    let figures = Regex::new(r#"": \[\.\.\](,?)$"#).unwrap();
    let bodies = command.captures_iter(transcript).filter_map(|found| {
        let text = found[1].to_owned();
        let (begin, end) = (text.find("{\n")?, text.rfind("\n}")?);
        Some(text[begin..end + 2].lines().map(|line| figures.replace(line, "\": 1$1") + "\n").collect())
    });
    bodies.filter(|text: &String| !text.lines().any(|line| line == "...")).collect()
}

#[test]
fn documents_in_transcripts_are_as_their_schemas_say() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let mut seen = 0;
    for entry in fs::read_dir("tests/cli").unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|kind| kind == "trycmd") {
            for text in documents_in(&fs::read_to_string(entry.path()).unwrap()) {
                documented(text.replace("sha256:[..]", &digest));
                seen += 1;
            }
        }
    }
    assert!(seen >= 5, "{seen}");
}
