//! Values of the configuration that are written as a word or a number, and read where they stand: a wrong one is told
//! with its file and its key.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What was written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<T> {
    text: String,
    /// What it means.
    pub value: T,
}

/// An error that may know the way out.
pub trait Hint: Display {
    /// The way out.
    fn way_out(&self) -> Option<String>;
}

impl Hint for wasmpack_builder::Error {
    fn way_out(&self) -> Option<String> {
        self.hint()
    }
}

impl Hint for wasmpack_optimizer::Error {
    fn way_out(&self) -> Option<String> {
        self.hint()
    }
}

impl Hint for wasmpack_packager::Error {
    fn way_out(&self) -> Option<String> {
        self.hint()
    }
}

/// Some say it in the message.
impl Hint for String {
    fn way_out(&self) -> Option<String> {
        None
    }
}

/// The error and its way out in one line, for places that have but one.
pub fn in_one_line(error: &impl Hint) -> String {
    match error.way_out() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

/// What is typed as an argument.
///
/// # Errors
/// What is wrong with it, with the way out.
pub fn typed<T: FromStr<Err: Hint>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| in_one_line(&error))
}

impl<'de, T: FromStr<Err: Hint>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a word or a number")]
        enum Written {
            Text(String),
            Number(u32),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        let value = text.parse().map_err(|error| de::Error::custom(in_one_line(&error)))?;
        Ok(Self { text, value })
    }
}

impl<T> Display for Word<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
