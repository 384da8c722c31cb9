//! What runs WebAssembly below an engine: a shim of runwasi's, youki or crun.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{crun, runwasi, youki};

/// What runs WebAssembly below an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// The shim of runwasi's for this engine of WebAssembly, such as `wasmtime`.
    Runwasi(&'static str),
    /// youki: its path, or the name that the engine has for it.
    Youki(PathBuf),
    /// crun: its path, if it is not the engine's own, and its engine of WebAssembly.
    Crun {
        /// Where it is.
        path: Option<PathBuf>,
        /// Such as `wasmedge`.
        engine: String,
    },
}

/// What becomes of a program's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCodes {
    /// It is handed on.
    Kept,
    /// It is 0 whatever the program says.
    AlwaysZero,
    /// It is 1 for whatever fails.
    OneForFailure,
}

/// The word by which a container says that it is WebAssembly.
pub(super) const WORD: &str = "run.oci.handler=wasm";

impl Runtime {
    /// Whether a program sees the folders that a container is given. youki gives its none (measured with 0.7).
    #[must_use]
    pub fn shows_folders(&self) -> bool {
        !matches!(self, Self::Youki(_))
    }

    /// What becomes of a program's exit code (measured with crun 1.27, youki 0.7 and runwasi's wasmtime).
    #[must_use]
    pub fn exit_codes(&self) -> ExitCodes {
        match self {
            Self::Crun { engine, .. } if engine == "wasmedge" => ExitCodes::AlwaysZero,
            Self::Crun { engine, .. } if engine == "wasmtime" => ExitCodes::OneForFailure,
            _ => ExitCodes::Kept,
        }
    }

    /// Where it is, if it is told so.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Runwasi(_) => None,
            Self::Youki(path) => Some(path),
            Self::Crun { path, .. } => path.as_deref(),
        }
    }

    /// The annotation that a container needs.
    pub(super) fn word(&self) -> Option<&'static str> {
        match self {
            Self::Runwasi(_) => None,
            Self::Youki(_) => Some(WORD),
            Self::Crun { path, .. } => path.as_deref().is_none_or(crun::needs_word).then_some(WORD),
        }
    }

    /// Those below containerd, in the order in which they do most; or what there is in their place.
    pub(super) fn below_containerd(search_path: &OsStr) -> Result<Self, Vec<String>> {
        match runwasi::find(search_path) {
            Some(engine) => Ok(Self::Runwasi(engine)),
            None => Self::of_containers(search_path).map_err(|mut lacks| {
                lacks.insert(0, "no shim of runwasi's, such as `containerd-shim-wasmtime-v1`".to_owned());
                lacks
            }),
        }
    }

    /// Those that run any container. youki first: it hands exit codes on.
    pub(super) fn of_containers(search_path: &OsStr) -> Result<Self, Vec<String>> {
        let youki = match youki::find(search_path) {
            youki::Found::Able(path) => return Ok(Self::Youki(path)),
            youki::Found::Unable(path) => unable(&path),
            youki::Found::Nothing => "no `youki`".to_owned(),
        };
        let crun = match crun::find(search_path) {
            crun::Found::Able { path, engine } => return Ok(Self::Crun { path: Some(path), engine }),
            crun::Found::Unable(path) => unable(&path),
            crun::Found::Nothing => "no `crun`".to_owned(),
        };
        Err(vec![youki, crun])
    }
}

pub(super) fn unable(path: &Path) -> String {
    format!("`{}` was built without WebAssembly", crate::error::printable(&path.to_string_lossy()))
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runwasi(engine) => write!(f, "runwasi's {engine}"),
            Self::Youki(_) => f.write_str("youki"),
            Self::Crun { engine, .. } => write!(f, "crun's {engine}"),
        }
    }
}
