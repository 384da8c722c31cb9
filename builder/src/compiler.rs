//! A C and C++ compiler that makes modules: what it is called, and what it must be told each time.

use camino::Utf8PathBuf;

use crate::clang::{self, Clang};
use crate::sysroot::Sysroot;
use crate::{Error, Language, Machine, needs, zig};

/// A compiler with all it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Compiler {
    /// The program that is run.
    pub(crate) program: Utf8PathBuf,
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
    /// Whether modules come with debug information that nobody asked for.
    pub(crate) leaves_debug_info: bool,
}

impl Compiler {
    /// The first that is whole: a wasi-sdk that was named, one in its usual place, the clangs on the search path from
    /// the newest to the oldest, zig, the zig in a Python package.
    pub(crate) fn find(machine: &Machine, language: Language) -> Result<Self, Error> {
        let zig = || zig::find(machine).map(|zig| zig.compiler()).filter(|_| machine.wasi_sdk_path.is_none());
        Self::clang(machine, language).or_else(zig).ok_or_else(|| Self::missing(machine, language))
    }

    /// The same without zig.
    pub(crate) fn clang(machine: &Machine, language: Language) -> Option<Self> {
        match &machine.wasi_sdk_path {
            Some(path) => Clang::of_wasi_sdk(path).compiler(language),
            None => clang::candidates(machine).iter().find_map(|clang| clang.compiler(language)),
        }
    }

    /// What to say if there is none.
    fn missing(machine: &Machine, language: Language) -> Error {
        if let Some(path) = &machine.wasi_sdk_path {
            // Named and not there is a mistake to be told, not to be passed over.
            let missing = Clang::of_wasi_sdk(path).missing(language);
            return Error::WasiSdk { path: path.clone(), parts: needs::names(&missing) };
        }
        let clangs = clang::candidates(machine);
        let nearest = clang::nearest(&clangs, language);
        let everything = || needs::needs(language).collect();
        let missing = nearest.map_or_else(everything, |clang| clang.missing(language));
        let version = nearest.and_then(|clang| clang.version);
        Error::ToolchainMissing {
            remedy: needs::remedy(machine, &missing, version),
            parts: needs::names(&missing),
        }
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
