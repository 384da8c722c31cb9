//! Keys of the configuration, and what they are to say.

use std::fmt;

use serde_json::Value;

/// A key, or an entry of a table such as `image.env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub table: &'static str,
    pub name: &'static str,
    /// The name of the entry, where it is a table of names that anybody may choose.
    pub entry: Option<String>,
}

impl Key {
    /// Its parts, from the outside.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        [self.table, self.name].into_iter().chain(self.entry.as_deref())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts().map(|part| toml_edit::Key::new(part).display_repr().into_owned());
        f.write_str(&parts.collect::<Vec<_>>().join("."))
    }
}

/// What is to be configured, each key once, in the order in which it was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keys(pub Vec<(Key, Value)>);

impl Keys {
    /// Says it, whatever was said before.
    pub fn set(&mut self, table: &'static str, name: &'static str, value: impl Into<Value>) {
        *self.value(Key { table, name, entry: None }) = value.into();
    }

    /// Says it of a key of any kind.
    pub fn set_key(&mut self, key: Key, value: Value) {
        *self.value(key) = value;
    }

    /// Adds it to a list, if it is not there yet.
    pub fn push(&mut self, table: &'static str, name: &'static str, item: impl Into<Value>) {
        let (value, item) = (self.value(Key { table, name, entry: None }), item.into());
        match value {
            Value::Array(items) if items.contains(&item) => {}
            Value::Array(items) => items.push(item),
            other => *other = Value::Array(vec![item]),
        }
    }

    /// Adds words that belong together to a list, if they do not stand there yet.
    pub fn append(&mut self, table: &'static str, name: &'static str, words: &[String]) {
        if words.is_empty() {
            return;
        }
        let value = self.value(Key { table, name, entry: None });
        let mut items = value.as_array().cloned().unwrap_or_default();
        let words: Vec<Value> = words.iter().map(|word| word.as_str().into()).collect();
        if !items.windows(words.len()).any(|window| window == words) {
            items.extend(words);
        }
        *value = Value::Array(items);
    }

    /// Says nothing of it any more.
    pub fn remove(&mut self, table: &str, name: &str) {
        self.0.retain(|(key, _)| key.table != table || key.name != name);
    }

    /// Says all that others say.
    pub fn extend(&mut self, others: Self) {
        for (key, value) in others.0 {
            self.set_key(key, value);
        }
    }

    /// Says also what others say: lists become longer.
    pub fn join(&mut self, others: &Self) {
        for (key, value) in &others.0 {
            match value {
                // Some flags belong to the word behind them.
                Value::Array(items) if key.name == "flags" => {
                    let words = items.iter().filter_map(Value::as_str).map(str::to_owned);
                    self.append(key.table, key.name, &words.collect::<Vec<_>>());
                }
                Value::Array(items) => {
                    items.iter().for_each(|item| self.push(key.table, key.name, item.clone()));
                }
                value => self.set_key(key.clone(), value.clone()),
            }
        }
    }

    /// What a key says.
    #[must_use]
    pub fn get(&self, table: &str, name: &str) -> Option<&Value> {
        let is_it = |(key, _): &&(Key, Value)| key.table == table && key.name == name;
        self.0.iter().find(is_it).map(|(_, value)| value)
    }

    /// The tables in the order in which they are documented.
    pub fn sort(&mut self) {
        let place = |table: &str| ["build", "optimize", "image"].iter().position(|one| *one == table);
        self.0.sort_by_key(|(key, _)| place(key.table));
    }

    fn value(&mut self, key: Key) -> &mut Value {
        let known = self.0.iter().position(|(one, _)| *one == key);
        let number = known.unwrap_or_else(|| {
            self.0.push((key, Value::Null));
            self.0.len() - 1
        });
        &mut self.0[number].1
    }
}
