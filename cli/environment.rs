//! The environment, read once: everything below `main` gets values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use camino::Utf8PathBuf;

use crate::error::Error;

/// What the process was given.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Where relative paths start.
    pub current_dir: Utf8PathBuf,
    /// Our own executable, started again as the child that runs Binaryen.
    pub executable: PathBuf,
    /// What was typed, our own name first.
    pub arguments: Vec<OsString>,
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Reads the environment of this process, which was started with these arguments.
    ///
    /// # Errors
    /// When there is no current directory or its name is not UTF-8.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn read(arguments: Vec<OsString>) -> Result<Self, Error> {
        let current_dir = std::env::current_dir().map_err(Error::CurrentDir)?;
        Ok(Self {
            current_dir: Utf8PathBuf::from_path_buf(current_dir).map_err(Error::NotUtf8)?,
            executable: std::env::current_exe().map_err(Error::OwnExecutable)?,
            arguments,
            variables: std::env::vars_os().collect(),
        })
    }

    /// One that has these variables and nothing else.
    #[cfg(test)]
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Self {
            current_dir: Utf8PathBuf::new(),
            executable: PathBuf::new(),
            arguments: Vec::new(),
            variables: variables.collect(),
        }
    }

    /// The same without these variables.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut environment = self.clone();
        names.iter().for_each(|name| drop(environment.variables.remove(std::ffi::OsStr::new(name))));
        environment
    }

    /// All variables, as they are.
    pub fn variables(&self) -> impl Iterator<Item = (OsString, OsString)> {
        self.variables.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// The variable as it is.
    #[must_use]
    pub fn get_os(&self, name: &str) -> Option<OsString> {
        self.variables.get(std::ffi::OsStr::new(name)).cloned()
    }

    /// The variable's value; set but empty counts as not set, as cargo has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_even_empty(name).filter(|value| !value.is_empty())
    }

    /// The variable's value, also when it is empty.
    #[must_use]
    pub fn get_even_empty(&self, name: &str) -> Option<&str> {
        self.variables.get(std::ffi::OsStr::new(name))?.to_str()
    }

    /// Whether the variable says yes, as cargo's own `CARGO_TERM_*` do.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }
}
