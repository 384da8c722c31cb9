//! C and C++: sources are compiled side by side, objects are kept, and what is up to date is not made again.

mod compile;
mod depfile;
pub(crate) mod lack;
mod link;
pub(crate) mod sources;
pub(crate) mod stamp;
mod symbols;

pub(crate) use compile::{exception_flag, project_flags};
pub(crate) use link::{libraries, link_flags};

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::compiler::Compiler;
use crate::source::is_cpp;
use crate::{Error, Language, Machine, Module, Project, Settings, Step};

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
}

/// Builds the module of the folder `dir`.
pub(crate) fn build(
    project: &Project,
    dir: &Utf8Path,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Module, Error> {
    let files = sources::find(dir, &settings.c.sources)?;
    if files.is_empty() {
        return Err(Error::NotAProject { path: dir.to_owned() });
    }
    let language = if is_cpp(&files) { Language::Cpp } else { Language::C };
    let compiler = Compiler::find(machine, &settings.c.toolchain, language)?;
    if settings.c.exceptions && !compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.has_exceptions) {
        let program = compiler.program.to_string();
        return Err(Error::Unable { program, problem: "its C++ library is built without exceptions" });
    }

    let name = project.name();
    let default = || project.target_directory.join("wasmpack").join(".obj").join(name);
    let objects =
        settings.c.objects.as_ref().map_or_else(default, |objects| machine.current_dir.join(objects));
    let written = |source| Error::Write { path: objects.clone(), source };
    fs::create_dir_all(&objects).map_err(written)?;
    // In the same folder as what is made, so that finished files can be moved into place.
    let scratch = tempfile::Builder::new().prefix(".new-").tempdir_in(&objects).map_err(written)?;
    let scratch_path =
        Utf8PathBuf::try_from(scratch.path().to_owned()).map_err(|error| written(error.into_io_error()))?;

    let job = Job { dir, objects: &objects, scratch: &scratch_path, compiler: &compiler, settings };
    let compiled = compile::compile(&job, &files, on_step)?;
    let path = link::link(&job, name, language, &compiled, on_step)?;
    let wasm = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    Ok(Module { name: name.to_owned(), wasm, path, language: Some(language), package: None, version: None })
}
