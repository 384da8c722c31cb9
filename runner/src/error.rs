//! Why a module could not be started.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

use crate::elsewhere;

/// What Wasmtime says, with its own chain of causes.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The guest did not run, or not one instruction of its `_start`.
#[derive(Debug, Error)]
pub enum Error {
    /// A directory is not spelled `HOST[::GUEST]`.
    #[error("failed to parse directory `{typed}`: a path is empty")]
    ParseDirectory {
        /// What was typed.
        typed: String,
    },
    /// A directory for the guest cannot be opened.
    #[error("failed to open directory `{}` for the guest", path.display())]
    OpenDirectory {
        /// The path on the host.
        path: PathBuf,
        /// What the system says.
        source: Cause,
    },
    /// The bytes are neither a module nor a component.
    #[error("failed to load the module: the bytes are {}", kind.unwrap_or("not WebAssembly"))]
    NotWasm {
        /// What they are, if that can be told: `a program for Linux (ELF)`.
        kind: Option<&'static str>,
    },
    /// The component is neither a command nor a service.
    #[error(
        "failed to run the component: it exports neither `wasi:cli/run` nor `wasi:http/incoming-handler` of WASI 0.2"
    )]
    NoEntry {
        /// What it exports.
        exports: Vec<String>,
    },
    /// The function that is to be called is not exported, or several are.
    #[error("failed to call `{function}`: the module exports {} of this name", if *several { "several functions" } else { "no function" })]
    NoFunction {
        /// The name that was asked for.
        function: String,
        /// Whether several have it.
        several: bool,
        /// All that are exported, with their types.
        exported: Vec<String>,
    },
    /// The arguments are not those that the function takes.
    #[error("failed to call `{signature}`: {problem}")]
    Arguments {
        /// The function, with its type.
        signature: String,
        /// Which of them, and why.
        problem: String,
    },
    /// An initializer asks its host for something, and a snapshot would keep the answer.
    #[error("failed to make a snapshot: `{function}` calls `{import}`, which is of the host")]
    InitializerCalls {
        /// The initializer.
        function: String,
        /// What it calls, as `module::name`.
        import: String,
    },
    /// What runs before an initializer would run again when the program starts.
    #[error(
        "failed to make a snapshot: what runs before `{function}` would run again when the program starts"
    )]
    InitializerTwice {
        /// The initializer.
        function: String,
    },
    /// An initializer cannot be called, or did not come to its end.
    #[error("failed to make a snapshot by `{function}`: {problem}")]
    Initializer {
        /// The initializer.
        function: String,
        /// Why.
        problem: String,
        /// Whether it is a function that can be called like that.
        is_of_type: bool,
    },
    /// A module has what a snapshot cannot keep.
    #[error("failed to make a snapshot: {cause}")]
    NoSnapshot {
        /// What it has.
        cause: String,
    },
    /// A service is to be run to its end.
    #[error("failed to run the component to its end: it is a service, which has none")]
    Endless,
    /// A service cannot be asked at this address.
    #[error("failed to listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The module does not validate, or asks for a feature this host is built without.
    #[error("failed to compile the module: {cause}")]
    InvalidModule {
        /// What is wrong, and at which offset.
        cause: String,
    },
    /// The module is a reactor: a library with `_initialize` and no `_start`.
    #[error("failed to run the module: it is a reactor, a library without `_start`")]
    Reactor,
    /// The module exports no function `_start` without parameters and results.
    #[error(
        "failed to run the module: it does not export a function `_start` without parameters and results"
    )]
    NoStart,
    /// The module imports what this host does not offer.
    #[error("failed to link the program: it imports {}, which this host does not offer", quoted(imports))]
    UnknownImports {
        /// All of them, as `module::name`; of a component, the interfaces.
        imports: Vec<String>,
    },
    /// The module imports something this host offers, with another type.
    #[error("failed to link the program")]
    ImportType {
        /// Which import, and both types.
        source: Cause,
    },
    /// The module has more bytes than are run.
    #[error("failed to compile the module: it has {size_bytes} bytes, and the limit is {limit_bytes}")]
    ModuleLimit {
        /// What it has.
        size_bytes: u64,
        /// What it may have.
        limit_bytes: u64,
    },
    /// The compiler has not finished in its time.
    #[error("failed to compile the module in {} seconds, which is the limit", limit.as_secs_f64())]
    CompileTime {
        /// How long it may take.
        limit: Duration,
    },
    /// The memory or table the module starts with is larger than the limit.
    #[error(
        "failed to start the module: it needs {needed_bytes} bytes of memory, and the limit is {limit_bytes}"
    )]
    MemoryLimit {
        /// What it would have used.
        needed_bytes: u64,
        /// What it may use.
        limit_bytes: u64,
    },
    /// The host could not provide what the module needs to exist: address space, most of all.
    #[error("failed to start the module")]
    Instantiate {
        /// What was lacking.
        source: Cause,
    },
    /// Wasmtime cannot work on this machine.
    #[error("failed to set up the runtime")]
    Engine {
        /// What it lacks.
        source: Cause,
    },
    /// The system gave no thread to run the guest in.
    #[error("failed to start a thread for the guest")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// The way out, if there is one.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::ParseDirectory { .. } => {
                "write HOST::GUEST, as in `./input::/data`, or one path for both sides"
            }
            Self::OpenDirectory { .. } => "only a directory that exists can be given to the guest",
            Self::NotWasm { kind: Some(elsewhere::TEXT) } => {
                "this looks like the text format, which is taken from a file whose name ends in `.wat`"
            }
            Self::NotWasm { kind: Some(kind) } if kind.starts_with("a program for") => {
                "a container of this machine can start it; here it has to be built for wasm32-wasip1"
            }
            Self::NotWasm { .. } => "a module is a `.wasm` file, as made by the target wasm32-wasip1",
            Self::NoEntry { exports } if exports.iter().any(|name| is_of_wasi_0_3(name)) => {
                "this host offers WASI 0.2: build with a toolchain for wasm32-wasip2"
            }
            Self::NoEntry { .. } => {
                "a library has nothing to run: call one of its functions with `--invoke`, or build a program or a service"
            }
            Self::NoFunction { exported, .. } if exported.is_empty() => {
                "functions are exported with `#[unsafe(no_mangle)] pub extern \"C\"` in Rust, `__attribute__((export_name(\"NAME\")))` in C"
            }
            Self::NoFunction { exported, .. } => return Some(callable(exported)),
            Self::Arguments { .. } => {
                "arguments stand behind `--`, one word for each: numbers, and for components values in WAVE, such as `[1, 2]`"
            }
            Self::InitializerCalls { .. } => {
                "leave it to `main`: what differs from machine to machine, such as time, chance, files and variables, is not kept"
            }
            Self::InitializerTwice { .. } => {
                "these are constructors, as C++ has them: export `wizer.resume`, which goes on where `_start` would after them"
            }
            Self::Initializer { is_of_type: false, .. } => {
                "an initializer is a function without parameters and results"
            }
            Self::Initializer { .. } => "mend it, or leave this work to `main`",
            Self::NoSnapshot { .. } => "build without `snapshot`",
            Self::Endless => "`cargo wasmpack run` starts it, and a client asks it",
            Self::Listen { .. } => "choose another address with `--listen HOST:PORT`",
            // Wasmtime has one text per feature and no code for them.
            Self::InvalidModule { cause } if cause.contains("enabled") => {
                "build without this feature: threads are not offered, nor what is no standard yet"
            }
            Self::InvalidModule { .. } => {
                "the file is damaged or cut short, or its linker has a bug: build it again"
            }
            Self::Reactor => {
                "call one of its functions with `--invoke`, or build a command: a Rust binary, or C and C++ without `-mexec-model=reactor`"
            }
            Self::NoStart => {
                "build a command: a program with `main`, linked without `--no-entry`; other functions are called with `--invoke`"
            }
            Self::UnknownImports { imports } => {
                return Some(imports.first().map_or("", |import| elsewhere::offered(import)).to_owned());
            }
            Self::ImportType { .. } => {
                "build with a toolchain that follows the standard: WASI 0.1 for modules, 0.2 for components"
            }
            Self::MemoryLimit { .. } => "give it more with `--limit memory=SIZE`",
            Self::ModuleLimit { .. } => "run it with `--limit module=SIZE`",
            Self::CompileTime { .. } => "give it longer with `--limit compile-time=SECONDS`",
            Self::Instantiate { .. } => "look for a limit on address space, such as `ulimit -v`",
            Self::Engine { .. } | Self::Thread { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Whether it is an interface of the version after the one that is here.
fn is_of_wasi_0_3(interface: &str) -> bool {
    interface.starts_with("wasi:") && interface.contains("@0.3")
}

/// What can be called instead. Of a program, a build keeps no more than what starts it.
fn callable(exported: &[String]) -> String {
    let is_program = exported.iter().any(|function| function == "_start()");
    let kept = if is_program { "\n  a build keeps more of a program with `--keep NAME`" } else { "" };
    format!("there are:\n    {}{kept}", exported.join("\n    "))
}

/// "`a`, `b` and 3 more": enough to know what is going on.
fn quoted(imports: &[String]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<_> = imports.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match imports.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(imports: &[&str]) -> Error {
        Error::UnknownImports { imports: imports.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_command_for_a_newer_wasi_is_told_what_is_here() {
        let hint = |export: &str| Error::NoEntry { exports: vec![export.to_owned()] }.hint().unwrap();
        assert!(hint("wasi:cli/run@0.3.0").contains("WASI 0.2"));
        assert!(hint("acme:app/run").contains("--invoke"));
    }

    #[test]
    fn many_missing_imports_are_cut_short() {
        assert_eq!(
            unknown(&["env::a", "env::b", "env::c", "env::d", "env::e"]).to_string(),
            "failed to link the program: it imports `env::a`, `env::b`, `env::c` and 2 more, \
             which this host does not offer"
        );
    }
}
