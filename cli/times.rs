//! `run --time`: what a run took.

use std::fmt;
use std::time::Duration;

use wasmpack_runner::Spent;

use crate::shell::Shell;
use crate::size::Size;

/// A span of time as people read it: `86 µs`, `4.3 ms`, `1.25 s`.
#[derive(Debug, Clone, Copy)]
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match seconds {
            0.0..0.001 => write!(f, "{:.0} µs", seconds * 1e6),
            0.001..1.0 => write!(f, "{:.1} ms", seconds * 1e3),
            _ => write!(f, "{seconds:.2} s"),
        }
    }
}

/// Says it, in the order of time.
pub fn tell(spent: &Spent, shell: &mut Shell) {
    let verb = if spent.is_kept { "Found" } else { "Compiled" };
    let source = if spent.is_kept { "the machine code of another run" } else { "the module" };
    shell.answer(verb, format_args!("{source} in {}", Span(spent.compile)));
    if let Some(instantiate) = spent.instantiate {
        shell.answer("Started", format_args!("an instance in {}", Span(instantiate)));
    }
    if let Some(first_output) = spent.first_output {
        shell.answer("Wrote", format_args!("its first output after {}", Span(first_output)));
    }
    shell.answer("Ended", format_args!("after {}", Span(spent.total)));
    shell.answer("Used", format_args!("{} of memory at most", Size(spent.memory_bytes)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_the_unit_that_fits() {
        let spans = [86, 4_310, 999_949, 1_250_000].map(|micros| Span(Duration::from_micros(micros)));
        assert_eq!(spans.map(|span| span.to_string()), ["86 µs", "4.3 ms", "999.9 ms", "1.25 s"]);
    }
}
