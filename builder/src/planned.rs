//! What a build would run.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::process::Command;

use serde::Serialize;

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
