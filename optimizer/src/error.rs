//! Everything that can go wrong on the way from a module to a smaller module.
//!
//! The first group ends [`optimize`](crate::optimize). The second stays inside one pass: the pipeline turns it
//! into [`Outcome::Failed`](crate::Outcome::Failed) and goes on with the module as it was.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use wasm_encoder::reencode;

use crate::{Level, Rule};

/// Why a module was not optimized, or a pass was not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin with `\0asm`.
    #[error("failed to read module: it does not begin with `\\0asm`")]
    NotWasm,
    /// The bytes end inside the header or a section.
    #[error("failed to read module: it is truncated, the section at offset {offset:#x} has no end")]
    Truncated {
        /// Where the unfinished section (or the header) begins, in bytes from the start of the file.
        offset: usize,
    },
    /// The bytes are a component, and the optimizer takes modules.
    #[error("failed to read module: it is a component")]
    Component,
    /// The module cannot become the component it says it is.
    #[error("failed to make a component of the module: {reason}")]
    Interface {
        /// Why, in wit-component's words.
        reason: String,
    },
    /// The module breaks a rule of the WebAssembly specification, or uses a proposal nobody here knows.
    #[error("failed to validate module at offset {offset:#x}: {reason}")]
    Invalid {
        /// Where, in bytes from the start of the file.
        offset: usize,
        /// The broken rule, in wasmparser's words.
        reason: String,
    },
    /// The module is valid, and traps before its first instruction.
    #[error("failed to find a module that can start: {why}")]
    NeverStarts {
        /// Which of its segments is to blame.
        why: String,
    },
    /// The module is valid, and has something that is not understood here.
    #[error("failed to read module: {reason}")]
    Reading {
        /// What is not understood.
        reason: String,
    },
    /// A name to keep is not exported.
    #[error("failed to find root `{name}` among the exports")]
    UnknownRoot {
        /// The name as it was given.
        name: String,
        /// The export that looks most like it.
        nearest: Option<String>,
    },
    /// A `wasm-opt` that would make modules larger than the one that is compiled in.
    #[error("failed to use `{path}`: `{version}` is older than {oldest}", path = path.display())]
    OldBinaryen {
        /// The program.
        path: PathBuf,
        /// What it says of itself.
        version: String,
        /// The oldest that will do.
        oldest: u32,
    },
    /// Not one of the levels.
    #[error("failed to parse optimization level `{typed}`")]
    UnknownLevel {
        /// What was given instead.
        typed: String,
    },

    /// Neither a word for capabilities nor the name of an import.
    #[error("unknown capability `{typed}`")]
    UnknownCapability {
        /// What was given instead.
        typed: String,
        /// The word that looks most like it.
        nearest: Option<String>,
    },

    /// A pass removed an export the consumer needs.
    #[error("failed to keep root `{name}`")]
    LostRoot {
        /// Its name.
        name: String,
    },
    /// A pass made the module ask its host for more.
    #[error("failed to keep to the imports: `{module}` `{name}` is new")]
    NewImport {
        /// The module part of the import.
        module: String,
        /// The name part of the import.
        name: String,
    },
    /// A component asks its host for more than what it is said to have come of.
    #[error("failed to keep to the imports: `{name}` is new")]
    NewRequest {
        /// What it asks for, as a policy names it.
        name: String,
    },
    /// A module stands where a component should, or the other way round.
    #[error("failed to keep the kind: a module is no component")]
    OtherKind,
    /// Walrus cannot read the module.
    #[error("failed to read module with walrus")]
    Walrus {
        /// Walrus's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A library panicked.
    #[error("failed to finish, a library panicked")]
    Panicked,
    /// Binaryen cannot read, change or write the module.
    #[error("failed to optimize module with Binaryen")]
    Binaryen {
        /// Binaryen's own error.
        source: wasm_opt::OptimizationError,
    },
    /// The module has something that is newer than the Binaryen that is run, or that it is known to get wrong.
    #[error("failed to optimize module, this Binaryen is not trusted with {feature}")]
    NotForBinaryen {
        /// What it is.
        feature: &'static str,
    },
    /// The child was called with arguments it does not take.
    #[error("failed to parse the arguments of the Binaryen child")]
    BadRequest,
    /// The child's executable did not start.
    #[error("failed to start `{executable}`")]
    Start {
        /// The executable.
        executable: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The child did not end in time and was killed.
    #[error("failed to finish in {} seconds", limit.as_secs_f32())]
    TimeLimit {
        /// How long it was given.
        limit: Duration,
    },
    /// The child ended with a failure, or was ended by a signal.
    #[error("failed in the child: {status}{said}")]
    Child {
        /// How it ended.
        status: ExitStatus,
        /// The last line it wrote to standard error, after `: `; empty where there was none.
        said: String,
    },
    /// The child wrote far more than it read.
    #[error("failed to use the child's output of {bytes} bytes, more than {limit}")]
    Oversized {
        /// The length of its output.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// A file or folder operation failed.
    #[error("failed to {deed} `{path}`")]
    Io {
        /// What was tried: `create`, `read`, `write` ...
        deed: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The system has no thread to spare.
    #[error("failed to start a thread")]
    Thread {
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// The way out, where there is one.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotWasm => "give the `.wasm` file that the compiler wrote".into(),
            Self::Truncated { .. } => "build or copy the file again, its end is missing".into(),
            Self::Component => "build for the target `wasm32-wasip1`, which makes a module".into(),
            Self::Invalid { .. } => {
                "build the module again; if it uses a newer proposal, turn that compiler feature off".into()
            }
            Self::NeverStarts { .. } => "build the module again, with more memory or a larger table".into(),
            Self::UnknownRoot { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownRoot { nearest: None, .. } => "`cargo wasmpack inspect` lists the exports".into(),
            Self::UnknownLevel { .. } => {
                let levels: Vec<String> = Level::ALL.iter().map(ToString::to_string).collect();
                format!("levels are {}", levels.join(", "))
            }
            Self::UnknownCapability { nearest, .. } => {
                let meant = nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`? "));
                let words = Rule::words().collect::<Vec<_>>().join("`, `");
                let meant = meant.unwrap_or_default();
                format!("{meant}there are `{words}`, and imports by their names, such as `env.fork`")
            }
            Self::NotForBinaryen { .. } => {
                "a newer one may: `--wasm-opt system` or its path; `--wasm-opt off` does without".into()
            }
            Self::TimeLimit { .. } => {
                "give it more with `--time-limit SECONDS`, or less to do with `--level 1`".into()
            }
            _ => return None,
        })
    }

    /// What wit-component refused.
    pub(crate) fn component(error: &impl std::fmt::Display) -> Self {
        Self::Interface { reason: format!("{error:#}").replace('\n', " ") }
    }

    /// What is wrong with a module, or not understood of it.
    pub(crate) fn reading(error: reencode::Error<Infallible>) -> Self {
        match error {
            reencode::Error::ParseError(error) => Self::invalid(&error),
            other => Self::Reading { reason: other.to_string() },
        }
    }

    /// From wasmparser, whose own `Display` would tell the offset a second time.
    pub(crate) fn invalid(error: &wasmparser::Error) -> Self {
        Self::Invalid { offset: error.offset(), reason: one_line(error.message()) }
    }

    /// Why a pass, or a part of it, was left out, and what can be done about it: one line, for a report.
    pub(crate) fn why_left_out(&self) -> String {
        match (self, self.hint()) {
            (Self::TimeLimit { .. } | Self::NotForBinaryen { .. }, Some(hint)) => {
                format!("{}; {hint}", self.reason())
            }
            // Other hints are about the module that came in.
            _ => self.reason(),
        }
    }

    /// The error and its causes as one line.
    pub(crate) fn reason(&self) -> String {
        let mut reason = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            reason = format!("{reason}: {error}");
            cause = error.source();
        }
        one_line(&reason)
    }
}

/// Text of a tool made fit for one line of a terminal: no control characters, and an end.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 300;
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_with_its_causes() {
        let source = io::Error::other("no\nspace\x1b[31m");
        let error = Error::Io { deed: "write", path: "a.wasm".into(), source };
        assert_eq!(error.reason(), "failed to write `a.wasm`: no space [31m");
    }

    #[test]
    fn why_a_pass_was_left_out_has_the_way_out_where_it_is_about_the_pass() {
        let told = |error: Error| error.why_left_out();
        assert!(
            told(Error::NotForBinaryen { feature: "`gc`" }).contains("`gc`; a newer one may: `--wasm-opt")
        );
        let limit = std::time::Duration::from_secs(1);
        assert!(told(Error::TimeLimit { limit }).contains("--time-limit"));
        assert!(!told(Error::Component).contains("wasm32-wasip1"));
    }

    #[test]
    fn a_long_line_gets_an_end() {
        assert_eq!(one_line(&"é".repeat(1000)).chars().count(), 301);
    }
}
