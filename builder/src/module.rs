//! What comes out of a build, and what is told on the way.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Language, Materials};

/// A core WebAssembly module as the toolchain wrote it; that of a Cargo package has a list of its packages besides, in a section
/// `.dep-v0` at the end. It has its `name` and `producers` sections, `target_features`
/// (except from clang 14, which uses none), and debug information only where it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Module {
    /// The cargo target, or the folder of the sources.
    pub name: String,
    /// The module itself.
    pub wasm: Vec<u8>,
    /// Where the toolchain left it.
    pub path: Utf8PathBuf,
    /// The language of the program's own sources, if one can tell.
    pub language: Option<Language>,
    /// The Cargo package it comes from; see [`crate::Project::packages`].
    pub package: Option<String>,
    /// The version of that package.
    pub version: Option<String>,
    /// What went into it.
    pub materials: Materials,
    /// What the build was asked for, in words; see [`crate::Settings`].
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// Something that happens in a build. (Cargo reports for itself.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A source is about to be compiled.
    Compiling {
        /// Relative to the project's folder.
        source: &'a Utf8Path,
        /// What it is compiled as.
        language: Language,
        /// The command line, but for names that differ each time.
        command: &'a str,
    },
    /// All objects are there; the linker is about to run.
    Linking {
        /// The name of the module.
        module: &'a str,
        /// The command line, but for names that differ each time.
        command: &'a str,
    },
    /// Nothing has changed since the last build, so no compiler ran.
    Fresh {
        /// The name of the module.
        module: &'a str,
    },
    /// Somebody else builds in the same folder, and has to finish first.
    Waiting {
        /// That folder.
        folder: &'a Utf8Path,
    },
    /// A build system is about to be run.
    Running {
        /// Its command line, as far as it differs from project to project.
        command: &'a str,
    },
    /// A launcher does not start, and what is compiled does not go through it.
    NotLaunched {
        /// The launcher.
        launcher: &'a str,
        /// Why, in its own words.
        reason: &'a str,
    },
    /// All is compiled, through sccache. Others may have used it at the same time.
    Reused {
        /// Compilations that it found.
        hits: u64,
        /// Those that had to be done.
        misses: u64,
    },
    /// What is linked into a module cannot be told.
    Unlisted {
        /// The name of the module.
        module: &'a str,
        /// The folder of its package, which is not among what cargo shows.
        folder: &'a Utf8Path,
    },
    /// What a compiler or the linker said: whole lines, with colours if they were asked for. It belongs on standard
    /// error as it is. It comes in one piece for each source, so that compilers at work side by side do not mix.
    Diagnostics(&'a str),
    /// What cargo said: a line of JSON, if it was asked for messages that are not drawn.
    Message(&'a str),
}
