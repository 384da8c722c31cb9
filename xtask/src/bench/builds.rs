//! How long builds take: with nothing to do, after one change, and from nothing.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::page::Section;
use super::timing::{RATIOS, Timed, alternate, table};
use super::{Bench, cold, projects, source};
use crate::examples::EXAMPLES;
use crate::setup::TARGET;
use crate::table::Table;
use crate::{Result, process};

pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let rust = Section {
        title: "Building Rust",
        explanation: format!(
            "Milliseconds, with nothing to do. The tool asks cargo what there is, has it build, and looks whether every file of \
             the images looks as it was left. {RATIOS}"
        ),
        table: rust(bench)?,
    };
    let c = Section {
        title: "Building C",
        explanation: format!(
            "Milliseconds. By hand: the commands that `build --dry-run` prints, one after the other. The tool makes an image \
             besides (at level 0, without Binaryen). {RATIOS}"
        ),
        table: c(bench)?,
    };
    Ok(vec![rust, c, cold::section(bench)?])
}

/// How many images the workspace has.
const IMAGES: usize = 64;

/// Rust: with nothing to do, beside cargo with nothing to do.
fn rust(bench: &Bench<'_>) -> Result<Table> {
    let Bench { workspace, tool, .. } = bench;
    let folder = workspace.folder("bench")?;
    let many = folder.join("many");
    projects::packages(&many, IMAGES)?;
    let mut table = table();
    for (project, name) in [(EXAMPLES[2].folder(workspace), "wordcount"), (many, "a workspace of 64 images")]
    {
        let target = |by: &str| folder.join(by);
        let mut cargo = tool.as_subcommand();
        cargo.args(["build", "--quiet", "--release", "--target", TARGET]);
        let mut typed = tool.as_subcommand();
        typed.args(["wasmpack", "build", "--quiet"]);
        let mut direct = tool.command("build");
        direct.arg("--quiet");
        for (command, by) in [(&mut cargo, "cargo"), (&mut typed, "ours"), (&mut direct, "ours")] {
            command.arg("--target-dir").arg(target(by)).current_dir(&project);
        }
        let [cargo_name, typed_name, direct_name] = [
            format!("`cargo build --release` of {name}"),
            format!("`cargo wasmpack build` of {name}"),
            format!("`cargo-wasmpack build` of {name}, without cargo's search for it"),
        ];
        let mut subjects = [
            Timed::new(&cargo_name, cargo),
            Timed::new(&typed_name, typed),
            Timed::new(&direct_name, direct),
        ];
        alternate(&mut subjects, 30, &mut table)?;
    }
    Ok(table)
}

/// C: with nothing to do, after a touch of one file, and from nothing; beside the same commands typed by hand.
fn c(bench: &Bench<'_>) -> Result<Table> {
    let Bench { workspace, tool, .. } = bench;
    let sqlite = source(workspace)?;
    let folder = workspace.folder("bench")?;
    let fifty = folder.join("fifty");
    let one = projects::c_files(&fifty, 50)?;
    let build = |project: &Utf8Path, by: &str| {
        let mut command = tool.command("build");
        // What Binaryen takes is measured by itself.
        command.args(["--quiet", "--level", "0"]).arg(project).arg("--target-dir").arg(folder.join(by));
        command
    };
    // By hand, into another folder: built once, so that it is there.
    let by_hand = |project: &Utf8Path| -> Result<Vec<Command>> {
        process::run(&mut build(project, "by-hand"))?;
        let mut dry = build(project, "by-hand");
        commands(&process::stdout_of(dry.args(["--dry-run", "--json"]))?)
    };
    let touch = || Ok(fs::write(&one, fs::read(&one)?)?);
    let forget = || match fs::remove_dir_all(folder.join("whole")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    };

    let mut table = table();
    let nothing = Timed::new("50 C files, nothing to do", build(&fifty, "ours"));
    alternate(&mut [nothing], 30, &mut table)?;
    let of_one = |command: &Command| {
        command.get_args().all(|word| !is_source(word)) || command.get_args().any(|word| word == "src/f0.c")
    };
    let touched = by_hand(&fifty)?.into_iter().filter(of_one).collect();
    let mut subjects = [
        Timed::all("one of the files compiled, and all linked, by hand", touched),
        Timed::new("50 C files, one of them touched", build(&fifty, "ours")).after(touch),
    ];
    alternate(&mut subjects, 15, &mut table)?;
    let mut subjects = [
        Timed::all("SQLite compiled and linked by hand", by_hand(&sqlite)?),
        Timed::new("SQLite from nothing, to an image", build(&sqlite, "whole")).after(forget),
    ];
    alternate(&mut subjects, 3, &mut table)?;
    Ok(table)
}

fn is_source(word: &std::ffi::OsStr) -> bool {
    Utf8PathBuf::from(word.to_string_lossy().as_ref()).extension() == Some("c")
}

/// The commands of a plan in JSON.
fn commands(plan: &str) -> Result<Vec<Command>> {
    let plan: Value = serde_json::from_str(plan)?;
    let planned = plan["commands"].as_array().ok_or("the plan has no commands")?;
    let command = |planned: &Value| {
        let mut words = planned["words"].as_array()?.iter().map(Value::as_str);
        let mut command = Command::new(words.next()??);
        command.args(words.collect::<Option<Vec<_>>>()?).current_dir(planned["folder"].as_str()?);
        Some(command)
    };
    let commands: Option<Vec<Command>> = planned.iter().map(command).collect();
    Ok(commands.ok_or("the plan has a command without words")?)
}
