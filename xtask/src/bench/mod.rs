//! `cargo xtask bench`: the figures of `benches/README.md`, measured here and now.
//!
//! Peers are measured in the same run, so that the ratios hold on any machine.

mod builds;
mod growing;
mod memory;
mod optimizing;
mod packing;
mod page;
mod plot;
mod projects;
mod pushing;
mod serving;
mod sizes;
mod speed;
mod starting;
mod timing;

use camino::Utf8PathBuf;

use page::Section;

use crate::examples::EXAMPLES;
use crate::setup::{self, For};
use crate::table::bytes;
use crate::tool::Tool;
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

pub(crate) fn run(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build(workspace)?;
    let plain = plain::find().ok_or("no toolchain makes modules from C and C++")?;

    shell::status("Measuring", "sizes");
    let mut table = crate::sizes::table();
    for example in &EXAMPLES {
        let layout = tool.image(&example.folder(workspace), &workspace.folder("demo")?)?;
        crate::sizes::add(&mut table, example, &layout, workspace, (&tool, &plain))?;
    }
    let module = subject(workspace, &plain)?;
    shell::status("Measuring", "builds");
    let rust = builds::rust(workspace, &tool)?;
    let c = builds::c(workspace, &tool, &source(workspace)?)?;
    shell::status("Measuring", "the optimizer");
    let times = optimizing::times(workspace, &tool, &module)?;
    let memory = optimizing::memory(workspace, &tool, &module)?;
    let speed = speed::table(workspace, &tool)?;
    let packing = packing::table(workspace, &tool)?;
    let pushing = pushing::table(workspace, &tool)?;
    let starting = starting::table(workspace, &tool, &module)?;
    let serving = serving::table(workspace, &tool)?;

    let size = bytes(module.metadata()?.len());
    let sections = [
        ("Sizes", crate::sizes::HEADING.to_owned(), table),
        (
            "Building Rust",
            "Milliseconds, with nothing to do. The tool asks cargo what there is, has it build, and looks whether \
             every image is as it should be."
                .to_owned(),
            rust,
        ),
        (
            "Building C",
            "Milliseconds. By hand: the commands that `build --dry-run` prints, one after the other. The tool makes \
             an image besides (at level 0, without Binaryen)."
                .to_owned(),
            c,
        ),
        (
            "Optimizing",
            format!("Milliseconds. The module is SQLite as `clang -Os` makes it, {size} bytes."),
            times,
        ),
        (
            "Memory",
            "Highest resident set while a module is optimized; Binaryen is a process of its own. SQLite is the module of \
             the times; cc1 and yosys are published ones."
                .to_owned(),
            memory,
        ),
        ("Running", speed::EXPLANATION.to_owned(), speed),
        ("Packing", packing::EXPLANATION.to_owned(), packing),
        ("Pushing", pushing::EXPLANATION.to_owned(), pushing),
        ("Starting", starting::EXPLANATION.to_owned(), starting),
        ("Serving", serving::EXPLANATION.to_owned(), serving),
    ];
    let sections = sections.map(|(title, explanation, table)| Section { title, explanation, table });
    let mut sections = Vec::from(sections);
    sections.push(growing::section(workspace, &tool, &module)?);
    page::update(workspace, &sections, &machine::description()?)
}

/// How modules are packed.
pub(crate) fn pack(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build(workspace)?;
    let (title, explanation) = ("Packing", packing::EXPLANATION.to_owned());
    let section = Section { title, explanation, table: packing::table(workspace, &tool)? };
    page::update(workspace, &[section], &machine::description()?)
}

/// How images are pushed.
pub(crate) fn push(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build(workspace)?;
    let (title, explanation) = ("Pushing", pushing::EXPLANATION.to_owned());
    let section = Section { title, explanation, table: pushing::table(workspace, &tool)? };
    page::update(workspace, &[section], &machine::description()?)
}

/// How programs are started and services asked.
pub(crate) fn run_images(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build(workspace)?;
    let plain = plain::find().ok_or("no toolchain makes modules from C and C++")?;
    let module = subject(workspace, &plain)?;
    let sections = [
        ("Starting", starting::EXPLANATION, starting::table(workspace, &tool, &module)?),
        ("Serving", serving::EXPLANATION, serving::table(workspace, &tool)?),
    ];
    let sections = sections.map(|(title, explanation, table)| {
        let explanation = explanation.to_owned();
        Section { title, explanation, table }
    });
    page::update(workspace, &sections, &machine::description()?)
}

/// What more work costs.
pub(crate) fn grow(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Figures)?;
    let tool = Tool::build(workspace)?;
    let plain = plain::find().ok_or("no toolchain makes modules from C and C++")?;
    let section = growing::section(workspace, &tool, &subject(workspace, &plain)?)?;
    page::update(workspace, &[section], &machine::description()?)
}

/// The sizes of real programs.
pub(crate) fn size(workspace: &Workspace) -> Result {
    setup::run(workspace, For::Demo)?;
    let tool = Tool::build(workspace)?;
    page::update(workspace, &[sizes::section(workspace, &tool)?], &machine::description()?)
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
