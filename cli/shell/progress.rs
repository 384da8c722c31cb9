//! A bar of what has gone, at terminals.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::environment::Environment;
use crate::shell::term::Term;
use crate::shell::wide::Wide;

/// Where bars are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bars {
    /// Nowhere.
    None,
    /// On stderr, if it is a terminal.
    AtTerminal,
    /// On stderr, whatever it is, in so many columns.
    Wide(u16),
}

/// Where nobody says how wide a bar is that is drawn in any case.
const WIDTH: u16 = 80;

impl Bars {
    /// By cargo's rules (<https://doc.rust-lang.org/cargo/reference/config.html#termprogresswhen>).
    pub(super) fn of(term: &Term, is_terminal: bool, environment: &Environment) -> Self {
        match (term.progress_when.as_deref(), term.progress_width) {
            (Some("never"), _) => Self::None,
            (Some("always"), width) => Self::Wide(width.unwrap_or(WIDTH)),
            _ if environment.get("CI").is_some() || environment.get("TERM") == Some("dumb") => Self::None,
            (_, Some(width)) if is_terminal => Self::Wide(width),
            _ => Self::AtTerminal,
        }
    }
}

/// One bar. It is gone when it is dropped.
#[derive(Debug)]
pub struct Bar(ProgressBar);

/// Work that is done sooner than this shows none.
const PATIENCE: Duration = Duration::from_millis(500);

const LINE: &str = "{prefix:>12.cyan.bold} [{bar:27}] {bytes}/{total_bytes}, {bytes_per_sec}";

impl Bar {
    /// A bar for work of this name, of which nothing has gone yet.
    #[must_use]
    pub(super) fn new(verb: &str, bars: Bars) -> Self {
        let target = match bars {
            Bars::None => ProgressDrawTarget::hidden(),
            Bars::AtTerminal => ProgressDrawTarget::stderr(),
            Bars::Wide(width) => ProgressDrawTarget::term_like(Box::new(Wide { width })),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template(LINE).expect("the line is constant");
        bar.set_style(style.progress_chars("=> "));
        bar.set_prefix(verb.to_owned());
        Self(bar)
    }

    /// How far it is. Any thread may say so.
    pub fn at(&self, done_bytes: u64, total_bytes: u64) {
        if self.0.elapsed() >= PATIENCE {
            self.0.set_length(total_bytes);
            self.0.set_position(done_bytes);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_drawn_by_cargos_rules() {
        let bars = |when: Option<&str>, width, is_terminal, variables: &[(&str, &str)]| {
            let term = Term { progress_when: when.map(Into::into), progress_width: width, ..Term::default() };
            Bars::of(&term, is_terminal, &Environment::with(variables))
        };
        assert_eq!(bars(None, None, true, &[]), Bars::AtTerminal);
        assert_eq!(bars(None, None, true, &[("CI", "true")]), Bars::None);
        assert_eq!(bars(Some("auto"), Some(40), true, &[("TERM", "dumb")]), Bars::None);
        assert_eq!(bars(None, Some(40), true, &[]), Bars::Wide(40));
        assert_eq!(bars(None, Some(40), false, &[]), Bars::AtTerminal);
        assert_eq!(bars(Some("always"), Some(40), false, &[("CI", "true")]), Bars::Wide(40));
        assert_eq!(bars(Some("always"), None, false, &[]), Bars::Wide(WIDTH));
        assert_eq!(bars(Some("never"), None, true, &[]), Bars::None);
    }
}
