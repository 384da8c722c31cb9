//! What becomes of a command of cargo's.

use super::command::Command;
use super::keys::Keys;
use super::verdict::Verdict;
use super::words::is_unknown;
use super::workshop::{Build, System, Workshop};

/// Flags that `cargo wasmpack build` has, too, and that take a value.
const WITH_VALUE: [&str; 8] =
    ["--package", "--bin", "--example", "--features", "--profile", "--config", "--exclude", "--target-dir"];

/// The same, for those without a value.
const ALONE: [&str; 9] = [
    "--workspace",
    "--bins",
    "--examples",
    "--lib",
    "--all-features",
    "--no-default-features",
    "--locked",
    "--offline",
    "--frozen",
];

/// Those that change nothing of the module.
const WITHOUT_EFFECT: [&str; 8] =
    ["-v", "-vv", "-q", "--quiet", "--verbose", "-r", "--release", "--all-targets"];

/// Targets that become one of those that images have; without one, the project's own counts.
const TARGETS: [&str; 5] = ["", "wasm32-wasi", "wasm32-wasip1", "wasm32-wasip2", "wasm32-unknown-unknown"];

/// Judges it.
pub fn judge(command: &Command, workshop: &mut Workshop, row: usize) -> Verdict {
    let mut arguments = command.arguments().to_vec();
    let toolchain = arguments.first().filter(|word| word.starts_with('+')).cloned();
    arguments.drain(..usize::from(toolchain.is_some()));
    // Other subcommands that build, and what they say before `build`.
    let is_before = |word: &String| "auditable wasi component".split(' ').any(|before| before == word);
    while arguments.first().is_some_and(is_before) {
        let is_component = arguments.remove(0) == "component";
        if is_component {
            arguments.push("--target=wasm32-wasip2".to_owned());
        }
    }
    match arguments.first().map(String::as_str) {
        Some("build" | "b" | "rustc" | "zigbuild") => {
            build(command, &arguments[1..], toolchain, workshop, row)
        }
        Some("install") if arguments.iter().any(|word| word.starts_with("--path")) => {
            build(command, &arguments[1..], toolchain, workshop, row)
        }
        Some("install" | "binstall") => Verdict::not_needed(
            "tools that only build are not in the image; `cargo wasmpack build` needs none",
        ),
        Some("test" | "clippy" | "fmt" | "check" | "nextest") => {
            Verdict::not_needed("it is no part of the image; run it before `cargo wasmpack build`")
        }
        Some("init" | "new") => Verdict::not_needed("the project is there already"),
        _ => Verdict::not_needed("cargo does what it needs by itself"),
    }
}

fn build(
    command: &Command,
    arguments: &[String],
    toolchain: Option<String>,
    workshop: &mut Workshop,
    row: usize,
) -> Verdict {
    let mut folder = workshop.folder.clone();
    let mut target = workshop.variables.get("CARGO_BUILD_TARGET").map(str::to_owned);
    let (mut flags, mut lost) = (Vec::new(), Vec::new());
    for (name, value) in &command.assigned {
        match name.as_str() {
            "CARGO_BUILD_TARGET" => target = Some(value.clone()),
            _ => lost.push(format!("{name}={value}")),
        }
    }
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let (name, given) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (long(name), Some(value.to_owned())),
            _ => match word.char_indices().nth(2) {
                // `-pNAME`
                Some((at, _)) if ["-p", "-F", "-j"].contains(&&word[..at]) => {
                    (long(&word[..at]), Some(word[at..].to_owned()))
                }
                _ => (long(word), None),
            },
        };
        let mut value = || given.clone().or_else(|| words.next().cloned()).unwrap_or_default();
        match name {
            "--" => {
                lost.push(format!("-- {}", words.by_ref().cloned().collect::<Vec<_>>().join(" ")));
            }
            "--target" => target = Some(value()),
            "--manifest-path" | "--path" => {
                let path = value();
                if is_unknown(&path) {
                    lost.push(format!("{name} {path}"));
                } else {
                    let path = if name == "--path" { &*path } else { super::places::parent(&path) };
                    folder = workshop.path(path);
                }
            }
            "--jobs" | "--root" | "--out-dir" | "--artifact-dir" | "--message-format" | "--color"
            | "--target-dir" => {
                value();
            }
            "--profile" => match value().as_str() {
                "release" => {}
                unknown if is_unknown(unknown) => lost.push(format!("{name} {unknown}")),
                profile => flags.extend(["--profile".to_owned(), profile.to_owned()]),
            },
            name if WITH_VALUE.contains(&name) => match value() {
                unknown if is_unknown(&unknown) => lost.push(format!("{name} {unknown}")),
                value => flags.extend([name.to_owned(), value]),
            },
            name if ALONE.contains(&name) => flags.push(name.to_owned()),
            name if WITHOUT_EFFECT.contains(&name) => {}
            _ => lost.push(word.clone()),
        }
    }
    remember(&folder, target.as_deref(), &flags, workshop, row);
    told(&target.unwrap_or_default(), &flags, toolchain, &lost)
}

/// Has it count among the builds of the stage, in place of one that is the same.
fn remember(place: &str, target: Option<&str>, flags: &[String], workshop: &mut Workshop, row: usize) {
    workshop.built_in.insert(place.to_owned());
    let folder = workshop.project_folder(place);
    workshop
        .builds
        .retain(|build| build.system != System::Cargo || build.folder != folder || build.flags != flags);
    let mut keys = Keys::default();
    if target == Some("wasm32-wasip2") {
        keys.set("build", "target", "wasm32-wasip2");
    }
    let known = target.filter(|target| !is_unknown(target));
    workshop.builds.push(Build {
        system: System::Cargo,
        row: Some(row),
        folder,
        place: place.to_owned(),
        output: None,
        is_wasm: known.map(|target| target.starts_with("wasm")),
        keys,
        flags: flags.to_vec(),
    });
}

fn told(target: &str, flags: &[String], toolchain: Option<String>, lost: &[String]) -> Verdict {
    let unknown = lost.iter().map(String::as_str).chain([target]).find(|word| is_unknown(word));
    if let Some(unknown) = unknown {
        return Verdict::cannot(
            format!("nobody here can tell what `{unknown}` is"),
            "give `cargo wasmpack build` what it stands for",
        );
    }
    if !target.is_empty() && !target.starts_with("wasm") {
        return Verdict::cannot(
            format!("it builds for `{target}`, which is no module"),
            "build the program for WASI",
        );
    }
    if !TARGETS.contains(&target) {
        return Verdict::cannot(
            format!(
                "`cargo wasmpack build` builds for `wasm32-wasip1` and `wasm32-wasip2`, not for `{target}`"
            ),
            "build the program for one of these",
        );
    }
    if let Some(toolchain) = toolchain {
        return Verdict::cannot(
            format!("`{toolchain}` is for this one command"),
            format!("write `channel = \"{}\"` into `rust-toolchain.toml`", &toolchain[1..]),
        );
    }
    if !lost.is_empty() {
        return Verdict::cannot(
            format!("`cargo wasmpack build` has no `{}`", lost.join("`, `")),
            "say it in the project's `.cargo/config.toml`",
        );
    }
    let verb = [String::from("cargo"), "wasmpack".into(), "build".into()];
    let verb = super::command::quoted(&[&verb, flags].concat());
    let target = match target {
        "wasm32-wasip2" => ", with `build.target`",
        "wasm32-unknown-unknown" => ", for `wasm32-wasip1`, which has a standard library",
        _ => "",
    };
    Verdict::became(format!("`{verb}`{target}"))
}

/// The long form of a flag.
fn long(flag: &str) -> &str {
    match flag {
        "-p" => "--package",
        // What cargo called it before.
        "--all" => "--workspace",
        "-F" => "--features",
        "-j" => "--jobs",
        other => other,
    }
}
