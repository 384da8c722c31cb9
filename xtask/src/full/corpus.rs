//! Real programs from the crate registry: C, C++ and Rust that was not written for us.
//!
//! `xtask/corpus/` has what a user would add to such sources: a `wasmpack.toml`, and a `main` where there is none.

use std::fs;
use std::process::Stdio;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::{Tried, expect};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// A package of the registry, with its version.
type Package = (&'static str, &'static str);

const SQLITE: Package = ("libsqlite3-sys", "0.40.0");
const BZIP2: Package = ("bzip2-sys", "0.1.13+1.0.8");
const SNAPPY: Package = ("snappy_src", "0.2.7+snappy.1.3.1");
const LUA: Package = ("lua-src", "551.1.0");
const HEXYL: Package = ("hexyl", "0.17.0");
const RIPGREP: Package = ("ripgrep", "15.2.0");

/// C and C++: the package, the folder of its sources in it, and our folder beside this crate.
const C: [(Package, &str, &str); 4] = [
    (SQLITE, "sqlite3", "sqlite"),
    (BZIP2, "bzip2-1.0.8", "bzip2"),
    (SNAPPY, "snappy", "snappy"),
    (LUA, "lua-5.4.9", LACKING),
];

/// The one that needs what most C libraries for WASI lack: that must be said.
pub(super) const LACKING: &str = "lua";

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    let target = workspace.folder("corpus")?;
    let registry = registry(workspace)?;
    let mut tried = Vec::new();
    for (_, _, name) in C {
        let result = program(workspace, &registry, name).and_then(|folder| {
            if name == LACKING {
                return try_lacking(tool, &folder, &target);
            }
            let image = tool.image(&folder, &target)?;
            try_c(tool, name, &folder, &image)
        });
        tried.push((name.to_owned(), result));
    }
    for package in [HEXYL, RIPGREP] {
        let result = tool
            .image(&in_registry(&registry, package), &target)
            .and_then(|image| try_rust(tool, package, &image));
        tried.push((package.0.to_owned(), result));
    }
    Ok(tried)
}

fn try_lacking(tool: &Tool, folder: &Utf8Path, target: &Utf8Path) -> Result {
    let mut build = tool.command("build");
    let output = process::output_of(build.arg(folder).arg("--target-dir").arg(target))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_explained = said.contains("help: `setjmp` takes");
    if output.status.code() == Some(101) && is_explained { Ok(()) } else { Err(said.into()) }
}

fn try_c(tool: &Tool, name: &str, folder: &Utf8Path, image: &Utf8Path) -> Result {
    match name {
        "sqlite" => {
            let sql = "create table t(a, b); insert into t values (1, 'x'), (2, 'y'); select sum(a), group_concat(b) from t";
            expect(&tool.stdout_of(image, &[sql])?, "3|x,y\n")
        }
        // Its own test: the sample it brings, compressed, is the compressed sample it brings.
        "bzip2" => {
            let sample = fs::File::open(folder.join("sample1.ref"))?;
            let mut run = tool.command("run");
            let output = process::output_of(run.arg(image).args(["--", "-1"]).stdin(sample))?;
            let same = output.stdout == fs::read(folder.join("sample1.bz2"))?;
            if same { Ok(()) } else { Err("the sample is compressed to other bytes".into()) }
        }
        _ => expect(&tool.stdout_of(image, &["hello snappy "])?, "13000 shrunk, the same again\n"),
    }
}

fn try_rust(tool: &Tool, package: Package, image: &Utf8Path) -> Result {
    let run = |arguments: &[&str], input: &str| -> Result<String> {
        let mut child = tool
            .command("run")
            .arg(image)
            .arg("--")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().ok_or("the program has no stdin")?;
        std::io::Write::write_all(&mut stdin, input.as_bytes())?;
        drop(stdin);
        Ok(String::from_utf8(child.wait_with_output()?.stdout)?)
    };
    if package == HEXYL {
        let arguments = ["--no-position", "--panels", "1", "--border", "none", "--color", "never"];
        expect(&run(&arguments, "wasm")?, "  77 61 73 6d              wasm     \n")
    } else {
        expect(&run(&["w", "-"], "one\ntwo\n")?, "two\n")
    }
}

/// The folder of a C or C++ program: sources of its package and what `xtask/corpus/` adds.
pub(crate) fn program(workspace: &Workspace, registry: &Utf8Path, name: &str) -> Result<Utf8PathBuf> {
    let (package, inside, _) =
        C.into_iter().find(|(_, _, own)| *own == name).ok_or("there is no such program")?;
    let folder = workspace.folder("corpus")?.join(name);
    let sources = in_registry(registry, package).join(inside);
    for from in [sources, workspace.root.join("xtask/corpus").join(name)] {
        copy_files(&from, &folder)?;
    }
    Ok(folder)
}

/// The files of a folder, without folders in it.
fn copy_files(from: &Utf8Path, to: &Utf8Path) -> Result {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8().map_err(|error| format!("failed to read `{from}`: {error}"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn in_registry(registry: &Utf8Path, (name, version): Package) -> Utf8PathBuf {
    registry.join(format!("{name}-{version}"))
}

/// Where cargo unpacks what it downloads; every package of the corpus is there.
///
/// Sources are built where they lie: below our own folder, cargo would take them for members of this workspace.
pub(crate) fn registry(workspace: &Workspace) -> Result<Utf8PathBuf> {
    let folder = workspace.folder("corpus/fetch")?;
    let packages = [SQLITE, BZIP2, SNAPPY, LUA, HEXYL, RIPGREP];
    let wanted = packages.map(|(name, version)| format!("{name} = \"={version}\"\n")).concat();
    let manifest = format!(
        "[package]\nname = \"corpus\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{wanted}"
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    shell::status("Fetching", "the sources of the corpus");
    let mut metadata = workspace.cargo("metadata");
    metadata.args(["--quiet", "--format-version", "1"]).current_dir(&folder);
    let metadata: Value = serde_json::from_str(&process::stdout_of(&mut metadata)?)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let sqlite =
        packages.iter().find(|package| package["name"] == SQLITE.0).ok_or("sqlite was not fetched")?;
    // `…/registry/src/index…/libsqlite3-sys-0.40.0/Cargo.toml`
    let manifest = Utf8Path::new(sqlite["manifest_path"].as_str().unwrap_or_default());
    Ok(manifest.ancestors().nth(2).ok_or("a package of the registry has no folder")?.to_owned())
}
