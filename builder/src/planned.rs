//! What a build would run, and with which versions.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::{toolchain, words};

/// What a build would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The programs that were chosen, with those they are told to run.
    pub tools: Vec<PlannedTool>,
    /// In the order in which they would be run.
    pub commands: Vec<PlannedCommand>,
}

impl Planned {
    /// Asks each program for its version, where the sources are: what is run may depend on that.
    pub(crate) fn of(programs: Vec<Utf8PathBuf>, commands: &[Command], dir: &Utf8Path) -> Self {
        let tool = |path: Utf8PathBuf| PlannedTool {
            version: toolchain::version_of(&path, Some(dir)),
            path: path.into_string(),
        };
        Self {
            tools: programs.into_iter().map(tool).collect(),
            commands: commands.iter().map(PlannedCommand::from).collect(),
        }
    }
}

/// A program, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedTool {
    /// Where it is.
    pub path: String,
    /// What it says its version is, if it tells.
    pub version: Option<String>,
}

/// A command line, and what is set for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedCommand {
    /// The folder it is run in.
    pub folder: Option<String>,
    /// Variables that are set for it, besides `PATH`.
    pub variables: BTreeMap<String, String>,
    /// The program and its arguments.
    pub words: Vec<String>,
}

/// As one types it.
impl fmt::Display for PlannedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", words::quoted(&[value]))?;
        }
        f.write_str(&words::quoted(&self.words))
    }
}

impl From<&Command> for PlannedCommand {
    fn from(command: &Command) -> Self {
        let text = |text: &OsStr| text.to_string_lossy().into_owned();
        let variables = command.get_envs().filter(|(name, _)| *name != "PATH");
        Self {
            folder: command.get_current_dir().map(|dir| dir.to_string_lossy().into_owned()),
            variables: variables.filter_map(|(name, value)| Some((text(name), text(value?)))).collect(),
            words: std::iter::once(command.get_program()).chain(command.get_args()).map(text).collect(),
        }
    }
}
