//! zig: clang, a linker, libc and libc++ in one package, from zig itself or from Python's `ziglang`.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::compiler::Compiler;
use crate::{Machine, PackageManager, Remedy};

/// A zig; it is always whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zig {
    pub(crate) program: Utf8PathBuf,
}

/// zig on the search path, or else in the package `ziglang` of the Python there (`pip install ziglang`).
pub(crate) fn find(machine: &Machine) -> Option<Zig> {
    let on_path = machine.find_program("zig").and_then(|path| Utf8PathBuf::try_from(path).ok());
    on_path.or_else(|| in_python(machine)).map(|program| Zig { program })
}

/// The zig at a path, if its name says that it is one.
pub(crate) fn at(path: &Utf8Path) -> Option<Zig> {
    let is_zig = path.is_file() && path.file_stem().is_some_and(|name| name.starts_with("zig"));
    is_zig.then(|| Zig { program: path.to_owned() })
}

/// How to install it: a few distributions have it, and Python's package is as good.
pub(crate) fn remedy(machine: &Machine) -> Option<Remedy> {
    match PackageManager::of_system(machine) {
        Some(manager @ (PackageManager::Dnf | PackageManager::Pacman | PackageManager::Brew)) => {
            Some(Remedy::new(manager, &["zig"]))
        }
        _ => machine.find_program("python3").map(|_| Remedy::new(PackageManager::Pip, &["ziglang"])),
    }
}

/// Python says where the package is, once; zig is then run without it.
fn in_python(machine: &Machine) -> Option<Utf8PathBuf> {
    let python = machine.find_program("python3").or_else(|| machine.find_program("python"))?;
    let output =
        Command::new(python).args(["-c", "import ziglang; print(ziglang.__file__)"]).output().ok()?;
    let module = String::from_utf8(output.stdout).ok()?;
    let zig = Utf8Path::new(module.trim_end()).with_file_name(format!("zig{}", std::env::consts::EXE_SUFFIX));
    (output.status.success() && zig.is_file()).then_some(zig)
}

impl Zig {
    pub(crate) fn compiler(&self) -> Compiler {
        // zig has kept the target's old name.
        let driver = |verb: &str| [verb, "-target", "wasm32-wasi"].map(ToOwned::to_owned).to_vec();
        Compiler {
            program: self.program.clone(),
            version: None,
            c: driver("cc"),
            cpp: driver("c++"),
            compile: Vec::new(),
            compile_cpp: Vec::new(),
            // Without `-g`, zig strips everything when it optimizes, `target_features` too.
            link: vec!["-g".to_owned()],
            sysroot: None,
            archiver: Some(vec![self.program.to_string(), "ar".to_owned()]),
            parts: vec![self.program.clone()],
        }
    }
}
