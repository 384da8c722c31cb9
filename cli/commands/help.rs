//! `help`: what there is to know about a verb, a topic or the code of an error, without a network.

use std::process::ExitCode;

use clap::{Command, CommandFactory as _};

use crate::commands;
use crate::context::Context;
use crate::error::Error;
use crate::manual;
use crate::nearest;

/// Print help for a verb, a page of the manual, or the page of an error
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack help build\n  \
    cargo wasmpack help configuration\n  \
    cargo wasmpack help no-registry")]
pub struct Arguments {
    /// A verb, a topic, or the word in `error[WORD]` [default: what there is]
    #[arg(value_name = "VERB|TOPIC|CODE")]
    pub words: Vec<String>,
}

/// Prints it.
///
/// # Errors
/// When there is no such verb, topic or code.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let mut whole = commands::Arguments::command();
    whole.build();
    let text = match &arguments.words[..] {
        [] => format!("{}\n{}", whole.render_long_help().ansi(), topics()),
        words => match (verb(&mut whole, words), words) {
            (Some(verb), _) => verb.render_long_help().ansi().to_string(),
            (None, [word]) => shown(manual::page(word).ok_or_else(|| unknown(word, &whole))?),
            (None, words) => return Err(unknown(&words.join(" "), &whole)),
        },
    };
    context.shell.result(text.trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}

/// Without its comments, which are for the tests.
fn shown(page: &str) -> String {
    let mut parts = page.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("-->\n").map_or(part, |(_, rest)| rest))
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
    fn comments_of_a_page_are_not_shown() {
        assert_eq!(shown("a\n<!-- given\nb\n-->\nc\n"), "a\nc\n");
        assert!(manual::words().filter_map(manual::page).all(|page| !shown(page).contains("<!--")));
    }
}
