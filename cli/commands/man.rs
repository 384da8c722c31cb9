//! `man`: manual pages, from the definitions that read the command line.

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::commands;
use crate::context::Context;
use crate::error::Error;

/// Print a manual page, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo wasmpack man --output ~/.local/share/man/man1\n  \
    cargo wasmpack man build | man -l -")]
pub struct Arguments {
    /// The verb that is described [default: what there is]
    pub verb: Option<String>,
    /// Write a page for each verb into this folder: `cargo-wasmpack.1`, `cargo-wasmpack-build.1` and so on
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "verb")]
    pub output: Option<Utf8PathBuf>,
}

/// Prints the page, or writes the pages.
///
/// # Errors
/// When there is no such verb, or the pages cannot be written.
pub fn run(arguments: &Arguments, context: &mut Context) -> Result<ExitCode, Error> {
    let whole = whole();
    if let Some(folder) = &arguments.output {
        let folder = context.environment.current_dir.join(folder);
        let failed = |source| Error::WriteFile { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let all = with_verbs(&whole);
        for command in &all {
            let path = folder.join(Man::new((*command).clone()).get_filename());
            wasmpack_packager::write_whole(path.as_std_path(), page(command).as_bytes())?;
        }
        context.shell.status("Wrote", format_args!("{} pages to `{folder}`", all.len()));
        return Ok(ExitCode::SUCCESS);
    }
    let command = match &arguments.verb {
        None => &whole,
        Some(name) => {
            let found = verbs(&whole).find(|verb| verb.get_name() == name);
            found.ok_or_else(|| Error::UnknownVerb { verb: name.clone(), known: names(&whole) })?
        }
    };
    context.shell.result(page(command).trim_end()).map_err(Error::WriteResult)?;
    Ok(ExitCode::SUCCESS)
}

/// The command line as users see it.
pub(crate) fn whole() -> Command {
    let mut command = commands::Arguments::command();
    command.build();
    command
}

fn verbs(whole: &Command) -> impl Iterator<Item = &Command> {
    whole.get_subcommands().filter(|verb| !verb.is_hide_set())
}

/// A command and all below it.
pub(crate) fn with_verbs(command: &Command) -> Vec<&Command> {
    [command].into_iter().chain(verbs(command).flat_map(with_verbs)).collect()
}

fn names(whole: &Command) -> String {
    verbs(whole).map(Command::get_name).collect::<Vec<_>>().join("`, `")
}

fn page(command: &Command) -> String {
    let mut page = Vec::new();
    let version = concat!("cargo-wasmpack ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(version).manual("cargo wasmpack");
    man.render(&mut page).expect("writing to memory does not fail");
    in_ascii(&String::from_utf8_lossy(&page).replacen(".SH EXTRA\n", ".SH NOTES\n", 1))
}

/// What is no ASCII is spelled as every troff reads it: not all are told of UTF-8.
fn in_ascii(page: &str) -> String {
    let spelled = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    page.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_no_ascii_has_its_number() {
        assert_eq!(in_ascii("sha256:…"), "sha256:\\[u2026]");
    }

    #[test]
    fn every_verb_has_a_page_that_names_it_and_shows_examples() {
        let whole = whole();
        for verb in verbs(&whole) {
            let page = page(verb);
            assert!(page.contains(verb.get_name()) && page.is_ascii(), "{page}");
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let typed = format!("cargo wasmpack {}", verb.get_name());
            assert!(help.contains(&typed), "{typed} shows no example");
        }
    }
}
