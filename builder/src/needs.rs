//! What it takes to make a module from C or C++, and what that is called in each package manager.

use crate::packages::{PackageManager, Remedy};
use crate::{Language, Machine};

/// What it takes to make a module from C or C++.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Clang,
    Linker,
    Libc,
    Builtins,
    CppLibrary,
}

impl Need {
    /// In the order in which they come into play.
    pub(crate) const ALL: [Self; 5] =
        [Self::Clang, Self::Linker, Self::Libc, Self::Builtins, Self::CppLibrary];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Clang => "clang",
            Self::Linker => "wasm-ld",
            Self::Libc => "wasi libc",
            Self::Builtins => "compiler-rt builtins",
            Self::CppLibrary => "C++ standard library",
        }
    }
}

pub(crate) fn names(needs: &[Need]) -> Vec<String> {
    needs.iter().map(|need| need.name().to_owned()).collect()
}

/// What `language` takes.
pub(crate) fn needs(language: Language) -> impl Iterator<Item = Need> {
    Need::ALL.into_iter().filter(move |need| language == Language::Cpp || *need != Need::CppLibrary)
}

/// How to install what is missing. `version` is that of a clang which is there already, and whose parts they are to be.
pub(crate) fn remedy(machine: &Machine, missing: &[Need], version: Option<u32>) -> Option<Remedy> {
    let Some(manager) = PackageManager::of_system(machine) else {
        return machine.find_program("python3").map(|_| Remedy::new(PackageManager::Pip, &["ziglang"]));
    };
    let of_debian = version.filter(|version| machine.system(&format!("usr/lib/llvm-{version}")).is_dir());
    let number = of_debian.map_or_else(String::new, |version| format!("-{version}"));
    let mut packages: Vec<String> = missing.iter().map(|need| package(manager, *need, &number)).collect();
    packages.dedup();
    Some(Remedy { manager, packages })
}

/// What a part is called; `number` is `-22` for a certain version, or nothing for the distribution's default.
fn package(manager: PackageManager, need: Need, number: &str) -> String {
    let name = match (manager, need) {
        (PackageManager::Apt, Need::Clang) => return format!("clang{number}"),
        (PackageManager::Apt, Need::Linker) => return format!("lld{number}"),
        (PackageManager::Apt, Need::Builtins) => return format!("libclang-rt{number}-dev-wasm32"),
        (PackageManager::Apt, Need::CppLibrary) => return format!("libc++{number}-dev-wasm32"),
        (PackageManager::Pacman, Need::Builtins) => "wasi-compiler-rt",
        (PackageManager::Pacman, Need::CppLibrary) => "wasi-libc++",
        (PackageManager::Brew, Need::Clang) => "llvm",
        (PackageManager::Brew, Need::Builtins | Need::CppLibrary) => "wasi-runtimes",
        (PackageManager::Apt | PackageManager::Pacman | PackageManager::Brew, Need::Libc) => "wasi-libc",
        (PackageManager::Pacman, Need::Clang) => "clang",
        (PackageManager::Pacman | PackageManager::Brew, Need::Linker) => "lld",
        // Fedora has neither builtins nor a C++ library for wasm, but it has zig, which has both.
        (PackageManager::Dnf, _) => "zig",
        (PackageManager::Rustup | PackageManager::RustupComponent | PackageManager::Pip, _) => "ziglang",
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn without_any_clang_the_remedy_is_the_systems_own() {
        for (manager, line) in [
            ("apt-get", "sudo apt-get install clang lld wasi-libc libclang-rt-dev-wasm32 libc++-dev-wasm32"),
            ("dnf", "sudo dnf install zig"),
            ("pacman", "sudo pacman -S clang lld wasi-libc wasi-compiler-rt wasi-libc++"),
            ("brew", "brew install llvm lld wasi-libc wasi-runtimes"),
            ("python3", "python3 -m pip install ziglang"),
        ] {
            let folder = Folder::with(&[&format!("bin/{manager}")]);
            let remedy = remedy(&folder.machine, &Need::ALL, None).unwrap();
            assert_eq!(remedy.command_line(), line);
        }
    }
}
