//! Package managers: what is installed through which, and the commands that do it.

use std::process::Command;

use crate::{Result, process, shell};

/// A system's package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Brew,
}

impl Manager {
    /// The one this system has.
    pub(crate) fn of_system() -> Option<Self> {
        let managers =
            [("apt-get", Self::Apt), ("dnf", Self::Dnf), ("pacman", Self::Pacman), ("brew", Self::Brew)];
        managers.into_iter().find(|(program, _)| which::which(program).is_ok()).map(|(_, manager)| manager)
    }

    /// The command that installs `packages`, as one would type it.
    pub(crate) fn command_line(self, packages: &[String]) -> String {
        let command = match self {
            Self::Apt => "sudo apt-get install",
            Self::Dnf => "sudo dnf install",
            Self::Pacman => "sudo pacman -S",
            Self::Brew => "brew install",
        };
        format!("{command} {}", packages.join(" "))
    }
}

/// The version of LLVM the tests were written with.
const PREFERRED_LLVM: u32 = 22;

/// What clang needs on Debian to make modules from C and C++; `N` stands for the version.
const LLVM_PACKAGES: [&str; 5] =
    ["clang-N", "lld-N", "libclang-rt-N-dev-wasm32", "libc++-N-dev-wasm32", "libc++abi-N-dev-wasm32"];

/// Reads the lists of packages anew; old ones name files that are gone.
pub(crate) fn apt_update() -> Result {
    shell::status("Updating", "apt's lists of packages");
    process::run(as_root("apt-get").args(["update", "--quiet", "--quiet"]))
}

/// The C and C++ toolchain: the preferred version, or else the newest of which every part is there.
pub(crate) fn apt_llvm() -> Result<Vec<String>> {
    let names = process::stdout_of(Command::new("apt-cache").arg("pkgnames"))?;
    let names: std::collections::BTreeSet<&str> = names.lines().collect();
    let of_version =
        |version: u32| LLVM_PACKAGES.map(|name| name.replace('N', &version.to_string())).to_vec();
    let is_whole = |version: &u32| of_version(*version).iter().all(|name| names.contains(name.as_str()));
    let versions = names.iter().filter_map(|name| name.strip_prefix("clang-")?.parse().ok());
    // The preferred version beats any other, then the higher number wins.
    let best = versions.filter(is_whole).max_by_key(|version| (*version == PREFERRED_LLVM, *version));
    let version = best.ok_or("no package of apt's makes modules from C and C++; install wasi-sdk or zig")?;
    Ok(of_version(version).into_iter().chain(["wasi-libc".to_owned()]).collect())
}

/// Installs packages. Nothing is removed for them: a machine may have a Docker whose containerd has another name.
pub(crate) fn apt_install(packages: &[String]) -> Result {
    shell::status("Installing", packages.join(" "));
    let flags = ["install", "--yes", "--no-install-recommends", "--no-remove", "--quiet", "--quiet"];
    process::run(
        as_root("env").args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(flags).args(packages),
    )
}

/// The program under `sudo`, unless this is root already.
fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

/// Whether this process may do anything.
pub(crate) fn is_root() -> bool {
    let user = process::output_of(Command::new("id").arg("-u"));
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
