//! What becomes of a command of clang's.

use serde_json::Value;

use super::command::Command;
use super::places::file_name;
use super::verdict::Verdict;
use super::words::is_unknown;
use super::workshop::{Build, System, Workshop};

/// Whether a word is a source of C or C++.
fn is_source(word: &str) -> bool {
    let extension = word.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["c", "cc", "cpp", "cxx", "C", "c++"].contains(&extension)
}

/// Judges it; `arguments` are those of the compiler.
pub fn judge(arguments: &[String], command: &Command, workshop: &mut Workshop, row: usize) -> Verdict {
    let folder = workshop.project_folder(".");
    let output = command.value(&["-o", "--output"]).map(|path| workshop.path(path));
    if arguments.iter().any(|word| word == "-c") {
        remember_objects(arguments, output.as_deref(), &folder, workshop);
    }
    // Objects are links of a chain that the build makes itself.
    let output = output.filter(|path| !path.ends_with(".o"));
    let mut build = begun(command, output.as_deref(), &folder, workshop);
    let target = command.value(&["--target", "-target"]);
    let is_native = target.is_some_and(|target| !target.starts_with("wasm"));
    let lost = take_flags(arguments, &mut build, workshop);
    let is_wasm = ["wasm", "wasi-"].iter().any(|word| command.words.iter().any(|said| said.contains(word)));
    build.is_wasm = if is_native { Some(false) } else { is_wasm.then_some(true).or(build.is_wasm) };
    build.row = output.as_ref().map(|_| row);
    let has_sources = build.keys.get("build", "sources").is_some();
    workshop.builds.retain(|one| !is_of(one, &folder, output.as_deref()));
    workshop.builds.push(build);
    if is_native {
        return Verdict::cannot("it compiles for another target than WASI", "compile the program for WASI");
    }
    match &lost[..] {
        [] if has_sources => Verdict::became(format!(
            "`[build]`: the compiler is found, and told the same{}",
            other_level(arguments).unwrap_or_default()
        )),
        [] => Verdict::not_needed("the build finds a compiler, and what it is to compile"),
        lost => not_known(lost),
    }
}

/// Whether a build makes this module of a folder, or its objects if there is no module.
fn is_of(build: &Build, folder: &str, output: Option<&str>) -> bool {
    build.system == System::C && build.folder == folder && build.output.as_deref() == output
}

/// What is known of a build before its command says more. A module that is linked from objects has what these were told; who names
/// another module makes another program.
fn begun(command: &Command, output: Option<&str>, folder: &str, workshop: &mut Workshop) -> Build {
    let known = |output| workshop.builds.iter().find(|build| is_of(build, folder, output)).cloned();
    if let Some(build) = known(output) {
        return build;
    }
    let mut build = workshop.new_build(System::C, folder).clone();
    workshop.builds.pop();
    build.output = output.map(str::to_owned);
    let is_object = |word: &&str| word.ends_with(".o") || word.ends_with(".a");
    let objects: Vec<&str> = command.operands().into_iter().filter(is_object).collect();
    let collected = workshop.builds.iter().find(|build| is_of(build, folder, None));
    let Some(collected) = collected.filter(|_| !objects.is_empty()) else { return build };
    build.is_wasm = collected.is_wasm;
    let told = objects.iter().map(|object| workshop.objects.get(&workshop.path(object)));
    match told.collect::<Option<Vec<_>>>() {
        Some(told) => told.into_iter().for_each(|keys| build.keys.join(keys)),
        None => build.keys = collected.keys.clone(),
    }
    build
}

/// Remembers what each object was told that a command makes.
fn remember_objects(arguments: &[String], output: Option<&str>, folder: &str, workshop: &mut Workshop) {
    let mut alone = Build { folder: folder.to_owned(), ..Build::default() };
    // What is lost is told of the whole.
    take_flags(arguments, &mut alone, workshop);
    let sources = alone.keys.get("build", "sources").and_then(Value::as_array).cloned().unwrap_or_default();
    for source in sources {
        let name = file_name(source.as_str().unwrap_or_default());
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let object = output.map_or_else(|| workshop.path(&format!("{stem}.o")), str::to_owned);
        let mut keys = alone.keys.clone();
        keys.set("build", "sources", vec![source]);
        workshop.objects.insert(object, keys);
    }
}

/// That the build has another optimization level of clang's than was said: the level of the optimizer decides.
fn other_level(arguments: &[String]) -> Option<String> {
    let said = arguments.iter().rfind(|word| word.starts_with("-O"))?;
    let ours = if is_for_speed(&said[2..]) { "-O3" } else { "-Oz" };
    (said != ours).then(|| format!(", but `{ours}` for `{said}`: `optimize.level` decides"))
}

/// Whether a level of clang's is for speed.
fn is_for_speed(level: &str) -> bool {
    matches!(level, "2" | "3" | "4" | "fast")
}

/// That some words say nothing to a build.
pub fn not_known(lost: &[String]) -> Verdict {
    Verdict::cannot(
        format!("`{}` is not of the project, or not known", lost.join("`, `")),
        "bring what it names into the project, and say it in `[build]`",
    )
}

/// Flags that the word behind them belongs to, and that the build says itself.
const SAID_WITH_VALUE: [&str; 7] =
    ["-o", "--sysroot", "-isysroot", "-target", "--target", "-MF", "-resource-dir"];

/// Flags that the word behind them belongs to.
const WITH_VALUE: [&str; 7] = ["-include", "-imacros", "-Xclang", "-Xlinker", "-mllvm", "-u", "-x"];

/// Flags that it belongs to unless they have a value themselves.
const WITH_VALUE_BEHIND: [&str; 6] = ["-D", "-I", "-isystem", "-l", "-L", "-z"];

/// Has a build say what flags say, and gives those that say nothing to it.
pub fn take_flags(arguments: &[String], build: &mut Build, workshop: &Workshop) -> Vec<String> {
    let folder = build.folder.clone();
    let in_project = |path: &str| workshop.project_path(path, &folder);
    let (mut lost, mut others) = (Vec::new(), Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let takes_value =
            [&WITH_VALUE[..], &WITH_VALUE_BEHIND[..]].iter().any(|flags| flags.contains(&word.as_str()));
        let takes_unknown = takes_value && words.as_slice().first().is_some_and(|next| is_unknown(next));
        let mut behind = |flag: &str| match &word[flag.len()..] {
            "" => words.next().cloned().unwrap_or_default(),
            value => value.to_owned(),
        };
        let keys = &mut build.keys;
        if SAID_WITH_VALUE.contains(&word.as_str()) {
            behind(word);
        } else if is_unknown(word) {
            lost.push(word.clone());
        } else if takes_unknown {
            lost.push(format!("{word} {}", behind(word)));
        } else if WITH_VALUE.contains(&word.as_str()) {
            others.extend([word.clone(), behind(word)]);
        } else if let Some(level) = word.strip_prefix("-O") {
            if is_for_speed(level) {
                keys.set("optimize", "level", if level == "2" { 2 } else { 3 });
            }
        } else if word.starts_with("-D") {
            keys.push("build", "define", behind("-D"));
        } else if word.starts_with("-I") || word.starts_with("-isystem") {
            let path = behind(if word.starts_with("-I") { "-I" } else { "-isystem" });
            match in_project(&path) {
                Some(path) if path == "include" => {}
                Some(path) => keys.push("build", "include", if path.is_empty() { ".".into() } else { path }),
                None => lost.push(format!("-I{path}")),
            }
        } else if word.starts_with("-l") {
            keys.push("build", "link", behind("-l"));
        } else if let Some(std) = word.strip_prefix("-std=") {
            keys.push("build", "std", std);
        } else if word == "-flto" || word == "-flto=full" {
            keys.set("build", "lto", true);
        } else if word == "-fwasm-exceptions" || word == "-fexceptions" {
            keys.set("build", "exceptions", true);
        } else if word == "-z" {
            stack_size(&behind("-z"), build, &mut others);
        } else if let Some(passed) = word.strip_prefix("-Wl,") {
            linker(passed, word, build, &mut others);
        } else if word.starts_with("-L") {
            let path = behind("-L");
            match in_project(&path) {
                Some(path) => others.push(format!("-L{path}")),
                None => lost.push(format!("-L{path}")),
            }
        } else if is_source(word) {
            match in_project(word) {
                Some(path) => keys.push("build", "sources", path),
                None => lost.push(word.clone()),
            }
        } else if word.starts_with('-') {
            others.extend(Some(word.clone()).filter(|word| !is_without_effect(word)));
        } else if !word.ends_with(".o") {
            lost.push(word.clone());
        }
    }
    build.keys.append("build", "flags", &others);
    lost
}

/// Whether the build says it itself, or it says more on the way only.
fn is_without_effect(word: &str) -> bool {
    let known = ["-c", "-s", "-v", "-M", "-MD", "-MMD", "-MP", "-pipe", "-fno-exceptions", "-fPIC"];
    let begins = [
        "--target=",
        "--sysroot=",
        "-target=",
        "-g",
        "-ffunction-sections",
        "-fdata-sections",
        "-resource-dir=",
        "-fuse-ld",
    ];
    known.contains(&word) || begins.iter().any(|begin| word.starts_with(begin))
}

/// What the linker is told.
fn linker(passed: &str, word: &str, build: &mut Build, others: &mut Vec<String>) {
    let words: Vec<&str> = passed.split(',').collect();
    if let ["-z", size] = words[..] {
        return stack_size(size, build, others);
    }
    if let Some(size) = passed.strip_prefix("-z") {
        return stack_size(size.trim_start_matches(','), build, others);
    }
    let without_effect = ["--strip-all", "-s", "--strip-debug", "-S", "--gc-sections", "--no-gc-sections"];
    if words.iter().all(|word| without_effect.contains(word)) {
        return;
    }
    if let Some(export) = passed.strip_prefix("--export=").or_else(|| passed.strip_prefix("--export,")) {
        build.keys.push("optimize", "keep", export);
    }
    others.push(word.to_owned());
}

fn stack_size(said: &str, build: &mut Build, others: &mut Vec<String>) {
    match said.strip_prefix("stack-size=").and_then(|size| size.parse::<u32>().ok()) {
        Some(size) => build.keys.set("build", "stack-size", size),
        None => others.push(format!("-Wl,-z,{said}")),
    }
}
