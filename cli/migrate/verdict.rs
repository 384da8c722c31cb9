//! What became of each line of a Dockerfile.

use serde::Serialize;

/// One line, or one command of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// Where it begins, from 1.
    pub line: usize,
    /// What it says, in short.
    pub text: String,
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It is configured now, or it is what happens without being said.
    Became { what: String },
    /// Nothing has to be said or done.
    NotNeeded { why: String },
    /// It is lost.
    Cannot { why: String, instead: String },
}

impl Verdict {
    pub fn became(what: impl Into<String>) -> Self {
        Self::Became { what: what.into() }
    }

    /// The same, of a value that was that of variables which each build may be given: it is written down now.
    #[must_use]
    pub fn written_down(self, arguments: &[String], flag: &str) -> Self {
        match (self, arguments.first()) {
            (Self::Became { what }, Some(name)) => Self::became(format!(
                "{what}, as `${name}` is now: where that changes, give the build `{flag}`"
            )),
            (verdict, _) => verdict,
        }
    }

    pub fn not_needed(why: impl Into<String>) -> Self {
        Self::NotNeeded { why: why.into() }
    }

    pub fn cannot(why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::Cannot { why: why.into(), instead: instead.into() }
    }
}

/// The verdicts so far.
#[derive(Debug, Default)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// Adds one, and tells its number, by which it can be changed when more is known.
    pub fn add(&mut self, line: usize, text: impl AsRef<str>, verdict: Verdict) -> usize {
        self.0.push(Row { line, text: shortened(text.as_ref()), verdict });
        self.0.len() - 1
    }

    /// Says something else of it.
    pub fn change(&mut self, number: usize, verdict: Verdict) {
        self.0[number].verdict = verdict;
    }

    /// In the order of the Dockerfile.
    #[must_use]
    pub fn in_order(mut self) -> Vec<Row> {
        self.0.sort_by_key(|row| row.line);
        self.0
    }
}

/// As much of a text as fits into a column.
const WIDTH: usize = 56;

/// In one line.
fn shortened(text: &str) -> String {
    let is_comment = |(number, line): &(usize, &str)| *number > 0 && line.trim_start().starts_with('#');
    let lines = text.lines().enumerate().filter(|line| !is_comment(line));
    let words = lines.flat_map(|(_, line)| line.split_whitespace()).filter(|word| *word != "\\");
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDTH {
        return line;
    }
    let kept: String = line.chars().take(WIDTH - 1).collect();
    format!("{}…", kept.trim_end())
}
