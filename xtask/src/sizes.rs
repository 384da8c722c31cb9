//! The examples' sizes, beside those of the toolchain alone.

use camino::Utf8Path;

use crate::Result;
use crate::examples::Example;
use crate::plain::Plain;
use crate::table::{Table, bytes, percent};
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What the columns are.
pub(crate) const HEADING: &str = "Bytes. toolchain: what `clang -O2` or `cargo build --release` makes; module: what \
    stands in the image; layer: as stored, compressed. Percentages are of the toolchain's module.";

pub(crate) fn table() -> Table {
    Table::new(["example", "toolchain", "module", "", "layer", ""])
}

/// Builds an example without us, and compares it with the image in `layout`.
pub(crate) fn add(
    table: &mut Table,
    example: &Example,
    layout: &Utf8Path,
    workspace: &Workspace,
    (tool, plain): (&Tool, &Plain),
) -> Result {
    let before = example.plain(workspace, plain)?.metadata()?.len();
    let sizes = tool.sizes(layout)?;
    let [module, layer] = [sizes.module, sizes.layer].map(|size| (bytes(size), percent(size, before)));
    table.row(&[example.name.to_owned(), bytes(before), module.0, module.1, layer.0, layer.1]);
    Ok(())
}
