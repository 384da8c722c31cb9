//! How long the optimizer takes, and how much memory.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::memory;
use super::timing::{self, Timed, alternate};
use crate::table::{Table, bytes};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, setup};

/// Times of the optimizer, beside those of a Binaryen of the system's.
pub(super) fn times(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Table> {
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
    let ripgrep = ripgrep_module(workspace, tool)?;
    let name = format!("ripgrep, {} bytes as cargo leaves it (`optimize`)", bytes(ripgrep.metadata()?.len()));
    let mut command = tool.command("optimize");
    command.arg(ripgrep).args(["--quiet", "--output"]).arg(&out);
    alternate(&mut [Timed::new(&name, command)], 3, &mut table)?;
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

/// The highest memory of the tool and of Binaryen, with small modules and large ones.
pub(super) fn memory(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Table> {
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
