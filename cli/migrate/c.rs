//! What becomes of a command of clang's.

use super::command::Command;
use super::verdict::Verdict;
use super::workshop::{Build, System, Workshop};

/// What comes of its flags, and what does not.
#[derive(Debug, Default)]
struct Lost(Vec<String>);

/// Whether a word is a source of C or C++.
fn is_source(word: &str) -> bool {
    let extension = word.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["c", "cc", "cpp", "cxx", "C", "c++"].contains(&extension)
}

/// Judges it; `arguments` are those of the compiler.
pub fn judge(arguments: &[String], command: &Command, workshop: &mut Workshop) -> Verdict {
    let folder = workshop.project_folder(".");
    let output = command.value(&["-o", "--output"]).map(|path| workshop.path(path));
    let mut build = workshop.same_build(System::C, &folder).clone();
    let is_native = arguments.iter().any(|word| {
        let target = word.strip_prefix("--target=").or_else(|| word.strip_prefix("-target="));
        target.is_some_and(|target| !target.starts_with("wasm"))
    });
    let mut lost = Lost::default();
    flags(arguments, &mut build, workshop, &mut lost);
    build.is_wasm = Some(!is_native);
    // Objects are links of a chain that the build makes itself.
    build.output = output.filter(|path| !path.ends_with(".o")).or(build.output);
    let number = workshop.builds.iter().rposition(|one| one.system == System::C && one.folder == folder);
    let number = number.expect("it was asked for before");
    let has_sources = build.keys.get("build", "sources").is_some();
    workshop.builds[number] = build;
    if is_native {
        return Verdict::cannot("it compiles for another target than WASI", "compile the program for WASI");
    }
    match &lost.0[..] {
        [] if has_sources => Verdict::became("`[build]`: the compiler is found, and told the same"),
        [] => Verdict::not_needed("the build finds a compiler, and what it is to compile"),
        lost => Verdict::cannot(
            format!("`{}` is not of the project, or not known", lost.join("`, `")),
            "bring what it names into the project, and say it in `[build]`",
        ),
    }
}

/// Has a build say what flags say: those of a command, or of a variable such as `CFLAGS`.
pub fn flags_of_variable(value: &str, build: &mut Build, workshop: &Workshop) -> Vec<String> {
    let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    let mut lost = Lost::default();
    flags(&words, build, workshop, &mut lost);
    lost.0
}

fn flags(arguments: &[String], build: &mut Build, workshop: &Workshop, lost: &mut Lost) {
    let folder = build.folder.clone();
    let in_project = |path: &str| workshop.project_path(path, &folder);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut behind = |flag: &str| match &word[flag.len()..] {
            "" => words.next().cloned().unwrap_or_default(),
            value => value.to_owned(),
        };
        let keys = &mut build.keys;
        if word == "-o"
            || word == "--sysroot"
            || word == "-isysroot"
            || word == "-target"
            || word == "-x"
            || word == "-MF"
        {
            behind(word);
        } else if let Some(level) = word.strip_prefix("-O") {
            if matches!(level, "2" | "3" | "4" | "fast") {
                keys.set("optimize", "level", if level == "2" { 2 } else { 3 });
            }
        } else if word.starts_with("-D") {
            keys.push("build", "define", behind("-D"));
        } else if word.starts_with("-I") || word.starts_with("-isystem") {
            let path = behind(if word.starts_with("-I") { "-I" } else { "-isystem" });
            match in_project(&path) {
                Some(path) if path == "include" => {}
                Some(path) => keys.push("build", "include", if path.is_empty() { ".".into() } else { path }),
                None => lost.0.push(word.clone()),
            }
        } else if let Some(library) = word.strip_prefix("-l") {
            keys.push("build", "link", library);
        } else if let Some(std) = word.strip_prefix("-std=") {
            keys.push("build", "std", std);
        } else if word == "-flto" || word == "-flto=full" {
            keys.set("build", "lto", true);
        } else if word == "-fwasm-exceptions" || word == "-fexceptions" {
            keys.set("build", "exceptions", true);
        } else if word == "-z" {
            stack_size(&behind("-z"), build);
        } else if let Some(passed) = word.strip_prefix("-Wl,") {
            linker(passed, word, build);
        } else if is_without_effect(word) {
        } else if word.starts_with('-') {
            keys.push("build", "flags", word.as_str());
        } else if is_source(word) {
            match in_project(word) {
                Some(path) => keys.push("build", "sources", path),
                None => lost.0.push(word.clone()),
            }
        } else if !word.ends_with(".o") && !word.ends_with(".a") {
            lost.0.push(word.clone());
        }
    }
}

/// What the build says itself, and what only says more on the way.
fn is_without_effect(word: &str) -> bool {
    let known = ["-c", "-g", "-s", "-v", "-M", "-MD", "-MMD", "-MP", "-pipe", "-fno-exceptions", "-fPIC"];
    let begins = [
        "--target=",
        "--sysroot=",
        "-target=",
        "-g",
        "-ffunction-sections",
        "-fdata-sections",
        "-resource-dir",
        "-fuse-ld",
        "-L",
    ];
    known.contains(&word) || begins.iter().any(|begin| word.starts_with(begin))
}

/// What the linker is told.
fn linker(passed: &str, word: &str, build: &mut Build) {
    let words: Vec<&str> = passed.split(',').collect();
    if let ["-z", size] = words[..] {
        return stack_size(size, build);
    }
    if let Some(size) = passed.strip_prefix("-z") {
        return stack_size(size.trim_start_matches(','), build);
    }
    let without_effect = ["--strip-all", "-s", "--strip-debug", "-S", "--gc-sections", "--no-gc-sections"];
    if words.iter().all(|word| without_effect.contains(word)) {
        return;
    }
    if let Some(export) = passed.strip_prefix("--export=").or_else(|| passed.strip_prefix("--export,")) {
        build.keys.push("optimize", "keep", export);
    }
    build.keys.push("build", "flags", word);
}

fn stack_size(said: &str, build: &mut Build) {
    match said.strip_prefix("stack-size=").and_then(|size| size.parse::<u32>().ok()) {
        Some(size) => build.keys.set("build", "stack-size", size),
        None => build.keys.push("build", "flags", format!("-Wl,-z,{said}")),
    }
}
