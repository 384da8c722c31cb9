//! A wasi-sdk: its C and C++ libraries are newer than those of distributions, and have `setjmp`.
//!
//! It is in no registry as a whole, but its libraries are in a package of npm; clang and its linker come from the system.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::corpus::LACKING;
use super::{Tried, expect};
use crate::corpus;
use crate::examples::EXAMPLES;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, plain, process, shell};

/// clang compiled to WebAssembly, with the libraries of wasi-sdk in an archive.
const LIBRARIES: &str = "@yowasp/clang@22.0.0-git20542-10";

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    let llvm = plain::debian_llvm().filter(|_| which::which("npm").is_ok());
    let Some(llvm) = llvm else {
        shell::warn("a wasi-sdk is tried only where npm is, and clang from Debian");
        return Ok(Vec::new());
    };
    let sdk = assemble(workspace, &llvm)?;
    let target = workspace.folder("wasi-sdk")?.join("target");
    let mut tried = vec![("wasi-sdk: lua".to_owned(), try_lua(workspace, tool, &sdk, &target))];
    for example in EXAMPLES.iter().filter(|example| example.name != "wordcount") {
        let run = |sdk: Option<&Utf8Path>| -> Result<String> {
            let mut run = tool.command("run");
            let into = sdk.map_or(workspace.folder("demo")?, |_| target.clone());
            run.arg("--quiet").arg(example.folder(workspace)).arg("--target-dir").arg(into);
            run.envs(sdk.map(|sdk| ("WASI_SDK_PATH", sdk))).arg("--").args(example.arguments);
            process::stdout_of(&mut run)
        };
        let result = run(None).and_then(|expected| expect(&run(Some(&sdk))?, &expected));
        tried.push((format!("wasi-sdk: {}", example.name), result));
    }
    Ok(tried)
}

/// Lua goes on after an error by `longjmp`.
fn try_lua(workspace: &Workspace, tool: &Tool, sdk: &Utf8Path, target: &Utf8Path) -> Result {
    let folder = corpus::program(workspace, &corpus::registry(workspace)?, LACKING)?;
    let config = folder.join("wasmpack.toml");
    let text = fs::read_to_string(&config)?;
    fs::write(&config, text.replace("[build]", "[build]\nexceptions = true"))?;
    let mut run = tool.command("run");
    run.arg("--quiet").arg(&folder).arg("--target-dir").arg(target).env("WASI_SDK_PATH", sdk);
    let said = process::stdout_of(run.args(["--", "print(pcall(error, 'caught')) print(_VERSION)"]))?;
    expect(&said, "false\tcaught\nLua 5.4\n")
}

/// The folder of the sdk, laid out as the real one.
fn assemble(workspace: &Workspace, llvm: &Utf8Path) -> Result<Utf8PathBuf> {
    let folder = workspace.folder("wasi-sdk")?;
    let sdk = folder.join("sdk");
    let _ = fs::remove_dir_all(&sdk);
    let mut install = Command::new("npm");
    process::run(install.args(["install", "--silent", "--prefix", folder.as_str(), LIBRARIES]))?;
    let parts = sdk.join("parts");
    let (bin, sysroot) = (sdk.join("bin"), sdk.join("share/wasi-sysroot"));
    let resources = sdk.join("lib/clang/22");
    for folder in [&parts, &bin, &sysroot.join("include/wasm32-wasip1"), &sysroot.join("lib"), &resources] {
        fs::create_dir_all(folder)?;
    }
    let archive = folder.join("node_modules/@yowasp/clang/gen/llvm-resources.tar");
    process::run(Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(&parts))?;
    let link = |to: &Utf8Path, link: &Utf8Path| process::run(Command::new("ln").arg("-s").arg(to).arg(link));
    for header in parts.join("include/wasm32-wasip1").read_dir_utf8()? {
        let header = header?;
        link(header.path(), &sysroot.join("include/wasm32-wasip1").join(header.file_name()))?;
    }
    link(&parts.join("include/c++"), &sysroot.join("include/wasm32-wasip1/c++"))?;
    link(&parts.join("lib/wasm32-wasip1"), &sysroot.join("lib/wasm32-wasip1"))?;
    link(&llvm.join("lib/clang/22/include"), &resources.join("include"))?;
    // Of all that is there, clang looks into its own target's folder only.
    link(&parts.join("lib"), &resources.join("lib"))?;
    link(&llvm.join("bin/wasm-ld"), &bin.join("wasm-ld"))?;
    // A link would lead clang to the resources of the system's.
    let clang = bin.join("clang");
    fs::write(&clang, format!("#!/bin/sh\nexec {llvm}/bin/clang -resource-dir={resources} \"$@\"\n"))?;
    process::run(Command::new("chmod").arg("+x").arg(&clang))?;
    Ok(sdk)
}
