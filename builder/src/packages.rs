//! Package managers, and the command lines that install what is missing.

use crate::Machine;

/// A program that installs toolchain parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageManager {
    /// rustup: targets of its own toolchains; needs no root.
    Rustup,
    /// rustup: further parts of its own toolchains.
    RustupComponent,
    /// apt: Debian, Ubuntu.
    Apt,
    /// dnf: Fedora.
    Dnf,
    /// pacman: Arch Linux.
    Pacman,
    /// Homebrew.
    Brew,
    /// Python's pip, where there is nothing else; needs no root.
    Pip,
}

/// How to install a part: packages of one manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Who installs them.
    pub manager: PackageManager,
    /// What they are called there.
    pub packages: Vec<String>,
}

impl PackageManager {
    /// The system's package manager: the first of these that is on the search path.
    #[must_use]
    pub fn of_system(machine: &Machine) -> Option<Self> {
        [Self::Apt, Self::Dnf, Self::Pacman, Self::Brew]
            .into_iter()
            .find(|manager| machine.find_program(manager.program()).is_some())
    }

    /// The program's name.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Rustup | Self::RustupComponent => "rustup",
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Brew => "brew",
            Self::Pip => "python3",
        }
    }

    /// What makes the program install the packages named after it.
    fn verb(self) -> &'static [&'static str] {
        match self {
            Self::Rustup => &["target", "add"],
            Self::RustupComponent => &["component", "add"],
            Self::Apt | Self::Dnf | Self::Brew => &["install"],
            Self::Pacman => &["-S"],
            Self::Pip => &["-m", "pip", "install"],
        }
    }

    /// Whether it changes the whole system.
    #[must_use]
    pub fn needs_root(self) -> bool {
        matches!(self, Self::Apt | Self::Dnf | Self::Pacman)
    }
}

impl Remedy {
    pub(crate) fn new(manager: PackageManager, packages: &[&str]) -> Self {
        Self { manager, packages: packages.iter().map(ToString::to_string).collect() }
    }

    /// The program and its arguments; to be run as root if [`PackageManager::needs_root`].
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let start = std::iter::once(self.manager.program()).chain(self.manager.verb().iter().copied());
        start.map(ToOwned::to_owned).chain(self.packages.iter().cloned()).collect()
    }

    /// What to type, in one line.
    #[must_use]
    pub fn command_line(&self) -> String {
        let line = self.arguments().join(" ");
        if self.manager.needs_root() { format!("sudo {line}") } else { line }
    }

    /// One remedy for each manager, with every package once, in the order in which they first come.
    #[must_use]
    pub fn merge(remedies: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for remedy in remedies {
            let Some(known) = merged.iter_mut().find(|known| known.manager == remedy.manager) else {
                merged.push(remedy);
                continue;
            };
            for package in remedy.packages {
                if !known.packages.contains(&package) {
                    known.packages.push(package);
                }
            }
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_package_manager_is_the_one_on_the_search_path() {
        for (program, manager) in [
            ("bin/apt-get", PackageManager::Apt),
            ("bin/dnf", PackageManager::Dnf),
            ("bin/pacman", PackageManager::Pacman),
            ("bin/brew", PackageManager::Brew),
        ] {
            assert_eq!(PackageManager::of_system(&Folder::with(&[program]).machine), Some(manager));
        }
        assert_eq!(PackageManager::of_system(&Folder::with(&["bin/emerge"]).machine), None);
    }

    #[test]
    fn what_is_typed_is_whole() {
        let line = |manager, packages: &[&str]| Remedy::new(manager, packages).command_line();
        assert_eq!(line(PackageManager::Apt, &["clang", "lld"]), "sudo apt-get install clang lld");
        assert_eq!(line(PackageManager::Pacman, &["clang"]), "sudo pacman -S clang");
        assert_eq!(line(PackageManager::Brew, &["llvm"]), "brew install llvm");
        assert_eq!(line(PackageManager::Pip, &["ziglang"]), "python3 -m pip install ziglang");
        assert_eq!(line(PackageManager::Rustup, &["wasm32-wasip1"]), "rustup target add wasm32-wasip1");
    }

    #[test]
    fn many_missing_parts_are_one_command_for_each_manager() {
        let merged = Remedy::merge([
            Remedy::new(PackageManager::Apt, &["clang"]),
            Remedy::new(PackageManager::Rustup, &["wasm32-wasip1"]),
            Remedy::new(PackageManager::Apt, &["lld", "clang"]),
        ]);
        let lines: Vec<_> = merged.iter().map(Remedy::command_line).collect();
        assert_eq!(lines, ["sudo apt-get install clang lld", "rustup target add wasm32-wasip1"]);
    }
}
