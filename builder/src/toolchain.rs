//! What of the toolchains is on this machine, where, and what to type for the rest.

use std::path::Path;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::needs::{self, Need};
use crate::rustc::{self, Rustc};
use crate::{Language, Machine, Remedy, Target, Toolchain, cargo, zig};
use crate::{clang, compiler};

/// A part of a toolchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called.
    pub name: String,
    /// Whether it is there.
    pub state: State,
    /// How to install it, if it is missing and this machine has a way.
    pub remedy: Option<Remedy>,
}

/// Whether a part is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is.
    Found {
        /// The program, library or folder.
        path: Utf8PathBuf,
        /// Its version, if it tells.
        version: Option<String>,
    },
    /// It is not.
    Missing,
}

/// Looks for everything a build of Rust, C or C++ may need, in the order in which it is needed. Programs are asked for
/// their version.
#[must_use]
pub fn survey(machine: &Machine) -> Vec<Part> {
    let mut parts = rust(machine, Target::Wasip1);
    parts.extend(c(machine));
    parts
}

/// Looks for what a build of Rust needs besides to make components.
#[must_use]
pub fn components(machine: &Machine) -> Part {
    let rustc = Rustc::find(machine, &machine.current_dir);
    rust_target(rustc.as_ref(), Target::Wasip2, machine)
}

/// A program that only some builds need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// What it is called.
    pub name: &'static str,
    /// Which builds those are.
    pub needed_for: &'static str,
    /// Where it is to be had, if not where everything is.
    pub from: Option<&'static str>,
    /// Whether it is there.
    pub state: State,
}

/// Looks for what other builds than those of Rust, C and C++ need, and for another Binaryen than the one built in.
#[must_use]
pub fn extras(machine: &Machine) -> Vec<Extra> {
    const EXTRAS: [(&str, &str); 5] = [
        ("make", "makefiles and `configure`"),
        ("cmake", "`CMakeLists.txt`"),
        ("go", "`go.mod`"),
        ("zig", "`build.zig`"),
        ("wasm-opt", "`--wasm-opt system`"),
    ];
    let extra = |(name, needed_for)| {
        let path = match name {
            // It may be a package of Python's.
            "zig" => zig::find(machine).map(|zig| zig.program),
            _ => machine.find_program(name).and_then(|path| Utf8PathBuf::try_from(path).ok()),
        };
        let found = path.map(|path| State::Found { version: version_of(&path, None), path });
        // Debian's is too old.
        let from = (name == "go").then_some("1.21 or newer, from https://go.dev/dl");
        Extra { name, needed_for, from, state: found.unwrap_or(State::Missing) }
    };
    EXTRAS.map(extra).into()
}

/// Looks for what a build of Rust for this target needs.
#[must_use]
pub fn rust(machine: &Machine, target: Target) -> Vec<Part> {
    let program = |name: &str, path: Option<std::path::PathBuf>| {
        let path = path.and_then(|path| Utf8PathBuf::try_from(path).ok());
        let state = path.map(|path| State::Found { version: version_of(&path, None), path });
        part(name, state, || rustc::remedy(machine))
    };
    let rustc = Rustc::find(machine, &machine.current_dir);
    vec![
        program("cargo", cargo::program(machine)),
        program("rustc", rustc::program(machine)),
        rust_target(rustc.as_ref(), target, machine),
    ]
}

fn rust_target(rustc: Option<&Rustc>, target: Target, machine: &Machine) -> Part {
    let libraries = rustc.map(|rustc| rustc.target_libraries(target)).filter(|path| path.is_dir());
    let found = libraries.map(|path| State::Found { path, version: None });
    part(&format!("rust target {target}"), found, || rustc?.target_remedy(target, machine))
}

/// Looks for what a build of C or C++ needs: the parts of the clang it would take, or would take if it were whole. If zig
/// stands in for it, its parts are zig's.
#[must_use]
pub fn c(machine: &Machine) -> Vec<Part> {
    let sdk = machine.wasi_sdk_path.as_deref();
    let clangs = compiler::clangs(machine, &Toolchain::Any);
    let clang = clang::nearest(&clangs, Language::Cpp);
    let is_whole = clang.is_some_and(|clang| clang.missing(Language::Cpp).is_empty());
    let stand_in = if is_whole || sdk.is_some() { None } else { zig::find(machine) };
    if let Some(zig) = stand_in {
        let version = version_of(&zig.program, None).map(|version| format!("zig {version}"));
        let state = || Some(State::Found { path: zig.program.clone(), version: version.clone() });
        return Need::ALL.map(|need| part(need.name(), state(), || None)).into();
    }
    let found = |need: Need| {
        let path = clang?.part(need)?.to_owned();
        let version = matches!(need, Need::Clang | Need::Linker).then(|| version_of(&path, None)).flatten();
        Some(State::Found { path, version })
    };
    let version = clang.and_then(|clang| clang.version);
    // What a wasi-sdk lacks does not come from packages.
    let remedy = |need| if sdk.is_some() { None } else { needs::remedy(machine, &[need], version) };
    Need::ALL.map(|need| part(need.name(), found(need), || remedy(need))).into()
}

fn part(name: &str, state: Option<State>, remedy: impl FnOnce() -> Option<Remedy>) -> Part {
    let remedy = if state.is_none() { remedy() } else { None };
    Part { name: name.to_owned(), state: state.unwrap_or(State::Missing), remedy }
}

/// What a program says its version is, in the folder `dir`.
pub(crate) fn version_of(program: &Utf8Path, dir: Option<&Utf8Path>) -> Option<String> {
    let name = program.file_stem().unwrap_or_default();
    let mut command = Command::new(Path::new(program));
    // Two have a verb for it.
    command.arg(if matches!(name, "go" | "zig") { "version" } else { "--version" });
    command.current_dir(dir.unwrap_or(".".into())).stdin(Stdio::null());
    version_in(&String::from_utf8_lossy(&command.output().ok()?.stdout))
}

/// The first word of the first line that begins with a digit: `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`,
/// `Debian clang version 22.1.8 (1~deb12u1)`, `LLD 22.1.8`; `go version go1.25.3 linux/amd64`.
fn version_in(text: &str) -> Option<String> {
    let words = text.lines().next()?.split_whitespace();
    let mut words = words.map(|word| word.strip_prefix("go").unwrap_or(word));
    words.find(|word| word.starts_with(|c: char| c.is_ascii_digit())).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn on_an_empty_machine_every_part_is_missing_and_has_a_remedy() {
        let parts = survey(&Folder::with(&["bin/apt-get"]).machine);
        let lines: Vec<_> = parts
            .iter()
            .map(|part| {
                assert_eq!(part.state, State::Missing, "{}", part.name);
                let remedy = part.remedy.as_ref().map_or_else(|| "-".to_owned(), Remedy::command_line);
                format!("{}: {remedy}", part.name)
            })
            .collect();
        assert_eq!(
            lines,
            [
                // From rustup, which is no package of this system.
                "cargo: -",
                "rustc: -",
                "rust target wasm32-wasip1: -",
                "clang: sudo apt-get install clang",
                "wasm-ld: sudo apt-get install lld",
                "wasi libc: sudo apt-get install wasi-libc",
                "compiler-rt builtins: sudo apt-get install libclang-rt-dev-wasm32",
                "C++ standard library: sudo apt-get install libc++-dev-wasm32",
            ]
        );
    }

    #[test]
    fn zig_stands_in_for_every_part_of_clang() {
        let folder = Folder::with(&["bin/zig"]);
        let parts = survey(&folder.machine);
        for part in &parts[3..] {
            assert!(
                matches!(&part.state, State::Found { path, .. } if *path == folder.root.join("bin/zig")),
                "{part:?}"
            );
        }
    }

    #[test]
    fn what_few_need_is_no_part_of_the_toolchain() {
        let folder = Folder::with(&["bin/go", "bin/zig"]);
        let found = extras(&folder.machine).into_iter().filter(|extra| extra.state != State::Missing);
        assert_eq!(found.map(|extra| extra.name).collect::<Vec<_>>(), ["go", "zig"]);
        assert!(survey(&folder.machine).iter().all(|part| part.name != "go"));
    }

    #[test]
    fn versions_are_read_as_each_program_writes_them() {
        for (text, version) in [
            ("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n", Some("1.95.0")),
            ("Debian clang version 22.1.8 (1~deb12u1)\nTarget: x\n", Some("22.1.8")),
            ("Debian LLD 22.1.8 (compatible with GNU linkers)\n", Some("22.1.8")),
            ("go version go1.25.3 linux/amd64\n", Some("1.25.3")),
            ("0.15.2\n", Some("0.15.2")),
            ("nothing\n1.0", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version);
        }
    }
}
