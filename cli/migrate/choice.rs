//! Which of the builds of a stage makes a module.

use camino::Utf8Path;

use super::places::below;
use super::programs::{Programs, member};
use super::workshop::{Build, System, Workshop};

/// What there is to choose from.
#[derive(Clone, Copy)]
pub struct Choice<'a> {
    pub workshop: &'a Workshop,
    /// Where the module stands in the stage.
    pub path: &'a str,
    /// The same place in the project, if it could be there.
    pub project: Option<&'a str>,
    /// What the module is called.
    pub name: &'a str,
    /// The folder that the Dockerfile copies from.
    pub context: &'a Utf8Path,
}

/// The build that makes the module.
#[derive(Debug)]
pub struct Found {
    pub build: Build,
    /// Rows of builds that make other programs.
    pub others: Vec<usize>,
    /// Whether no other could make it as well.
    pub is_sure: bool,
}

impl Found {
    /// A build beside which there is none.
    #[must_use]
    pub fn sure(build: Build) -> Self {
        Self { build, others: Vec::new(), is_sure: true }
    }
}

impl<'a> Choice<'a> {
    /// Those that make modules, the last one first.
    pub fn builds(self) -> impl Iterator<Item = &'a Build> {
        let builds = &self.workshop.builds;
        // Objects that went into a program make no other.
        let is_linked = |objects: &Build| {
            let is_it = |build: &Build| build.output.is_some() && build.folder == objects.folder;
            builds.iter().any(|build| build.system == System::C && is_it(build))
        };
        let is_object = move |build: &Build| build.system == System::C && build.output.is_none();
        builds
            .iter()
            .rev()
            .filter(move |build| build.is_wasm != Some(false) && !(is_object(build) && is_linked(build)))
    }

    /// The build that leaves modules where this one stands.
    #[must_use]
    pub fn by_place(self) -> Option<Found> {
        if let Some(build) = self.builds().find(|build| build.output.as_deref() == Some(self.path)) {
            return Some(self.found(build, true));
        }
        self.target_folder()?;
        self.among(self.builds().filter(|build| build.system == System::Cargo).collect())
    }

    /// The folder beside whose `target` it stands.
    fn target_folder(self) -> Option<&'a str> {
        self.path.rsplit_once("/target/").map(|(folder, _)| folder)
    }

    /// The most likely one of several.
    #[must_use]
    pub fn among(self, mut builds: Vec<&'a Build>) -> Option<Found> {
        let last = *builds.first()?;
        builds.retain(|build| build.system == last.system);
        let name = self.name;
        let folder = self.target_folder();
        if last.system != System::Cargo {
            // Who builds in a folder leaves modules there or below.
            let is_above = |folder: &str, path: &str| folder.is_empty() || below(path, folder).is_some();
            let holds = |folder: &str| self.project.is_some_and(|path| is_above(folder, path));
            let folders = builds.iter().map(|build| &*build.folder).filter(|folder| holds(folder));
            let deepest = folders.max_by_key(|folder| folder.len()).map(str::to_owned);
            narrow(&mut builds, |build| Some(&build.folder) == deepest.as_ref());
        }
        narrow(&mut builds, |build| program(build).is_none_or(|program| is_called(name, program)));
        // Members of a workspace are built in its folder.
        narrow(&mut builds, |build| folder.is_none_or(|folder| below(&build.place, folder).is_some()));
        narrow(&mut builds, |build| named(build).is_some_and(|named| is_called(name, named)));
        narrow(&mut builds, |build| self.has_program(build, name));
        narrow(&mut builds, |build| named(build).is_none());
        narrow(&mut builds, |build| folder == Some(&build.place));
        let first = *builds.first()?;
        Some(self.found(first, builds.iter().all(|build| !makes_another(build, first))))
    }

    /// Whether the package that a build is of has a program of this name.
    fn has_program(self, build: &Build, name: &str) -> bool {
        let root = self.context.join(&build.folder);
        let folder = package(build).and_then(|package| member(&root, package));
        let programs = Programs::of(&folder.map_or_else(|| root.clone(), |folder| root.join(folder)));
        programs.is_some_and(|programs| programs.names.iter().any(|program| program == name))
    }

    fn found(self, build: &Build, is_sure: bool) -> Found {
        // Who makes all programs makes this one, too.
        let is_elsewhere = |one: &Build| one.output.is_some() || one.place != build.place;
        let is_other = |one: &&Build| {
            makes_another(one, build) && (named(one).is_some() || is_elsewhere(one)) && is_sure
        };
        let others = self.workshop.builds.iter().filter(is_other);
        Found { build: build.clone(), others: others.filter_map(|one| one.row).collect(), is_sure }
    }
}

/// Keeps those of which something is true, if there are any.
fn narrow(builds: &mut Vec<&Build>, is_true: impl Fn(&Build) -> bool) {
    if builds.iter().any(|build| is_true(build)) {
        builds.retain(|build| is_true(build));
    }
}

/// The one program that a build makes, as far as it says so.
fn program(build: &Build) -> Option<&str> {
    let of_keys = build.keys.get("build", "bin").and_then(|bin| bin.as_str());
    of_keys.or_else(|| value(build, "--bin")).or_else(|| value(build, "--example"))
}

/// The one package whose programs it makes.
fn package(build: &Build) -> Option<&str> {
    value(build, "--package")
}

/// The one program or package.
fn named(build: &Build) -> Option<&str> {
    program(build).or_else(|| package(build))
}

/// Whether a module has the name of a program or package: those of libraries have no `-`.
fn is_called(module: &str, named: &str) -> bool {
    module == named || module == named.replace('-', "_")
}

/// The value of a flag that is given once.
fn value<'a>(build: &'a Build, flag: &str) -> Option<&'a str> {
    let mut values = build.flags.windows(2).filter(|pair| pair[0] == flag).map(|pair| &*pair[1]);
    values.next().filter(|_| values.next().is_none())
}

/// Whether two builds of one system make two programs.
fn makes_another(build: &Build, other: &Build) -> bool {
    build.system == other.system
        && (program(build) != program(other)
            || package(build) != package(other)
            || build.output != other.output
            || build.folder != other.folder
            || build.system == System::Cargo && build.place != other.place)
}
