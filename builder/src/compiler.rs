//! A C and C++ compiler that makes modules: what it is called, and what it must be told each time.

use std::str::FromStr;

use camino::Utf8PathBuf;

use crate::clang::{self, Clang};
use crate::sysroot::Sysroot;
use crate::{Error, Language, Machine, needs, zig};

/// A compiler with all it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// The program that is run.
    pub(crate) program: Utf8PathBuf,
    /// Of clang, where it is known.
    pub(crate) version: Option<u32>,
    /// What makes the program a C compiler, and a C++ compiler.
    pub(crate) c: Vec<String>,
    pub(crate) cpp: Vec<String>,
    /// What it must be told to find headers, and to link.
    pub(crate) compile: Vec<String>,
    pub(crate) compile_cpp: Vec<String>,
    pub(crate) link: Vec<String>,
    /// Where its headers and libraries are, if it has to be told.
    pub(crate) sysroot: Option<Sysroot>,
    /// What makes archives of objects, if anything does.
    pub(crate) archiver: Option<Vec<String>>,
    /// Files that change when the toolchain does: itself, its linker, its libraries.
    pub(crate) parts: Vec<Utf8PathBuf>,
}

impl Compiler {
    /// The one that was chosen, or else the first that is whole: a wasi-sdk that was named, one in its usual place, the
    /// clangs on the search path from the newest to the oldest, zig, the zig in a Python package.
    pub(crate) fn find(machine: &Machine, toolchain: &Toolchain, language: Language) -> Result<Self, Error> {
        let zig = || match toolchain {
            Toolchain::At(path) => zig::at(&machine.current_dir.join(path)),
            Toolchain::Any if machine.wasi_sdk_path.is_some() => None,
            Toolchain::Any | Toolchain::Zig => zig::find(machine),
            Toolchain::Clang(_) | Toolchain::WasiSdk => None,
        };
        let zig = || zig().map(|zig| zig.compiler());
        Self::clang(machine, toolchain, language)
            .or_else(zig)
            .ok_or_else(|| missing(machine, toolchain, language))
    }

    /// The same without zig.
    fn clang(machine: &Machine, toolchain: &Toolchain, language: Language) -> Option<Self> {
        clangs(machine, toolchain).iter().find_map(|clang| clang.compiler(language))
    }

    pub(crate) fn compile_command(&self, language: Language) -> Vec<String> {
        let mut command = self.driver(language);
        if language == Language::Cpp {
            command.extend(self.compile_cpp.iter().cloned());
        }
        command.extend(self.compile.iter().cloned());
        command
    }

    pub(crate) fn link_command(&self, language: Language) -> Vec<String> {
        let mut command = self.driver(language);
        command.extend(self.link.iter().cloned());
        command
    }

    fn driver(&self, language: Language) -> Vec<String> {
        let mode = if language == Language::Cpp { &self.cpp } else { &self.c };
        std::iter::once(self.program.to_string()).chain(mode.iter().cloned()).collect()
    }
}

/// Every clang that fits the choice, whole or not.
pub(crate) fn clangs(machine: &Machine, toolchain: &Toolchain) -> Vec<Clang> {
    match (toolchain, &machine.wasi_sdk_path) {
        (Toolchain::Zig, _) => Vec::new(),
        (Toolchain::Any | Toolchain::WasiSdk, Some(path)) => vec![Clang::of_wasi_sdk(path)],
        (Toolchain::At(path), _) => vec![clang::at(&machine.current_dir.join(path), machine)],
        (Toolchain::Any, None) => clang::candidates(machine),
        (Toolchain::WasiSdk, None) => clang::wasi_sdks(machine),
        (Toolchain::Clang(version), _) => {
            let mut clangs = clang::of_search_path(machine);
            clangs.retain(|clang| version.is_none() || clang.version == *version);
            clangs
        }
    }
}

/// What to say if there is no compiler.
fn missing(machine: &Machine, toolchain: &Toolchain, language: Language) -> Error {
    if *toolchain == Toolchain::Zig {
        return Error::ToolchainMissing { parts: vec!["zig".to_owned()], remedy: zig::remedy(machine) };
    }
    let clangs = clangs(machine, toolchain);
    let nearest = clang::nearest(&clangs, language);
    let everything = || needs::needs(language).collect();
    let missing = nearest.map_or_else(everything, |clang| clang.missing(language));
    // Named and not there is a mistake to be told, not to be passed over.
    let named = match toolchain {
        Toolchain::Any | Toolchain::WasiSdk => machine.wasi_sdk_path.as_ref(),
        Toolchain::At(path) => Some(path),
        Toolchain::Clang(_) | Toolchain::Zig => None,
    };
    if *toolchain == Toolchain::WasiSdk && named.is_none() && nearest.is_none() {
        return Error::ToolchainMissing { parts: vec!["wasi-sdk".to_owned()], remedy: None };
    }
    if let Some(path) = named {
        return Error::UnfitToolchain { path: path.clone(), parts: needs::names(&missing) };
    }
    if let (Toolchain::Clang(Some(version)), None) = (toolchain, nearest) {
        return Error::ToolchainMissing { parts: vec![format!("clang-{version}")], remedy: None };
    }
    let version = nearest.and_then(|clang| clang.version);
    Error::ToolchainMissing {
        remedy: needs::remedy(machine, &missing, version),
        parts: needs::names(&missing),
    }
}

/// Which compiler is to be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Toolchain {
    /// The first that is found.
    #[default]
    Any,
    /// A clang on the search path; of this major version, if there is one.
    Clang(Option<u32>),
    /// A wasi-sdk, in `WASI_SDK_PATH` or in its usual place.
    WasiSdk,
    /// zig, or the one in Python's package `ziglang`.
    Zig,
    /// The clang, the zig or the wasi-sdk at this path.
    At(Utf8PathBuf),
}

impl FromStr for Toolchain {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "clang" => Ok(Self::Clang(None)),
            "wasi-sdk" => Ok(Self::WasiSdk),
            "zig" => Ok(Self::Zig),
            path if path.contains(['/', '\\']) => Ok(Self::At(path.into())),
            other => {
                let version = other.strip_prefix("clang-").and_then(|version| version.parse().ok());
                let unknown = || Error::UnknownToolchain { text: text.to_owned() };
                version.map(|version| Self::Clang(Some(version))).ok_or_else(unknown)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toolchains_go_by_their_names() {
        for (text, toolchain) in [
            ("clang", Toolchain::Clang(None)),
            ("clang-19", Toolchain::Clang(Some(19))),
            ("wasi-sdk", Toolchain::WasiSdk),
            ("zig", Toolchain::Zig),
            ("/opt/llvm/bin/clang", Toolchain::At("/opt/llvm/bin/clang".into())),
        ] {
            assert_eq!(text.parse::<Toolchain>().unwrap(), toolchain);
        }
        assert!(matches!("gcc".parse::<Toolchain>(), Err(Error::UnknownToolchain { .. })));
    }

    #[test]
    fn what_was_asked_for_is_what_is_said_to_be_missing() {
        let mut machine = Machine::bare("/nowhere".into());
        let parts = |machine: &Machine, toolchain| match missing(machine, &toolchain, Language::C) {
            Error::ToolchainMissing { parts, .. } => parts.join(" "),
            Error::UnfitToolchain { path, .. } => path.into_string(),
            other => panic!("{other}"),
        };
        assert_eq!(parts(&machine, Toolchain::Zig), "zig");
        assert_eq!(parts(&machine, Toolchain::WasiSdk), "wasi-sdk");
        assert_eq!(parts(&machine, Toolchain::Clang(Some(19))), "clang-19");
        assert_eq!(parts(&machine, Toolchain::At("/my/clang".into())), "/my/clang");
        assert!(parts(&machine, Toolchain::Any).contains("clang"));
        machine.wasi_sdk_path = Some("/my/sdk".into());
        assert_eq!(parts(&machine, Toolchain::WasiSdk), "/my/sdk");
        assert_eq!(parts(&machine, Toolchain::Any), "/my/sdk");
    }
}
