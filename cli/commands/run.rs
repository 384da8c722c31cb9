//! `run`: a project, image or module, in the embedded Wasmtime or in an engine on this machine.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

use camino::Utf8PathBuf;
use wasmpack_packager::ModulePath;
use wasmpack_runner::{Access, Call, Directory, Ended, Event, Exit, Invocation, Limits, Runtime, Stop, Trap};

use crate::args::{MessageArguments, TargetArguments, parse_seconds};
use crate::bounds::{self, Limit};
use crate::compare::compare;
use crate::container::{self, Place};
use crate::context::Context;
use crate::difference::ending;
use crate::error::Error;
use crate::image_files::ImageFiles;
use crate::keys::KeySource;
use crate::target::{self, Target};
use crate::user_config::UserConfig;
use crate::watch::Watch;
use crate::{
    access_log, audit, exit_code, folders, interrupt, run_report, scratch, signatures, times, trace,
};

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
    /// `docker` or `nerdctl` [default: wasmtime]
    ///
    /// The image is loaded there as by `load`, and stays. The program has the files of the image and of `--dir`, unless youki
    /// runs it, which shows it none; the variables of `--env` and the engine's own; and no network, but a service listens on
    /// this machine's port 8080. What is there to run WebAssembly is found: a shim of runwasi's, youki or crun; `doctor` tells
    /// what is missing.
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<Place>,
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
    /// `compile-time`, `request-time`, `requests`; `none` is no limit
    ///
    /// Sizes are `64 MiB` or `1 GB`. Without being asked: memory 2 GiB, stack 1 MiB, output 4 GiB, 1,000 handles of files and streams,
    /// 1,000 instances, a module of 256 MiB, 300 seconds of compile-time, no limit of fuel (about one for each instruction). Of a
    /// service, each request has all of it, and 60 seconds of request-time; 1,000 requests are answered at once.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Sandbox Options")]
    pub limit: Vec<Limit>,
    /// Where a service is asked [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_address, help_heading = "Sandbox Options")]
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
    /// Call this exported function instead of starting the program, and print what it returns
    ///
    /// What stands behind `--` are its arguments: numbers; for a component, values in WAVE, such as `[1, 2]`, `"text"` or
    /// `some({x: 1})`. Where several interfaces of a component have a function of this name, `INTERFACE#FUNCTION`.
    #[arg(long, value_name = "FUNCTION", conflicts_with_all = ["compare", "listen"])]
    pub invoke: Option<String>,
    /// Tell the program this name as its first argument
    #[arg(long, value_name = "NAME")]
    pub arg0: Option<String>,
    /// Start again when the sources change, the manifest or the configuration; what is ignored by git is not watched
    #[arg(long, conflicts_with = "compare")]
    pub watch: bool,
    /// Say how long it took to compile, to start, until its first output and until its end, and how much memory it had
    #[arg(long, conflicts_with = "compare")]
    pub time: bool,
    /// Say at the end what the program really used of its host: capabilities, with files and addresses, and what it was refused
    #[arg(long, conflicts_with = "compare")]
    pub audit: bool,
    /// Write to this file, as JSON, how it ended, how long it took, and with `--audit` what it used
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "watch"])]
    pub report: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub messages: MessageArguments,
    /// Arguments for the program
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// Runs the program and hands its exit code on; with `--watch`, again and again.
///
/// # Errors
/// When there is no such program, it cannot be built or started, or it trapped or ran out of time.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    context.shell.speak(arguments.messages.message_format);
    let said = UserConfig::read(&context.environment)?.said.run.engine;
    let engine = arguments.engine.clone().or(said.and_then(|engine| engine.parse().ok()));
    if let Some(Place::Engine(engine)) = &engine {
        return container::run(engine, arguments, context);
    }
    if !arguments.watch {
        let target = open(arguments, context)?;
        return start(arguments, &target, None, context)?.into_result(context);
    }
    let watch = Watch::new(target::watched(&arguments.target.typed(), context)?)?;
    loop {
        let stop = watch.begin();
        let target = open(arguments, context);
        watch.built();
        let ended = target.and_then(|target| {
            if stop.is_asked() { Ok(None) } else { start(arguments, &target, Some(&stop), context).map(Some) }
        });
        // What ended because of a change needs no word.
        if !stop.is_asked() {
            match ended {
                // Nobody reads what would be said, nor what is run next.
                Ok(Some(ended)) if ended.exit == Exit::OutputClosed => return ended.into_result(context),
                Ok(Some(ended)) => {
                    let ending = ending(&ended.exit);
                    match ended.into_result(context) {
                        Ok(_) => {}
                        // Nobody reads what would be said.
                        Err(Error::WriteResult(error)) => return Err(Error::WriteResult(error)),
                        Err(error) => context.shell.error(&error, error.hint().as_deref()),
                    }
                    context.shell.status("Waiting", format_args!("for a change, after {ending}"));
                }
                Ok(None) => {}
                Err(error) => {
                    context.shell.error(&error, error.hint().as_deref());
                    context.shell.status("Waiting", "for a change");
                }
            }
        }
        let Some(path) = watch.next() else { return Ok(ExitCode::SUCCESS) };
        context.shell.status("Changed", path.display());
    }
}

/// What was typed, with the program that is to be started, if it is signed as it is to be.
fn open(arguments: &Arguments, context: &mut Context) -> Result<Target, Error> {
    let name = arguments.target.target.as_ref().map_or(".", |target| target.as_str());
    let unknown = |source| Error::Run { name: name.to_owned(), source };
    arguments.dir.iter().try_for_each(Directory::check).map_err(unknown)?;
    let key = arguments.verify_key.as_ref().map(|key| key.public(&context.environment)).transpose()?;
    let mut target =
        target::open(&arguments.target.typed(), context).map_err(|error| meant(error, arguments))?;
    if let Some(path) = &arguments.entrypoint {
        match &mut target {
            Target::Image { image, .. } if !image.is_module() => {
                (image.entrypoint, image.cmd) = (vec![path.clone()], Vec::new());
            }
            _ => return Err(Error::OneProgram { name: target.name() }),
        }
    }
    if let Some(key) = &key {
        match &target {
            Target::Image { image, .. } => signatures::refuse_unsigned(image, key)?,
            Target::Module { name, .. } => return Err(Error::UnsignedModule { name: name.clone() }),
        }
    }
    Ok(target)
}

/// A word that is no path was most likely meant for the program.
fn meant(error: Error, arguments: &Arguments) -> Error {
    let word = arguments.target.target.as_ref().filter(|word| !word.as_str().contains(['/', '\\', '.']));
    match (error, word) {
        (Error::ReadFile { path, source }, Some(word))
            if source.kind() == io::ErrorKind::NotFound && path.ends_with(word) =>
        {
            Error::NoTarget { path, word: word.to_string(), source }
        }
        (error, _) => error,
    }
}

/// A guest that has ended.
struct Run {
    name: String,
    exit: Exit,
    limits: Limits,
}

/// Starts the target once, and sees it to its end.
fn start(
    arguments: &Arguments,
    target: &Target,
    stop: Option<&Stop>,
    context: &mut Context,
) -> Result<Run, Error> {
    let mut limits = Limits { time: arguments.timeout, ..Limits::default() };
    arguments.limit.iter().for_each(|limit| limit.set(&mut limits));
    let name = target.name();
    let mut invocation = invocation(arguments, target);
    // Gone when the guest has ended.
    let files = match target {
        Target::Image { image, .. } => ImageFiles::of(image)?,
        Target::Module { .. } => None,
    };
    if files.is_some()
        && let Some(Directory { guest, .. }) = arguments.dir.iter().find(|folder| is_root(&folder.guest))
    {
        return Err(Error::FilesHidden { name, guest: guest.clone() });
    }
    if let Some(ImageFiles { left_out: left_out @ 1.., .. }) = files {
        context.shell.warn(format_args!(
            "links of the image are left out, {left_out} in number: they lead out of it, or cannot be made here"
        ));
    }
    invocation.directories.extend(files.iter().map(|files| Directory {
        host: files.folder.as_std_path().to_owned(),
        guest: "/".to_owned(),
        access: Access::ReadOnly,
    }));
    if arguments.compare {
        compare(target, &arguments.target, &invocation, &limits, context)?;
        return Ok(Run { name, exit: Exit::Code(0), limits });
    }
    let module = target.module()?;
    // To read them takes longer than guests that fail; of a service many may.
    let symbols = OnceCell::new();
    let told = |text: &str| match symbols.get_or_init(|| target.symbols(&module)) {
        Some(symbols) => trace::told(text, symbols),
        None => text.to_owned(),
    };
    let shell = &mut context.shell;
    let mut report = |event: Event| {
        if stop.is_none() && matches!(event, Event::Listening { .. }) {
            // A service finishes what it has begun, unless it is watched.
            see_to_the_end(limits.time);
        }
        access_log::tell(&event, told, shell);
    };
    // Without a folder for caches, it is compiled each time.
    let cache = folders::caches(&context.environment).ok().map(|caches| caches.join("compiled").into());
    let runtime = Runtime { cache, stop: stop.cloned(), audit: arguments.audit };
    let Ended { exit, spent, used } = runtime
        .run(&module, &invocation, &limits, &mut report)
        .map_err(|source| Error::Run { name: name.clone(), source })?;
    if exit == Exit::TimedOut && stop.is_none() {
        // It may still hold the stream on which that would be told.
        interrupt::end_after(interrupt::SOON, exit_code::ExitCode::Timeout, scratch::remove_all);
    }
    if arguments.time {
        times::tell(&spent, shell);
    }
    if arguments.audit {
        audit::tell(&used, shell);
    }
    if let Some(path) = &arguments.report {
        let used = arguments.audit.then_some(&used[..]);
        run_report::write(&context.environment.current_dir.join(path), &name, &exit, &limits, &spent, used)?;
    }
    let exit = match exit {
        Exit::Trap(trap) => Exit::Trap(Trap { backtrace: told(&trap.backtrace), ..trap }),
        other => other,
    };
    Ok(Run { name, exit, limits })
}

/// How long a service may take for its end: requests that were begun have ten seconds, and its log is not told for ever.
const LONGEST_END: Duration = Duration::from_secs(15);

/// How long it may take for its end when its time is up, which holds for its requests, too.
const SHORTEST_END: Duration = Duration::from_secs(5);

/// Leaves it to a service when it ends, unless its log cannot be told because nobody reads it.
fn see_to_the_end(limit: Option<Duration>) {
    // Where the system tells us nothing, the service hears nothing either.
    let _ = interrupt::leave_to_others_for(LONGEST_END, scratch::remove_all);
    if let Some(limit) = limit {
        let end = limit.saturating_add(SHORTEST_END);
        interrupt::end_after(end, exit_code::ExitCode::Timeout, scratch::remove_all);
    }
}

impl Run {
    /// The guest's exit code, and in words why it has none.
    fn into_result(self, context: &mut Context) -> Result<ExitCode, Error> {
        let Self { name, exit, limits } = self;
        match exit {
            Exit::Code(code) => Ok(process_code(code)),
            Exit::Returned { values, is_error } => {
                for value in values {
                    context.shell.result(value).map_err(Error::WriteResult)?;
                }
                Ok(if is_error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
            }
            Exit::Trap(trap) => Err(Error::Trapped { name, trap }),
            Exit::Interrupted => Ok(u8::from(exit_code::ExitCode::Interrupted).into()),
            Exit::Terminated => Ok(u8::from(exit_code::ExitCode::Terminated).into()),
            Exit::TimedOut => Err(Error::TimedOut { name }),
            Exit::Stopped(bound) => Err(bounds::stopped(name, bound, &limits)),
            Exit::OutputClosed => Ok(u8::from(exit_code::ExitCode::OutputClosed).into()),
        }
    }
}

/// Whether the guest sees a folder of this name as the root. C libraries take `.` for it, and of two roots the last.
fn is_root(guest: &str) -> bool {
    guest.split('/').all(|part| matches!(part, "" | "."))
}

/// What the image says, and over it what was typed.
fn invocation(arguments: &Arguments, target: &Target) -> Invocation {
    let (program, defaults, environment) = match target {
        Target::Image { image, .. } => {
            let (program, defaults) = image.words();
            (program.to_vec(), defaults, image.env.clone())
        }
        Target::Module { name, .. } => (vec![name.clone()], &[][..], Vec::new()),
    };
    // An artifact does not say how it is called.
    let program = if program.is_empty() { vec![ModulePath::app().to_string()] } else { program };
    let call = arguments
        .invoke
        .as_ref()
        .map(|function| Call { function: function.clone(), arguments: arguments.arguments.clone() });
    let given = match &arguments.arguments[..] {
        // They are the function's.
        _ if call.is_some() => &[],
        [] => defaults,
        typed => typed,
    };
    let mut words: Vec<String> = program.iter().chain(given).cloned().collect();
    if let (Some(name), Some(first)) = (&arguments.arg0, words.first_mut()) {
        first.clone_from(name);
    }
    let environment: BTreeMap<_, _> = environment.into_iter().chain(arguments.env.iter().cloned()).collect();
    Invocation {
        arguments: words,
        environment: environment.into_iter().collect(),
        directories: arguments.dir.clone(),
        call,
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

/// An address, or that of a host by its name: if it has several, one that is written as the default is.
fn parse_address(typed: &str) -> Result<SocketAddr, String> {
    let found = typed.to_socket_addrs();
    let found = found.map_err(|error| format!("{error}; write `HOST:PORT`, such as `localhost:8080`"))?;
    let found: Vec<_> = found.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| "this host has no address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_typed_by_its_address_or_its_name() {
        assert_eq!(parse_address("[::1]:80").unwrap(), "[::1]:80".parse().unwrap());
        let local = parse_address("localhost:8080").unwrap();
        assert!(local.ip().is_loopback() && local.port() == 8080, "{local}");
        assert!(parse_address("8080").unwrap_err().contains("HOST:PORT"));
    }
}
