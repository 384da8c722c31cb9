//! C and C++: sources are compiled side by side, objects are kept, and what is up to date is not made again.

mod compile;
mod database;
pub(crate) mod depfile;
pub(crate) mod exceptions;
pub(crate) mod lack;
mod link;
pub(crate) mod sources;
pub(crate) mod stack_guard;
pub(crate) mod stamp;
mod symbols;
pub(crate) mod undefined;

pub(crate) use compile::{LINES, project_flags};
pub(crate) use link::{libraries, link_flags};

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use self::sources::SourceFile;
use crate::compiler::Compiler;
use crate::materials::{self, Known};
use crate::source::is_cpp;
use crate::turn::Turn;
use crate::{Error, Language, Machine, Module, Project, Settings, Step, Target};

/// What compiling and linking have in common.
struct Job<'a> {
    /// The folder of the sources; compilers run in it, so that every path they see is relative.
    dir: &'a Utf8Path,
    /// Where objects and the module are kept.
    objects: &'a Utf8Path,
    /// Where files grow until they are whole; gone when the build is over.
    scratch: &'a Utf8Path,
    compiler: &'a Compiler,
    settings: &'a Settings,
    machine: &'a Machine,
    /// What else goes into every program.
    stack_guard: Option<Utf8PathBuf>,
}

/// What is compiled by what, before anything is.
struct Setup {
    files: Vec<SourceFile>,
    language: Language,
    compiler: Compiler,
    objects: Utf8PathBuf,
    stack_guard: Option<Utf8PathBuf>,
}

impl Setup {
    fn of(project: &Project, dir: &Utf8Path, settings: &Settings, machine: &Machine) -> Result<Self, Error> {
        if settings.target != Target::Wasip1 {
            return Err(Error::UnfitTarget { what: "C and C++ sources".to_owned(), target: settings.target });
        }
        project.check_program(settings)?;
        let files = sources::find(dir, &settings.c.sources)?;
        if files.is_empty() {
            return Err(Error::NotAProject { path: dir.to_owned() });
        }
        let language = if is_cpp(&files) { Language::Cpp } else { Language::C };
        let compiler = Compiler::find(machine, &settings.c.toolchain, language)?;
        exceptions::check(&compiler, language, settings)?;
        let objects = project.target_directory.join("wasmpack/.obj").join(project.name());
        let stack_guard = stack_guard::object(&compiler, &project.target_directory);
        Ok(Self { files, language, compiler, objects, stack_guard })
    }

    fn job<'a>(
        &'a self,
        (dir, scratch): (&'a Utf8Path, &'a Utf8Path),
        settings: &'a Settings,
        machine: &'a Machine,
    ) -> Job<'a> {
        let stack_guard = self.stack_guard.clone();
        Job { dir, objects: &self.objects, scratch, compiler: &self.compiler, settings, machine, stack_guard }
    }
}

/// The compiler, and what `build` would run if nothing was fresh.
pub(crate) fn plan(
    project: &Project,
    dir: &Utf8Path,
    settings: &Settings,
    machine: &Machine,
) -> Result<(Vec<Utf8PathBuf>, Vec<Command>), Error> {
    let setup = Setup::of(project, dir, settings, machine)?;
    let job = setup.job((dir, "".into()), settings, machine);
    let objects = compile::objects(&job, &setup.files);
    let compiling = setup.files.iter().zip(&objects).map(|(file, object)| {
        let mut words = compile::fixed_command(&job, file);
        words.extend(["-o".to_owned(), object.path.to_string()]);
        words
    });
    let mut linking = link::fixed_command(&job, setup.language, &objects);
    linking.extend(["-o".to_owned(), link::module_path(&job, project.name()).into_string()]);
    let commands = compiling.chain([linking]).map(|words| {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(dir);
        command
    });
    Ok((vec![setup.compiler.program.clone()], commands.collect()))
}

/// Builds the module of the folder `dir`.
pub(crate) fn build(
    project: &Project,
    dir: &Utf8Path,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Module, Error> {
    let setup = Setup::of(project, dir, settings, machine)?;
    let _turn = Turn::take(&setup.objects, on_step)?;
    remove_leftovers(&setup.objects);
    if setup.stack_guard.is_some() {
        stack_guard::put(&project.target_directory)?;
    }
    let written = |source| Error::Write { path: setup.objects.clone(), source };
    // In the same folder as what is made, so that finished files can be moved into place.
    let scratch =
        tempfile::Builder::new().prefix(SCRATCH_PREFIX).tempdir_in(&setup.objects).map_err(written)?;
    let scratch_path =
        Utf8PathBuf::try_from(scratch.path().to_owned()).map_err(|error| written(error.into_io_error()))?;

    let job = setup.job((dir, &scratch_path), settings, machine);
    let objects = compile::objects(&job, &setup.files);
    database::write(&job, &setup.files, &objects, &project.target_directory.join("wasmpack"))?;
    compile::compile(&job, &setup.files, &objects, on_step)?;
    let name = project.name().to_owned();
    let path = link::link(&job, &name, setup.language, &objects, on_step)?;
    let wasm = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let known = Known::of(&setup.compiler, machine, &project.target_directory);
    let mut materials = materials::of_c(&name, known, setup.language, &settings.c.link);
    let made = objects.iter().map(|object| &object.path).chain([&path]);
    let read: Option<Vec<_>> = made.map(|made| stamp::files(made)).collect();
    materials.sources = read.and_then(|read| materials::sources::of_c(project, read.into_iter().flatten()));
    Ok(Module { name, wasm, path, language: Some(setup.language), materials, ..Module::default() })
}

/// How the folder begins in which files grow.
const SCRATCH_PREFIX: &str = ".new-";

/// Removes what builds that were killed were about to make.
fn remove_leftovers(objects: &Utf8Path) {
    let entries = objects.read_dir_utf8().into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().starts_with(SCRATCH_PREFIX)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}
