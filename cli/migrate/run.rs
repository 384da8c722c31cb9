//! What becomes of `RUN`: of each of its commands.

use camino::Utf8Path;
use parse_dockerfile::{Command as Said, RunInstruction};

use super::command::{self, Command, Part};
use super::dockerfile::{Lines, Step};
use super::keys::Keys;
use super::places::Origin;
use super::tools::{INSTALLERS, LEAVES_NOTHING};
use super::verdict::{Rows, Verdict};
use super::words::{is_unknown, words};
use super::workshop::{Build, Workshop};
use super::{c, cargo, go, systems, tools};

/// What `RUN` is judged with.
pub struct Surroundings<'a> {
    pub rows: &'a mut Rows,
    pub keys: &'a mut Keys,
    pub lines: &'a Lines,
    pub escape: char,
    /// The folder of the project.
    pub context: &'a Utf8Path,
    /// The number of a stage by its name.
    pub stage: &'a dyn Fn(&str) -> Option<usize>,
}

/// Judges it.
pub fn judge(
    run: &RunInstruction<'_>,
    step: &Step<'_>,
    workshop: &mut Workshop,
    around: &mut Surroundings<'_>,
) {
    mounts(run, workshop, around);
    let before = (workshop.folder.clone(), workshop.variables.clone());
    let rows = around.rows.0.len();
    let mut trifles = Vec::new();
    match (&run.arguments, run.here_docs.first()) {
        (Said::Exec(said), _) => {
            let words: Vec<String> = said.value.iter().map(|word| word.value.to_string()).collect();
            match &words[..] {
                [shell, flag, line] if shell.ends_with("sh") && flag == "-c" => {
                    all(line, said.span.start, workshop, around, &mut trifles);
                }
                _ => {
                    let text = command::quoted(&words);
                    one(
                        Command { words, text, ..Command::default() },
                        step.line,
                        workshop,
                        around,
                        &mut trifles,
                    );
                }
            }
        }
        (Said::Shell(line), Some(document)) if !is_for_a_shell(line.value, &document.value) => {
            let why = "nothing is known of what it does";
            let verdict = Verdict::cannot(why, "if the module needs it, say what builds in `build.command`");
            around.rows.add(step.line, &step.text, verdict);
        }
        (Said::Shell(_), Some(document)) => {
            all(&document.value, document.span.start, workshop, around, &mut trifles);
        }
        (Said::Shell(line), None) => all(line.value, line.span.start, workshop, around, &mut trifles),
        // The parser knows no third form.
        _ => {}
    }
    // Of commands that leave nothing, only those are told that stand alone.
    if around.rows.0.len() == rows {
        let text = trifles.into_iter().next().unwrap_or_else(|| step.text.clone());
        around.rows.add(step.line, format!("RUN {text}"), Verdict::not_needed(LEAVES_NOTHING));
    }
    // Each `RUN` has a shell of its own, which begins as the stage says.
    (workshop.folder, workshop.variables) = before;
}

/// Whether compilers read a variable.
fn is_of_compilers(name: &str) -> bool {
    systems::OF_FLAGS.contains(&name) || matches!(name, "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "GOFLAGS")
}

/// Whether a shell reads a here-document, by the program behind its name, `line`, and by its first line.
fn is_for_a_shell(line: &str, document: &str) -> bool {
    let named = line.split_whitespace().next();
    let first = document.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let begins = first.strip_prefix("#!").and_then(|line| line.split_whitespace().last());
    named.into_iter().chain(begins).all(|program| program.ends_with("sh"))
}

fn all(
    text: &str,
    at: usize,
    workshop: &mut Workshop,
    around: &mut Surroundings<'_>,
    trifles: &mut Vec<String>,
) {
    let mut outside = Vec::new();
    let (mut is_otherwise, first) = (false, around.rows.0.len());
    for part in command::parts(text, around.escape) {
        match part {
            Part::Command(span) => {
                let line = around.lines.number(at + span.start);
                let command = Command::read(&text[span], around.escape, &workshop.variables);
                is_otherwise = (is_otherwise || command.is_alternative) && command.program() != "fi";
                let (row, before) = (around.rows.0.len(), workshop.builds.clone());
                one(command, line, workshop, around, trifles);
                if is_otherwise && has_built(&before, first) && has_built(&workshop.builds, row) {
                    workshop.builds = before;
                    around.rows.change(row, one_way());
                }
            }
            Part::Open => outside.push((workshop.folder.clone(), workshop.variables.clone())),
            Part::Close => {
                if let Some(before) = outside.pop() {
                    (workshop.folder, workshop.variables) = before;
                }
            }
        }
    }
}

/// Whether something is built in a row, or behind it.
fn has_built(builds: &[Build], row: usize) -> bool {
    builds.iter().any(|build| build.row.is_some_and(|own| own >= row))
}

/// That of two ways to build only the first one counts.
fn one_way() -> Verdict {
    Verdict::cannot(
        "only a shell can tell which way is taken; the one before `else` counts",
        "build with what this one says where that is meant",
    )
}

fn one(
    command: Command,
    line: usize,
    workshop: &mut Workshop,
    around: &mut Surroundings<'_>,
    trifles: &mut Vec<String>,
) {
    match command.program() {
        "cd" | "pushd" => {
            let path = command.arguments().first().map_or("/", String::as_str);
            if is_unknown(path) {
                let verdict = Verdict::cannot(
                    format!("nobody here can tell what `{path}` is"),
                    "write the folder itself, and migrate again",
                );
                around.rows.add(line, format!("RUN {}", command.text), verdict);
                return;
            }
            workshop.folder = workshop.path(path);
            return trifles.push(command.text);
        }
        "export" | "" => {
            let pairs = command.arguments().iter().filter_map(|word| word.split_once('='));
            let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let all: Vec<_> = pairs.into_iter().chain(command.assigned).collect();
            let of_compilers = all.iter().map(|(name, _)| name.as_str()).find(|name| is_of_compilers(name));
            if let Some(name) = of_compilers {
                let why = format!("`{name}` changes what compilers make");
                let verdict = Verdict::cannot(why, "say it in `[build]`, or in cargo's own configuration");
                around.rows.add(line, format!("RUN {}", command.text), verdict);
            } else {
                trifles.push(command.text);
            }
            return all.into_iter().for_each(|(name, value)| workshop.variables.set_env(&name, value));
        }
        _ => {}
    }
    let text = format!("RUN {}", command.text);
    let row = around.rows.0.len();
    let verdict = verdict(&command, workshop, around, row);
    if verdict == Verdict::not_needed(LEAVES_NOTHING) {
        return trifles.push(command.text);
    }
    around.rows.add(line, text, verdict);
}

/// What becomes of a command that is told in `row`, and of what it writes.
fn verdict(command: &Command, workshop: &mut Workshop, around: &mut Surroundings<'_>, row: usize) -> Verdict {
    let verdict = of_program(command, workshop, around.keys, row);
    let counts = matches!(verdict, Verdict::NotNeeded { .. }) && !INSTALLERS.contains(&command.program());
    let lost = if counts { tools::written(command, workshop, around.context) } else { None };
    lost.unwrap_or(verdict)
}

fn of_program(command: &Command, workshop: &mut Workshop, keys: &mut Keys, row: usize) -> Verdict {
    let program = command.program();
    let is_clang = |name: &str| {
        let name = name.rsplit_once("-clang").map_or(name, |_| "clang");
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
        matches!(name, "clang" | "clang++")
    };
    match program {
        "cargo" | "xx-cargo" | "cross" => cargo::judge(command, workshop, row),
        "zig" if matches!(command.arguments().first().map(String::as_str), Some("cc" | "c++")) => {
            c::judge(&command.arguments()[1..], command, workshop, row)
        }
        name if is_clang(name) => c::judge(command.arguments(), command, workshop, row),
        "zig" => go::zig(command, workshop, row),
        "go" => go::go(command, workshop, row),
        "tinygo" => go::tinygo(command, workshop, row),
        "cmake" => systems::cmake(command, workshop),
        "make" | "gmake" => systems::make(command, workshop),
        "configure" => systems::configure(command, workshop),
        _ => tools::judge(command, workshop, keys).unwrap_or_else(|| {
            let unknown = go::remembered(command, workshop, row);
            workshop.unknown.push(unknown);
            Verdict::cannot(
                format!("nothing is known of `{program}`"),
                "if the module needs it, say what builds in `build.command`",
            )
        }),
    }
}

/// What is mounted stands there as if it had been copied.
fn mounts(run: &RunInstruction<'_>, workshop: &mut Workshop, around: &Surroundings<'_>) {
    for flag in run.options.iter().filter(|flag| flag.name.value == "mount") {
        let said = flag.value.as_ref().map_or("", |value| &*value.value);
        let said =
            words(said, around.escape, &workshop.variables).pop().map_or(String::new(), |word| word.text);
        let value = |names: &[&str]| {
            let mut pairs = said.split(',').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned())
        };
        let is_bind = value(&["type"]).is_none_or(|kind| kind == "bind");
        let Some(target) = value(&["target", "dst", "destination"]).filter(|_| is_bind) else { continue };
        let source = value(&["source", "src"]).unwrap_or_default();
        let origin = match value(&["from"]) {
            None => super::places::normal(&source).map(Origin::Project),
            Some(name) => {
                (around.stage)(&name).map(|stage| Origin::Stage(stage, super::places::absolute("/", &source)))
            }
        };
        if let Some(origin) = origin {
            workshop.places.put(workshop.path(&target), origin);
        }
    }
}
