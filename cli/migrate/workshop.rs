//! A stage on the way: what stands where in it, and what is built in it.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::Keys;
use super::places::{Origin, Places, absolute};
use super::variables::Variables;

/// A stage as far as it has come.
#[derive(Debug, Clone, Default)]
pub struct Workshop {
    /// Its number, from 0.
    pub number: usize,
    /// What was copied into it.
    pub places: Places,
    /// Its current directory.
    pub folder: String,
    pub variables: Variables,
    /// What was built in it.
    pub builds: Vec<Build>,
    /// Objects of C that lie in it, each with what its compiler was told.
    pub objects: BTreeMap<String, Keys>,
    /// Its folders in which something was built.
    pub built_in: BTreeSet<String>,
    /// Commands that nothing is known of; one of them may be what builds.
    pub unknown: Vec<Unknown>,
}

/// A command that nothing is known of.
#[derive(Debug, Clone)]
pub struct Unknown {
    /// Its row in the report.
    pub row: usize,
    pub words: Vec<String>,
    pub text: String,
    /// The variables in the text that have a value.
    pub variables: Vec<(String, String)>,
    pub needs_shell: bool,
    pub folder: String,
}

/// What makes a module, or a program for another machine.
#[derive(Debug, Clone, Default)]
pub struct Build {
    pub system: System,
    /// Its row in the report, where it has one of its own.
    pub row: Option<usize>,
    /// The folder of the project in which it is built.
    pub folder: String,
    /// The same folder, as an absolute path of the stage.
    pub place: String,
    /// Where it leaves the module, if it says so.
    pub output: Option<String>,
    /// What it is built for, if it says so.
    pub is_wasm: Option<bool>,
    /// What becomes of its flags.
    pub keys: Keys,
    /// Flags that `cargo wasmpack build` is given.
    pub flags: Vec<String>,
}

/// What builds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum System {
    Cargo,
    C,
    Cmake,
    Configure,
    Make,
    Go,
    Zig,
    Command,
    /// Nothing: the module is there already.
    #[default]
    None,
}

impl System {
    /// Its name in the configuration; none, where it is never written.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::C => Some("c"),
            Self::Cmake => Some("cmake"),
            Self::Configure => Some("configure"),
            Self::Make => Some("make"),
            Self::Go => Some("go"),
            Self::Zig => Some("zig"),
            Self::Cargo | Self::Command | Self::None => None,
        }
    }
}

impl Workshop {
    /// An absolute path of the stage.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        absolute(&self.folder, path)
    }

    /// The folder of the project that a folder of the stage stands for; its root, if nothing is known of it.
    #[must_use]
    pub fn project_folder(&self, path: &str) -> String {
        self.places.folder(&self.path(path)).unwrap_or_default()
    }

    /// The place in the project, relative to a folder of it, of what stands somewhere in the stage.
    #[must_use]
    pub fn project_path(&self, path: &str, folder: &str) -> Option<String> {
        match self.places.find(&self.path(path)) {
            Some(Origin::Project(path)) if folder.is_empty() => Some(path),
            Some(Origin::Project(path)) => {
                Some(path.strip_prefix(folder)?.strip_prefix('/').unwrap_or_default().to_owned())
            }
            Some(Origin::Stage(..)) => None,
            // Without a copy of anything, a relative path means the same in the project.
            None if !path.starts_with('/') => Some(super::places::normal(path)?),
            None => None,
        }
    }

    /// What was built last in a folder of the project by the same system, to be told more of it.
    pub fn same_build(&mut self, system: System, folder: &str) -> &mut Build {
        self.built_in.insert(self.folder.clone());
        let is_same = |build: &Build| build.system == system && build.folder == folder;
        if let Some(number) = self.builds.iter().rposition(is_same) {
            return &mut self.builds[number];
        }
        self.new_build(system, folder)
    }

    /// Another build, whatever was built before.
    pub fn new_build(&mut self, system: System, folder: &str) -> &mut Build {
        self.built_in.insert(self.folder.clone());
        let (folder, place) = (folder.to_owned(), self.folder.clone());
        self.builds.push(Build { system, folder, place, ..Build::default() });
        let last = self.builds.len() - 1;
        &mut self.builds[last]
    }
}
