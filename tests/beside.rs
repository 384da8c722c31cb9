//! What a build leaves beside an image: bill of materials and provenance.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{copy, stdout_of, wasmpack};

/// What was built, and what was said of it.
pub struct Built {
    /// The copy of its sources that it is built in.
    pub sources: PathBuf,
    name: String,
}

impl Built {
    /// Builds a copy of these sources in a folder.
    pub fn of(folder: &Path, name: &str, sources: &Path, arguments: &[&str]) -> Self {
        let built = Self { sources: folder.join(name), name: name.to_owned() };
        copy(sources, &built.sources);
        built.again(arguments);
        built
    }

    pub fn again(&self, arguments: &[&str]) -> String {
        stdout_of(wasmpack().args(["build", "--quiet"]).args(arguments).arg(&self.sources))
    }

    pub fn beside(&self, end: &str) -> PathBuf {
        self.sources.join(format!("target/wasmpack/{}.{end}", self.name))
    }

    pub fn document(&self, end: &str) -> Value {
        serde_json::from_slice(&fs::read(self.beside(end)).unwrap()).unwrap()
    }
}
