//! `run --engine`: the image in a container of an engine on this machine.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use wasmpack_packager::sinks::load::{self, Container, Containers, Engine, ExitCodes, Folder};
use wasmpack_packager::{ModulePath, Stored};
use wasmpack_runner::Directory;

use crate::bounds::Limit;
use crate::commands::run::Arguments;
use crate::contained::{self, Ended};
use crate::context::Context;
use crate::error::Error;
use crate::scratch::Scratch;
use crate::shell::Shell;
use crate::target::Target;
use crate::{loading, program, signatures, target};

/// Where a program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the Wasmtime that is built in.
    Here,
    /// In a container of this engine's.
    Engine(Engine),
}

/// The name of what is built in.
const HERE: &str = "wasmtime";

/// What an image is called that has no name, in an engine that knows images by names.
const NAMELESS: &str = "cargo-wasmpack-run";

impl FromStr for Place {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let known = "engines are wasmtime, containerd[=NAMESPACE], podman, docker and nerdctl";
        match typed.parse() {
            _ if typed == HERE => Ok(Self::Here),
            Ok(Engine::K3s | Engine::Kind(_)) => Err(format!("it makes no containers by itself: {known}")),
            Ok(engine) => Ok(Self::Engine(engine)),
            Err(load::Error::Unknown { .. }) => Err(known.to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str(HERE),
            Self::Engine(engine) => engine.fmt(f),
        }
    }
}

/// Loads the image, runs it, and hands its exit code on.
///
/// # Errors
/// When there is no such image or engine, one does not run the other, or it ran out of time.
pub fn run(engine: &Engine, arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    if let Some((flag, reason)) = meaningless(arguments) {
        return Err(refused(flag, engine, reason));
    }
    let key = arguments.verify_key.as_ref().map(|key| key.public(&context.environment)).transpose()?;
    let scratch = Scratch::new()?;
    // Before the work: what cannot run need not be built for that.
    let search_path = context.environment.get_os("PATH").unwrap_or_default();
    let containers = Containers::open(engine, &search_path, scratch.path()?);
    let containers = containers.map_err(wasmpack_packager::Error::from)?;
    let folders = folders(engine, &containers, &arguments.dir, context)?;
    let (mut image, built) = target::image(&arguments.target.typed(), context)?;
    if let Some(path) = &arguments.entrypoint {
        if image.is_module() {
            return Err(Error::OneProgram { name: Target::ready(image).name() });
        }
        (image.entrypoint, image.cmd) = (vec![path.clone()], Vec::new());
    }
    if let Some(key) = &key {
        signatures::refuse_unsigned(&image, key)?;
    }
    let name = match built {
        Some(name) => name,
        None => loading::own_name(&image).unwrap_or(NAMELESS).parse()?,
    };
    let loaded = containers.send(&image.image()?, &name, &mut program::look)?;
    context.shell.status("Loaded", format_args!("{} into {}", name.without_digest(), containers.title()));
    let memory = arguments.limit.iter().rev().find_map(|limit| match limit {
        Limit::Memory(bytes) => Some(*bytes),
        _ => None,
    });
    let commands = containers.commands(&Container {
        id: id(&scratch)?,
        image: loaded.reference,
        platform: image.platform.clone(),
        words: words(&image, &arguments.arguments),
        environment: arguments.env.clone(),
        folders,
        memory_bytes: memory.flatten(),
    });
    if !containers.runtime().shows_folders() && has_files(&image)? {
        let runtime = containers.runtime();
        context.shell.note(format_args!("{runtime} shows a program no files, and the image has some"));
    }
    tell(&containers, commands.ends_stdin || arguments.timeout.is_some(), &mut context.shell);
    context.shell.detail("Running", &commands.run);
    let ended = contained::run(&commands, arguments.timeout);
    let name = name.without_digest().to_string();
    match ended.map_err(|source| Error::InEngine {
        name: name.clone(),
        engine: engine.to_string(),
        source,
    })? {
        Ended::Code(code) => {
            Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, Into::into))
        }
        Ended::TimedOut => Err(Error::TimedOut { name }),
        Ended::Asked(code) => Ok(u8::from(code).into()),
    }
}

/// The first flag that only the Wasmtime that is built in can do something with, and why.
fn meaningless(arguments: &Arguments) -> Option<(&'static str, &'static str)> {
    let bounds = arguments.limit.iter().any(|limit| !matches!(limit, Limit::Memory(_)));
    let flags = [
        ("--compare", arguments.compare, "an image has its module after optimization only"),
        (
            "--listen",
            arguments.listen.is_some(),
            "there a service listens where its runtime says, on port 8080",
        ),
        ("--arg0", arguments.arg0.is_some(), "there the first argument is what finds the module"),
        ("--invoke", arguments.invoke.is_some(), "there the program itself is started"),
        ("--audit", arguments.audit, "nobody sees there what a program uses"),
        ("--time", arguments.time, "nobody sees there what it takes"),
        ("--report", arguments.report.is_some(), "nobody sees there what a run is"),
        ("--watch", arguments.watch, "it would load an image for each change"),
        ("--limit", bounds, "`memory` is the only limit there"),
    ];
    flags.into_iter().find_map(|(flag, is_given, reason)| is_given.then_some((flag, reason)))
}

fn refused(flag: &'static str, engine: &Engine, reason: impl Into<String>) -> Error {
    Error::NotInEngine { flag, engine: engine.to_string(), reason: reason.into() }
}

/// The folders, by absolute paths on both sides, if the runtime shows a program any.
fn folders(
    engine: &Engine,
    containers: &Containers,
    typed: &[Directory],
    context: &Context,
) -> Result<Vec<Folder>, Error> {
    if !typed.is_empty() && !containers.runtime().shows_folders() {
        return Err(refused("--dir", engine, format!("{} shows a program no folders", containers.runtime())));
    }
    let folder = |typed: &Directory| {
        let (host, guest) =
            (context.environment.current_dir.as_std_path().join(&typed.host), typed.guest.clone());
        if !guest.starts_with('/') || guest == "/" {
            let reason = format!("there `{guest}` is no place for a folder; write `HOST::/GUEST`");
            return Err(refused("--dir", engine, reason));
        }
        Ok(Folder { host, guest })
    };
    typed.iter().map(folder).collect()
}

/// A name that no other container has.
fn id(scratch: &Scratch) -> Result<String, Error> {
    let name = scratch.path()?.file_name().unwrap_or_default();
    let own: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(format!("cargo-wasmpack-{own}"))
}

/// The whole command line, as [`Stored`] and whoever typed say.
fn words(image: &Stored, given: &[String]) -> Vec<String> {
    let app = [ModulePath::app().to_string()];
    let (program, defaults) = image.words();
    let program = if program.is_empty() { &app[..] } else { program };
    let given = if given.is_empty() { defaults } else { given };
    program.iter().chain(given).cloned().collect()
}

/// Whether there is anything in it besides what runs.
fn has_files(image: &Stored) -> Result<bool, Error> {
    let (module, mut found) = (image.module_path().unwrap_or_default().to_owned(), false);
    image.files(|path, _| {
        found |= path != module.trim_start_matches('/');
        Ok::<_, Error>(())
    })?;
    Ok(found)
}

/// What is not there as it is here.
fn tell(containers: &Containers, is_bounded: bool, shell: &mut Shell) {
    let runtime = containers.runtime();
    match runtime.exit_codes() {
        ExitCodes::Kept => {}
        ExitCodes::AlwaysZero => {
            shell.note(format_args!("{runtime} ends with exit code 0, whatever the program's own is"));
        }
        ExitCodes::OneForFailure => {
            shell.note(format_args!("{runtime} ends with exit code 1 for whatever fails"));
        }
    }
    if !is_bounded {
        shell.note(
            "a program that reads its input to the end waits for ever there; `--timeout SECONDS` ends it",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_what_is_built_in_or_an_engine_that_makes_containers() {
        assert_eq!("wasmtime".parse(), Ok(Place::Here));
        for typed in ["containerd", "containerd=k8s.io", "podman", "docker", "nerdctl"] {
            assert_eq!(typed.parse::<Place>().unwrap().to_string(), typed);
        }
        for typed in ["kind", "k3s", "auto", "wasmer"] {
            assert!(
                typed.parse::<Place>().unwrap_err().contains("engines are wasmtime, containerd"),
                "{typed}"
            );
        }
    }
}
