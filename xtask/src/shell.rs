//! The only place that prints: progress to stderr in cargo's voice, results to stdout.

use std::fmt::Display;

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};

const GREEN: Style = AnsiColor::BrightGreen.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();

/// `   Compiling …`: a verb, right-aligned, and its object.
pub(crate) fn status(verb: &str, object: impl Display) {
    eprintln!("{GREEN}{verb:>12}{GREEN:#} {object}");
}

/// What somebody should know but stops nothing.
pub(crate) fn warn(message: impl Display) {
    eprintln!("{YELLOW}warning{YELLOW:#}: {message}");
}

/// Why it stopped.
pub(crate) fn error(message: &(impl Display + ?Sized)) {
    eprintln!("{RED}error{RED:#}: {message}");
}

/// A line of the result.
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}
