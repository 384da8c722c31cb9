//! Prints the JSON lines of stdin in which some text matches a pattern.

use std::io::BufRead as _;
use std::process::ExitCode;

use regex::Regex;
use serde_json::Value;

fn main() -> ExitCode {
    let Some(pattern) = std::env::args().nth(1) else {
        eprintln!("usage: jsongrep PATTERN < LINES");
        return ExitCode::from(2);
    };
    match grep(&pattern) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("jsongrep: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether there was a match.
fn grep(pattern: &str) -> Result<bool, Box<dyn std::error::Error>> {
    let pattern = Regex::new(pattern)?;
    let mut found = false;
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        if matches(&pattern, &value) {
            found = true;
            println!("{value}");
        }
    }
    Ok(found)
}

fn matches(pattern: &Regex, value: &Value) -> bool {
    match value {
        Value::String(text) => pattern.is_match(text),
        Value::Array(values) => values.iter().any(|value| matches(pattern, value)),
        Value::Object(fields) => fields.values().any(|value| matches(pattern, value)),
        _ => false,
    }
}
