//! `cargo wasmpack`: parse what was typed, run one command, report, exit.
//!
//! A command is a file in `commands/`; it turns its arguments into a [`plan`], has the libraries do the
//! work, and prints through the [`shell`]. The libraries know nothing of this crate, of the environment
//! or of each other.

mod about;
mod access_log;
mod adopt;
mod again;
mod args;
mod around;
mod asked;
mod attestations;
mod audit;
mod bill;
mod bounds;
mod breakdown;
mod budget;
mod build_settings;
mod cache;
mod ci;
mod claims;
mod code;
mod coded;
mod commands;
mod compare;
mod completions;
mod config;
mod config_arguments;
mod config_keys;
mod config_shown;
mod contained;
mod container;
mod context;
mod copies;
mod created;
mod credentials;
mod debug_module;
mod delivery;
mod deploy;
mod description;
mod difference;
mod document;
mod elsewhere;
mod engine;
mod environment;
mod error;
mod exit_code;
mod fetched;
mod files;
mod folders;
mod foreseen;
mod gate;
mod git;
mod github;
mod habits;
mod image_difference;
mod image_files;
mod image_plan;
mod image_record;
mod init_error;
mod intention;
mod interrupt;
mod itself;
mod keys;
mod kinds;
mod layers;
mod limits;
mod loading;
mod make;
mod manual;
mod merge;
mod merge_error;
mod messages;
mod migrate;
mod minimum_version;
mod mode;
#[cfg(test)]
mod mutated;
mod nearest;
mod outcome;
mod output;
mod page;
mod part_record;
mod partition;
mod plain_text;
mod plan;
mod policy;
mod printable;
mod program;
mod project_name;
mod pushed;
#[cfg(test)]
mod reference;
mod refused;
mod registry_arguments;
mod report;
mod ruling;
mod run_report;
mod scaffold;
mod schema;
mod scratch;
mod shapes;
mod shared_cache;
mod sharing;
mod shell;
mod signatures;
mod size;
mod snapshot;
mod surroundings;
mod target;
mod templates;
mod times;
mod trace;
mod unbuildable;
mod unchanged;
mod user_config;
mod verdicts;
mod watch;
mod word;
mod workspace;
mod yaml;

use clap::Parser as _;

use crate::commands::Arguments;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::shell::Shell;

fn main() -> std::process::ExitCode {
    let typed = typed();
    let arguments = match Arguments::try_parse_from(&typed) {
        Ok(arguments) => arguments,
        Err(error) => return answer(&error),
    };
    let environment = match Environment::read(typed) {
        Ok(environment) => environment,
        Err(error) => return report(&mut Shell::plain(), &error),
    };
    let shell = Shell::new(&arguments.output, &environment);
    let mut context = Context { shell, environment };
    let ended = commands::run(arguments.command, &mut context);
    interrupt::give_way();
    match ended {
        Ok(code) => code,
        // Whoever read our stdout has what it wanted: `inspect --wat | head` is no failure.
        Err(Error::WriteResult(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            std::process::ExitCode::SUCCESS
        }
        Err(error) => report(&mut context.shell, &error),
    }
}

/// The arguments without the subcommand's own name, which cargo passes along.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]
fn typed() -> Vec<std::ffi::OsString> {
    let mut typed: Vec<_> = std::env::args_os().collect();
    if typed.get(1).is_some_and(|first| first == "wasmpack") {
        typed.remove(1);
    }
    typed
}

/// Says how it is used, or what is wrong with what was typed.
fn answer(error: &clap::Error) -> std::process::ExitCode {
    match error.print() {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            report(&mut Shell::plain(), &Error::WriteResult(source))
        }
        _ => u8::try_from(error.exit_code()).unwrap_or(u8::MAX).into(),
    }
}

fn report(shell: &mut Shell, error: &Error) -> std::process::ExitCode {
    let hint = error.hint();
    if hint.is_some() || !error.is_already_told() {
        shell.error(error, hint.as_deref());
    }
    u8::from(error.code().exit_code()).into()
}
