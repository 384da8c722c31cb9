//! `cargo xtask bench`: the figures of `benches/README.md`, measured here and now.
//!
//! Peers are measured in the same run, so that the ratios hold on any machine.

mod builds;
mod cold;
mod growing;
mod memory;
mod optimizing;
mod packing;
mod page;
mod plot;
mod projects;
mod pushing;
mod registry;
mod serving;
mod sizes;
mod speed;
mod starting;
mod timing;

use camino::Utf8PathBuf;

use page::Section;

use crate::examples::EXAMPLES;
use crate::setup::{self, For};
use crate::tool::{self, Tool};
use crate::workspace::Workspace;
use crate::{Result, corpus, machine, plain, shell};

/// The program most measurements are about: real, written in C, and 1 MB when clang alone builds it.
const SUBJECT: &str = "sqlite";

/// What `xtask/corpus/sqlite/wasmpack.toml` says, as clang wants it.
const SOURCES: [&str; 2] = ["main.c", "sqlite3.c"];
const FLAGS: [&str; 10] = [
    // The last one counts: about 994,000 bytes with clang 22, as near to 1 MB as it gets.
    "-Os",
    "-w",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_THREADSAFE=0",
    "-D_WASI_EMULATED_GETPID",
    "-D_WASI_EMULATED_MMAN",
    "-D_WASI_EMULATED_SIGNAL",
    "-lwasi-emulated-getpid",
    "-lwasi-emulated-mman",
    "-lwasi-emulated-signal",
];

/// What is measured, and with what.
struct Bench<'a> {
    workspace: &'a Workspace,
    tool: Tool,
    plain: plain::Plain,
    /// [`SUBJECT`], as clang makes it.
    module: Utf8PathBuf,
}

type Part = fn(&Bench<'_>) -> Result<Vec<Section>>;

/// What can be measured by itself.
const PARTS: [(&str, Part); 9] = [
    ("examples", examples),
    ("build", builds::sections),
    ("optimize", optimizing::sections),
    ("speed", speed::sections),
    ("pack", packing::sections),
    ("push", pushing::sections),
    ("run", running),
    ("images", growing::images),
    ("files", growing::files),
];

/// What takes too long to be a part of the whole.
const LONG: [(&str, Part); 2] = [("size", sizes::sections), ("modules", growing::modules)];

/// What to measure, and the profile that the measured tool is built with.
pub(crate) struct Wanted<'a> {
    parts: Vec<&'static (&'static str, Part)>,
    profile: &'a str,
}

/// Reads `[PART] [--profile NAME]`; nothing where something else is there, or no such part.
pub(crate) fn parse<'a>(arguments: &[&'a str]) -> Option<Wanted<'a>> {
    let (name, profile) = match *arguments {
        [] => (None, tool::PROFILE),
        ["--profile", profile] => (None, profile),
        [part] => (Some(part), tool::PROFILE),
        [part, "--profile", profile] => (Some(part), profile),
        _ => return None,
    };
    let parts: Vec<_> = match name {
        Some(name) => PARTS.iter().chain(&LONG).filter(|part| part.0 == name).collect(),
        None => PARTS.iter().collect(),
    };
    (!parts.is_empty()).then_some(Wanted { parts, profile })
}

/// What one has measured stays, if another fails.
pub(crate) fn run(workspace: &Workspace, Wanted { parts, profile }: &Wanted<'_>) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build_with(workspace, profile)?;
    let plain = plain::find().ok_or("no toolchain makes modules from C and C++")?;
    let module = subject(workspace, &plain)?;
    let bench = Bench { workspace, tool, plain, module };
    let measured = format!("{} The tool is built with the profile `{profile}`.", machine::description()?);
    for (name, part) in parts {
        shell::status("Measuring", name);
        page::update(workspace, &part(&bench)?, &measured)?;
    }
    Ok(())
}

fn examples(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, plain, .. } = bench;
    let mut table = crate::sizes::table();
    for example in &EXAMPLES {
        let layout = tool.image(&example.folder(workspace), &workspace.folder("demo")?)?;
        crate::sizes::add(&mut table, example, &layout, workspace, (tool, plain))?;
    }
    Ok(vec![Section { title: "Sizes", explanation: crate::sizes::HEADING.to_owned(), table }])
}

fn running(bench: &Bench<'_>) -> Result<Vec<Section>> {
    Ok(vec![starting::section(bench)?, serving::section(bench)?])
}

/// The module of [`SUBJECT`], built without us.
fn subject(workspace: &Workspace, plain: &plain::Plain) -> Result<Utf8PathBuf> {
    let module = workspace.folder("bench")?.join(format!("{SUBJECT}.wasm"));
    if !module.exists() {
        let folder = source(workspace)?;
        shell::status("Compiling", &folder);
        plain.build(&SOURCES.map(|name| folder.join(name)), &FLAGS, &module)?;
    }
    Ok(module)
}

/// The folder [`SUBJECT`] is built in.
fn source(workspace: &Workspace) -> Result<Utf8PathBuf> {
    corpus::program(workspace, &corpus::registry(workspace)?, SUBJECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_a_profile_or_both_can_be_asked_for() {
        let read = |arguments: &[&'static str]| {
            parse(arguments)
                .map(|wanted| (wanted.parts.iter().map(|part| part.0).collect::<Vec<_>>(), wanted.profile))
        };
        let all = || PARTS.iter().map(|part| part.0).collect();
        assert_eq!(read(&[]), Some((all(), tool::PROFILE)));
        assert_eq!(read(&["--profile", "dist"]), Some((all(), "dist")));
        assert_eq!(read(&["size"]), Some((vec!["size"], tool::PROFILE)));
        assert_eq!(read(&["run", "--profile", "dist"]), Some((vec!["run"], "dist")));
        for wrong in [&["running"][..], &["--profile"], &["run", "pack"], &["run", "--binary", "a"]] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
