//! The examples' sizes, beside those of the toolchain alone.

use crate::Result;
use crate::examples::EXAMPLES;
use crate::plain::Plain;
use crate::table::{Table, bytes, percent};
use crate::tool::Tool;
use crate::workspace::Workspace;

/// What the columns of the table are.
pub(crate) const HEADING: &str = "Bytes. toolchain: what `clang -O2` or `cargo build --release` makes; module: what stands in the image; layer: as \
    stored, compressed. Percentages are of the toolchain's module.";

/// Builds every example both ways.
pub(crate) fn measure(workspace: &Workspace, tool: &Tool, plain: &Plain) -> Result<Table> {
    let target = workspace.folder("demo")?;
    let mut table = Table::new(["example", "toolchain", "module", "", "layer", ""]);
    for example in EXAMPLES {
        let layout = tool.image(&example.folder(workspace), &target)?;
        let before = example.plain(workspace, plain)?.metadata()?.len();
        let sizes = tool.sizes(&layout)?;
        let [module, layer] = [sizes.module, sizes.layer].map(|size| (bytes(size), percent(size, before)));
        table.row(&[example.name.to_owned(), bytes(before), module.0, module.1, layer.0, layer.1]);
    }
    Ok(table)
}
