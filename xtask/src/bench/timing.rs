//! Times of commands, measured in turn, so that a busy moment of the machine hits all of them.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::table::Table;
use crate::{Result, process};

/// Runs the commands in turn, `runs` times each after one that does not count, and adds a row for each.
pub(super) fn alternate<const N: usize>(
    mut commands: [(&str, &mut Command); N],
    runs: usize,
    table: &mut Table,
) -> Result {
    let mut times = vec![Vec::new(); N];
    for round in 0..=runs {
        for ((_, command), times) in commands.iter_mut().zip(&mut times) {
            let start = Instant::now();
            process::stdout_of(command)?;
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    for ((name, _), mut times) in commands.into_iter().zip(times) {
        times.sort();
        let cells = [times[runs / 2], times[0], times[runs - 1]].map(milliseconds);
        let [median, fastest, slowest] = cells;
        table.row(&[name.to_owned(), median, fastest, slowest, runs.to_string()]);
    }
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
