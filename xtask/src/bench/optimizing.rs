//! How long the optimizer takes, and how much memory.

use std::path::Path;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::page::Section;
use super::sizes::by_hand;
use super::timing::{self, RATIOS, Timed, alternate};
use super::{Bench, memory};
use crate::table::{Table, bytes};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, setup};

pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let size = bytes(bench.module.metadata()?.len());
    let times = Section {
        title: "Optimizing",
        explanation: format!(
            "Milliseconds. The module is SQLite as `clang -Os` makes it, {size} bytes. The system's `wasm-opt` and npm's do \
             once what the tool does twice, to take the better. {RATIOS}"
        ),
        table: times(bench)?,
    };
    let memory = Section {
        title: "Memory",
        explanation: "Highest resident set while a module is optimized; Binaryen is a process of its own. SQLite is the \
            module of the times; cc1 and yosys are published ones."
            .to_owned(),
        table: memory(bench)?,
    };
    Ok(vec![times, memory])
}

/// Times of the optimizer, beside those of other Binaryens.
fn times(bench: &Bench<'_>) -> Result<Table> {
    let Bench { workspace, tool, module, .. } = bench;
    let folder = workspace.folder("bench")?;
    let out = folder.join("out.wasm");
    let optimize = |level: &str| {
        let mut command = tool.command("optimize");
        command.arg(module).args(["--quiet", "--level", level, "--output"]).arg(&out);
        command
    };
    let mut table = timing::table();
    let start = Timed::new("start of the tool (`--version`)", tool.command("--version"));
    alternate(&mut [start], 15, &mut table)?;
    let name = "everything before Binaryen (`optimize --level 0`)";
    alternate(&mut [Timed::new(name, optimize("0"))], 15, &mut table)?;
    let native = binaryen(&which::which("wasm-opt")?, module, &folder.join("native.wasm"));
    let npm = by_hand::binaryen(workspace)?;
    let npm = binaryen(npm.as_std_path(), module, &folder.join("npm.wasm"));
    let mut with_binaryen = [
        Timed::new("a native `wasm-opt -Oz`, once", native),
        Timed::new("npm's `wasm-opt -Oz`, once", npm),
        Timed::new("with Binaryen, of two ways the better (`optimize`)", optimize("size")),
    ];
    alternate(&mut with_binaryen, 5, &mut table)?;
    let ripgrep = ripgrep(workspace, tool)?;
    let name = format!("ripgrep, {} bytes as cargo leaves it (`optimize`)", bytes(ripgrep.metadata()?.len()));
    let mut command = tool.command("optimize");
    command.arg(ripgrep).args(["--quiet", "--output"]).arg(&out);
    alternate(&mut [Timed::new(&name, command)], 3, &mut table)?;
    Ok(table)
}

/// A Binaryen that is no part of the tool, with the features that compilers use without being asked.
fn binaryen(program: &Path, module: &Utf8Path, out: &Utf8Path) -> Command {
    const FEATURES: [&str; 6] = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
    ];
    let mut command = Command::new(program);
    command.arg(module).arg("-Oz").args(FEATURES).arg("-o").arg(out);
    command
}

/// ripgrep, before it is made smaller.
pub(super) fn ripgrep(workspace: &Workspace, tool: &Tool) -> Result<Utf8PathBuf> {
    let folder = corpus::in_registry(&corpus::registry(workspace)?, corpus::RIPGREP);
    compiled(tool, &folder, &workspace.folder("corpus")?, "rg")
}

/// A program in Rust as its compiler leaves it.
pub(super) fn compiled(
    tool: &Tool,
    folder: &Utf8Path,
    target: &Utf8Path,
    program: &str,
) -> Result<Utf8PathBuf> {
    tool.image(folder, target)?;
    Ok(target.join(setup::TARGET).join(format!("wasmpack/{program}.wasm")))
}

/// The highest memory of the tool and of Binaryen, with small modules and large ones.
fn memory(bench: &Bench<'_>) -> Result<Table> {
    let Bench { workspace, tool, module, .. } = bench;
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
