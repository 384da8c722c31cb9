//! `cargo xtask book`: the manual, as pages for a browser.

use camino::Utf8PathBuf;

use crate::workspace::Workspace;
use crate::{Result, process, shell, youki};

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

/// mdBook, which is built once, outside the target directory: with the search in its pages, and without the server.
fn install(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let cache = youki::cache()?;
    let root = cache.join(format!("mdbook-{VERSION}"));
    let program = root.join("bin/mdbook");
    if !program.exists() {
        shell::status("Building", format!("mdBook {VERSION} to `{root}`; this takes about 3 minutes, once"));
        let target = cache.join("mdbook-target");
        let mut install = workspace.cargo("install");
        install.args(["mdbook", "--quiet", "--locked", "--version", VERSION]);
        install.args(["--no-default-features", "--features", "search", "--root"]).arg(&root);
        process::run(install.env("CARGO_TARGET_DIR", &target))?;
        std::fs::remove_dir_all(&target)?;
    }
    Ok(program)
}
