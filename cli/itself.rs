//! Which version of this tool is here, and whether there is a newer one.

use serde::Serialize;
use wasmpack_optimizer::Engine;
use wasmpack_runner::WASMTIME;

use crate::minimum_version::{MinimumVersion, OWN};
use crate::printable::printable;

/// Our crate.
pub const NAME: &str = env!("CARGO_PKG_NAME");

/// What is told of this tool itself.
#[derive(Serialize)]
pub struct Itself {
    version: &'static str,
    /// What is compiled in.
    binaryen: &'static str,
    wasmtime: &'static str,
    /// That on crates.io, if it was asked and answered.
    newest: Option<String>,
    /// Why it did not answer.
    problem: Option<String>,
}

impl Itself {
    /// By the answer of crates.io, where it was asked.
    #[must_use]
    pub fn of(answer: Option<Result<String, wasmpack_builder::Error>>) -> Self {
        let (newest, problem) = match answer {
            None => (None, None),
            Some(Ok(newest)) => (Some(newest), None),
            Some(Err(error)) => (None, Some(error.to_string())),
        };
        Self { version: OWN, binaryen: Engine::EMBEDDED, wasmtime: WASMTIME, newest, problem }
    }

    /// In one line of `doctor`.
    #[must_use]
    pub fn line(&self) -> String {
        let is_met = |newest: &str| newest.parse().is_ok_and(MinimumVersion::is_met);
        let more = match (&self.newest, &self.problem) {
            (Some(newest), _) if is_met(newest) => "; none is newer".to_owned(),
            (Some(newest), _) => {
                format!("; {} is newer: cargo install --locked {NAME}", printable(newest))
            }
            (None, Some(problem)) => format!("; {}", printable(problem)),
            (None, None) => String::new(),
        };
        let Self { version, binaryen, wasmtime, .. } = self;
        format!("{NAME:<26} {version} (Binaryen {binaryen}, Wasmtime {wasmtime}){more}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_told_with_the_way_to_it() {
        let line = |newest: &str| Itself::of(Some(Ok(newest.to_owned()))).line();
        assert!(line("999.0.0").ends_with("; 999.0.0 is newer: cargo install --locked cargo-wasmpack"));
        assert!(line(OWN).ends_with("); none is newer"));
        assert!(Itself::of(None).line().contains(&format!(" {OWN} (Binaryen 116, Wasmtime ")));
    }
}
