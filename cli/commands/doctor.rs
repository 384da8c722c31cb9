//! `doctor`: what of the toolchains is here, and how the rest gets here.

use std::process::{Command, ExitCode, ExitStatus};

use serde_json::{Value, json};
use wasmpack_builder::toolchain::{self, Extra, Part, State};
use wasmpack_builder::{Machine, PackageManager, Remedy};
use wasmpack_packager::sinks::load::{self, Containers, Engine};

use crate::context::Context;
use crate::document;
use crate::error::Error;
use crate::itself::{Itself, NAME};
use crate::printable::printable;
use crate::shell::Shell;

/// Show what of the toolchains is on this machine, and install the rest
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cargo wasmpack doctor\n  cargo wasmpack doctor --fix --yes\n  cargo wasmpack doctor --json | jq -r '.parts[] | select(.path == null).install'"
)]
pub struct Arguments {
    /// Run rustup and apt for what is missing; for other package managers, show what to type
    #[arg(long)]
    pub fix: bool,
    /// Do not ask before installing
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// Ask crates.io, by cargo, whether there is a newer version of this tool
    #[arg(long)]
    pub newest: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Prints one line per part, and then what only some builds and runs need.
///
/// # Errors
/// When a part is missing, after an attempt to install it if that was asked for.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let environment = &context.environment;
    let machine = Machine::read(&environment.current_dir, environment.variables());
    let survey = || (toolchain::survey(&machine), toolchain::components(&machine));
    let (mut parts, mut components) = survey();
    if arguments.fix && parts.iter().chain([&components]).any(is_missing) {
        let missing = parts.into_iter().chain([components]).filter(is_missing);
        for remedy in Remedy::merge(missing.filter_map(|part| part.remedy)) {
            install(&remedy, arguments.yes, &mut context.shell)?;
        }
        (parts, components) = survey();
    }
    let (extras, engines) = (toolchain::extras(&machine), engines(context));
    let itself = Itself::of(arguments.newest.then(|| wasmpack_builder::newest(NAME, &machine)));
    if arguments.json {
        document::DOCTOR
            .tell(&as_json(&itself, &parts, &components, &extras, &engines), &mut context.shell)?;
    } else {
        context.shell.result(itself.line()).map_err(Error::WriteResult)?;
        let (parts, extras) = (parts.iter().map(line), extras.iter().map(extra_line));
        for line in
            parts.chain([components_line(&components)]).chain(extras).chain(engines.iter().map(engine_line))
        {
            context.shell.result(line).map_err(Error::WriteResult)?;
        }
    }
    let missing: Vec<&Part> = parts.iter().filter(|part| is_missing(part)).collect();
    match missing.len() {
        0 => Ok(ExitCode::SUCCESS),
        count => Err(Error::ToolchainParts { count, way_out: way_out(&missing, arguments.fix) }),
    }
}

/// What to do about parts that are missing, if anything is known; `tried` is whether what can be installed has been.
fn way_out(missing: &[&Part], tried: bool) -> Option<&'static str> {
    if !tried && missing.iter().any(|part| part.remedy.is_some()) {
        return Some("run `cargo wasmpack doctor --fix`");
    }
    let is_of_rust = |part: &&Part| matches!(&*part.name, "cargo" | "rustc") && part.remedy.is_none();
    missing.iter().any(is_of_rust).then_some("install Rust as https://rustup.rs says")
}

/// Whether it is not here.
pub(crate) fn is_missing(part: &Part) -> bool {
    part.state == State::Missing
}

/// What is said of a part.
pub(crate) fn line(part: &Part) -> String {
    let missing = || match &part.remedy {
        Some(remedy) => format!("missing: {}", remedy.command_line()),
        None => "missing".to_owned(),
    };
    listed(&part.name, &part.state, missing)
}

/// Which builds need the target for components.
const FOR_COMPONENTS: &str = "components and HTTP services";

fn components_line(part: &Part) -> String {
    let install = install_command(part).map(|command| format!(": {command}")).unwrap_or_default();
    listed(&part.name, &part.state, || format!("not here; for {FOR_COMPONENTS} only{install}"))
}

/// What to type for what is missing, if that is known.
fn install_command(part: &Part) -> Option<String> {
    part.remedy.as_ref().filter(|_| is_missing(part)).map(Remedy::command_line)
}

/// What is said of what only some builds need.
pub(crate) fn extra_line(extra: &Extra) -> String {
    let from = extra.from.map(|from| format!(": {from}")).unwrap_or_default();
    listed(extra.name, &extra.state, || format!("not here; for {} only{from}", extra.needed_for))
}

/// An engine, and what it is; or what is said instead.
type Asked = (Engine, Result<String, String>);

/// Engines that `run` knows, and what they lack. All are asked at once: one that does not answer takes its time.
fn engines(context: &Context) -> Vec<Asked> {
    const ENGINES: [Engine; 4] = [Engine::Containerd(None), Engine::Podman, Engine::Docker, Engine::Nerdctl];
    let search_path = context.environment.get_os("PATH").unwrap_or_default();
    let ask = |engine: Engine| {
        // Nothing is sent, so nothing lies anywhere.
        let found = match Containers::open(&engine, &search_path, "") {
            Ok(containers) => Ok(containers.title()),
            Err(load::Error::Missing { .. }) => Err("not here".to_owned()),
            Err(load::Error::NoRuntime { title, lacks, .. }) => {
                Err(format!("{title}, without WebAssembly: {}", lacks.join("; ")))
            }
            Err(error) => Err(format!("no answer: {}", error.in_one_line())),
        };
        (engine, found)
    };
    std::thread::scope(|scope| {
        let asked = ENGINES.map(|engine| scope.spawn(move || ask(engine)));
        asked.into_iter().filter_map(|asked| asked.join().ok()).collect()
    })
}

fn engine_line((engine, found): &Asked) -> String {
    let found = match found {
        Ok(title) => title.clone(),
        Err(why) => format!("{why}; for `run --engine {engine}` only"),
    };
    format!("{:<26} {}", engine.to_string(), printable(&found))
}

fn as_json(itself: &Itself, parts: &[Part], components: &Part, extras: &[Extra], engines: &[Asked]) -> Value {
    let found = |name: &str, state: &State| match state {
        State::Found { path, version } => json!({"name": name, "path": path, "version": version}),
        State::Missing => json!({"name": name, "path": null, "version": null}),
    };
    let part = |part: &Part| {
        let mut told = found(&part.name, &part.state);
        told["install"] = install_command(part).into();
        told
    };
    let mut for_components = part(components);
    for_components["needed_for"] = FOR_COMPONENTS.into();
    let extra = |extra: &Extra| {
        let mut told = found(extra.name, &extra.state);
        told["install"] = Value::Null;
        told["needed_for"] = extra.needed_for.into();
        told
    };
    let engine = |(engine, found): &Asked| json!({"name": engine.to_string(), "runs": found.as_ref().ok(), "problem": found.as_ref().err()});
    json!({
        "itself": itself,
        "parts": parts.iter().map(part).collect::<Value>(),
        "extras": std::iter::once(for_components).chain(extras.iter().map(extra)).collect::<Value>(),
        "engines": engines.iter().map(engine).collect::<Value>(),
    })
}

fn listed(name: &str, state: &State, missing: impl FnOnce() -> String) -> String {
    let found = match state {
        State::Found { path, version: Some(version) } => format!("{path} ({version})"),
        State::Found { path, version: None } => path.to_string(),
        State::Missing => missing(),
    };
    format!("{name:<26} {found}")
}

/// Only rustup and apt are run: they are what this is tested with.
fn install(remedy: &Remedy, yes: bool, shell: &mut Shell) -> Result<(), Error> {
    let command_line = remedy.command_line();
    if !matches!(
        remedy.manager,
        PackageManager::Rustup | PackageManager::RustupComponent | PackageManager::Apt
    ) {
        shell.status("Please", format_args!("type `{command_line}`"));
        return Ok(());
    }
    if !yes && !shell.ask(&format!("Run `{command_line}`?")) {
        return Ok(());
    }
    shell.status("Running", &command_line);
    let failed = |source| Error::Install { command: command_line.clone(), source };
    let apt = remedy.manager == PackageManager::Apt;
    let mut words = remedy.arguments();
    if apt {
        // The user has said yes already.
        words.push("--yes".to_owned());
    }
    let mut installed = start(remedy.manager, &words).map_err(failed)?;
    if apt && !installed.success() {
        // A machine that never fetched apt's lists knows no package.
        shell.status("Running", "apt-get update");
        start(remedy.manager, &["apt-get", "update"].map(str::to_owned)).map_err(failed)?;
        installed = start(remedy.manager, &words).map_err(failed)?;
    }
    if !installed.success() {
        shell.warn(format_args!("`{command_line}` failed ({installed})"));
    }
    Ok(())
}

/// Where there is no sudo, as in a container, we are root or get told by the package manager that we should be. What it
/// says is no result of ours, so it goes to stderr.
fn start(manager: PackageManager, words: &[String]) -> std::io::Result<ExitStatus> {
    if manager.needs_root() {
        match Command::new("sudo").args(words).stdout(std::io::stderr()).status() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            started => return started,
        }
    }
    Command::new(&words[0]).args(&words[1..]).stdout(std::io::stderr()).status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_package_manager_has_is_not_what_fix_installs() {
        let part = |name: &str, remedy| Part { name: name.to_owned(), state: State::Missing, remedy };
        let remedy = || Some(Remedy { manager: PackageManager::Apt, packages: vec!["clang".to_owned()] });
        let (rustc, clang) = (part("rustc", None), part("clang", remedy()));
        let fix = Some("run `cargo wasmpack doctor --fix`");
        let rustup = Some("install Rust as https://rustup.rs says");
        for (missing, tried, expected) in [
            (&[&rustc][..], false, rustup),
            (&[&rustc, &clang], false, fix),
            (&[&rustc, &clang], true, rustup),
            (&[&clang], true, None),
            (&[&part("clang", None)], false, None),
        ] {
            assert_eq!(way_out(missing, tried), expected);
        }
    }
}
