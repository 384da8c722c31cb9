//! A bar of what has gone, at terminals.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One bar. It is gone when it is dropped.
#[derive(Debug)]
pub struct Bar(ProgressBar);

/// Work that is done sooner than this shows none.
const PATIENCE: Duration = Duration::from_millis(500);

const LINE: &str = "{prefix:>12.cyan.bold} [{bar:27}] {bytes}/{total_bytes}, {bytes_per_sec}";

impl Bar {
    /// A bar for work of this name, of which nothing has gone yet.
    #[must_use]
    pub(super) fn new(verb: &str, is_shown: bool) -> Self {
        // Where stderr is no terminal, this target shows nothing either.
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
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
