//! rustc: where its parts are, and whether it can build for our target. (Cargo runs it.)

use std::path::{Path, PathBuf};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::packages::{PackageManager, Remedy};
use crate::{Error, Machine, Project, Settings, Target, asked, cargo, cargo_config};

/// The compiler cargo will use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rustc {
    /// The folder that holds `lib/rustlib`.
    pub(crate) sysroot: Utf8PathBuf,
    /// The commit rustc was built from, looked up only if its standard library's sources are installed: it is the
    /// name by which they go where they are not.
    pub(crate) commit: Option<String>,
}

impl Rustc {
    /// Finds the rustc that cargo uses in `dir`, starting as few processes as can be.
    pub(crate) fn find(machine: &Machine, dir: &Utf8Path) -> Option<Self> {
        let rustc = program(machine)?;
        let sysroot =
            sysroot_around(&rustc).or_else(|| ask(&rustc, &["--print", "sysroot"], dir).map(Into::into))?;
        Some(Self { sysroot, commit: None })
    }

    /// The same with its commit. What it says is kept below `target_directory`, where that is there already: cargo marks
    /// the folder as one that can be made again only if it makes it itself.
    pub(crate) fn with_commit(mut self, target_directory: &Utf8Path) -> Self {
        if self.library_sources().is_dir() {
            let rustc = self.sysroot.join("bin").join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
            let kept = target_directory.join("wasmpack/.sysroot/rustc.json");
            let ask = || ask_commit(&rustc);
            self.commit = if target_directory.is_dir() { asked::once(&rustc, &kept, ask) } else { ask() };
        }
        self
    }

    /// Where `rust-src` is put when it is installed.
    pub(crate) fn library_sources(&self) -> Utf8PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    /// The folder with the standard library for a target.
    pub(crate) fn target_libraries(&self, target: Target) -> Utf8PathBuf {
        self.sysroot.join("lib/rustlib").join(target.name()).join("lib")
    }

    /// Refuses a rustc without a standard library for a target, before cargo's "can't find crate for `std`".
    pub(crate) fn check_target(&self, target: Target, machine: &Machine) -> Result<(), Error> {
        if self.target_libraries(target).is_dir() {
            return Ok(());
        }
        let remedy = self.target_remedy(target, machine);
        Err(Error::TargetMissing { target, sysroot: self.sysroot.clone(), remedy })
    }

    /// Refuses a rustc without the sources of its standard library.
    pub(crate) fn check_sources(&self, machine: &Machine) -> Result<(), Error> {
        if self.library_sources().is_dir() {
            return Ok(());
        }
        let remedy = self.of_rustup().then(|| Remedy::new(PackageManager::RustupComponent, &["rust-src"]));
        let packaged = [PackageManager::Apt, PackageManager::Dnf, PackageManager::Pacman];
        let manager = || PackageManager::of_system(machine).filter(|manager| packaged.contains(manager));
        let system = || manager().map(|manager| Remedy::new(manager, &["rust-src"]));
        Err(Error::ToolchainMissing { parts: vec!["rust-src".to_owned()], remedy: remedy.or_else(system) })
    }

    /// rustup writes this file into each of its toolchains.
    fn of_rustup(&self) -> bool {
        self.sysroot.join("lib/rustlib/multirust-config.toml").is_file()
    }

    /// How to install the standard library for a target; it has to come from where rustc came from.
    pub(crate) fn target_remedy(&self, target: Target, machine: &Machine) -> Option<Remedy> {
        if self.of_rustup() {
            return Some(Remedy::new(PackageManager::Rustup, &[target.name()]));
        }
        let manager = PackageManager::of_system(machine)?;
        let package = match manager {
            // Distributions have packages for the first target only.
            _ if target != Target::Wasip1 => return None,
            PackageManager::Apt => "libstd-rust-dev-wasm32",
            PackageManager::Dnf => "rust-std-static-wasm32-wasip1",
            PackageManager::Pacman => "rust-wasm",
            // Homebrew's rust has no other targets; its rustup has.
            PackageManager::Brew => "rustup",
            PackageManager::Rustup | PackageManager::RustupComponent | PackageManager::Pip => return None,
        };
        Some(Remedy::new(manager, &[package]))
    }
}

fn ask_commit(rustc: &Utf8Path) -> Option<String> {
    let version = ask(rustc.as_std_path(), &["-vV"], rustc.parent()?)?;
    version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).map(ToOwned::to_owned)
}

/// How to install rustc and cargo. Debian's are too old to have our target.
pub(crate) fn remedy(machine: &Machine) -> Option<Remedy> {
    let manager = PackageManager::of_system(machine)?;
    let packages: &[&str] = match manager {
        PackageManager::Dnf => &["rust", "cargo", "rust-std-static-wasm32-wasip1"],
        PackageManager::Pacman => &["rust", "rust-wasm"],
        PackageManager::Brew => &["rustup"],
        PackageManager::Apt
        | PackageManager::Rustup
        | PackageManager::RustupComponent
        | PackageManager::Pip => return None,
    };
    Some(Remedy::new(manager, packages))
}

/// The rustc cargo picks: the one it is told to, the one beside it if rustup started it, the one on the search path.
pub(crate) fn program(machine: &Machine) -> Option<PathBuf> {
    let beside_cargo = || {
        // rustup's stand-in for rustc works too, but takes twice as long; cargo takes the same short cut.
        machine.rustup_toolchain.as_ref()?;
        let rustc =
            machine.cargo.as_deref()?.with_file_name(format!("rustc{}", std::env::consts::EXE_SUFFIX));
        sysroot_around(&rustc).map(|_| rustc)
    };
    machine.rustc.clone().or_else(beside_cargo).or_else(|| machine.find_program("rustc"))
}

/// The rustc that cargo uses for a project, if another can be put before it by the variable `RUSTC`: nothing where the
/// configuration of cargo names one, since the variable would hide that.
pub fn replaceable(project: &Project, settings: &Settings, machine: &Machine) -> Option<PathBuf> {
    let given = cargo::given_config(&settings.cargo, machine);
    let config = cargo_config::read(project.source.dir(), machine.cargo_home.as_deref(), &given);
    let names_one =
        |table: &toml::Table| table.get("build").is_some_and(|build| build.get("rustc").is_some());
    let is_named = config.iter().any(names_one) || machine.cargo_variables.contains_key("CARGO_BUILD_RUSTC");
    if machine.rustc.is_none() && is_named { None } else { program(machine) }
}

/// The sysroot a real rustc or cargo stands in, as `bin/rustc`; none for rustup's stand-in and for links.
pub(crate) fn sysroot_around(program: &Path) -> Option<Utf8PathBuf> {
    let sysroot = Utf8Path::from_path(program)?.parent()?.parent()?;
    (program.is_file() && sysroot.join("lib/rustlib").is_dir()).then(|| sysroot.to_owned())
}

/// What rustc answers, without the line break at the end.
pub(crate) fn ask(rustc: &Path, arguments: &[&str], dir: &Utf8Path) -> Option<String> {
    let mut command = Command::new(rustc);
    // Under a library that changes the clock, rustc waits for ever.
    command.args(arguments).current_dir(dir).env_remove("LD_PRELOAD");
    let output = command.output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| answer.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_rustc_without_our_target_says_what_to_type() {
        let folder = Folder::with(&["t/lib/rustlib/multirust-config.toml", "bin/apt-get"]);
        let rustc = Rustc { sysroot: folder.root.join("t"), commit: None };
        let error = rustc.check_target(Target::Wasip1, &folder.machine).unwrap_err();
        assert!(error.to_string().contains("wasm32-wasip1"), "{error}");
        assert_eq!(error.hint().unwrap(), "type `rustup target add wasm32-wasip1`");
    }

    #[test]
    fn a_rustc_of_the_distribution_gets_the_distributions_package() {
        for (manager, command) in [
            ("bin/apt-get", "sudo apt-get install libstd-rust-dev-wasm32"),
            ("bin/dnf", "sudo dnf install rust-std-static-wasm32-wasip1"),
            ("bin/pacman", "sudo pacman -S rust-wasm"),
        ] {
            let folder = Folder::with(&[manager, "usr/lib/rustlib/etc/x"]);
            let rustc = Rustc { sysroot: folder.root.join("usr"), commit: None };
            let hint = rustc.check_target(Target::Wasip1, &folder.machine).unwrap_err().hint().unwrap();
            assert!(hint.contains(command) && hint.contains("https://rustup.rs"), "{hint}");
        }
    }

    #[test]
    fn a_rustc_of_unknown_origin_is_sent_to_rustup() {
        let folder = Folder::with(&["opt/rust/bin/rustc"]);
        let rustc = Rustc { sysroot: folder.root.join("opt/rust"), commit: None };
        let hint = rustc.check_target(Target::Wasip1, &folder.machine).unwrap_err().hint().unwrap();
        assert_eq!(hint, "use the Rust of https://rustup.rs, and type `rustup target add wasm32-wasip1`");
    }

    #[test]
    fn a_rustc_with_our_target_is_welcome() {
        let folder = Folder::with(&["t/lib/rustlib/wasm32-wasip1/lib/libstd.rlib"]);
        let rustc = Rustc { sysroot: folder.root.join("t"), commit: None };
        rustc.check_target(Target::Wasip1, &folder.machine).unwrap();
    }

    #[test]
    fn the_compiler_beside_cargo_is_taken_only_when_rustup_started_cargo() {
        let mut folder = Folder::with(&["t/bin/cargo", "t/bin/rustc", "t/lib/rustlib/etc/x", "bin/rustc"]);
        folder.machine.cargo = Some(folder.root.join("t/bin/cargo").into());
        assert_eq!(program(&folder.machine).unwrap(), folder.root.join("bin/rustc"));
        folder.machine.rustup_toolchain = Some("stable".into());
        assert_eq!(program(&folder.machine).unwrap(), folder.root.join("t/bin/rustc"));
        folder.machine.rustc = Some("/my/rustc".into());
        assert_eq!(program(&folder.machine).unwrap(), Path::new("/my/rustc"));
    }

    #[test]
    fn a_real_rustc_is_not_asked_where_it_stands() {
        let folder = Folder::with(&["bin/rustc", "lib/rustlib/etc/x"]);
        let found = Rustc::find(&folder.machine, &folder.root).unwrap();
        assert_eq!(found, Rustc { sysroot: folder.root.clone(), commit: None });
    }
}
