//! Rust crates with C and C++ in them build as they do for the host: nothing has to be set.

use std::path::{Path, PathBuf};

use crate::documented::documented;
use crate::support::{copy, stdout_of, wasmpack};

fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native").join(name)
}

#[test]
fn sqlite_answers_a_query() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sources("sqlite"), folder.path());
    assert_eq!(stdout_of(wasmpack().args(["run", "--locked"]).arg(folder.path())), "6\n");
}

#[test]
#[ignore = "needs zig; `cargo xtask test --full` installs and runs it"]
fn zig_stands_in_for_clang() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sources("sqlite"), folder.path());
    let mut run = wasmpack();
    run.args(["run", "--locked", "--toolchain", "zig"]).arg(folder.path());
    assert_eq!(stdout_of(&mut run), "6\n");
}

#[test]
fn c_and_cpp_in_crates_are_the_same_in_another_folder() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, there) = (here.path().join("codecs"), there.path().join("a/longer/path/codecs"));
    let digests = [here, there].map(|folder| {
        copy(&sources("codecs"), &folder);
        stdout_of(wasmpack().args(["build", "--locked"]).arg(&folder))
    });
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn a_compiler_that_was_chosen_for_such_crates_is_left_to_the_user() {
    let folder = tempfile::tempdir().unwrap();
    copy(&sources("codecs"), folder.path());
    let planned = |command: &mut std::process::Command| {
        let planned = stdout_of(command.args(["build", "--dry-run", "--json"]).current_dir(folder.path()));
        let planned = documented(planned);
        planned["commands"][0]["variables"].clone()
    };
    let flags = "CFLAGS_wasm32_wasip1";
    assert!(planned(&mut wasmpack())["CC_wasm32_wasip1"].is_string());
    let with_flags = planned(wasmpack().env(flags, "-DMINE"));
    assert!(with_flags[flags].as_str().unwrap().ends_with(" -DMINE"), "{with_flags}");
    let with_compiler = planned(wasmpack().env("CC_wasm32_wasip1", "my-clang"));
    assert_eq!(with_compiler[flags], serde_json::Value::Null, "{with_compiler}");
}
