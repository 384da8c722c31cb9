//! `cargo xtask bench size`: how small real programs become, beside what their authors would get by hand.

pub(super) mod by_hand;
mod programs;

use camino::Utf8Path;

use by_hand::ByHand;
use programs::{PROGRAMS, Program, Sources};

use super::Bench;
use super::page::Section;
use crate::table::{Table, bytes, percent};
use crate::tool::{Sizes, Tool};
use crate::workspace::Workspace;
use crate::{Result, corpus, shell};

/// What the columns are.
const EXPLANATION: &str = "Bytes. release: the module that `cargo build --release` or `clang -O2` makes, or that \
    somebody has compiled and published. By the book: `opt-level=z`, fat LTO, stripped; then the newest Binaryen (npm's 132) \
    with `-Oz --converge`, and `gzip -9`. Ours: `cargo wasmpack build`. Minimal: the same with `--std minimal`. A layer \
    is the module as it is stored and sent. Ratios are ours to the book's.";

/// One row.
struct Row {
    release: u64,
    book: Sizes,
    ours: Sizes,
    minimal: Option<Sizes>,
}

/// Builds everything in every way.
pub(super) fn sections(bench: &Bench<'_>) -> Result<Vec<Section>> {
    let Bench { workspace, tool, plain, .. } = bench;
    let by_hand = ByHand::new(workspace, plain)?;
    let registry = corpus::registry(workspace)?;
    let mut table = Table::new([
        "program",
        "release",
        "by the book",
        "layer",
        "ours",
        "layer",
        "module",
        "layer",
        "minimal",
        "layer",
    ]);
    let mut rows = Vec::new();
    for program in &PROGRAMS {
        shell::status("Measuring", program.name);
        let row = row(program, &program.sources(workspace, &registry)?, &by_hand, tool, workspace)?;
        let Row { release, book, ours, minimal } = &row;
        let of_minimal = |size: fn(&Sizes) -> u64| minimal.as_ref().map(size).map_or(String::new(), bytes);
        table.row(&[
            program.name.to_owned(),
            bytes(*release),
            bytes(book.module),
            bytes(book.layer),
            bytes(ours.module),
            bytes(ours.layer),
            percent(ours.module, book.module),
            percent(ours.layer, book.layer),
            of_minimal(|sizes| sizes.module),
            of_minimal(|sizes| sizes.layer),
        ]);
        rows.push(row);
    }
    let mean =
        |size: fn(&Sizes) -> u64| geometric_mean(rows.iter().map(|row| (size(&row.ours), size(&row.book))));
    let (module, layer) = (mean(|sizes| sizes.module), mean(|sizes| sizes.layer));
    let mut last: [String; 10] = Default::default();
    (last[0], last[6], last[7]) = ("geometric mean".to_owned(), module, layer);
    table.row(&last);
    Ok(vec![Section { title: "Sizes of real programs", explanation: EXPLANATION.to_owned(), table }])
}

fn row(
    program: &Program,
    sources: &Sources,
    by_hand: &ByHand<'_>,
    tool: &Tool,
    workspace: &Workspace,
) -> Result<Row> {
    let release = by_hand.release(program.name, sources)?.metadata()?.len();
    let small = by_hand.small(program.name, sources)?;
    let book = Sizes { module: small.metadata()?.len(), layer: by_hand::layer_bytes(&small)? };
    let ours = built(tool, sources, &[], &workspace.folder("corpus")?)?;
    let is_rust = matches!(sources, Sources::Rust { .. });
    let target = workspace.folder("minimal")?;
    let minimal = is_rust.then(|| built(tool, sources, &["--std", "minimal"], &target));
    Ok(Row { release, book, ours, minimal: minimal.transpose()? })
}

/// The sizes of our image of a program.
fn built(tool: &Tool, sources: &Sources, flags: &[&str], target: &Utf8Path) -> Result<Sizes> {
    let bin = match sources {
        Sources::Rust { bin, .. } => ["--bin", bin].to_vec(),
        Sources::C { .. } | Sources::Module { .. } => Vec::new(),
    };
    tool.sizes(&tool.image_with(sources.folder(), target, &[flags, &bin].concat())?)
}

/// `94.8 %`
#[expect(clippy::cast_precision_loss, reason = "a ratio of sizes is rounded anyway")]
fn geometric_mean(ratios: impl ExactSizeIterator<Item = (u64, u64)>) -> String {
    let count = ratios.len() as f64;
    let sum: f64 = ratios.map(|(part, whole)| (part as f64 / whole as f64).ln()).sum();
    format!("{:.1} %", 100.0 * (sum / count).exp())
}
