//! What is told of a migration, for people and as JSON.

use std::fmt;

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::verdict::{Row, Verdict};
use super::written::{Deed, Entry, as_toml};

/// Everything there is to tell.
#[derive(Debug)]
pub struct Report {
    /// The Dockerfile, as it was named or found.
    pub dockerfile: String,
    /// The file that gets the configuration; none, if nothing is to be written.
    pub file: Option<Utf8PathBuf>,
    pub rows: Vec<Row>,
    pub entries: Vec<Entry>,
    /// What builds the image from now on.
    pub build: Vec<String>,
}

impl Report {
    /// How many lines are lost.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Cannot { .. })).count()
    }

    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let keys: Vec<Value> = self
            .entries
            .iter()
            .map(|Entry { key, value, deed, said }| {
                json!({"key": key.to_string(), "value": value, "deed": name(*deed), "said": said})
            })
            .collect();
        json!({
            "dockerfile": self.dockerfile,
            "lines": self.rows,
            "file": self.file,
            "keys": keys,
            "build": self.build,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.text.chars().count()).max().unwrap_or_default();
        let digits = self.rows.iter().map(|row| row.line.to_string().len()).max().unwrap_or_default();
        for Row { line, text, verdict } in &self.rows {
            let (label, told) = match verdict {
                Verdict::Became { what } => ("became", what.clone()),
                Verdict::NotNeeded { why } => ("not needed", why.clone()),
                Verdict::Cannot { why, instead } => ("cannot", format!("{why}; {instead}")),
            };
            writeln!(f, "{label:<10}  {line:>digits$}  {text:<width$}  {told}")?;
        }
        for Entry { key, value, deed, said } in &self.entries {
            let value = as_toml(value);
            let told = match (deed, said) {
                (Deed::Kept, Some(said)) => format!("{}, not {value}", as_toml(said)),
                (Deed::Replaced, Some(said)) => format!("{value}, no more {}", as_toml(said)),
                _ => value.to_string(),
            };
            writeln!(f, "{:<10}  {key} = {told}", name(*deed))?;
        }
        write!(f, "{:<10}  {}", "build", super::command::quoted(&self.build))
    }
}

fn name(deed: Deed) -> &'static str {
    match deed {
        Deed::Set => "set",
        Deed::Same => "set before",
        Deed::Kept => "kept",
        Deed::Replaced => "replaced",
    }
}
