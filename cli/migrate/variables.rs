//! `ARG` and `ENV`: names, and what stands for them.

use std::collections::BTreeMap;

use wasmpack_packager::Platform;

/// The variables of a stage, as far as it has come.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// What `ENV` says counts more than what `ARG` says.
    env: BTreeMap<String, String>,
    /// Without a value, it is known and empty.
    args: BTreeMap<String, Option<String>>,
}

/// How deep variables stand in each other.
const DEPTH: usize = 20;

/// The longest inside of a variable, in bytes.
const LENGTH: usize = 1024;

/// The value that every builder gives a variable. The image is for WASI.
#[must_use]
pub fn predefined(name: &str) -> Option<String> {
    let proxies = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"];
    if proxies.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(String::new());
    }
    let (platform, part) = match (name.strip_prefix("TARGET"), name.strip_prefix("BUILD")) {
        (Some(part), _) => (Platform::WASI_WASM, part),
        (_, part) => (Platform::EVERYWHERE.into_iter().find(|one| !one.is_wasm())?, part?),
    };
    match part {
        "PLATFORM" => Some(platform.to_string()),
        "OS" => Some(platform.os.into_owned()),
        "ARCH" => Some(platform.architecture.into_owned()),
        "VARIANT" => Some(String::new()),
        _ => None,
    }
}

impl Variables {
    pub fn set_env(&mut self, name: &str, value: String) {
        self.env.insert(name.to_owned(), value);
    }

    pub fn set_arg(&mut self, name: &str, value: Option<String>) {
        self.args.insert(name.to_owned(), value);
    }

    /// The value; none, if nobody has set it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).or_else(|| self.args.get(name)?.as_ref()).map(String::as_str)
    }

    /// The name of the variable in `${inside}`, if it is one that a build may be given.
    #[must_use]
    pub fn argument<'a>(&self, inside: &'a str) -> Option<&'a str> {
        let (name, _) = named(inside);
        let is_given = self.args.get(name).is_some_and(Option::is_some);
        (is_given && predefined(name).is_none()).then_some(name)
    }

    /// What stands for `${inside}` or `$inside`; an error for a form that is not known.
    ///
    /// # Errors
    /// The form of the expression, where only a shell knows it.
    pub fn expand(&self, inside: &str) -> Result<Expanded, String> {
        let (name, operator) = named(inside);
        let value = self.get(name);
        let filled = value.filter(|value| !value.is_empty());
        let word = |word: &str| self.in_text(word).map(Expanded::Text);
        let known = |value: Option<&str>| match value {
            Some(value) => Expanded::Text(value.to_owned()),
            None => Expanded::Unknown(name.to_owned()),
        };
        // Who nests deeper wants to do harm.
        if name.is_empty() || inside.matches("${").count() > DEPTH {
            return Err(inside.to_owned());
        }
        let split = |mark: &str| operator.strip_prefix(mark);
        if operator.is_empty() {
            Ok(known(value))
        } else if let Some(default) = split(":-") {
            filled.map_or_else(|| word(default), |value| Ok(known(Some(value))))
        } else if let Some(default) = split("-") {
            value.map_or_else(|| word(default), |value| Ok(known(Some(value))))
        } else if let Some(other) = split(":+") {
            filled.map_or_else(|| Ok(known(Some(""))), |_| word(other))
        } else if let Some(other) = split("+") {
            value.map_or_else(|| Ok(known(Some(""))), |_| word(other))
        } else if split(":?").is_some() {
            Ok(known(filled))
        } else if split("?").is_some() {
            Ok(known(value))
        } else {
            Err(inside.to_owned())
        }
    }

    /// The text with what stands for the variables in it.
    fn in_text(&self, text: &str) -> Result<String, String> {
        let mut rest = text;
        let mut filled = String::new();
        while let Some((before, behind)) = rest.split_once('$') {
            filled.push_str(before);
            let (inside, after) = reference(behind).ok_or_else(|| text.to_owned())?;
            if let Expanded::Text(value) = self.expand(inside)? {
                filled.push_str(&value);
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// The name, and what is behind it.
fn named(inside: &str) -> (&str, &str) {
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
    inside.split_at(end)
}

/// What stands for a variable.
#[derive(Debug, PartialEq, Eq)]
pub enum Expanded {
    Text(String),
    /// Nothing, because nobody has set the variable of this name.
    Unknown(String),
}

/// What is behind a `$`, as its inside and the rest; none, if it begins no variable.
#[must_use]
pub fn reference(behind: &str) -> Option<(&str, &str)> {
    if let Some(inner) = behind.strip_prefix('{') {
        let mut depth = 1;
        for (at, c) in inner.char_indices().take_while(|(at, _)| *at < LENGTH) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((&inner[..at], &inner[at + 1..]));
            }
        }
        return None;
    }
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    behind.starts_with(is_first).then(|| {
        let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(behind.len());
        behind.split_at(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_for_what_docker_has_them_stand_for() {
        let mut variables = Variables::default();
        variables.set_arg("A", Some("a".into()));
        variables.set_arg("E", Some(String::new()));
        variables.set_arg("N", None);
        variables.set_env("A", "env".into());
        for (inside, expected) in [
            ("A", "env"),
            ("A:-x", "env"),
            ("A:+x", "x"),
            ("E:-x$A", "xenv"),
            ("E-x", ""),
            ("E:+x", ""),
            ("E+x", "x"),
            ("N:-${A:-y}", "env"),
            ("U-x", "x"),
            ("U+x", ""),
            ("A:?gone", "env"),
        ] {
            assert_eq!(variables.expand(inside), Ok(Expanded::Text(expected.into())), "{inside}");
        }
        assert_eq!(variables.expand("N"), Ok(Expanded::Unknown("N".into())));
        assert_eq!(variables.expand("A%%.*"), Err("A%%.*".into()));
    }
}
