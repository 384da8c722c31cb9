//! What becomes of a command of Go's, `TinyGo`'s or zig's.

use super::command::Command;
use super::fallback;
use super::places::{file_name, normal};
use super::verdict::Verdict;
use super::walk::{not_told, used};
use super::words::is_unknown;
use super::workshop::{System, Unknown, Workshop};

/// Flags of Go's that the build says itself.
const SAID: [&str; 4] = ["-trimpath", "-buildvcs=false", "-v", "-x"];

/// Judges one of `go`.
pub fn go(command: &Command, workshop: &mut Workshop, row: usize) -> Verdict {
    if command.arguments().first().map(String::as_str) != Some("build") {
        return Verdict::not_needed("Go does what it needs by itself");
    }
    let said = |name: &str| {
        let own = command.assigned.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        own.or_else(|| workshop.variables.get(name).map(str::to_owned))
    };
    match (said("GOOS").as_deref(), said("GOARCH").as_deref()) {
        (Some("js"), _) => {
            return Verdict::cannot(
                "with `GOOS=js` it makes a module for browsers",
                "build it for WASI: `cargo wasmpack build` says `GOOS=wasip1`",
            );
        }
        (_, Some("wasm")) => {}
        _ => return Verdict::cannot("it builds a native program", "build it for WASI"),
    }
    let folder = workshop.project_folder(".");
    let output = command.value(&["-o"]).map(|path| workshop.path(path));
    let build = workshop.new_build(System::Go, &folder);
    (build.row, build.output, build.is_wasm) = (Some(row), output, Some(true));
    let of_variable = command.assigned.iter().filter(|(name, _)| name == "GOFLAGS");
    let (unknown, of_variable): (Vec<_>, Vec<_>) = of_variable.partition(|(_, value)| is_unknown(value));
    let of_variable = of_variable.into_iter().flat_map(|(_, value)| value.split_whitespace());
    of_variable.for_each(|word| argument(word, &mut build.keys));
    let mut lost: Vec<String> = unknown.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut words = command.arguments()[1..].iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" | "-p" => drop(words.next()),
            "-tags" | "-ldflags" | "-gcflags" | "-asmflags" | "-mod" | "-buildmode" => {
                let value = words.next().cloned().unwrap_or_default();
                let word = format!("{word}={value}");
                if is_unknown(&word) {
                    lost.push(word);
                } else {
                    argument(&word, &mut build.keys);
                }
            }
            word if is_of_host(word) => {}
            word if is_unknown(word) => lost.push(word.to_owned()),
            word if word.starts_with('-') => argument(word, &mut build.keys),
            word if word.ends_with(".go") => {}
            word => {
                if let Some(package) = normal(word).filter(|package| !package.is_empty()) {
                    build.keys.set("build", "bin", file_name(&package));
                }
            }
        }
    }
    match lost.first() {
        Some(word) => not_told(word, "build.arguments"),
        None => Verdict::became("the build runs `go build` for WASI"),
    }
}

/// Whether it says where the module goes, or how many work on it.
fn is_of_host(word: &str) -> bool {
    word.starts_with("-o=") || word.starts_with("-p=")
}

fn argument(word: &str, keys: &mut super::keys::Keys) {
    let is_said =
        SAID.contains(&word) || is_of_host(word) || matches!(word, "-ldflags=-s -w" | "-ldflags=-w -s");
    if !is_said {
        keys.push("build", "arguments", word);
    }
}

/// Judges one of `tinygo`: it is kept, as a command of the project's own.
pub fn tinygo(command: &Command, workshop: &mut Workshop, row: usize) -> Verdict {
    if command.arguments().first().map(String::as_str) != Some("build") {
        return Verdict::not_needed("TinyGo does what it needs by itself");
    }
    match command.value(&["-target"]) {
        Some(target) if target.starts_with("was") => {}
        _ => return Verdict::cannot("it builds a native program", "build it with `-target=wasip1`"),
    }
    let output = command.value(&["-o"]).map(|path| workshop.path(path));
    let folder = workshop.project_folder(".");
    let unknown = remembered(command, workshop, row);
    let line = fallback::line(&unknown, output.as_deref(), workshop, &folder);
    let build = workshop.new_build(System::Command, &folder);
    (build.row, build.output, build.is_wasm) = (Some(row), output, Some(true));
    build.keys.set("build", "command", line);
    Verdict::became("`build.command`")
}

/// A command of which nothing is known.
pub fn remembered(command: &Command, workshop: &Workshop, row: usize) -> Unknown {
    let used = used(&command.text).into_iter();
    let variables = used.filter_map(|name| Some((name.to_owned(), workshop.variables.get(name)?.to_owned())));
    let assigned = command.assigned.iter().map(|(name, value)| format!("{name}={value}"));
    Unknown {
        row,
        words: assigned.chain(command.words.iter().cloned()).collect(),
        text: command.text.clone(),
        variables: variables.collect(),
        needs_shell: command.needs_shell,
        folder: workshop.folder.clone(),
    }
}

/// Judges one of `zig`, but for its C compiler.
pub fn zig(command: &Command, workshop: &mut Workshop, row: usize) -> Verdict {
    match command.arguments().first().map(String::as_str) {
        Some("build") => {
            let folder = workshop.project_folder(".");
            let build = workshop.same_build(System::Zig, &folder);
            build.is_wasm = Some(true);
            let is_said = ["-Dtarget=", "-Doptimize=", "--release", "-p", "--prefix"];
            let kept = command.arguments()[1..].iter();
            let kept = kept.filter(|word| !is_said.iter().any(|said| word.starts_with(said)));
            let (unknown, known): (Vec<_>, Vec<_>) = kept.partition(|word| is_unknown(word));
            known.into_iter().for_each(|word| build.keys.push("build", "arguments", word.as_str()));
            match unknown.first() {
                Some(word) => not_told(word, "build.arguments"),
                None => Verdict::became("the build runs `zig build` for WASI"),
            }
        }
        Some("build-exe" | "build-lib") => {
            let unknown = remembered(command, workshop, row);
            workshop.unknown.push(unknown);
            Verdict::cannot("nothing is known of what it makes", "say it in `build.command`")
        }
        _ => Verdict::not_needed("zig does what it needs by itself"),
    }
}
