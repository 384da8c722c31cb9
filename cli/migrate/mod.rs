//! A Dockerfile, and the configuration that replaces it.
//!
//! [`dockerfile`] reads it, [`stages`] tells which stages lead to the image, and [`walk`] goes through these in order. A stage on the
//! way is a [`workshop`]: what stands where, and what is built. What builds is judged by [`run`] and a file for each kind of tool,
//! what the image says by [`image`], and in the end [`module`] finds out which build makes the module, [`start`] what is started and [`files`] what goes along. Each judges with a
//! [`verdict`], and adds to the [`keys`]; [`written`] puts these into a file.

mod c;
mod cargo;
mod choice;
mod command;
mod copied;
pub mod dockerfile;
pub mod error;
mod fallback;
mod files;
mod go;
mod here_documents;
mod image;
pub mod keys;
mod module;
mod places;
pub mod programs;
pub mod report;
mod run;
mod stages;
mod start;
mod systems;
mod tools;
mod variables;
pub mod verdict;
mod walk;
mod words;
mod workshop;
pub mod written;

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::Value;

use keys::{Key, Keys};
use verdict::Row;

/// What is to be migrated, and what is known beside it.
pub struct Question<'a> {
    /// What [`dockerfile::prepared`] has made of the text.
    pub text: &'a str,
    /// The folder that the Dockerfile copies from.
    pub context: &'a Utf8Path,
    /// Values of `ARG`s.
    pub given: &'a BTreeMap<String, String>,
    /// Why a key cannot have a value.
    pub problem: &'a dyn Fn(&Key, &Value) -> Option<String>,
    /// What a folder is built with, if nothing is said of it.
    pub kind: &'a dyn Fn(&Utf8Path) -> Option<&'static str>,
}

/// What it becomes.
#[derive(Debug)]
pub struct Migration {
    /// A verdict for each line.
    pub rows: Vec<Row>,
    /// The folder of the project that is built, below the context.
    pub folder: String,
    /// What is to be configured.
    pub keys: Keys,
    /// Flags that `cargo wasmpack build` is given.
    pub flags: Vec<String>,
}

/// Why it becomes nothing.
#[derive(Debug)]
pub enum Trouble {
    Syntax(dockerfile::Problem),
    Windows { line: usize, image: String },
    Native,
    NoModule { line: usize },
}

/// Finds out what a Dockerfile becomes.
///
/// # Errors
/// It is none, or its image has no module.
pub fn migrate(question: &Question<'_>) -> Result<Migration, Trouble> {
    let file = dockerfile::parse(question.text).map_err(Trouble::Syntax)?;
    walk::Walk::new(question, &file).go()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutated::mutated;

    #[test]
    fn whatever_stands_in_a_dockerfile_becomes_something_or_is_refused() {
        let seeds = [
            "# syntax=docker/dockerfile:1\nFROM rust:1 AS build\nARG T=wasm32-wasip1\nCOPY . .\nRUN cargo build \\\n  --target $T\nFROM scratch\n\
             COPY --from=build /target/$T/debug/app.wasm /app.wasm\nENTRYPOINT [\"/app.wasm\", \"x\"]\nCMD run ${A:-b}\n",
            "FROM debian\nRUN <<EOF\nclang --target=wasm32-wasi -DV=\"1\" -o app.wasm main.c\nEOF\nFROM scratch\nCOPY --from=0 app.wasm /\n\
             ENV A=1 B=2\nLABEL c=\"d e\"\nUSER 1000:1\nEXPOSE 80/tcp\nENTRYPOINT exec /app.wasm\n",
        ];
        let (mut taken, mut refused) = (0, 0);
        for text in mutated(&seeds, 4000) {
            let Ok(text) = dockerfile::prepared(&text) else { continue };
            let context = Utf8Path::new("/nonexistent");
            let question = Question {
                text: &text,
                context,
                given: &BTreeMap::new(),
                problem: &|_, _| None,
                kind: &|_| None,
            };
            match migrate(&question) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        assert!(taken > 100 && refused > 100, "{taken}, {refused}");
    }
}
