//! `help`: what there is to know about a verb, a topic or the code of an error, without a network.

use std::process;

use clap::{Command, CommandFactory as _, ValueEnum};

use crate::code::Code;
use crate::commands;
use crate::context::Context;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::{manual, nearest, plain_text};

/// Print help for a verb, a page of the manual, or the page of an error
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack help build\n  \
    cargo wasmpack help configuration\n  \
    cargo wasmpack help no-registry\n  \
    cargo wasmpack help 101")]
pub struct Arguments {
    /// A verb, a topic, the word in `error[WORD]`, or an exit code [default: what there is]
    #[arg(value_name = "VERB|TOPIC|CODE")]
    pub words: Vec<String>,
}

/// Prints it.
///
/// # Errors
/// When there is no such verb, topic or code.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<process::ExitCode, Error> {
    let mut whole = commands::Arguments::command();
    whole.build();
    let text = match &arguments.words[..] {
        [] => format!("{}\n{}", whole.render_long_help().ansi(), topics()),
        words => match (verb(&mut whole, words), words) {
            (Some(verb), _) => verb.render_long_help().ansi().to_string(),
            (None, [word]) => match (word.parse().ok().and_then(exit_code), manual::page(word)) {
                (Some(told), _) => told,
                (None, Some(page)) => plain_text::of(page),
                (None, None) => return Err(unknown(word, &whole)),
            },
            (None, words) => return Err(unknown(&words.join(" "), &whole)),
        },
    };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    Ok(process::ExitCode::SUCCESS)
}

/// What an exit code means, and the errors that end so.
fn exit_code(number: u8) -> Option<String> {
    let exit_code = ExitCode::value_variants().iter().find(|code| u8::from(**code) == number)?;
    let codes = Code::value_variants().iter().filter(|code| code.exit_code() == *exit_code);
    let errors = codes.map(|code| format!("  {:<24} {}\n", code.word(), meaning(code)));
    let errors: String = errors.collect();
    let heading = if errors.is_empty() { "" } else { "\nErrors, with `cargo wasmpack help CODE`:\n" };
    Some(format!("Exit code {number}: {}\n{heading}{errors}", meaning(exit_code)))
}

/// What is written beside it, in its definition.
fn meaning(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
}

/// The verb that these words name: `config show` is one below another.
fn verb<'a>(whole: &'a mut Command, words: &[String]) -> Option<&'a mut Command> {
    let mut found = whole;
    for word in words {
        found = found.find_subcommand_mut(word)?;
    }
    Some(found)
}

/// The pages there are, each with its title.
fn topics() -> String {
    let rows = manual::TOPICS.iter().map(|(topic, page)| {
        let title = page.lines().next().unwrap_or_default().trim_start_matches("# ");
        format!("  {topic:<14} {title}\n")
    });
    format!("Topics, with `cargo wasmpack help TOPIC`:\n{}", rows.collect::<String>())
}

fn unknown(word: &str, whole: &Command) -> Error {
    let verbs = whole.get_subcommands().map(Command::get_name);
    let nearest = nearest::of(word, verbs.chain(manual::words()));
    Error::UnknownTopic { word: word.to_owned(), nearest: nearest.map(ToOwned::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_exit_code() {
        let told = exit_code(102).unwrap();
        assert!(told.starts_with("Exit code 102: `cargo metadata` refused the manifest"), "{told}");
        assert!(told.ends_with("cargo-metadata           Cargo refused the manifest\n"), "{told}");
        assert!(!exit_code(130).unwrap().contains("Errors"));
        assert_eq!(exit_code(99), None);
    }
}
