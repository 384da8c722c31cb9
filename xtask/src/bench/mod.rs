//! `cargo xtask bench`: the figures of `benches/README.md`, measured here and now.
//!
//! Peers are measured in the same run, so that the ratios hold on any machine.

mod builds;
mod machine;
mod memory;
mod page;
mod projects;
mod sizes;
mod speed;
mod timing;

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use page::Section;
use timing::{Timed, alternate};

use crate::examples::EXAMPLES;
use crate::setup::{self, For};
use crate::table::{Table, bytes};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, plain, process, shell};

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
    setup::run(workspace, For::Demo)?;
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
    let times = times(workspace, &tool, &module)?;
    let memory = memory(workspace, &tool, &module)?;

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
    ];
    let speed = ("Running", speed::EXPLANATION.to_owned(), speed::table(workspace, &tool)?);
    let sections = sections.into_iter().chain([speed]);
    let section = |(title, explanation, table)| Section { title, explanation, table };
    let sections: Vec<_> = sections.map(section).collect();
    page::update(workspace, &sections, &machine::description()?)
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

fn times(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Table> {
    let folder = workspace.folder("bench")?;
    let out = folder.join("out.wasm");
    let optimize = |level: &str| {
        let mut command = tool.command("optimize");
        command.arg(module).args(["--quiet", "--level", level, "--output"]).arg(&out);
        command
    };
    let mut table = timing::table();
    let mut before_binaryen = [
        Timed::new("start of the tool (`--version`)", tool.command("--version")),
        Timed::new("everything before Binaryen (`optimize --level 0`)", optimize("0")),
    ];
    alternate(&mut before_binaryen, 15, &mut table)?;
    let mut with_binaryen =
        vec![Timed::new("with Binaryen, of two ways the better (`optimize`)", optimize("size"))];
    let native = native_binaryen(module, &folder.join("native.wasm"));
    with_binaryen.extend(native.map(|command| Timed::new("a native `wasm-opt -Oz`, once", command)));
    alternate(&mut with_binaryen, 5, &mut table)?;
    let mut ripgrep = tool.command("optimize");
    ripgrep.arg(ripgrep_module(workspace, tool)?).args(["--quiet", "--output"]).arg(&out);
    alternate(&mut [Timed::new("ripgrep, 2.6 MB as cargo leaves it (`optimize`)", ripgrep)], 3, &mut table)?;
    Ok(table)
}

/// The system's Binaryen, if it has one, with the features that compilers use without being asked.
fn native_binaryen(module: &Utf8Path, out: &Utf8Path) -> Option<Command> {
    const FEATURES: [&str; 6] = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    let mut command = Command::new(which::which("wasm-opt").ok()?);
    command.arg(module).arg("-Oz").args(FEATURES).arg("-o").arg(out);
    Some(command)
}

/// What is there before it is made smaller.
fn ripgrep_module(workspace: &Workspace, tool: &Tool) -> Result<Utf8PathBuf> {
    let folder = corpus::in_registry(&corpus::registry(workspace)?, corpus::RIPGREP);
    let target = workspace.folder("corpus")?;
    tool.image(&folder, &target)?;
    Ok(target.join(setup::TARGET).join("wasmpack/rg.wasm"))
}

fn memory(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Table> {
    let out = workspace.folder("bench")?.join("out.wasm");
    let mut command = tool.command("optimize");
    let peak = memory::peak(command.arg(module).args(["--quiet", "--output"]).arg(out))?;
    let mut table = Table::new(["process", "MB"]);
    let megabytes = |kib: u64| format!("{}", kib * 1024 / 1_000_000);
    table.row(&["SQLite: the tool".to_owned(), megabytes(peak.own_kib)]);
    table.row(&["SQLite: Binaryen".to_owned(), megabytes(peak.children_kib)]);
    for (name, published) in [("cc1", corpus::CC1), ("yosys", corpus::YOSYS)] {
        let (_, module) = published.fetch(workspace, name)?;
        let mut command = tool.command("optimize");
        command.arg(&module).args(["--quiet", "--wasm-opt", "off", "--output"]);
        let peak = memory::peak(command.arg(workspace.folder("bench")?.join("out.wasm")))?;
        let bytes = bytes(module.metadata()?.len());
        table.row(&[format!("{name}, {bytes} bytes, without Binaryen"), megabytes(peak.own_kib)]);
    }
    Ok(table)
}

/// The first line a program says of itself.
fn version(program: &str, argument: &str) -> Result<String> {
    let said = process::stdout_of(Command::new(program).arg(argument))?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}
