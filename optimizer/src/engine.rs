//! Which Binaryen is run.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::{Error, error};

/// A Binaryen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// The one that is compiled in.
    Embedded {
        /// A program that links this crate, as an absolute path: usually the caller's own.
        executable: PathBuf,
        /// What makes the program call [`serve`](crate::binaryen::serve) with the arguments that follow these.
        arguments: Vec<OsString>,
    },
    /// A `wasm-opt` of the machine's.
    Program {
        /// Its absolute path.
        path: PathBuf,
        /// What it says of itself.
        version: String,
        /// The SHA-256 of the file, in hexadecimal: builds of one version differ, and a script may do anything. What it starts or loads
        /// in turn is not seen.
        digest: String,
    },
    /// None.
    Off,
}

/// The oldest that is worth using: the one that is compiled in. Older ones do not know `--gufa`, or less of it.
const OLDEST: u32 = 116;

/// The number in `wasm-opt version 120 (version_120)`.
fn number(version: &str) -> Option<u32> {
    version.split_whitespace().find_map(|word| word.parse().ok())
}

impl Engine {
    /// The `wasm-opt` at this path, which is asked for its version.
    ///
    /// # Errors
    /// Where it cannot be run or read, or is older than the one that is compiled in.
    pub fn program(path: PathBuf) -> Result<Self, Error> {
        let output = Command::new(&path).arg("--version").stdin(Stdio::null()).output();
        let output = output.map_err(|source| Error::Start { executable: path.clone(), source })?;
        let said = || format!(": {}", error::one_line(&String::from_utf8_lossy(&output.stderr)));
        if !output.status.success() {
            return Err(Error::Child { status: output.status, said: said() });
        }
        let content =
            fs::read(&path).map_err(|source| Error::Io { deed: "read", path: path.clone(), source })?;
        let digest = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        Self::of_version(path, error::one_line(&String::from_utf8_lossy(&output.stdout)), digest)
    }

    /// The program that says this of itself. One that says no number is believed to be new.
    fn of_version(path: PathBuf, version: String, digest: String) -> Result<Self, Error> {
        if number(&version).is_some_and(|number| number < OLDEST) {
            return Err(Error::OldBinaryen { path, version, oldest: OLDEST });
        }
        Ok(Self::Program { path, version, digest })
    }

    /// Whether it takes source maps and gives one, and the module is the same as without.
    pub(crate) fn takes_lines(&self) -> bool {
        // Before, the last change to the code was left out where there was a source map. The embedded one writes its output twice.
        matches!(self, Self::Embedded { .. }) || self.is_from(118)
    }

    /// Whether it knows of what was loaded that its sign is extended, and of nothing else.
    pub(crate) fn picks_signs_rightly(&self) -> bool {
        self.is_from(121)
    }

    /// Whether it is a program that says of itself that it is as new as this, which is newer than the one that is compiled in.
    pub(crate) fn is_from(&self, first: u32) -> bool {
        matches!(self, Self::Program { version, .. } if number(version).is_some_and(|number| number >= first))
    }

    /// The version of the one that is compiled in.
    pub const EMBEDDED: &str = "116";

    /// Its version, if there is one.
    pub(crate) fn version(&self) -> Option<String> {
        match self {
            Self::Embedded { .. } => Some(Self::EMBEDDED.to_owned()),
            // What it says is the name and the number.
            Self::Program { version, .. } => {
                Some(number(version).map_or_else(|| version.clone(), |number| number.to_string()))
            }
            Self::Off => None,
        }
    }

    /// What decides its output: a part of any cache key.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Embedded { .. } => "binaryen 116 (wasm-opt 0.116.1)".to_owned(),
            Self::Program { version, digest, .. } => format!("{version}, sha256:{digest}"),
            Self::Off => "no binaryen".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_older_than_the_one_that_is_compiled_in() {
        assert_eq!(Engine::EMBEDDED, OLDEST.to_string());
    }

    #[test]
    fn what_a_program_can_do_is_seen_by_its_version() {
        let engine =
            |version: &str| Engine::of_version("/bin/wasm-opt".into(), version.to_owned(), String::new());
        let old = engine("wasm-opt version 108");
        assert!(matches!(old, Err(Error::OldBinaryen { oldest: 116, .. })), "{old:?}");
        let takes_lines = [
            "wasm-opt version 116 (version_116)",
            "wasm-opt version 118",
            "wasm-opt version 132 (version_132-12-g0123456)",
            "wasm-opt, built from a branch",
        ]
        .map(|version| engine(version).unwrap().takes_lines());
        assert_eq!(takes_lines, [false, true, true, false]);
        let [old, new] =
            ["version_120", "121"].map(|number| engine(&format!("wasm-opt version {number}")).unwrap());
        assert!(!old.picks_signs_rightly() && new.picks_signs_rightly());
    }
}
