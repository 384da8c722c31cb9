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

/// What the columns of the table are.
pub(super) fn table() -> Table {
    Table::new(["", "median", "fastest", "slowest", "runs"])
}

/// Runs them in turn, `runs` times each after once that does not count, and adds a row for each.
pub(super) fn alternate(subjects: &mut [Timed<'_>], runs: usize, table: &mut Table) -> Result {
    let times = sorted_times(subjects, runs)?;
    for (subject, times) in subjects.iter().zip(times) {
        let [median, fastest, slowest] = [times[runs / 2], times[0], times[runs - 1]].map(milliseconds);
        table.row(&[subject.name.to_owned(), median, fastest, slowest, runs.to_string()]);
    }
    Ok(())
}

/// The median of each.
pub(super) fn medians(subjects: &mut [Timed<'_>], runs: usize) -> Result<Vec<Duration>> {
    Ok(sorted_times(subjects, runs)?.into_iter().map(|times| times[runs / 2]).collect())
}

fn sorted_times(subjects: &mut [Timed<'_>], runs: usize) -> Result<Vec<Vec<Duration>>> {
    let mut times = vec![Vec::new(); subjects.len()];
    for round in 0..=runs {
        for (subject, times) in subjects.iter_mut().zip(&mut times) {
            let time = subject.run()?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    times.iter_mut().for_each(|times| times.sort());
    Ok(times)
}

pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
