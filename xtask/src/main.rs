//! `cargo xtask`: set-up and development tasks.
//!
//! It is built before anything else is, so it depends on none of the heavy parts: within seconds of a fresh
//! checkout it says what is missing, installs it, and starts the builds that take minutes.

#![expect(clippy::disallowed_methods, reason = "a development tool reads its environment where it needs it")]

mod bench;
mod book;
mod cache;
mod corpus;
mod demo;
mod dist;
mod examples;
mod full;
mod fuzz;
mod machine;
mod mutants;
mod needs;
mod packages;
mod plain;
mod process;
mod readers;
mod reliability;
mod setup;
mod shell;
mod sizes;
mod table;
mod test;
mod tool;
mod workspace;
mod youki;

use std::error::Error;
use std::process::ExitCode;

use crate::workspace::Workspace;

/// Any failure, told to a person: deed, thing, cause.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  demo           Install what is missing, build the tool, build and run the examples, show their sizes
  test           Install what is missing and run every test
  test --full    The same, then other toolchains and real programs from the registry
  test --rest    Only what --full adds to it
  bench          Measure, and write benches/README.md
  bench PART     The same for examples, build, optimize, speed, pack, push, run, images or files; or for the sizes of real
                 programs, size, and for large modules, modules, which take half an hour or more and are no part of the
                 whole. Either with `--profile dist`: of what a release has, once it is compiled
  reliability    Try what is promised for the day that something fails, and write docs/explanation/reliability.md: minutes
  fuzz           What strangers may hand us, made up by libFuzzer: a minute for each kind
  mutants        Change the code here and there, and see whether tests notice: an hour or two
  mutants strict Only digests, paths, policies and credentials, where none may go unnoticed; or `mutants sample`, only the rest
  book           Build the manual for a browser
  dist           Pack what a release has for this machine, into target/dist/: [--profile NAME | --binary FILE] [--tag TAG]
  setup          Only install what is missing
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            shell::error(&*error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<ExitCode> {
    if let ["dist", rest @ ..] = arguments
        && let Some((program, tag)) = dist::parse(rest)
    {
        dist::run(&Workspace::find()?, program, tag.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let ["bench", rest @ ..] = arguments
        && let Some(wanted) = bench::parse(rest)
    {
        bench::run(&Workspace::find()?, &wanted)?;
        return Ok(ExitCode::SUCCESS);
    }
    let task: fn(&Workspace) -> Result = match arguments {
        ["demo"] => demo::run,
        ["test"] => test::run,
        ["test", "--full"] => test::run_full,
        ["test", "--rest"] => test::run_rest,
        ["reliability"] => reliability::run,
        ["fuzz"] => |workspace| fuzz::run(workspace, fuzz::SECONDS).map(drop),
        ["mutants"] => mutants::run,
        ["mutants", "strict"] => mutants::strict,
        ["mutants", "sample"] => mutants::sample,
        ["book"] => book::run,
        ["setup"] => |workspace| setup::run(workspace, setup::For::Tests),
        ["-h" | "--help" | "help"] => {
            shell::line(USAGE.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        _ => {
            shell::error(&format!("there is no task `{}`\n\n{}", arguments.join(" "), USAGE.trim_end()));
            return Ok(ExitCode::from(2));
        }
    };
    task(&Workspace::find()?)?;
    Ok(ExitCode::SUCCESS)
}
