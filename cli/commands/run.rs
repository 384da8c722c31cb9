//! `run`: a project, image or module, in the embedded Wasmtime or in an engine on this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tempfile::TempDir;
use wasmpack_packager::ModulePath;
use wasmpack_runner::{Access, Directory, Event, Exit, Invocation, Limits, Trap};

use crate::args::{TargetArguments, parse_seconds};
use crate::bounds::{self, Limit};
use crate::compare::compare;
use crate::container::{self, Place};
use crate::context::Context;
use crate::error::Error;
use crate::keys::KeySource;
use crate::shell::Shell;
use crate::signatures;
use crate::target::{self, Target};
use crate::trace;

/// Run a project, image or module
///
/// TARGET is a project, which is built first, an OCI layout, an image archive or a `.wasm` file. It is
/// given no file, no environment and no network, unless you say so. Its exit code becomes ours.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack run\n  \
    cargo wasmpack run target/wasmpack/wordcount --dir .::/data -- /data/README.md\n  \
    cargo wasmpack run --engine podman -- --help")]
pub struct Arguments {
    #[command(flatten)]
    pub target: TargetArguments,
    /// Where it runs: `wasmtime`, which is built in, or a container of its image in `containerd[=NAMESPACE]`, `podman`,
    /// `docker` or `nerdctl`
    ///
    /// The image is loaded there as by `load`, and stays. The program has the files of the image and of `--dir`, unless youki
    /// runs it, which shows it none; the variables of `--env` and the engine's own; and no network, but a service listens on
    /// this machine's port 8080. What is there to run WebAssembly is found: a shim of runwasi's, youki or crun; `doctor` tells
    /// what is missing.
    #[arg(long, value_name = "ENGINE", default_value_t = Place::Here)]
    pub engine: Place,
    /// Give the program a folder: `HOST`, or `HOST::GUEST` to show it under another path
    #[arg(long, value_name = "HOST[::GUEST]", help_heading = "Sandbox Options")]
    pub dir: Vec<Directory>,
    /// Give the program an environment variable
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_variable, help_heading = "Sandbox Options")]
    pub env: Vec<(String, String)>,
    /// End the program after this many seconds, with exit code 124
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, help_heading = "Sandbox Options")]
    pub timeout: Option<Duration>,
    /// Bound what the program may use: `memory`, `fuel`, `stack`, `output`, `handles`, `instances`, `module`,
    /// `compile-time`; `none` is no limit
    ///
    /// Sizes are `64 MiB` or `1 GB`. Without being asked: memory 2 GiB, stack 1 MiB, output 4 GiB, 1,000 handles of files and streams,
    /// 1,000 instances, a module of 256 MiB, 300 seconds of compile-time, no limit of fuel (about one for each instruction).
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Sandbox Options")]
    pub limit: Vec<Limit>,
    /// Where a service is asked [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", help_heading = "Sandbox Options")]
    pub listen: Option<SocketAddr>,
    /// Run it before and after optimization, and compare what it does
    ///
    /// Compared are exit code or trap, stdout, stderr and the files it leaves. Both runs have the same arguments,
    /// variables, stdin (read to its end before the first), random numbers and clock, and each has its own copy of what
    /// `--dir` gives: your folders are not changed. The exit code is 0 where all is the same, whatever the program's own, and
    /// 111 where not. TARGET is a project or a `.wasm` file.
    #[arg(long, conflicts_with = "listen", help_heading = "Sandbox Options")]
    pub compare: bool,
    /// Run only an image that this public key, in PEM, has signed: a file, or `env://VARIABLE`
    #[arg(long, value_name = "KEY", conflicts_with = "compare")]
    pub verify_key: Option<KeySource>,
    /// Start this program of the image instead of its own, without the arguments that go with that
    #[arg(long, value_name = "PATH", conflicts_with = "compare")]
    pub entrypoint: Option<String>,
    /// Tell the program this name as its first argument
    #[arg(long, value_name = "NAME")]
    pub arg0: Option<String>,
    /// Arguments for the program
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// Runs the program and hands its exit code on.
///
/// # Errors
/// When there is no such program, it cannot be built or started, or it trapped or ran out of time.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    if let Place::Engine(engine) = &arguments.engine {
        return container::run(engine, arguments, context);
    }
    let key = arguments.verify_key.as_ref().map(|key| key.public(&context.environment)).transpose()?;
    let mut target = target::open(&arguments.target.typed(), context)?;
    if let Some(path) = &arguments.entrypoint {
        match &mut target {
            Target::Image { image, .. } => (image.entrypoint, image.cmd) = (vec![path.clone()], Vec::new()),
            Target::Module { name, .. } => return Err(Error::OneProgram { name: name.clone() }),
        }
    }
    if let Some(key) = &key {
        match &target {
            Target::Image { image, .. } => signatures::refuse_unsigned(image, key)?,
            Target::Module { name, .. } => return Err(Error::UnsignedModule { name: name.clone() }),
        }
    }
    let mut limits = Limits { time: arguments.timeout, ..Limits::default() };
    arguments.limit.iter().for_each(|limit| limit.set(&mut limits));
    let name = target.name();
    let mut invocation = invocation(arguments, &target);
    // Gone when the guest has ended.
    let files = image_files(&target)?;
    invocation.directories.extend(files.iter().map(|folder| Directory {
        host: folder.path().to_owned(),
        guest: "/".to_owned(),
        access: Access::ReadOnly,
    }));
    if arguments.compare {
        compare(&target, &arguments.target, &invocation, &limits, context)?;
        return Ok(ExitCode::SUCCESS);
    }
    let module = target.module()?;
    let told = |text: &str| {
        target.symbols(&module).map_or_else(|| text.to_owned(), |symbols| trace::told(text, &symbols))
    };
    let shell = &mut context.shell;
    let mut report = |event: Event| report(&event, told, shell);
    match wasmpack_runner::run(&module, &invocation, &limits, &mut report) {
        Ok(Exit::Code(code)) => Ok(process_code(code)),
        Ok(Exit::Trap(trap)) => {
            Err(Error::Trapped { name, trap: Trap { backtrace: told(&trap.backtrace), ..trap } })
        }
        Ok(Exit::Interrupted) => Ok(ExitCode::from(u8::from(crate::exit_code::ExitCode::Interrupted))),
        Ok(Exit::TimedOut) => Err(Error::TimedOut { name }),
        Ok(Exit::Stopped(bound)) => Err(bounds::stopped(name, bound, &limits)),
        Ok(Exit::OutputClosed) => Err(Error::WriteResult(std::io::ErrorKind::BrokenPipe.into())),
        Err(source) => Err(Error::Run { name, source }),
    }
}

/// The files of an image besides what runs, in a folder for the time of the run; none if there are none.
fn image_files(target: &Target) -> Result<Option<TempDir>, Error> {
    let Target::Image { image, .. } = target else { return Ok(None) };
    let module = image.module_path().unwrap_or_default();
    let (folder, mut is_empty) = (tempfile::tempdir().map_err(Error::Scratch)?, true);
    image.files(|path, content| {
        if path == module.trim_start_matches('/') {
            return Ok(());
        }
        is_empty = false;
        write(&folder.path().join(path), content).map_err(Error::Scratch)
    })?;
    Ok((!is_empty).then_some(folder))
}

fn write(path: &Path, content: &mut dyn Read) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    io::copy(content, &mut fs::File::create(path)?).map(drop)
}

/// What a service does, in lines.
fn report(event: &Event, told: impl Fn(&str) -> String, shell: &mut Shell) {
    match event {
        Event::Listening { address } => shell.status("Listening", format_args!("on http://{address}")),
        Event::Answered { method, path, status, failure: None } => {
            shell.status("Answered", format_args!("{method} {path} {status}"));
        }
        Event::Answered { method, path, failure: Some(failure), .. } => {
            shell.warn(format_args!("{method} {path} failed: {}", told(failure)));
        }
    }
}

/// What the image says, and over it what was typed.
fn invocation(arguments: &Arguments, target: &Target) -> Invocation {
    let (program, defaults, environment) = match target {
        // An artifact does not say how it is called.
        Target::Image { image, .. } if image.entrypoint.is_empty() && image.cmd.is_empty() => {
            (vec![ModulePath::app().to_string()], &[][..], image.env.clone())
        }
        Target::Image { image, .. } => (image.entrypoint.clone(), &image.cmd[..], image.env.clone()),
        Target::Module { name, .. } => (vec![name.clone()], &[][..], Vec::new()),
    };
    let given = if arguments.arguments.is_empty() { defaults } else { &arguments.arguments };
    let mut words: Vec<String> = program.iter().chain(given).cloned().collect();
    if let (Some(name), Some(first)) = (&arguments.arg0, words.first_mut()) {
        first.clone_from(name);
    }
    let environment: BTreeMap<_, _> = environment.into_iter().chain(arguments.env.iter().cloned()).collect();
    Invocation {
        arguments: words,
        environment: environment.into_iter().collect(),
        directories: arguments.dir.clone(),
        listen: arguments.listen.unwrap_or(Invocation::default().listen),
    }
}

/// Eight bits is what a process can say; a failure whose lowest eight are zero must not read as success.
fn process_code(code: i32) -> ExitCode {
    let [low, ..] = code.to_le_bytes();
    if code != 0 && low == 0 { ExitCode::FAILURE } else { low.into() }
}

fn parse_variable(typed: &str) -> Result<(String, String), String> {
    match typed.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write `KEY=VALUE`".to_owned()),
    }
}
