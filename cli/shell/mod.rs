//! The only place that prints. Results go to stdout, everything else to stderr in cargo's voice, and without what would steer the
//! terminal: a stranger's names are in it. Only what compilers say stays as they said it.

mod progress;
mod term;
mod wide;

use std::io::{IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use camino::Utf8Path;
use clap_cargo::style;
use serde::{Deserialize, Serialize};

use crate::args::{MessageFormat, OutputArguments};
use crate::environment::Environment;
use crate::error::Error;
use crate::github::{Annotation, Job, Level, diagnostics};
use crate::printable::{printable, printable_lines};
use crate::shell::progress::{Bar, Bars};
use crate::shell::term::Term;

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// One line for each thing done.
    Normal,
    /// Commands run, and what was found fresh.
    Verbose,
}

/// What was said, for people who want to hear no more than usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// A verb, and its object.
    Status(String, String),
    /// Something the user has chosen.
    Note(String),
}

/// Where a command's words go.
#[derive(Debug)]
pub struct Shell {
    verbosity: Verbosity,
    messages: MessageFormat,
    /// How many `-v` there are to hand on.
    verbose: u8,
    bars: Bars,
    has_links: bool,
    job: Option<Job>,
    /// What was said since somebody wanted to keep it.
    kept: Option<Vec<Line>>,
    err: AutoStream<std::io::Stderr>,
    out: AutoStream<std::io::Stdout>,
}

impl Shell {
    /// A shell by flags, cargo's variables and configuration, `NO_COLOR` and `CLICOLOR_FORCE`, in that order.
    #[must_use]
    pub fn new(typed: &OutputArguments, environment: &Environment) -> Self {
        let term = Term::find(typed, environment);
        let choice = match term.color.as_deref() {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
        let verbosity = match (term.quiet, term.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        let is_terminal = std::io::stderr().is_terminal();
        let has_links =
            term.hyperlinks.unwrap_or_else(|| is_terminal && supports_hyperlinks::supports_hyperlinks());
        Self {
            verbose: term.verbose,
            bars: Bars::of(&term, is_terminal, environment),
            has_links,
            job: Job::find(environment),
            ..Self::at(verbosity, choice)
        }
    }

    /// A shell for the time before the environment is known.
    #[must_use]
    pub fn plain() -> Self {
        Self::at(Verbosity::Normal, ColorChoice::Auto)
    }

    fn at(verbosity: Verbosity, choice: ColorChoice) -> Self {
        Self {
            verbosity,
            messages: MessageFormat::Human,
            verbose: 0,
            bars: Bars::None,
            has_links: false,
            job: None,
            kept: None,
            err: AutoStream::new(std::io::stderr(), choice),
            out: AutoStream::new(std::io::stdout(), choice),
        }
    }

    /// How much this shell says.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How many `-v` were given.
    #[must_use]
    pub fn verbose(&self) -> u8 {
        self.verbose
    }

    /// In which form it tells what compilers say, from now on.
    pub fn speak(&mut self, messages: Option<MessageFormat>) {
        self.messages = messages.unwrap_or_default();
    }

    /// Whether stdout has lines of JSON for machines.
    #[must_use]
    pub fn speaks_json(&self) -> bool {
        self.messages == MessageFormat::Json
    }

    /// Whether somebody else is shown what compilers say, too.
    #[must_use]
    pub fn is_in_job(&self) -> bool {
        self.job.is_some()
    }

    /// Whether stderr gets colours; children that draw their own diagnostics are told the same.
    #[must_use]
    pub fn colored(&self) -> bool {
        self.err.current_choice() != ColorChoice::Never
    }

    /// From now on, lines are kept, whether they are said or not; until a warning is: what it is about may not be so next time.
    pub fn keep(&mut self) {
        self.kept = Some(Vec::new());
    }

    /// Those that were kept, if nothing was warned of.
    pub fn kept(&mut self) -> Option<Vec<Line>> {
        self.kept.take()
    }

    /// Says what was kept.
    pub fn repeat(&mut self, lines: &[Line]) {
        for line in lines {
            match line {
                Line::Status(verb, object) => self.status(verb, object),
                Line::Note(message) => self.note(message),
            }
        }
    }

    /// `   Compiling wordcount`: a verb, right-aligned as cargo does, and its object.
    pub fn status(&mut self, verb: &str, object: impl std::fmt::Display) {
        if let Some(kept) = &mut self.kept {
            kept.push(Line::Status(verb.to_owned(), object.to_string()));
        }
        self.line(Verbosity::Normal, style::HEADER, verb, object);
    }

    /// The same, which somebody has asked for by a flag: `-q` silences it no more than a result.
    pub fn answer(&mut self, verb: &str, object: impl std::fmt::Display) {
        self.line(Verbosity::Quiet, style::HEADER, verb, object);
    }

    /// The same, said only with `-v`.
    pub fn detail(&mut self, verb: &str, object: impl std::fmt::Display) {
        self.line(Verbosity::Verbose, style::NOTE, verb, object);
    }

    /// The same of a file or folder at this absolute path: a terminal that has links opens it.
    pub fn file(&mut self, least: Verbosity, verb: &str, path: &Utf8Path, shown: impl std::fmt::Display) {
        let shown = shown.to_string();
        let shown = printable_lines(&shown);
        let style = if least == Verbosity::Verbose { style::NOTE } else { style::HEADER };
        match url::Url::from_file_path(path) {
            Ok(url) if self.has_links => self.line_of(least, style, verb, &link(url.as_str(), &shown)),
            _ => self.line_of(least, style, verb, &shown),
        }
    }

    /// A bar for work that may take long, at a terminal.
    #[must_use]
    pub fn progress(&self, verb: &str) -> Bar {
        let bars = if self.verbosity > Verbosity::Quiet { self.bars } else { Bars::None };
        Bar::new(verb, bars)
    }

    /// What a compiler said, as it said it; files it names begin in `folder`.
    pub fn verbatim(&mut self, text: &str, folder: &Utf8Path) {
        // A terminal that went away cannot be told so.
        let _ = write!(self.err, "{text}");
        let said = if self.job.is_some() { diagnostics::of(text) } else { Vec::new() };
        if !said.is_empty() && !text.ends_with('\n') {
            // The runner finds commands at the beginning of a line only.
            let _ = writeln!(self.err);
        }
        for one in said {
            self.annotate(&one.annotation, Some(folder));
        }
    }

    /// What rustc said, as it drew it, and what is shown of it beside a file in `folder`.
    pub fn drawn(&mut self, text: &str, annotation: Option<&Annotation>, folder: &Utf8Path) {
        // A terminal that went away cannot be told so.
        let _ = write!(self.err, "{text}");
        if let Some(annotation) = annotation {
            self.annotate(annotation, Some(folder));
        }
    }

    /// Something the user should know but that stops nothing.
    pub fn warn(&mut self, message: impl std::fmt::Display) {
        self.kept = None;
        if self.verbosity > Verbosity::Quiet {
            self.say(style::WARN, "warning", &message);
        }
    }

    /// Something the user has chosen, and what it costs.
    pub fn note(&mut self, message: impl std::fmt::Display) {
        if let Some(kept) = &mut self.kept {
            kept.push(Line::Note(message.to_string()));
        }
        if self.verbosity > Verbosity::Quiet {
            self.say(style::NOTE, "note", &message);
        }
    }

    /// What failed, why, and the way out.
    pub fn error(&mut self, error: &Error, hint: Option<&str>) {
        let code = error.code();
        self.say(style::ERROR, &format!("error[{}]", code.word()), error);
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let text = printable_lines(error.to_string().trim_end()).replace('\n', "\n    ");
            // A terminal that went away cannot be told so.
            let _ = writeln!(self.err, "  cause: {text}");
            message += &format!("\n  cause: {text}");
            cause = error.source();
        }
        if let Some(hint) = hint {
            self.say(style::NOTE, "help", &hint);
            message += &format!("\nhelp: {hint}");
        }
        self.say(style::NOTE, "see", &code.page());
        let place = error.file().map(|path| (path.to_owned(), None));
        self.annotate(&Annotation { level: Level::Error, place, message }, None);
    }

    /// Has the job we run in show it, if it is one.
    fn annotate(&mut self, annotation: &Annotation, folder: Option<&Utf8Path>) {
        let Some(job) = &self.job else { return };
        // A terminal that went away cannot be told so.
        let _ = writeln!(self.err, "{}", printable(&job.command(annotation, folder)));
    }

    /// A question on stderr; whether the answer began with y.
    pub fn ask(&mut self, question: &str) -> bool {
        let _ = write!(self.err, "{question} [y/N] ");
        let _ = self.err.flush();
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok() && answer.trim_start().to_lowercase().starts_with('y')
    }

    /// A question on stderr, and its answer; none when stdin is at its end.
    pub fn ask_for(&mut self, question: &str) -> Option<String> {
        let _ = write!(self.err, "{question}");
        let _ = self.err.flush();
        let mut answer = String::new();
        let bytes = std::io::stdin().read_line(&mut answer).unwrap_or_default();
        (bytes > 0).then(|| answer.trim().to_owned())
    }

    /// A line of the result, on stdout.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn result(&mut self, line: impl std::fmt::Display) -> std::io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// A result that is no text, on stdout.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn result_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        // Past what would take escape codes out of it.
        let mut out = self.out.as_inner();
        out.write_all(bytes)?;
        out.flush()
    }

    fn line(&mut self, least: Verbosity, style: Style, verb: &str, object: impl std::fmt::Display) {
        self.line_of(least, style, verb, &printable_lines(&object.to_string()));
    }

    fn line_of(&mut self, least: Verbosity, style: Style, verb: &str, text: &str) {
        if self.verbosity >= least {
            // A terminal that went away cannot be told so.
            let _ = writeln!(self.err, "{style}{verb:>12}{style:#} {text}");
        }
    }

    fn say(&mut self, style: Style, label: &str, message: &dyn std::fmt::Display) {
        // A terminal that went away cannot be told so.
        let _ = writeln!(self.err, "{style}{label}{style:#}: {}", printable_lines(&message.to_string()));
    }
}

/// As terminals take a link (OSC 8).
fn link(url: &str, text: &str) -> String {
    format!("\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\")
}
