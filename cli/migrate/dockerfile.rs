//! A Dockerfile, read: its stages, and each instruction with its line.

use std::borrow::Cow;

use parse_dockerfile::{Instruction, Keyword};

use super::here_documents;
use crate::nearest;

/// What it says.
#[derive(Debug)]
pub struct Dockerfile<'a> {
    /// `# syntax=…` and the like.
    pub directives: Vec<(usize, String)>,
    /// What begins a continued line, and a quoted character.
    pub escape: char,
    /// `ARG`s before the first stage.
    pub globals: Vec<Step<'a>>,
    /// In the order of the file; there is at least one.
    pub stages: Vec<Stage<'a>>,
}

/// From one `FROM` to the next.
#[derive(Debug)]
pub struct Stage<'a> {
    /// Where it begins.
    pub line: usize,
    /// Its `FROM`, in short.
    pub text: String,
    /// What it begins with: an image, or another stage.
    pub image: String,
    /// What it is called.
    pub name: Option<String>,
    /// Its instructions.
    pub steps: Vec<Step<'a>>,
}

/// One instruction.
#[derive(Debug)]
pub struct Step<'a> {
    pub line: usize,
    /// As it was written.
    pub text: String,
    pub what: Instruction<'a>,
}

/// Why it cannot be read.
#[derive(Debug)]
pub struct Problem {
    pub line: usize,
    pub text: String,
    pub nearest: Option<&'static str>,
}

/// The instructions there are.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// What begins a continued line, unless the first lines say otherwise.
#[must_use]
pub fn escape(text: &str) -> char {
    let first = text.split_inclusive('\n').take_while(|line| line.starts_with('#'));
    // Which of them count, the parser knows; it takes no file without a stage.
    let first: String = first.chain(["FROM scratch\n"]).collect();
    let directive = parse_dockerfile::parse(&first).ok().and_then(|file| file.parser_directives.escape);
    directive.map_or('\\', |directive| directive.value.value)
}

/// Reads a text of which [`here_documents::hidden`] has been made.
///
/// # Errors
/// It is no Dockerfile.
pub fn parse(text: &str) -> Result<Dockerfile<'_>, Problem> {
    let lines = Lines::of(text);
    let parsed = parse_dockerfile::parse(text).map_err(|error| problem(text, &error))?;
    let directives = &parsed.parser_directives;
    let mut told: Vec<_> = [
        directives.syntax.as_ref().map(parse_dockerfile::ParserDirective::span),
        directives.escape.as_ref().map(parse_dockerfile::ParserDirective::span),
        directives.check.as_ref().map(parse_dockerfile::ParserDirective::span),
    ]
    .into_iter()
    .flatten()
    .map(|span| (lines.number(span.start), format!("# {}", &text[span])))
    .collect();
    told.sort_unstable();
    let starts: Vec<usize> = parsed.instructions.iter().map(|one| keyword(one).span.start).collect();
    let mut file =
        Dockerfile { directives: told, escape: escape(text), globals: Vec::new(), stages: Vec::new() };
    for (number, what) in parsed.instructions.into_iter().enumerate() {
        let at = starts[number];
        let end = starts.get(number + 1).map_or(text.len(), |next| *next);
        let step = Step { line: lines.number(at), text: without_comments(&text[at..end]), what };
        match (&step.what, file.stages.last_mut()) {
            (Instruction::From(from), _) => file.stages.push(Stage {
                line: step.line,
                image: from.image.value.to_string(),
                name: from.as_.as_ref().map(|(_, name)| name.value.to_lowercase()),
                text: step.text,
                steps: Vec::new(),
            }),
            (_, Some(stage)) => stage.steps.push(step),
            (_, None) => file.globals.push(step),
        }
    }
    Ok(file)
}

/// The same, from what was written.
///
/// # Errors
/// A here-document has no end.
pub fn prepared(text: &str) -> Result<String, Problem> {
    let hidden = here_documents::hidden(text, escape(text));
    let prepared = hidden.map(|text| text.split_inclusive('\n').map(without_empty_list).collect());
    prepared.map_err(|here_documents::Endless { line, delimiter }| Problem {
        line,
        text: format!("the here-document that ends with `{delimiter}` has no end"),
        nearest: None,
    })
}

/// `ENTRYPOINT []` takes back what was said before. The parser wants an argument, and gets an empty text of the same length.
fn without_empty_list(line: &str) -> Cow<'_, str> {
    let mut words = line.split_whitespace();
    let is_entrypoint = words.next().is_some_and(|keyword| keyword.eq_ignore_ascii_case("ENTRYPOINT"));
    if is_entrypoint && words.collect::<String>() == "[]" {
        return line.replace(['[', ']'], "\"").into();
    }
    line.into()
}

/// Comments between instructions belong to none.
fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn problem(text: &str, error: &parse_dockerfile::Error) -> Problem {
    let line = error.line().max(1);
    let said = format!("{error:#}");
    let word = text.lines().nth(line - 1).and_then(|line| line.split_whitespace().next());
    let nearest = word
        .filter(|_| said.starts_with("unknown instruction"))
        .and_then(|word| nearest::of(&word.to_ascii_uppercase(), INSTRUCTIONS.into_iter()));
    Problem { line, text: said.replace('\'', "`"), nearest }
}

fn keyword<'a>(instruction: &'a Instruction<'_>) -> &'a Keyword {
    match instruction {
        Instruction::Add(add) => &add.add,
        Instruction::Arg(arg) => &arg.arg,
        Instruction::Cmd(cmd) => &cmd.cmd,
        Instruction::Copy(copy) => &copy.copy,
        Instruction::Entrypoint(entrypoint) => &entrypoint.entrypoint,
        Instruction::Env(env) => &env.env,
        Instruction::Expose(expose) => &expose.expose,
        Instruction::From(from) => &from.from,
        Instruction::Healthcheck(healthcheck) => &healthcheck.healthcheck,
        Instruction::Label(label) => &label.label,
        Instruction::Maintainer(maintainer) => &maintainer.maintainer,
        Instruction::Onbuild(onbuild) => &onbuild.onbuild,
        Instruction::Run(run) => &run.run,
        Instruction::Shell(shell) => &shell.shell,
        Instruction::Stopsignal(stopsignal) => &stopsignal.stopsignal,
        Instruction::User(user) => &user.user,
        Instruction::Volume(volume) => &volume.volume,
        Instruction::Workdir(workdir) => &workdir.workdir,
        _ => unreachable!("the parser knows these instructions only"),
    }
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self([0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line, from 1, of a place.
    #[must_use]
    pub fn number(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_counts_before_the_first_comment_alone() {
        for (text, expected) in [
            ("# escape=`\nFROM a\n", '`'),
            ("# syntax=docker/dockerfile:1\n#ESCAPE = `\nFROM a\n", '`'),
            ("# Ours.\n# escape=`\nFROM a\n", '\\'),
            ("\n# escape=`\nFROM a\n", '\\'),
            ("FROM a\n# escape=`\n", '\\'),
            ("", '\\'),
        ] {
            assert_eq!(escape(text), expected, "{text}");
        }
    }
}
