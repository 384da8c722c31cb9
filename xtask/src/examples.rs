//! The examples: what to run them with, and how the toolchain alone builds them.

use camino::Utf8PathBuf;

use crate::plain::{self, Plain};
use crate::setup::TARGET;
use crate::workspace::Workspace;
use crate::{Result, process, tool};

/// One folder of `examples/`.
pub(crate) struct Example {
    /// The folder's name, and the program's.
    pub(crate) name: &'static str,
    /// Arguments that make it print something worth seeing.
    pub(crate) arguments: &'static [&'static str],
}

pub(crate) const EXAMPLES: [Example; 4] = [
    Example { name: "factorial", arguments: &["5", "10", "20"] },
    Example { name: "sort", arguments: &["pear", "apple", "fig", "pear", "apple", "pear"] },
    Example { name: "wordcount", arguments: &["--text", "the quick brown fox", "jumps over the lazy dog"] },
    Example { name: "hundred", arguments: &["64", "97", "12"] },
];

impl Example {
    /// The folder with its sources.
    pub(crate) fn folder(&self, workspace: &Workspace) -> Utf8PathBuf {
        workspace.root.join("examples").join(self.name)
    }

    /// Builds it without us, as a release: `clang -O2`, `cargo build --release`.
    pub(crate) fn plain(&self, workspace: &Workspace, plain: &Plain) -> Result<Utf8PathBuf> {
        let (folder, out) = (self.folder(workspace), workspace.folder("plain")?);
        let manifest = folder.join("Cargo.toml");
        if !manifest.exists() {
            let module = out.join(format!("{}.wasm", self.name));
            plain.build(&plain::sources(&folder)?, &[], &module)?;
            return Ok(module);
        }
        let flags = ["--release", "--quiet", "--target", TARGET, "--message-format=json-render-diagnostics"];
        let mut cargo = workspace.cargo("build");
        let messages = process::stdout_of(
            cargo.args(flags).args(["--manifest-path", manifest.as_str(), "--target-dir"]).arg(out),
        )?;
        tool::executable(&messages, self.name).ok_or_else(|| format!("cargo built no `{}`", self.name).into())
    }
}
