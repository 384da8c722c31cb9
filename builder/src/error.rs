//! What can go wrong in a build, and the way out.

use std::io;

use camino::Utf8PathBuf;

use crate::{Lack, PackageManager, Remedy, System, Target, Uncompiled};

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing at the path.
    #[error("failed to open `{path}`: no such file or folder")]
    NoSuchPath {
        /// The path.
        path: Utf8PathBuf,
    },
    /// There is something at the path, but nothing that can be built.
    #[error("found nothing to build in `{path}`")]
    NotAProject {
        /// The path.
        path: Utf8PathBuf,
    },
    /// Parts of a toolchain are not on this machine.
    #[error("failed to find {}", list(.parts))]
    ToolchainMissing {
        /// What they are called in [`crate::toolchain::survey`].
        parts: Vec<String>,
        /// How to install them here.
        remedy: Option<Remedy>,
    },
    /// `WASI_SDK_PATH`, or whoever chose the toolchain, names something that lacks a part.
    #[error("failed to use the toolchain at `{path}`: there is no {} in it", list(.parts))]
    UnfitToolchain {
        /// What was named.
        path: Utf8PathBuf,
        /// What is not in it.
        parts: Vec<String>,
    },
    /// There is no such target.
    #[error("unknown target `{text}`")]
    UnknownTarget {
        /// What was asked for.
        text: String,
    },
    /// cargo has built the packages, and does not tell which they are.
    #[error("failed to ask cargo what is linked: {text}")]
    Tree {
        /// What it said.
        text: String,
    },
    /// Nobody says which version of a crate is the newest.
    #[error("failed to ask for the newest version of `{name}`: {text}")]
    Unpublished {
        /// The crate.
        name: String,
        /// What cargo said.
        text: String,
    },
    /// Sources of this kind cannot be built for the target.
    #[error("failed to build {what} for the target `{target}`")]
    UnfitTarget {
        /// What is built.
        what: String,
        /// What for.
        target: Target,
    },
    /// rustc has no standard library for a target.
    #[error("failed to find the target `{target}` of the rustc in `{sysroot}`")]
    TargetMissing {
        /// The target.
        target: Target,
        /// Where that rustc has its parts.
        sysroot: Utf8PathBuf,
        /// How to install it, if this machine has a way.
        remedy: Option<Remedy>,
    },
    /// Cargo refused the manifest or the workspace.
    #[error("failed to read the package of `{manifest}`: {text}")]
    Metadata {
        /// The manifest.
        manifest: Utf8PathBuf,
        /// What cargo said, in its own words, on one or more lines.
        text: String,
    },
    /// Cargo described the workspace in a way that is not understood.
    #[error("failed to understand what cargo says of `{manifest}`")]
    MetadataFormat {
        /// The manifest.
        manifest: Utf8PathBuf,
        /// What is not understood.
        source: Box<cargo_metadata::Error>,
    },
    /// Cargo has said on standard error why it could not build.
    #[error("cargo did not build the package")]
    CargoBuild {
        /// How to get a C compiler, if crates of the project may have asked for one and there is none.
        native: Option<Remedy>,
        /// That they had none because the one that was asked for is missing.
        missing: Option<Box<Error>>,
    },
    /// The compiler refused a source; the diagnostics have been handed out as a [`crate::Step`].
    #[error("failed to compile `{file}`")]
    Compilation {
        /// The source, relative to the project's folder.
        file: Utf8PathBuf,
        /// What it takes that WASI has not, if that is the reason.
        lack: Option<Lack>,
    },
    /// The linker refused the objects; what it said has been handed out as a [`crate::Step`].
    #[error("failed to link `{module}`")]
    Linking {
        /// The name of the module.
        module: String,
        /// What they take that WASI has not, if that is the reason.
        lack: Option<Lack>,
        /// Where something may be that is missing.
        uncompiled: Option<Box<Uncompiled>>,
    },
    /// The command that the project says failed; what it said has been handed out as a [`crate::Step`].
    #[error("`build.command` failed{}", code.map_or(String::new(), |code| format!(" with exit code {code}")))]
    OwnCommand {
        /// Its exit code, if it had one.
        code: Option<i32>,
        /// What the sources take that WASI has not, if that is the reason.
        lack: Option<Lack>,
    },
    /// A build system failed; what it said has been handed out as a [`crate::Step`].
    #[error("`{program}` failed")]
    BuildSystem {
        /// The program.
        program: String,
        /// Its exit code, if it had one.
        code: Option<i32>,
        /// What the sources take that WASI has not, if that is the reason.
        lack: Option<Lack>,
    },
    /// A build system left no module.
    #[error("found no module among what `{system}` made of `{dir}`")]
    NothingBuilt {
        /// The system.
        system: System,
        /// The folder of the sources.
        dir: Utf8PathBuf,
    },
    /// There are several programs and none was named, or none has the name.
    #[error("found {} in what is built from `{dir}`: there is {}", programs(.wanted.as_deref()), list(.names))]
    WhichProgram {
        /// The name that was asked for.
        wanted: Option<String>,
        /// The folder of the sources.
        dir: Utf8PathBuf,
        /// What they are called.
        names: Vec<String>,
    },
    /// There is no such build system.
    #[error("unknown build system `{text}`")]
    UnknownSystem {
        /// What was asked for.
        text: String,
    },
    /// The build system is a command, and there is none.
    #[error("found no command to build `{dir}` with")]
    NoCommand {
        /// The folder of the sources.
        dir: Utf8PathBuf,
    },
    /// A file that should be a module is something else.
    #[error("failed to read the module `{path}`: it does not begin with `\\0asm`")]
    NotWasm {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A module in text form is not valid.
    #[error("failed to read the module `{path}`: {problem}")]
    Text {
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The package has no program, no example and no `cdylib` that was selected.
    #[error("found no program in the package of `{manifest}`")]
    NoProgram {
        /// The manifest.
        manifest: Utf8PathBuf,
        /// A program that cargo has passed over, and the features it takes.
        lacks: Option<(String, Vec<String>)>,
    },
    /// More than one source defines `main`.
    #[error("found `main` more than once: in {}", list(.files))]
    SeveralMains {
        /// The sources, relative to the project's folder.
        files: Vec<Utf8PathBuf>,
    },
    /// No source defines `main`.
    #[error("found no `main` in the sources of `{dir}`")]
    NoMain {
        /// The project's folder.
        dir: Utf8PathBuf,
    },
    /// The toolchain cannot do what was asked of it.
    #[error("failed to use the toolchain `{program}`: {problem}")]
    Unable {
        /// The compiler.
        program: String,
        /// What it cannot do.
        problem: &'static str,
    },
    /// There is no such toolchain.
    #[error("unknown toolchain `{text}`")]
    UnknownToolchain {
        /// What was asked for.
        text: String,
    },
    /// A pattern for sources cannot be understood.
    #[error("failed to find sources by the pattern `{pattern}`: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A compiler wrote an object that is not valid.
    #[error("failed to read the object `{path}`")]
    Object {
        /// The object.
        path: Utf8PathBuf,
        /// What is wrong, and at which offset.
        source: wasmparser::BinaryReaderError,
    },
    /// A program could not be started.
    #[error("failed to run `{program}`")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A file or folder could not be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder could not be written.
    #[error("failed to write `{path}`")]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// The way out, if one is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::ToolchainMissing { remedy: Some(remedy), .. } => {
                return Some(format!("type `{}`", remedy.command_line()));
            }
            Self::TargetMissing { target, remedy, .. } => return Some(target_hint(*target, remedy.as_ref())),
            Self::CargoBuild { missing: Some(missing), .. } => {
                return Some(format!(
                    "crates with C or C++ in them need the compiler that was asked for, which is not there: {missing}"
                ));
            }
            Self::CargoBuild { native: Some(remedy), .. } => {
                let line = remedy.command_line();
                return Some(format!(
                    "crates with C or C++ in them need a compiler, and those with C++ its library: type `{line}`"
                ));
            }
            Self::Write { .. } => "say with `--target-dir` where things may be written, or make room there",
            Self::UnknownTarget { .. } => TARGETS,
            Self::UnfitTarget { .. } => "leave `target` at `wasm32-wasip1`",
            Self::NotAProject { .. } => LOOKED_FOR,
            Self::ToolchainMissing { parts, .. }
                if parts.iter().any(|part| part == "rustc" || part == "cargo") =>
            {
                "install Rust from https://rustup.rs"
            }
            Self::ToolchainMissing { parts, .. } if parts.iter().any(|part| part.starts_with("clang-")) => {
                "choose `clang`, the newest that is here; `cargo wasmpack doctor` tells which that is"
            }
            Self::ToolchainMissing { parts, .. } if parts.iter().any(|part| part == "go") => GET_GO,
            Self::ToolchainMissing { .. } => GET_WASI_SDK,
            Self::UnfitToolchain { .. } => UNFIT,
            Self::NoProgram { lacks: Some((program, features)), .. } => {
                return Some(format!("`{program}` is built with `--features {}`", features.join(",")));
            }
            Self::NoProgram { .. } => GET_PROGRAM,
            Self::Compilation { lack: Some(lack), .. }
            | Self::Linking { lack: Some(lack), .. }
            | Self::OwnCommand { lack: Some(lack), .. }
            | Self::BuildSystem { lack: Some(lack), .. } => {
                return Some(lack.hint());
            }
            Self::Linking { uncompiled: Some(uncompiled), .. } => return Some(compile_too(uncompiled)),
            // What shells say.
            Self::OwnCommand { code: Some(127), .. } => {
                "it starts a program that is not there: install that, or mend `command` in `[build]`"
            }
            Self::OwnCommand { code: Some(126), .. } => {
                "it starts what is no program, or may not be started: mend that, or `command` in `[build]`"
            }
            Self::NothingBuilt { system: System::Command, .. } => GET_OUT,
            Self::NothingBuilt { .. } => GET_SYSTEM,
            Self::WhichProgram { names, .. } if names.len() > 1 => WHICH,
            Self::WhichProgram { .. } => {
                "say which with `--bin NAME`, or `--bins` for all, or with `bin` in `[build]`"
            }
            Self::UnknownSystem { .. } => SYSTEMS,
            Self::NoCommand { .. } => {
                "set `command` in `[build]`, such as `command = [\"sh\", \"build.sh\"]`"
            }
            Self::UnknownToolchain { .. } => TOOLCHAINS,
            Self::Pattern { .. } => PATTERNS,
            Self::NotWasm { .. } => "give the `.wasm` file that the compiler wrote, or its text as `.wat`",
            Self::Unable { .. } => GET_EXCEPTIONS,
            Self::Run { source, .. } => return start_hint(source.kind()).map(ToOwned::to_owned),
            Self::SeveralMains { .. } => ONE_MAIN,
            Self::NoMain { .. } => GET_MAIN,
            _ => return None,
        };
        Some(fixed.to_owned())
    }

    /// Whether cargo has already told the user what is wrong, in an error of its own, so that a caller need not say it
    /// again.
    #[must_use]
    pub fn is_already_told(&self) -> bool {
        matches!(self, Self::CargoBuild { .. })
    }
}

fn compile_too(Uncompiled { symbol, source, sources }: &Uncompiled) -> String {
    let sources = sources.join("\", \"");
    format!(
        "`{symbol}` is in `{source}`, which is not compiled: say `sources = [\"{sources}\"]` in `[build]`"
    )
}

fn programs(wanted: Option<&str>) -> String {
    wanted.map_or_else(|| "several programs".to_owned(), |name| format!("no program `{name}`"))
}

const LOOKED_FOR: &str = "looked for `Cargo.toml`, `CMakeLists.txt`, `go.mod`, `build.zig`, `configure` and makefiles, \
    and for C and C++ sources (.c, .cc, .cpp, .cxx, .c++, .C) in the folder itself and below its `src/`";
const TARGETS: &str =
    "there are `wasm32-wasip1` (once called `wasm32-wasi`) and, for components, `wasm32-wasip2`";
const GET_OUT: &str = "let the command write it into the folder that the variable WASMPACK_OUT names, \
    or say where it writes it (`module` in `[build]`)";
const GET_SYSTEM: &str = "if something else builds this folder, say so (`system` in `[build]`: `c` is our own); \
    modules that lie among the sources do not count";
const WHICH: &str = "say which with `--bin NAME`, or `--bins` for all, or with `bin` in `[build]`; those that only an \
    earlier build made go with the folder `wasmpack/.build` of the target directory";
const SYSTEMS: &str = "there are `c`, `cmake`, `configure`, `make`, `go`, `zig` and `command`";
const TOOLCHAINS: &str = "there are `clang`, `clang-19` and so on, `wasi-sdk` and `zig`; \
    or write the path of a clang, of a zig or of the folder of a wasi-sdk";
const PATTERNS: &str = "paths start in the folder of the sources; `*` stands for a part of a name, `**` for any folders, \
    and `[a-z]` for a character";
const GET_EXCEPTIONS: &str = "use a wasi-sdk whose libraries have it (for C `libsetjmp.a`, for C++ the folder `eh`, both in \
    `lib/wasm32-wasip1` of its sysroot), or leave out `exceptions`";
const UNFIT: &str = "name a clang, or the folder of a wasi-sdk (the one that holds `bin/clang`); or unset WASI_SDK_PATH and `toolchain`";
const GET_WASI_SDK: &str =
    "install wasi-sdk (https://github.com/WebAssembly/wasi-sdk) and set WASI_SDK_PATH to its folder";
const GET_GO: &str = "install Go 1.21 or newer from https://go.dev/dl (Debian 12's is older)";
const GET_PROGRAM: &str = "add `src/main.rs`, or `crate-type = [\"cdylib\"]` to `[lib]`, \
    or select another package with `-p`";
const ONE_MAIN: &str = "one folder makes one program: move one of them to a folder of its own, \
    or name the sources of this one in the configuration (`sources` in `[build]`)";
const GET_MAIN: &str = "define `int main(void)`, or make it a reactor with `-mexec-model=reactor` \
    among the flags of the linker (`link` in `[build]`)";

/// What to do about a program that the system does not start.
fn start_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NotFound => {
            Some("install it, or mend its path; of a script, it may be the program that its first line names")
        }
        io::ErrorKind::PermissionDenied => {
            Some("make it executable with `chmod +x`, or name what reads it, such as `sh`, before it")
        }
        _ => None,
    }
}

fn target_hint(target: Target, remedy: Option<&Remedy>) -> String {
    match remedy {
        Some(remedy) if remedy.manager == PackageManager::Rustup => {
            format!("type `{}`", remedy.command_line())
        }
        Some(remedy) => format!("type `{}`, or use the Rust of https://rustup.rs", remedy.command_line()),
        None => format!("use the Rust of https://rustup.rs, and type `rustup target add {target}`"),
    }
}

/// `a`, `b` and `c`
fn list(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_english() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn what_cannot_be_started_is_told_apart() {
        assert!(start_hint(io::ErrorKind::NotFound).unwrap().contains("install it"));
        assert!(start_hint(io::ErrorKind::PermissionDenied).unwrap().contains("chmod +x"));
        assert_eq!(start_hint(io::ErrorKind::OutOfMemory), None);
    }

    #[test]
    fn what_is_missing_is_where_its_hint_says() {
        let hint = |part: &str| Error::ToolchainMissing { parts: vec![part.to_owned()], remedy: None }.hint();
        for (part, said) in [
            ("rustc", "rustup.rs"),
            ("cargo", "rustup.rs"),
            ("clang-99", "the newest that is here"),
            ("go", "go.dev"),
            ("wasm-ld", "wasi-sdk"),
        ] {
            let hint = hint(part).unwrap();
            assert!(hint.contains(said), "{part}: {hint}");
        }
    }

    #[test]
    fn two_mains_are_both_named() {
        let error = Error::SeveralMains { files: vec!["a.c".into(), "src/b.c".into()] };
        assert_eq!(error.to_string(), "found `main` more than once: in `a.c` and `src/b.c`");
    }
}
