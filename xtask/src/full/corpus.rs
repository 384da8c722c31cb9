//! Real programs from the crate registry: C, C++ and Rust that was not written for us.

use std::fs;
use std::process::Stdio;

use camino::Utf8Path;

use super::{Tried, expect};
use crate::corpus::{HEXYL, Package, RIPGREP, in_registry, program, registry};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process};

/// Of C and C++.
const C: [&str; 4] = ["sqlite", "bzip2", "snappy", LACKING];

/// The one that needs what most C libraries for WASI lack: that must be said.
pub(super) const LACKING: &str = "lua";

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    let target = workspace.folder("corpus")?;
    let registry = registry(workspace)?;
    let mut tried = Vec::new();
    for name in C {
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
