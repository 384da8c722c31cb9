//! `cargo xtask book`: the manual, as pages for a browser.

use camino::Utf8PathBuf;

use crate::cache::{self, Program};
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// The one the pages were looked at with.
const VERSION: &str = "0.5.4";

/// Builds `docs/` into the target directory.
pub(crate) fn run(workspace: &Workspace) -> Result {
    let mdbook = install(workspace)?;
    let book = workspace.target.join("book");
    let mut build = std::process::Command::new(mdbook);
    process::run(build.arg("build").arg(workspace.root.join("docs")).arg("--dest-dir").arg(&book))?;
    shell::status("Built", format!("`{}`", book.join("index.html")));
    Ok(())
}

/// mdBook, with the search in its pages, and without the server; it takes about three minutes.
fn install(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let arguments = ["mdbook", "--version", VERSION, "--no-default-features", "--features", "search"];
    let bin =
        cache::program(workspace, &Program { name: "mdbook", version: VERSION, arguments: &arguments })?;
    Ok(bin.join("mdbook"))
}
