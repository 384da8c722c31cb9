//! The command line: one file per verb, with its arguments and `run`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::args::OutputArguments;
use crate::context::Context;
use crate::engine;
use crate::error::Error;

pub mod binaryen;
pub mod build;
pub mod check;
pub mod completions;
pub mod config;
pub mod doctor;
pub mod help;
pub mod init;
pub mod inspect;
pub mod load;
pub mod man;
pub mod merge;
pub mod migrate;
pub mod optimize;
pub mod pack;
pub mod pull;
pub mod push;
pub mod resolve;
pub mod run;
pub mod sign;
pub mod size;
pub mod symbolize;
pub mod tags;
pub mod validate;
pub mod verify;

/// Turns Rust, C, C++, Go and Zig sources into small WebAssembly container images
#[derive(Debug, Parser)]
#[command(
    name = "cargo-wasmpack",
    bin_name = "cargo wasmpack",
    version,
    styles = clap_cargo::style::CLAP_STYLING,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Begin with `cargo wasmpack build` in a folder with a Cargo.toml, or with C, C++, Go or Zig sources."
)]
pub struct Arguments {
    /// How much is said, and in which colours.
    #[command(flatten)]
    pub output: OutputArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs, in the order of the work.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::Arguments),
    Migrate(migrate::Arguments),
    // Larger than all others by far.
    Build(Box<build::Arguments>),
    Merge(merge::Arguments),
    Run(Box<run::Arguments>),
    Optimize(optimize::Arguments),
    Pack(pack::Arguments),
    Push(Box<push::Arguments>),
    Pull(pull::Arguments),
    Tags(tags::Arguments),
    Load(load::Arguments),
    Inspect(inspect::Arguments),
    Size(size::Arguments),
    Check(check::Arguments),
    Validate(validate::Arguments),
    Sign(sign::Arguments),
    Verify(verify::Arguments),
    Symbolize(symbolize::Arguments),
    Resolve(resolve::Arguments),
    Doctor(doctor::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
    Help(help::Arguments),
    #[command(name = engine::VERB, hide = true)]
    Binaryen(binaryen::Arguments),
}

/// Runs the command that was typed.
///
/// # Errors
/// Whatever keeps it from its result.
pub fn run(command: Command, context: &mut Context) -> Result<ExitCode, Error> {
    match command {
        Command::Init(arguments) => init::run(&arguments, context),
        Command::Migrate(arguments) => migrate::run(&arguments, context),
        Command::Build(arguments) => build::run(&arguments, context),
        Command::Merge(arguments) => merge::run(&arguments, context),
        Command::Run(arguments) => run::run(&arguments, context),
        Command::Optimize(arguments) => optimize::run(&arguments, context),
        Command::Pack(arguments) => pack::run(&arguments, context),
        Command::Push(arguments) => push::run(&arguments, context),
        Command::Pull(arguments) => pull::run(&arguments, context),
        Command::Tags(arguments) => tags::run(&arguments, context),
        Command::Load(arguments) => load::run(&arguments, context),
        Command::Inspect(arguments) => inspect::run(&arguments, context),
        Command::Size(arguments) => size::run(&arguments, context),
        Command::Check(arguments) => check::run(&arguments, context),
        Command::Validate(arguments) => validate::run(&arguments, context),
        Command::Sign(arguments) => sign::run(&arguments, context),
        Command::Verify(arguments) => verify::run(&arguments, context),
        Command::Symbolize(arguments) => symbolize::run(&arguments, context),
        Command::Resolve(arguments) => resolve::run(&arguments, context),
        Command::Doctor(arguments) => doctor::run(&arguments, context),
        Command::Config(arguments) => config::run(&arguments, context),
        Command::Completions(arguments) => completions::run(&arguments, context),
        Command::Man(arguments) => man::run(&arguments, context),
        Command::Help(arguments) => help::run(&arguments, context),
        Command::Binaryen(arguments) => binaryen::run(&arguments),
    }
}
