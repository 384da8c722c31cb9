//! The same programs without us: as the toolchain makes a release, and with all that one is told to do for a small one.

use std::fs;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::programs::Sources;
use crate::plain::Plain;
use crate::setup::TARGET;
use crate::workspace::Workspace;
use crate::{Result, process, tool};

/// The newest Binaryen, compiled to JavaScript.
const BINARYEN: &str = "binaryen@132";

/// What compilers use today without being asked, spelled as Binaryen wants it; nothing that changes what a program does.
const OPTIMIZE: [&str; 9] = [
    "-Oz",
    "--converge",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// A release profile as the guides to small binaries have it.
const SMALL_PROFILE: [&str; 5] =
    ["opt-level=\"z\"", "lto=\"fat\"", "codegen-units=1", "panic=\"abort\"", "strip=\"symbols\""];

/// The same for clang.
const SMALL_FLAGS: [&str; 3] = ["-Oz", "-flto", "-Wl,--strip-all"];

/// What there is to make modules with.
pub(super) struct ByHand<'a> {
    workspace: &'a Workspace,
    plain: &'a Plain,
    wasm_opt: Utf8PathBuf,
}

/// The `wasm-opt` of [`BINARYEN`], installed where it is not.
pub(in super::super) fn binaryen(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let folder = workspace.folder("binaryen")?;
    let wasm_opt = folder.join("node_modules/.bin/wasm-opt");
    if !wasm_opt.exists() {
        let mut install = Command::new("npm");
        process::run(install.args(["install", "--silent", "--prefix", folder.as_str(), BINARYEN]))?;
    }
    Ok(wasm_opt)
}

impl<'a> ByHand<'a> {
    /// Installs what is not there.
    pub(super) fn new(workspace: &'a Workspace, plain: &'a Plain) -> Result<Self> {
        Ok(Self { workspace, plain, wasm_opt: binaryen(workspace)? })
    }

    /// What the toolchain makes of a release.
    pub(super) fn release(&self, name: &str, sources: &Sources) -> Result<Utf8PathBuf> {
        self.compiled("release", name, sources, &[], &[])
    }

    /// The smallest by the book, optimized; made once, because it takes minutes.
    pub(super) fn small(&self, name: &str, sources: &Sources) -> Result<Utf8PathBuf> {
        let compiled = self.compiled("small", name, sources, &SMALL_PROFILE, &SMALL_FLAGS)?;
        let optimized = self.workspace.folder("bench/by-the-book")?.join(format!("{name}.wasm"));
        if !is_newer(&optimized, &compiled) {
            let mut wasm_opt = Command::new(&self.wasm_opt);
            process::run(wasm_opt.arg(&compiled).arg("-o").arg(&optimized).args(OPTIMIZE))?;
        }
        Ok(optimized)
    }

    fn compiled(
        &self,
        kind: &str,
        name: &str,
        sources: &Sources,
        profile: &[&str],
        flags: &[&str],
    ) -> Result<Utf8PathBuf> {
        let out = self.workspace.folder(&format!("bench/{kind}"))?;
        match sources {
            Sources::Module { module, .. } => Ok(module.clone()),
            Sources::Rust { folder, bin } => {
                let mut cargo = Command::new("cargo");
                cargo.args(["build", "--release", "--quiet", "--target", TARGET, "--bin", bin]);
                cargo.arg("--message-format=json-render-diagnostics").arg("--target-dir").arg(out);
                for setting in profile {
                    cargo.arg("--config").arg(format!("profile.release.{setting}"));
                }
                let messages = process::stdout_of(cargo.current_dir(folder))?;
                tool::executable(&messages, bin).ok_or_else(|| format!("cargo built no `{bin}`").into())
            }
            Sources::C { folder } => {
                let module = out.join(format!("{name}.wasm"));
                let (sources, settings) = configured(folder)?;
                let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
                let is_newest = sources.iter().all(|source| is_newer(&module, source));
                if !is_newest {
                    self.plain.build(&sources, &[&settings, flags].concat(), &module)?;
                }
                Ok(module)
            }
        }
    }
}

/// The sources in a folder and the flags for them, as its configuration says.
fn configured(folder: &Utf8Path) -> Result<(Vec<Utf8PathBuf>, Vec<String>)> {
    let text = fs::read_to_string(folder.join("wasmpack.toml")).unwrap_or_default();
    let configuration: toml::Table = text.parse()?;
    let list = |key: &str| -> Vec<String> {
        let list = configuration.get("build").and_then(|build| build.get(key)?.as_array());
        let words = list.into_iter().flatten().filter_map(toml::Value::as_str);
        words.map(ToOwned::to_owned).collect()
    };
    let named: Vec<_> = list("sources").iter().map(|name| folder.join(name)).collect();
    let sources = if named.is_empty() { crate::plain::sources(folder)? } else { named };
    let defined = list("define").into_iter().map(|name| format!("-D{name}"));
    let linked = list("link").into_iter().map(|name| format!("-l{name}"));
    let flags = defined.chain(list("flags")).chain(linked).collect();
    Ok((sources, flags))
}

fn is_newer(made: &Utf8Path, from: &Utf8Path) -> bool {
    let changed = |path: &Utf8Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    changed(made).is_some_and(|made| Some(made) >= changed(from))
}

/// The bytes of a layer with the module in it, as `tar` and `gzip -9` make it.
pub(super) fn layer_bytes(module: &Utf8Path) -> Result<u64> {
    let (folder, file) = (module.parent(), module.file_name());
    let (folder, file) = folder.zip(file).ok_or("a module has no folder")?;
    let mut tar = Command::new("tar");
    let tar = tar.args(["--format=ustar", "-cf", "-", "-C", folder.as_str(), file]).stdout(Stdio::piped());
    let mut tar = tar.spawn()?;
    let archive = tar.stdout.take().ok_or("tar has no stdout")?;
    let layer = process::output_of(Command::new("gzip").args(["-9", "-n"]).stdin(archive))?;
    // A layer that was cut off would make ours look large.
    if tar.wait()?.success() && layer.status.success() {
        Ok(layer.stdout.len() as u64)
    } else {
        Err(format!("`tar` and `gzip` made no layer of `{module}`").into())
    }
}
