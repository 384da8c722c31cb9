//! D3: many who write into one place at once.

use std::fs;
use std::process::Stdio;

use crate::reliability::image::module;
use crate::support::{said, stdout_of, wasmpack};
use crate::tried;

#[test]
fn of_two_who_write_one_layout_at_once_both_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = tried::few_or_all(5, 20);
    for pair in 0..pairs {
        let started: Vec<_> = ["one", "other"]
            .map(|name| {
                let name = format!("{name}-{pair}");
                let module_path = folder.path().join(&name).with_extension("wat");
                fs::write(&module_path, module("app", 2_000 + pair)).unwrap();
                let mut pack = wasmpack();
                pack.args(["pack", "--quiet", "--tag", &name, "-o", "type=oci-layout,dest=shared"]);
                pack.arg(module_path).current_dir(folder.path());
                (name, pack.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            })
            .into();
        for (name, child) in started {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{name}: {}", said(&output));
        }
    }
    let shared = folder.path().join("shared");
    let index = fs::read_to_string(shared.join("index.json")).unwrap();
    let there = (0..pairs).flat_map(|pair| [format!("one-{pair}"), format!("other-{pair}")]);
    let there = there.filter(|name| {
        let reference = name.parse().unwrap();
        wasmpack_packager::open_reference(&shared, &reference).unwrap().module().unwrap();
        index.contains(&format!("/{name}:latest\""))
    });
    assert_eq!(there.count(), 2 * pairs);
    wasmpack_packager::validate(&shared).unwrap();
    tried::tell(
        "D3",
        format_args!("{pairs} pairs wrote into one layout at once: {} of {0} images there", 2 * pairs),
    );
}

#[test]
fn many_builds_in_one_target_directory_disturb_none() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("app");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("main.c"), "#include <stdio.h>\nint main(void) { puts(\"whole\"); }\n").unwrap();
    let builds = tried::few_or_all(10, 100);
    let started: Vec<_> = (0..builds)
        .map(|_| {
            let mut build = wasmpack();
            build.args(["build", "--quiet"]).current_dir(&project);
            build.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = started.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &outputs {
        assert!(output.status.success(), "{}", said(output));
        assert_eq!(output.stdout, outputs[0].stdout);
    }
    wasmpack_packager::validate(project.join("target/wasmpack/app")).unwrap();
    assert_eq!(stdout_of(wasmpack().arg("run").arg(project.join("target/wasmpack/app"))), "whole\n");
    tried::tell(
        "D3",
        format_args!("{builds} builds in one target directory at once: each the same image, whole"),
    );
}

/// What is built in one target directory, in two ways.
const PROGRAM: &str =
    "fn main() { println!(\"{}\", if cfg!(feature = \"x\") { \"x\" } else { \"plain\" }); }\n";
const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[features]\nx = []\n[workspace]\n";

/// Nothing is left out because it is known: what is told in full is done in full.
const PLAIN: [&str; 3] = ["--level=none", "--verbose", "--features="];
const WITH_X: [&str; 3] = ["--level=none", "--verbose", "--features=x"];

#[test]
fn builds_that_differ_in_one_target_directory_get_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("app");
    fs::create_dir_all(project.join("src")).unwrap();
    fs::write(project.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(project.join("src/main.rs"), PROGRAM).unwrap();
    // Some of each at once, and what they say.
    let crowd = |verb: &str, of_plain: &[&str], of_x: &[&str]| {
        let started = |arguments: &[&str], more: &[&str]| {
            let mut command = wasmpack();
            command.arg(verb).args(arguments).args(more).current_dir(&project);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let both = (0..4).flat_map(|_| [started(&PLAIN, of_plain), started(&WITH_X, of_x)]);
        let both: Vec<_> = both.collect();
        both.into_iter().map(|child| child.wait_with_output().unwrap()).collect::<Vec<_>>()
    };
    let first = crowd("build", &["--tag=plain"], &["--tag=x"]);
    assert!(first[0].stdout != first[1].stdout, "{}{}", said(&first[0]), said(&first[1]));
    assert!(project.join("target/CACHEDIR.TAG").is_file());
    let rounds = tried::few_or_all(4, 25);
    for _ in 0..rounds {
        for (place, output) in crowd("build", &["--tag=plain"], &["--tag=x"]).iter().enumerate() {
            assert_eq!(output.stdout, first[place % 2].stdout, "{}", said(output));
        }
    }
    for (name, text) in [("plain", "plain\n"), ("x", "x\n")] {
        let layout = project.join("target/wasmpack").join(name);
        assert_eq!(stdout_of(wasmpack().arg("run").arg(layout)), text);
    }
    // Under one name, some may find that their image is gone; never that it is another.
    let run = crowd("run", &[], &[]);
    assert!(run.iter().any(|output| output.status.success()), "nobody replaces what is written last");
    for (place, output) in run.iter().enumerate() {
        let is_gone = !output.status.success() && output.stdout.is_empty();
        let text = ["plain\n", "x\n"][place % 2];
        assert!(output.stdout == text.as_bytes() || is_gone, "{}", said(output));
    }
    let builds = rounds * first.len();
    tried::tell(
        "D3",
        format_args!("{builds} builds in one target directory, in two ways at once: each its own image"),
    );
}
