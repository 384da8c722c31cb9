//! crun, which runs WebAssembly if it was built with an engine for it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::program::Program;

/// Its names, the one for WebAssembly first: under that it needs no word in the container, and refuses one.
const NAMES: [&str; 2] = ["crun-wasm", "crun"];

/// What there is of it.
pub(super) enum Found {
    Nothing,
    /// One that was built without WebAssembly.
    Unable(PathBuf),
    Able {
        path: PathBuf,
        engine: String,
    },
}

/// That of the search path.
pub(super) fn find(search_path: &OsStr) -> Found {
    let mut unable = Found::Nothing;
    for program in NAMES.iter().filter_map(|name| Program::find(name, search_path)) {
        let path = program.path().to_owned();
        match program.ask(&["--version"]).ok().as_deref().and_then(engine) {
            Some(engine) => return Found::Able { path, engine },
            None => unable = Found::Unable(path),
        }
    }
    unable
}

/// The engine for WebAssembly that it was built with, by what `crun --version` says: `+SYSTEMD +WASM:wasmedge +YAJL`.
pub(super) fn engine(version: &str) -> Option<String> {
    let word = version.split_whitespace().find_map(|word| word.strip_prefix("+WASM:"))?;
    Some(crate::error::printable(word))
}

/// Whether a container has to say that it is WebAssembly.
pub(super) fn needs_word(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name != NAMES[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_engine_stands_among_what_it_was_built_with() {
        let said =
            |words: &str| format!("crun version 1.8.1\ncommit: x\nspec: 1.0.0\n+SYSTEMD {words} +YAJL\n");
        assert_eq!(engine(&said("+WASM:wasmedge")).as_deref(), Some("wasmedge"));
        assert_eq!(engine(&said("+CAP +SECCOMP")), None);
        assert!(needs_word(Path::new("/usr/bin/crun")) && !needs_word(Path::new("/usr/bin/crun-wasm")));
    }
}
