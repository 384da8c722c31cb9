//! How fast programs run that have been made smaller.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::Bench;
use super::page::Section;
use super::timing::{RATIOS, Timed, milliseconds, rounds};
use crate::table::Table;
use crate::{Result, corpus, shell};

const EXPLANATION: &str = "Milliseconds, in Wasmtime, compiling and starting included. Each program is compiled for \
    speed and for size, and run as it comes from the compiler and as the optimizer leaves it: at `--level speed`, and at the \
    default level.";

/// A program that computes for some seconds.
struct Subject {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Whether it reads the text of [`input`].
    reads: bool,
}

const SUBJECTS: [Subject; 3] = [
    Subject { name: "bzip2", arguments: &["-9"], reads: true },
    Subject {
        name: "sqlite",
        arguments: &["with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) \
             select count(*), sum(i % 7), max(hex(i)) from n"],
        reads: false,
    },
    Subject { name: "jsongrep", arguments: &["(wor|lazy)[a-z]+ [0-9]*77"], reads: true },
];

/// How each program is built: for speed and for size, each without and with Binaryen.
const BUILDS: [(&str, &[&str]); 4] = [
    ("speed-before", &["--level", "speed", "--wasm-opt", "off"]),
    ("speed", &["--level", "speed"]),
    ("size-before", &["--level", "0"]),
    ("size", &[]),
];

const RUNS: usize = 5;

pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, .. } = bench;
    let registry = corpus::registry(workspace)?;
    let input = input(&workspace.folder("bench")?)?;
    let ratio = "ratio";
    let half = "half of them";
    let mut table =
        Table::new(["program", "for speed", "optimized", ratio, half, "for size", "optimized", ratio, half]);
    for Subject { name, arguments, reads } in SUBJECTS {
        shell::status("Measuring", format_args!("the speed of {name}"));
        let folder = corpus::program(workspace, &registry, name)?;
        let mut commands = Vec::new();
        for (kind, flags) in BUILDS {
            let image = tool.image_with(&folder, &workspace.folder(&format!("bench/{kind}"))?, flags)?;
            let mut run = tool.command("run");
            run.arg(image).arg("--").args(arguments);
            commands.push(Timed::new(kind, run).reading(reads.then_some(input.as_path())));
        }
        let measured = rounds(&mut commands, RUNS)?;
        let time = |number| milliseconds(measured.median(number));
        let ([speed, half_of_speed], [size, half_of_size]) = (measured.ratio(1, 0), measured.ratio(3, 2));
        let name = name.to_owned();
        table.row(&[name, time(0), time(1), speed, half_of_speed, time(2), time(3), size, half_of_size]);
    }
    let explanation = format!("{EXPLANATION} {RATIOS}");
    Ok(vec![Section { title: "Running", explanation, table }])
}

/// Lines of JSON, 16 MB of them.
fn input(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    let file = folder.join("lines.json");
    if !file.exists() {
        let line = |number: u64| {
            let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!("{{\"number\":{number},\"words\":[\"work {noise:x}\",\"lazydog {}\"]}}\n", noise >> 40)
        };
        fs::write(&file, (0..220_000).map(line).collect::<String>())?;
    }
    Ok(file)
}
