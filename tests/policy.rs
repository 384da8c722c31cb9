//! What a policy forbids goes nowhere, wherever in an image it is and whatever the image claims.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use wasmpack_packager::{Compression, File, Image, Layer, Platform, Reference, Sink as _, Tar, keys, sinks};

use crate::documented::documented;
use crate::support::{said, stdout_of, wasmpack};

/// Asks for nothing.
const CALM: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

/// Asks for chance.
const DICE: &str = r#"(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $roll (drop (call $random (i32.const 0) (i32.const 1)))) (func $main (export "_start") (call $roll)))"#;

/// A project with this module, which is left as it is, and these lines more in its configuration.
fn project(module: &str, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.wat"), module).unwrap();
    let text = format!("[build]\nmodule = \"app.wat\"\n[optimize]\nlevel = \"none\"\n{more}\n");
    fs::write(folder.path().join("wasmpack.toml"), text).unwrap();
    folder
}

fn run(verb: &[&str], folder: &Path) -> Output {
    wasmpack().args(verb).current_dir(folder).output().unwrap()
}

/// What was said of a refusal.
fn refused(verb: &[&str], folder: &Path) -> String {
    let output = run(verb, folder);
    assert_eq!(output.status.code(), Some(113), "{verb:?}\n{}", said(&output));
    said(&output)
}

const DENY: &str = "[policy]\ndeny = [\"random\"]";

#[test]
fn what_is_forbidden_is_not_given_to_anybody() {
    let folder = project(DICE, DENY);
    let folder = folder.path();
    fs::write(folder.join("pod.yaml"), "image: wasmpack://.\n").unwrap();
    for verb in [
        &["build", "-q"][..],
        &["build", "-q", "--push", "-t", "localhost:1/app:v1"],
        &["build", "-q", "-o", "type=oci-archive,dest=app.tar"],
        &["build", "-q", "-o", "type=oci-layout,dest=layout"],
        &["pack", "-q", "."],
        &["push", "-q", ".", "localhost:1/app:v1"],
        &["push", "-q", "--dry-run", ".", "localhost:1/app:v1"],
        &["resolve", "-q", "-f", "pod.yaml"],
        &["resolve", "-q", "--push", "-f", "pod.yaml"],
    ] {
        let output = run(verb, folder);
        assert_eq!(output.status.code(), Some(113), "{verb:?}\n{}", said(&output));
        assert_eq!(output.stdout, b"", "{verb:?}");
        let said = said(&output);
        for part in
            ["import `wasi_snapshot_preview1.random_get` gives `random`", "    - roll\n", "    - main\n"]
        {
            assert!(said.contains(part), "{verb:?}\n{said}");
        }
    }
    assert!(!folder.join("app.tar").exists() && !folder.join("layout").exists());
    // Whoever looks at it, or runs it here, may.
    for verb in ["inspect", "size", "check", "run"] {
        let output = run(&[verb, "-q"], folder);
        assert!(output.status.success(), "{verb}\n{}", said(&output));
    }
}

#[test]
fn every_program_of_an_image_counts() {
    let files = "[image]\nfiles = [{ from = \"lib/*\" }]\n";
    for (name, module) in [("plugin", DICE), ("plugin.wasm", DICE)] {
        let folder = project(CALM, &format!("{files}{DENY}"));
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join("lib").join(name), wat::parse_str(module).unwrap()).unwrap();
        for verb in [&["build"][..], &["build", "-o", "type=oci-archive,dest=app.tar"]] {
            let said = refused(verb, folder.path());
            assert!(
                said.contains(&format!("`/lib/{name}`: import `wasi_snapshot_preview1.random_get`")),
                "{said}"
            );
        }
    }
    // Nobody knows what would be made of it.
    let folder = project(CALM, &format!("{files}[policy]\nallow = []\n"));
    fs::create_dir(folder.path().join("lib")).unwrap();
    fs::write(folder.path().join("lib/text.wasm"), DICE).unwrap();
    let said = refused(&["build"], folder.path());
    assert!(said.contains("`/lib/text.wasm` cannot be read: "), "{said}");
}

/// An image of these modules, which claims something.
fn image(folder: &Path, modules: &[(&str, &str)], claim: &str) -> PathBuf {
    let files = modules.iter().map(|(path, text)| File::executable(*path, wat::parse_str(text).unwrap()));
    let layer = Layer::new(&Tar::from_files(files).unwrap(), Compression::default()).unwrap();
    let draft = Image::scratch(Platform::WASI_WASM).with_layer(layer).with_entrypoint(["/app.wasm"]);
    let image = draft.with_annotation(keys::CAPABILITIES, claim).build_everywhere().unwrap();
    let name: Reference = "app:v1".parse().unwrap();
    let path = folder.join("layout");
    sinks::Layout::at(&path).write(&image, &name).unwrap();
    path
}

#[test]
fn what_an_image_claims_allows_nothing_and_is_told_where_it_is_not_so() {
    let folder = tempfile::tempdir().unwrap();
    let layout = image(folder.path(), &[("/app.wasm", CALM), ("/bin/dice", DICE)], "none");
    let check = |lists: &[&str]| run(&[&["check", "--policy", "layout"], lists].concat(), folder.path());
    let output = check(&["--allow", ""]);
    assert_eq!(output.status.code(), Some(113), "{}", said(&output));
    let claim = "annotation `dev.wasmpack.capabilities` says `none`, and its programs ask for `random`";
    assert!(said(&output).contains(claim), "{}", said(&output));
    assert!(check(&["--allow", "random"]).status.success());

    let inspect = |layout: &Path| -> Value {
        documented(stdout_of(wasmpack().args(["inspect", "--json"]).arg(layout)))
    };
    assert_eq!(inspect(&layout)["untrue"][0], claim);
    assert!(stdout_of(wasmpack().arg("inspect").arg(&layout)).contains(&format!("untrue      {claim}")));
    let output = wasmpack().arg("check").arg(&layout).output().unwrap();
    assert!(said(&output).contains(claim), "{}", said(&output));

    fs::remove_dir_all(&layout).unwrap();
    let layout = image(folder.path(), &[("/app.wasm", DICE)], "random");
    assert!(inspect(&layout).get("untrue").is_none());
}

#[test]
fn an_image_says_what_all_its_programs_ask_for() {
    let folder = project(CALM, "[image]\nfiles = [{ from = \"dice.wasm\" }]");
    fs::write(folder.path().join("dice.wasm"), wat::parse_str(DICE).unwrap()).unwrap();
    let inspect = |arguments: &[&str]| -> Value {
        let mut command: Command = wasmpack();
        let command = command.args(["inspect", "--json", "-q"]).args(arguments).current_dir(folder.path());
        documented(stdout_of(command))
    };
    let told = inspect(&[]);
    assert_eq!(told["image"]["annotations"][keys::CAPABILITIES], "random");
    assert!(told.get("untrue").is_none(), "{told}");
}
