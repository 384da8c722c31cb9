//! How a project is to be built: the plan, after command line and configuration were joined.

use std::num::NonZeroUsize;
use std::thread;

use camino::Utf8PathBuf;

use crate::{System, Target, Toolchain};

/// The stack that programs have: a megabyte as rustc gives, in place of clang's 64 kilobytes, but for a sixteenth. Data lies
/// behind the stack, and below a megabyte an address takes three bytes of code in place of four: small programs are 1 to
/// 1.5 % smaller.
pub const STACK_BYTES: u32 = (1024 - 64) * 1024;

/// How to build; the default builds everything the project offers, as small as the compilers can.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What concerns Cargo packages only.
    pub cargo: CargoSettings,
    /// What concerns C and C++. Build systems are told most of it too, and of all this crates with C in them are told of
    /// the toolchain.
    pub c: CSettings,
    /// What concerns build systems that sources bring along.
    pub system: SystemSettings,
    /// What is built for.
    pub target: Target,
    /// What compilers optimize for.
    pub goal: Goal,
    /// Where built things go; relative to the current directory. `None` leaves it to `CARGO_TARGET_DIR`, to cargo's
    /// configuration, and to `target` beside the sources.
    pub target_dir: Option<Utf8PathBuf>,
    /// How many compilers run at once; `None` is one for each core.
    pub jobs: Option<NonZeroUsize>,
    /// Whether diagnostics have colours.
    pub color: Color,
    /// How many `-v` were given to hand on to cargo.
    pub verbose: u8,
    /// Who draws cargo's diagnostics.
    pub messages: Messages,
    /// Whether cargo is told to keep quiet.
    pub quiet: bool,
}

/// What cargo is asked to build, spelled as cargo's own flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoSettings {
    /// `--package`
    pub package: Vec<String>,
    /// `--workspace`
    pub workspace: bool,
    /// `--exclude`
    pub exclude: Vec<String>,
    /// `--bin`
    pub bin: Vec<String>,
    /// `--bins`
    pub bins: bool,
    /// `--example`
    pub example: Vec<String>,
    /// `--examples`
    pub examples: bool,
    /// `--lib`: a reactor from a `cdylib`.
    pub lib: bool,
    /// `--features`
    pub features: Vec<String>,
    /// `--all-features`
    pub all_features: bool,
    /// `--no-default-features`
    pub no_default_features: bool,
    /// `--profile` (`-r` is `release`). `None` is the `wasmpack` profile, whose keys are given by this crate
    /// unless the user's manifest has them; any other profile is left as it is.
    pub profile: Option<String>,
    /// Which standard library is linked.
    pub std: Std,
    /// `--locked`
    pub locked: bool,
    /// `--offline`
    pub offline: bool,
    /// `--frozen`
    pub frozen: bool,
    /// `--config`
    pub config: Vec<String>,
}

impl Settings {
    /// How many compilers may run at once: `jobs`, or one for each core.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// The programs that are asked for by name, where cargo is not asked.
    pub(crate) fn programs(&self) -> &[String] {
        if self.cargo.bin.is_empty() { self.system.bin.as_slice() } else { &self.cargo.bin }
    }
}

/// How a build system that sources bring along is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemSettings {
    /// The one to use, whatever else is in the folder.
    pub system: Option<System>,
    /// Whether it is our own for C and C++, whatever else is in the folder.
    pub c: bool,
    /// The program and arguments of [`System::Command`].
    pub command: Vec<String>,
    /// What else is given to `configure`, `cmake`, `make`, `go build` or `zig build`, or to the command.
    pub arguments: Vec<String>,
    /// The module a command leaves, relative to the folder; one that is there already, if there is no command.
    pub module: Option<Utf8PathBuf>,
    /// Which of several programs becomes the module.
    pub bin: Option<String>,
}

/// What compilers optimize for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// A small module.
    #[default]
    Size,
    /// A fast one.
    Speed,
}

impl Goal {
    /// As clang spells it.
    pub(crate) fn clang_flag(self) -> String {
        match self {
            Self::Size => "-Oz",
            Self::Speed => "-O3",
        }
        .to_owned()
    }
}

/// Which standard library of Rust is linked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Std {
    /// The one that came with rustc.
    #[default]
    Full,
    /// One that is compiled for the purpose: optimized for size, and a panic ends the program without a message. It
    /// takes `rust-src`, and switches of rustc and cargo that are not stable.
    Minimal,
}

/// How C and C++ sources are compiled. Paths are relative to the folder of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CSettings {
    /// Source files, folders to search for them, or patterns such as `lib/**/*.c`; what begins with `!` is left out.
    /// Empty means the folder itself and everything below `src/`.
    pub sources: Vec<String>,
    /// Folders with headers, in addition to `include/`.
    pub include: Vec<Utf8PathBuf>,
    /// Macros, as `NAME` or `NAME=VALUE`.
    pub define: Vec<String>,
    /// Language standards, such as `c17` and `c++20`; each concerns the sources of its language.
    pub std: Vec<String>,
    /// Whether there are exceptions in C++, and `setjmp` in C.
    pub exceptions: bool,
    /// Whether the linker optimizes over all sources: 1 % smaller at best, and every link takes as long as compiling.
    pub lto: bool,
    /// The size of the stack; `None` is [`STACK_BYTES`].
    pub stack_size_bytes: Option<u32>,
    /// A program that is given the compiler's command line, such as `ccache`; rustc's as well, if it is `sccache`.
    pub launcher: Option<String>,
    /// The compiler.
    pub toolchain: Toolchain,
    /// Further flags, given to the compiler and, when it links, again.
    pub flags: Vec<String>,
    /// What else is linked: a library's name, an archive or object file, or a flag (what begins with `-`).
    pub link: Vec<String>,
}

/// Who draws cargo's diagnostics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Messages {
    /// Cargo does, at its terminal.
    #[default]
    Drawn,
    /// Whoever is told of them: see [`crate::Step::Message`].
    Handed,
    /// The same, with the colours of a terminal in what rustc has drawn.
    HandedInColor,
}

/// Whether diagnostics have colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// Cargo looks at its terminal; C and C++ compilers, which write into a pipe, use none.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// As the compilers' flags spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}
