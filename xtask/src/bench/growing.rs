//! What more work costs: larger modules, more images, more files. Near a straight line of slope one, each thing costs what it did
//! when there were few.

use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::page::Section;
use super::plot::{Line, Plot};
use super::{Bench, memory, optimizing, packing, projects};
use crate::table::{Table, bytes};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, corpus, process};

const ONCE: &str = "Once each: seconds, the highest resident set of the process and of the largest of its children in MB, and the \
    time for each unit.";

/// One thing that was done with so much.
struct Point {
    name: &'static str,
    amount: f64,
    shown: String,
    time: Duration,
    memory: memory::Peak,
}

/// Larger modules. With Binaryen each of the largest takes minutes.
pub(super) fn modules(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, module, .. } = bench;
    let plot = ("Modules", "MB", "growing-modules");
    let about = "`optimize`, of real programs as their compilers leave them, with one of Binaryen's ways (`--level z`; \
        the usual level tries two) and without. yosys, 69 MB, has instructions that Binaryen 116 does not know \
        (`try_table`), and goes without.";
    section(workspace, "Larger modules", about, plot, &with_modules(workspace, tool, module)?)
}

/// More images in a workspace.
pub(super) fn images(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let plot = ("Images", "images", "growing-images");
    let about = "`build` of a workspace of small programs in Rust, from nothing, and again with nothing to do, beside `cargo build`.";
    section(bench.workspace, "More images", about, plot, &with_images(bench.workspace, &bench.tool)?)
}

/// More files in a layer.
pub(super) fn files(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, module, .. } = bench;
    let plot = ("Files", "files", "growing-files");
    let about = "`pack --compress fast` of SQLite with files of 2 kB.";
    section(workspace, "More files", about, plot, &with_files(workspace, tool, module)?)
}

/// The table of what was measured, and a plot beside the page: its title, what grows, and its file.
fn section(
    workspace: &Workspace,
    title: &'static str,
    about: &str,
    (plotted, unit, file): (&'static str, &'static str, &str),
    points: &[Point],
) -> Result<Vec<Section>> {
    let mut table = Table::new(["", "amount", "seconds", "MB", "MB of a child", "ms per unit"]);
    for Point { name, amount, shown, time, memory } in points {
        let megabytes = |kib: u64| (kib * 1024 / 1_000_000).to_string();
        let each = time.as_secs_f64() * 1000.0 / amount;
        table.row(&[
            (*name).to_owned(),
            shown.clone(),
            format!("{:.2}", time.as_secs_f64()),
            megabytes(memory.own_kib),
            megabytes(memory.children_kib),
            if each < 10.0 { format!("{each:.2}") } else { format!("{each:.0}") },
        ]);
    }
    let mut names: Vec<_> = points.iter().map(|point| point.name).collect();
    names.dedup();
    let line = |name| {
        let own = points.iter().filter(|point| point.name == name);
        Line { name, points: own.map(|point| (point.amount, point.time.as_secs_f64())).collect() }
    };
    let lines = names.into_iter().map(line).collect();
    let plot = Plot { title: plotted, across: unit, up: "seconds", lines };
    plot.write(&workspace.root.join(format!("benches/{file}.svg")))?;
    let explanation = format!("{about} {ONCE}\n\n![{plotted}: seconds by {unit}]({file}.svg)");
    Ok(vec![Section { title, explanation, table }])
}

fn with_modules(workspace: &Workspace, tool: &Tool, sqlite: &Utf8Path) -> Result<Vec<Point>> {
    let out = workspace.folder("bench")?.join("out.wasm");
    let wordcount = (workspace.root.join("examples/wordcount"), workspace.folder("demo")?);
    let mut modules = vec![
        optimizing::compiled(tool, &wordcount.0, &wordcount.1, "wordcount")?,
        sqlite.to_owned(),
        optimizing::ripgrep(workspace, tool)?,
    ];
    for (name, published) in [("cc1", corpus::CC1), ("yosys", corpus::YOSYS)] {
        modules.push(published.fetch(workspace, name)?.1);
    }
    let mut points = Vec::new();
    for (name, engine) in [("`optimize --level z`", "embedded"), ("`optimize --wasm-opt off`", "off")] {
        for module in &modules {
            let size = module.metadata()?.len();
            let mut command = tool.command("optimize");
            command.arg(module).args(["--quiet", "--level", "z", "--wasm-opt", engine, "--output"]).arg(&out);
            points.push(measure(name, size as f64 / 1e6, format!("{} bytes", bytes(size)), &mut command)?);
        }
    }
    Ok(points)
}

fn with_images(workspace: &Workspace, tool: &Tool) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for count in [1, 10, 100] {
        let folder = workspace.folder(&format!("bench/growing/{count}"))?;
        projects::packages(&folder, count)?;
        let target = folder.join("target");
        let _ = std::fs::remove_dir_all(&target);
        let cargo = || {
            let mut cargo = workspace.cargo("build");
            cargo.args(["--quiet", "--release", "--target", crate::setup::TARGET]).current_dir(&folder);
            cargo.env("CARGO_TARGET_DIR", &target);
            cargo
        };
        let ours = || {
            let mut build = tool.command("build");
            build.args(["--quiet", "--workspace"]).arg(&folder).arg("--target-dir").arg(&target);
            build
        };
        let shown = if count == 1 { "1 image".to_owned() } else { format!("{count} images") };
        let mut point = |name, command: &mut Command| -> Result {
            points.push(measure(name, count as f64, shown.clone(), command)?);
            Ok(())
        };
        point("`cargo build`, from nothing", &mut cargo())?;
        point("`build`, from nothing", &mut ours())?;
        point("`cargo build`, nothing to do", &mut cargo())?;
        point("`build`, nothing to do", &mut ours())?;
    }
    points.sort_by_key(|point| point.name);
    Ok(points)
}

fn with_files(workspace: &Workspace, tool: &Tool, module: &Utf8Path) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for count in [10, 1000, 10_000] {
        let folder = workspace.folder(&format!("bench/growing/files-{count}"))?;
        let project = packing::with_files(&folder, module, count, 2_000)?;
        let target = folder.join("target");
        let pack = || {
            let mut pack = tool.command("pack");
            pack.args(["--quiet", "--compress", "fast"]).arg(&project).arg("--target-dir").arg(&target);
            pack
        };
        let shown = format!("{} files", bytes(count));
        let _ = std::fs::remove_dir_all(&target);
        points.push(measure("`pack`", count as f64, shown.clone(), &mut pack())?);
        points.push(measure("`pack`, again", count as f64, shown, &mut pack())?);
    }
    points.sort_by_key(|point| point.name);
    Ok(points)
}

/// Once, watched: that costs a process that takes its time nothing.
fn measure(name: &'static str, amount: f64, shown: String, command: &mut Command) -> Result<Point> {
    let start = Instant::now();
    let memory = memory::peak(command).map_err(|error| format!("{}: {error}", process::spelled(command)))?;
    Ok(Point { name, amount, shown, time: start.elapsed(), memory })
}
