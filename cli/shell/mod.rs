//! The only place that prints. Results go to stdout, everything else to stderr in cargo's voice, and without what would steer the
//! terminal: a stranger's names are in it. Only what compilers say stays as they said it.

mod progress;

use std::io::Write as _;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use camino::Utf8Path;
use clap_cargo::style;

use crate::args::{MessageFormat, OutputArguments, When};
use crate::environment::Environment;
use crate::error::Error;
use crate::github::{Annotation, Job, Level, diagnostics};
use crate::printable::{printable, printable_lines};
use crate::shell::progress::Bar;

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

/// Where a command's words go.
#[derive(Debug)]
pub struct Shell {
    verbosity: Verbosity,
    messages: MessageFormat,
    has_bars: bool,
    job: Option<Job>,
    err: AutoStream<std::io::Stderr>,
    out: AutoStream<std::io::Stdout>,
}

impl Shell {
    /// A shell by flags, `CARGO_TERM_*`, `NO_COLOR` and `CLICOLOR_FORCE`, in that order.
    #[must_use]
    pub fn new(typed: &OutputArguments, environment: &Environment) -> Self {
        let color = typed.color.map(When::as_str).or_else(|| environment.get("CARGO_TERM_COLOR"));
        let choice = match color {
            Some("always") => ColorChoice::Always,
            Some("never") => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
        let verbosity = if typed.quiet {
            Verbosity::Quiet
        } else if typed.verbose > 0 || environment.is_true("CARGO_TERM_VERBOSE") {
            Verbosity::Verbose
        } else if environment.is_true("CARGO_TERM_QUIET") {
            Verbosity::Quiet
        } else {
            Verbosity::Normal
        };
        // By cargo's rules (<https://doc.rust-lang.org/cargo/reference/config.html#termprogresswhen>).
        let has_bars = match environment.get("CARGO_TERM_PROGRESS_WHEN") {
            Some("never") => false,
            Some("always") => true,
            _ => environment.get("CI").is_none() && environment.get("TERM") != Some("dumb"),
        };
        Self { has_bars, job: Job::find(environment), ..Self::at(verbosity, choice) }
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
            has_bars: false,
            job: None,
            err: AutoStream::new(std::io::stderr(), choice),
            out: AutoStream::new(std::io::stdout(), choice),
        }
    }

    /// How much this shell says.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
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

    /// `   Compiling wordcount`: a verb, right-aligned as cargo does, and its object.
    pub fn status(&mut self, verb: &str, object: impl std::fmt::Display) {
        self.line(Verbosity::Normal, style::HEADER, verb, object);
    }

    /// The same, said only with `-v`.
    pub fn detail(&mut self, verb: &str, object: impl std::fmt::Display) {
        self.line(Verbosity::Verbose, style::NOTE, verb, object);
    }

    /// A bar for work that may take long, at a terminal.
    #[must_use]
    pub fn progress(&self, verb: &str) -> Bar {
        Bar::new(verb, self.has_bars && self.verbosity > Verbosity::Quiet)
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
        if self.verbosity > Verbosity::Quiet {
            self.say(style::WARN, "warning", &message);
        }
    }

    /// Something the user has chosen, and what it costs.
    pub fn note(&mut self, message: impl std::fmt::Display) {
        if self.verbosity > Verbosity::Quiet {
            self.say(style::NOTE, "note", &message);
        }
    }

    /// What failed, why, and the way out.
    pub fn error(&mut self, error: &Error, hint: Option<&str>) {
        self.say(style::ERROR, "error", error);
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let text = printable_lines(&error.to_string()).replace('\n', "\n    ");
            // A terminal that went away cannot be told so.
            let _ = writeln!(self.err, "  cause: {text}");
            message += &format!("\n  cause: {text}");
            cause = error.source();
        }
        if let Some(hint) = hint {
            self.say(style::NOTE, "help", &hint);
            message += &format!("\nhelp: {hint}");
        }
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
        if self.verbosity >= least {
            // A terminal that went away cannot be told so.
            let _ = writeln!(self.err, "{style}{verb:>12}{style:#} {}", printable_lines(&object.to_string()));
        }
    }

    fn say(&mut self, style: Style, label: &str, message: &dyn std::fmt::Display) {
        // A terminal that went away cannot be told so.
        let _ = writeln!(self.err, "{style}{label}{style:#}: {}", printable_lines(&message.to_string()));
    }
}
