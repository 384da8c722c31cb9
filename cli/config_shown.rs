//! The configuration of a project as it is shown: every key that somebody has said, and who it was.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::{self, Config, Said};
use crate::error::Error;

/// Every key that was said, in the order of its path.
#[derive(Debug)]
pub struct Shown(BTreeMap<Vec<String>, Key>);

/// What was said, and where.
#[derive(Debug)]
struct Key {
    value: Value,
    origin: String,
}

/// What is configured, and which of `places`, the farthest first, each key is from.
///
/// # Errors
/// When a place says what cannot be understood.
pub fn shown(config: &Config, places: &[Said]) -> Result<Shown, Error> {
    let alone = places.iter().map(|said| Ok((config::alone(said)?, &said.place)));
    let alone = alone.collect::<Result<Vec<_>, Error>>()?;
    let mut keys = BTreeMap::new();
    collect(&config::as_json(config), &mut Vec::new(), &mut |path, value| {
        let says = |said: &&(Value, &String)| !at(&said.0, path).is_null();
        // What is merged has been said by somebody.
        let origin = alone.iter().rev().find(says).map_or(String::new(), |(_, place)| (*place).clone());
        keys.insert(path.to_owned(), Key { value: without_nulls(value), origin });
    });
    Ok(Shown(keys))
}

/// Tables are entered, everything else is the value of a key.
fn collect(value: &Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Null => {}
        Value::Object(table) => {
            for (key, inner) in table {
                path.push(key.clone());
                collect(inner, path, found);
                path.pop();
            }
        }
        value => found(path, value),
    }
}

fn at<'a>(value: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(value, |value, key| &value[key])
}

/// What is not said has no place in TOML.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Object(table) => {
            let said = table.iter().filter(|(_, value)| !value.is_null());
            said.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        value => value.clone(),
    }
}

impl Shown {
    /// With what is said for no project, and so by none.
    #[must_use]
    pub fn with(mut self, said: &Said) -> Self {
        collect(&said.value, &mut Vec::new(), &mut |path, value| {
            let key = || Key { value: without_nulls(value), origin: said.place.clone() };
            self.0.entry(path.to_owned()).or_insert_with(key);
        });
        self
    }

    /// As a file of configuration, which means the same; with comments that tell where each key is from.
    #[must_use]
    pub fn to_toml(&self, origin: bool) -> String {
        let line = |name: &[String], key: &Key| {
            let name = name.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".");
            let value = toml::Value::try_from(&key.value).expect("nothing is left out");
            let origin = if origin { format!("  # {}", key.origin) } else { String::new() };
            format!("{name} = {value}{origin}\n")
        };
        // What is in no table has to stand before all that are.
        let (alone, in_tables): (Vec<_>, Vec<_>) = self.0.iter().partition(|(path, _)| path.len() == 1);
        let mut text: String = alone.into_iter().map(|(path, key)| line(path, key)).collect();
        let mut before = None;
        for (path, key) in in_tables {
            if before != Some(&path[0]) {
                text += &format!("{}[{}]\n", if text.is_empty() { "" } else { "\n" }, path[0]);
                before = Some(&path[0]);
            }
            text += &line(&path[1..], key);
        }
        text
    }

    /// As JSON, in the form of a file of configuration.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut all = json!({});
        for (path, key) in &self.0 {
            *path.iter().fold(&mut all, |table, part| &mut table[part]) = key.value.clone();
        }
        all
    }

    /// As JSON: for each key, by its whole path, `value` and `origin`.
    #[must_use]
    pub fn with_origins(&self) -> Value {
        let named = |path: &[String]| path.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".");
        let told = |key: &Key| json!({"value": key.value, "origin": key.origin});
        self.0.iter().map(|(path, key)| (named(path), told(key))).collect()
    }
}

/// A part of a key, in quotes if it has to be.
fn quoted(part: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !part.is_empty() && part.chars().all(is_bare) {
        part.to_owned()
    } else {
        toml::Value::from(part).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(places: &[(&str, Value)]) -> Shown {
        let mut config = Config::default();
        for (place, value) in places {
            config::apply(&mut config, value, place).unwrap();
        }
        let said = |(place, value): &(&str, Value)| Said { place: (*place).to_owned(), value: value.clone() };
        shown(&config, &places.iter().map(said).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn each_key_is_from_the_nearest_place_that_says_it() {
        let far = json!({"optimize": {"level": "s"}, "image": {"env": {"A": "1", "B": "1"}}});
        let near =
            json!({"optimize": {"level": 3}, "image": {"env": {"B": "2"}, "annotations": {"vendor": "x"}}});
        let text = of(&[("far", far), ("near", near)]).to_toml(true);
        let lines = [
            "[image]",
            "annotations.\"org.opencontainers.image.vendor\" = \"x\"  # near",
            "env.A = \"1\"  # far",
            "env.B = \"2\"  # near",
            "",
            "[optimize]",
            "level = \"3\"  # near",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn what_is_shown_means_the_same_when_it_is_read() {
        let said = json!({
            "wasmpack-version": "0.1",
            "build": {"command": "make \"x\"", "stack-size": 65_536, "lto": true},
            "image": {"files": [{"from": "a"}, {"from": "b", "mode": "755"}], "labels": {"a b": "\n"}},
            "budget": {"max-size": "1 kB", "max-growth": "2 %"},
            "policy": {"allow": []},
        });
        let shown = of(&[("here", said)]);
        let read: Value = toml::from_str(&shown.to_toml(true)).unwrap();
        assert_eq!(read, shown.to_json());
        let again = of(&[("there", read)]);
        assert_eq!(again.to_json(), shown.to_json());
    }
}
