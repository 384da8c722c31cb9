//! Build systems that sources bring along. They are told of our compiler and of a folder to build in; which of the
//! files they leave are modules, is seen from the files.

pub(crate) mod cmake;
mod command;
mod configure;
mod found;
mod go;
mod host;
mod make;
mod mirror;
mod run;
mod stale;
mod tools;
mod zig_build;

use std::fmt;
use std::fs;
use std::process::Command;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};

use self::mirror::Mirror;
use crate::c::stack_guard;
use crate::materials::{self, Known, Materials};
use crate::turn::Turn;
use crate::{Error, Language, Machine, Module, PackageManager, Project, Remedy, Settings, Step, Target};
use crate::{prebuilt, whole};

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
    fn is_new(&self, name: &str, state: &str) -> bool {
        fs::read_to_string(self.out.join(name)).map_or(true, |before| before != state)
    }

    /// Notes how it was done.
    fn remember(&self, name: &str, state: &str) -> Result<(), Error> {
        whole::write(&self.out.join(name), state.as_bytes())
    }

    /// As if it had never been done. If that fails, there is nothing to forget, or nothing can be written either.
    fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.out.join(name));
    }

    /// Removes what was built, if it was made with anything else than `state` says.
    fn start_anew(&self, state: &str) -> Result<(), Error> {
        if !self.is_new(MADE_WITH, state) {
            return Ok(());
        }
        let written = |source| Error::Write { path: self.out.to_owned(), source };
        // What is left by a removal that fails must not count as finished.
        self.forget(MADE_WITH);
        fs::remove_dir_all(self.out).map_err(written)?;
        fs::create_dir_all(self.out).map_err(written)?;
        self.remember(MADE_WITH, state)
    }
}

/// How the folder to build in was configured.
const CONFIGURED: &str = ".wasmpack-configured";

/// With what everything in it was made.
const MADE_WITH: &str = ".wasmpack-made-with";

/// What the folder to build in is called in what is built, if the sources are not in it.
const BESIDE: &str = "./target";

/// What there is to do.
struct Work {
    /// Whether it is done on a copy of the sources, because it leaves things among them.
    on_a_copy: bool,
    /// What all that is built depends on, and the build system does not look at: it begins anew when that changes.
    made_with: String,
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
        let target = job.settings.target;
        // Only a command of the user's own is told what to build for.
        if target != Target::Wasip1 && system != System::Command {
            return Err(Error::UnfitTarget { what: format!("sources for `{system}`"), target });
        }
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
        let (compiler, configure, made, made_with) = (None, None, Vec::new(), String::new());
        Self { on_a_copy: false, made_with, compiler, configure, build, made }
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

impl Configure {
    /// Whether it has been run in this state.
    fn is_done(&self, job: &Job<'_>) -> bool {
        !job.is_new(CONFIGURED, &self.state)
    }

    /// Runs it, unless that was done already.
    fn run(mut self, job: &Job<'_>, on_step: &mut dyn FnMut(Step<'_>)) -> Result<(), Error> {
        if self.is_done(job) {
            return Ok(());
        }
        // A run that fails leaves things behind, and not what an earlier one had left.
        job.forget(CONFIGURED);
        if let Some(stale) = &self.stale {
            let _ = fs::remove_file(stale);
        }
        for (path, text) in &self.files {
            whole::write(path, text.as_bytes())?;
        }
        run::run(&mut self.command, job.settings, job.machine, on_step)?;
        stale::spare(job)?;
        job.remember(CONFIGURED, &self.state)
    }
}

/// A program that is not there, and who has it.
fn missing(program: &str, machine: &Machine) -> Error {
    let manager = PackageManager::of_system(machine);
    let remedy = match (program, manager) {
        // Debian keeps Go for years, and WASI came late to it.
        ("go", Some(PackageManager::Apt)) => None,
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
    let job = Job { dir, out: &folder(project, dir), project, settings, machine };
    let Work { compiler, configure, build, .. } = Work::of(&job, system)?;
    // A script that is asked for its version may well begin to build.
    let is_known = system != System::Command;
    let program = is_known.then(|| Utf8PathBuf::from(build.get_program().to_string_lossy().as_ref()));
    let commands = configure.map(|configure| configure.command).into_iter().chain([build]);
    Ok((program.into_iter().chain(compiler).collect(), commands.collect()))
}

/// Where a project is built: in a shared target directory, not where another one of its name is.
fn folder(project: &Project, dir: &Utf8Path) -> Utf8PathBuf {
    let name = format!("{}-{:08x}", project.name(), fingerprint(dir.as_str()));
    project.target_directory.join("wasmpack/.build").join(name)
}

/// A short number for a text, the same on every machine and for ever (FNV-1a).
pub(crate) fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Has `system` build the folder `dir`, and returns its modules.
pub(crate) fn build(
    project: &Project,
    (dir, system): (&Utf8Path, System),
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Module>, Error> {
    let out = folder(project, dir);
    let job = Job { dir, out: &out, project, settings, machine };
    let mut work = Work::of(&job, system)?;
    let turn = Turn::take(&out, on_step)?;
    job.start_anew(&format!("{system} {dir} {}", work.made_with))?;
    let has_compiler = work.compiler.is_some();
    if has_compiler {
        stack_guard::put(&project.target_directory)?;
    }
    let mirror = if work.on_a_copy {
        mirror::update(dir, &out, &project.target_directory)?
    } else {
        Mirror::default()
    };
    if mirror.has_undone {
        job.forget(CONFIGURED);
    }
    let is_configured = work.configure.as_ref().is_none_or(|configure| configure.is_done(&job));
    // A command of the user's own may do anything else than the last time; where it is known what is made, nothing is looked for.
    let is_found = work.made.is_empty() && system != System::Command;
    let has_removed = match system {
        System::Command => stale::remove(&job, &mirror)?,
        _ => is_found && stale::remove_if_changed(&job, &mirror, is_configured)?,
    };
    if let Some(configure) = work.configure {
        configure.run(&job, on_step)?;
    }
    run::run(&mut work.build, settings, machine, on_step).map_err(|error| match error {
        // The user knows it by that name, and not by the shell's.
        Error::BuildSystem { code, lack, .. } if system == System::Command => {
            Error::OwnCommand { code, lack }
        }
        error => error,
    })?;
    // A command of the user's own may well write among its sources.
    let sources = (system != System::Command).then(|| materials::sources::of_folder(project)).flatten();
    if is_found {
        stale::remember(&job, sources.as_ref())?;
    }
    let made = if work.made.is_empty() { found(&job, system, &mirror) } else { Ok(work.made) };
    if made.is_err() && has_removed && is_found {
        // Rules that go by other files than the module itself do not see that it is gone.
        job.forget(MADE_WITH);
        drop(turn);
        return build(project, (dir, system), settings, machine, on_step);
    }
    let made = made?;
    let libraries = |module: Module| {
        // Which of the toolchain's libraries are linked, and in which language the sources are, it does not say.
        let link = &settings.c.link;
        let libraries =
            has_compiler.then(|| materials::of_c(&module.name, Known::default(), Language::C, link));
        let materials = Materials { sources: sources.clone(), ..libraries.unwrap_or_default() };
        Module { materials, ..module }
    };
    let modules = made.into_iter().map(|path| module(path).map(libraries)).collect::<Result<Vec<_>, _>>()?;
    if system == System::Go {
        go::check(&job, &modules)?;
    }
    drop(turn);
    Ok(modules)
}

fn module(path: Utf8PathBuf) -> Result<Module, Error> {
    let wasm = prebuilt::read_module(&path)?;
    Ok(Module { name: name(&path), wasm, path, ..Module::default() })
}

/// What a program is called: as its file, without the ending that only modules have.
fn name(path: &Utf8Path) -> String {
    let file = path.file_name().unwrap_or_default();
    file.strip_suffix(".wasm").or_else(|| file.strip_suffix(".wat")).unwrap_or(file).to_owned()
}

/// Of the modules that are there after the build, those that were named, or all, or the only one there is.
/// What came with the sources was not built.
fn found(job: &Job<'_>, system: System, mirror: &Mirror) -> Result<Vec<Utf8PathBuf>, Error> {
    let mut modules = found::modules(job.out)?;
    modules.retain(|path| !mirror.has_from_sources(path));
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
