//! Builds sources into WebAssembly modules with the toolchains on the machine.
//!
//! ```text
//! Source ──detect──> Project ──build──> Module, Module ...
//! ```
//!
//! A [`Source`] says what lies at a path: a Cargo package, a folder with C or C++ sources, one with a build system of its
//! own, or a module that is there already. A [`Project`] is what
//! must be known about it before anything is compiled: its name, its target directory, its metadata. [`build`]
//! compiles it for a [`Target`] and hands back one [`Module`] for each program in it.
//!
//! This crate never prints and never reads the environment. What it may know of the machine is a [`Machine`]; what
//! happens on the way is told as [`Step`]s. The one exception is cargo, whose progress and diagnostics go straight to
//! standard error, because it draws on the terminal itself.
//!
//! Everything about one outside tool lives in one file: `cargo`, `rustc`, `clang`, `zig`, `sccache`, `packages` (package managers),
//! and below `systems` one for each build system.
//!
//! # Example
//!
//! A module in text form is the least that can be built; a folder with a `Cargo.toml` or with C sources is built in the same three steps.
//!
//! ```
//! use wasmpack_builder::{Machine, Project, Settings, Source, build};
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("app.wat");
//! std::fs::write(&file, r#"(module (memory (export "memory") 1) (func (export "_start")))"#)?;
//! let path = camino::Utf8PathBuf::from_path_buf(file).unwrap();
//!
//! let machine = Machine::read(path.parent().unwrap(), std::env::vars_os());
//! let settings = Settings::default();
//! let source = Source::detect(&path, &settings, &machine)?;
//! let project = Project::open(source, &settings, &machine)?;
//! let modules = build(&project, &settings, &machine, &mut |step| println!("{step:?}"))?;
//!
//! assert_eq!(modules[0].name, "app");
//! assert!(modules[0].wasm.starts_with(b"\0asm"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod address;
mod answer;
mod artifacts;
mod asked;
mod c;
mod cargo;
mod cargo_config;
mod clang;
mod compiler;
mod error;
mod file_state;
mod linker;
mod machine;
mod materials;
mod metadata;
mod module;
mod native;
mod needs;
mod packages;
mod planned;
mod prebuilt;
mod products;
mod profile;
mod project;
mod published;
mod remap;
mod rustc;
mod rustflags;
mod sccache;
mod settings;
mod source;
mod sysroot;
mod systems;
mod target;
mod target_directory;
#[cfg(test)]
mod testing;
pub mod toolchain;
mod turn;
mod whole;
mod words;
mod zig;

use camino::Utf8PathBuf;

pub use address::public_address;
pub use c::lack::Lack;
pub use c::undefined::Uncompiled;
pub use cargo_config::read_files as cargo_config;
pub use compiler::Toolchain;
pub use error::Error;
pub use file_state::FileState;
pub use machine::Machine;
pub use materials::{Material, Materials, Sources, Tool};
pub use module::{Module, Step};
pub use packages::{PackageManager, Remedy};
pub use planned::{Planned, PlannedCommand, PlannedTool};
pub use prebuilt::read_module;
pub use products::Product;
pub use project::{Package, Project};
pub use published::newest;
pub use rustc::replaceable as replaceable_rustc;
pub use settings::{
    CSettings, CargoSettings, Color, Goal, Messages, STACK_BYTES, Settings, Std, SystemSettings,
};
pub use source::{Language, Source};
pub use systems::System;
pub use target::Target;

/// Compiles `project` and returns its modules; never an empty list. Those of cargo are sorted by package and name, those of
/// other build systems come in the order in which they were asked for, or else sorted by name.
///
/// `on_step` is called on the calling thread.
///
/// # Errors
/// A toolchain part is missing, a compiler or the linker refuses the sources, the project has no program in it, or
/// a file cannot be read or written. [`Error::hint`] has the way out.
pub fn build(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Module>, Error> {
    build_unless_known(project, settings, machine, on_step, &mut |_| false).map(Option::unwrap_or_default)
}

/// The same, or nothing, if the caller knows the modules already: to read hundreds takes longer than to find out that none has
/// changed. `is_known` is told all files that cargo has made modules of and that something is said of modules by: as long as they look
/// the same, and settings and machine are, so are the modules. It is asked of nothing but what cargo builds.
///
/// # Errors
/// As above.
pub fn build_unless_known(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
    is_known: &mut dyn FnMut(&[Utf8PathBuf]) -> bool,
) -> Result<Option<Vec<Module>>, Error> {
    let (settings, before) = sccache::started(settings, machine, |launcher, reason| {
        on_step(Step::NotLaunched { launcher, reason });
    });
    let settings = &*settings;
    let mut modules = match &project.source {
        Source::Cargo { .. } => match cargo::build(project, settings, machine, on_step, is_known)? {
            Some(modules) => modules,
            None => return Ok(None),
        },
        Source::C { dir } | Source::Cpp { dir } => {
            vec![c::build(project, dir, settings, machine, on_step)?]
        }
        Source::System { dir, system } => {
            systems::build(project, (dir, *system), settings, machine, on_step)?
        }
        Source::Module { file, .. } => {
            project.check_program(settings)?;
            vec![prebuilt::read(file, project)?]
        }
    };
    let after = || sccache::Counts::of(sccache::launcher(settings)?, machine).ok()?;
    if let Some(before) = before
        && let Some(after) = after()
    {
        let sccache::Counts { hits, misses } = after.since(before);
        on_step(Step::Reused { hits, misses });
    }
    for module in &mut modules {
        materials::complete(module);
        module.parameters = materials::parameters(project, settings, machine);
    }
    Ok(Some(modules))
}

/// What to do about functions that a program calls and nobody has, if WASI is the reason why.
pub fn explain<'a>(functions: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lines = functions.into_iter().map(|name| format!("undefined symbol: {name}\n"));
    Some(c::lack::Lack::of(&lines.collect::<String>())?.hint())
}

/// What [`build`] would do if nothing was fresh. Nothing is run but programs asked for their version, and Go for the
/// names of its packages, where one is asked for; nothing is written but links to headers and a file for CMake, where crates
/// with C in them need those. A command of the user's own is not asked.
///
/// # Errors
/// A toolchain part is missing, or the settings do not fit the project.
pub fn plan(project: &Project, settings: &Settings, machine: &Machine) -> Result<Planned, Error> {
    let (programs, commands) = match &project.source {
        Source::Cargo { .. } => cargo::plan(project, settings, machine)?,
        Source::C { dir } | Source::Cpp { dir } => c::plan(project, dir, settings, machine)?,
        Source::System { dir, system } => systems::plan(project, (dir, *system), settings, machine)?,
        Source::Module { .. } => {
            project.check_program(settings)?;
            return Ok(Planned::default());
        }
    };
    Ok(Planned::of(programs, &commands, project.source.dir()))
}
