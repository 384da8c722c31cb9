//! Times of commands, measured in turn, so that a busy moment of the machine hits all of them.

use std::fs::File;
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use crate::table::Table;
use crate::{Result, process};

/// Something that is timed.
pub(super) struct Timed<'a> {
    name: &'a str,
    /// One after the other.
    commands: Vec<Command>,
    before: Box<dyn Fn() -> Result + 'a>,
    /// What each command reads.
    input: Option<&'a Utf8Path>,
}

impl<'a> Timed<'a> {
    /// One command.
    pub(super) fn new(name: &'a str, command: Command) -> Self {
        Self::all(name, vec![command])
    }

    /// Commands one types one after the other.
    pub(super) fn all(name: &'a str, commands: Vec<Command>) -> Self {
        Self { name, commands, before: Box::new(|| Ok(())), input: None }
    }

    /// What is done before each run, without being timed.
    pub(super) fn after(mut self, work: impl Fn() -> Result + 'a) -> Self {
        self.before = Box::new(work);
        self
    }

    /// A file that the commands read, each from its beginning.
    pub(super) fn reading(mut self, input: Option<&'a Utf8Path>) -> Self {
        self.input = input;
        self
    }

    fn run(&mut self) -> Result<Duration> {
        (self.before)()?;
        if let Some(input) = self.input {
            for command in &mut self.commands {
                command.stdin(File::open(input)?);
            }
        }
        let start = Instant::now();
        for command in &mut self.commands {
            // Not as text: some programs write something else.
            let output = process::output_of(command)?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(
                    format!("`{}` ended with {}: {said}", process::spelled(command), output.status).into()
                );
            }
        }
        Ok(start.elapsed())
    }
}

/// What the columns of [`alternate`] are.
pub(super) fn table() -> Table {
    Table::new(["", "median", "fastest", "slowest", "ratio", "half of them", "runs"])
}

/// What every table with ratios says of them.
pub(super) const RATIOS: &str = "Ratios are of what ran one after the other, to the first of its group: their median, and \
    between what the middle half of them lies.";

/// Runs them in turn, `runs` times each after once that does not count, and adds a row for each.
pub(super) fn alternate(subjects: &mut [Timed<'_>], runs: usize, table: &mut Table) -> Result {
    let rounds = rounds(subjects, runs)?;
    for (number, subject) in subjects.iter().enumerate() {
        let times = rounds.sorted(number);
        let [median, fastest, slowest] = [times[runs / 2], times[0], times[runs - 1]].map(milliseconds);
        let [ratio, half] = match number {
            0 => [String::new(), String::new()],
            _ => rounds.ratio(number, 0),
        };
        table.row(&[subject.name.to_owned(), median, fastest, slowest, ratio, half, runs.to_string()]);
    }
    Ok(())
}

/// Times of things that ran in turn.
pub(super) struct Rounds {
    /// Of each thing, in the order of the rounds.
    times: Vec<Vec<Duration>>,
}

impl Rounds {
    /// Of each thing, in the order of the rounds.
    pub(super) fn of(times: Vec<Vec<Duration>>) -> Self {
        Self { times }
    }

    /// How long the thing of this number took.
    pub(super) fn median(&self, number: usize) -> Duration {
        let times = self.sorted(number);
        times[times.len() / 2]
    }

    /// How many times longer one took than another in the same round: the median, and the middle half.
    pub(super) fn ratio(&self, number: usize, to: usize) -> [String; 2] {
        let pairs = self.times[number].iter().zip(&self.times[to]);
        let mut ratios: Vec<f64> =
            pairs.map(|(one, other)| one.as_secs_f64() / other.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        let at = |quarter: usize| ratios[(ratios.len() - 1) * quarter / 4];
        [format!("{:.2}", at(2)), format!("{:.2} to {:.2}", at(1), at(3))]
    }

    fn sorted(&self, number: usize) -> Vec<Duration> {
        let mut times = self.times[number].clone();
        times.sort_unstable();
        times
    }
}

/// The median of each.
pub(super) fn medians(subjects: &mut [Timed<'_>], runs: usize) -> Result<Vec<Duration>> {
    let rounds = rounds(subjects, runs)?;
    Ok((0..subjects.len()).map(|number| rounds.median(number)).collect())
}

/// Runs them in turn, `runs` times each after once that does not count.
pub(super) fn rounds(subjects: &mut [Timed<'_>], runs: usize) -> Result<Rounds> {
    let mut times = vec![Vec::new(); subjects.len()];
    for round in 0..=runs {
        for (subject, times) in subjects.iter_mut().zip(&mut times) {
            let time = subject.run()?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    Ok(Rounds { times })
}

pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round() {
        let of = |times: [u64; 5]| times.map(Duration::from_millis).to_vec();
        // A busy moment hits both.
        let rounds = Rounds { times: vec![of([10, 10, 100, 10, 10]), of([20, 21, 200, 19, 30])] };
        assert_eq!(rounds.median(1), Duration::from_millis(21));
        assert_eq!(rounds.ratio(1, 0), ["2.00", "2.00 to 2.10"]);
    }
}
