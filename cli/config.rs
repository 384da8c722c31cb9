//! What the project says of itself: `wasmpack.toml`, `[package.metadata.wasmpack]` and
//! `[workspace.metadata.wasmpack]`, nearest wins.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::budget::Budget;
use crate::error::Error;

/// The whole configuration. Every key is optional; its default is where it is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Config {
    /// How sources become a module.
    pub build: Build,
    /// How the module becomes smaller.
    pub optimize: Optimize,
    /// What the image says.
    pub image: Image,
    /// What it may weigh.
    pub budget: Budget,
}

/// `[build]`. All but `target` and `toolchain` is for other sources than Cargo packages, which say these things in
/// their own manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Build {
    /// `wasm32-wasip1` or `wasm32-wasip2`.
    pub target: Option<String>,
    /// What builds the folder: `c`, `cmake`, `configure`, `make`, `go`, `zig` or `command`.
    pub system: Option<String>,
    /// The command, if nothing else builds it: a line for the shell, or a program and its arguments.
    pub command: Option<CommandLine>,
    /// Further arguments of the build system.
    pub arguments: Option<Vec<String>>,
    /// The module that the command leaves; without a command, one that is there already.
    pub module: Option<String>,
    /// Which of several programs becomes the image.
    pub bin: Option<String>,
    /// `clang`, `clang-19` and so on, `wasi-sdk`, `zig`, or the path of a clang or a wasi-sdk.
    pub toolchain: Option<String>,
    /// Source files, folders and patterns, instead of all that are found; what begins with `!` is left out.
    pub sources: Option<Vec<String>>,
    /// Folders with headers.
    pub include: Option<Vec<String>>,
    /// Macros, `NAME` or `NAME=VALUE`.
    pub define: Option<Vec<String>>,
    /// Language standards, such as `c17` and `c++20`; each concerns the sources of its language.
    pub std: Option<Vec<String>>,
    /// Further flags for the compiler.
    pub flags: Option<Vec<String>>,
    /// Whether there are exceptions in C++, and `setjmp` in C.
    pub exceptions: Option<bool>,
    /// Whether the linker optimizes over all sources.
    pub lto: Option<bool>,
    /// Size of the stack, in bytes.
    pub stack_size: Option<u32>,
    /// A program that is given the compiler's command line, such as `ccache`.
    pub launcher: Option<String>,
    /// Libraries to link, such as `m` or `wasi-emulated-signal`.
    pub link: Option<Vec<String>>,
}

/// How a command is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CommandLine {
    /// For the shell.
    Line(String),
    /// A program and its arguments.
    Words(Vec<String>),
}

impl CommandLine {
    /// The program and its arguments.
    #[must_use]
    pub fn into_words(self) -> Vec<String> {
        match self {
            Self::Words(words) => words,
            Self::Line(line) => {
                let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
                shell.map(ToOwned::to_owned).into_iter().chain([line]).collect()
            }
        }
    }
}

/// `[optimize]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Optimize {
    /// 0, 1, 2, 3, s, z, `size` or `speed`.
    #[serde(deserialize_with = "word")]
    pub level: Option<String>,
    /// Exports that stay, besides those the kind of module needs.
    pub keep: Option<Vec<String>>,
    /// Whether the names of functions stay in the module.
    pub keep_names: Option<bool>,
    /// Which Binaryen: `embedded`, `system`, `off`, or the path of one.
    pub wasm_opt: Option<String>,
    /// Seconds that Binaryen has, for each way it tries.
    pub time_limit: Option<f64>,
}

/// A word that may look like a number.
fn word<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a word or a number")]
    enum Word {
        Text(String),
        Number(u32),
    }
    let word = Option::<Word>::deserialize(deserializer)?;
    Ok(word.map(|word| match word {
        Word::Text(text) => text,
        Word::Number(number) => number.to_string(),
    }))
}

/// `[image]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Image {
    /// The image's name; the package's or folder's otherwise.
    pub name: Option<String>,
    /// `everywhere`, `image`, `wasm-layer` or `artifact`; or several of them.
    pub format: Option<OneOrMore>,
    /// The platform of an image of one manifest.
    pub platform: Option<String>,
    /// How layers are compressed: `none`, `fast`, `gzip`, `best` or `zstd`.
    pub compress: Option<String>,
    /// The form of its bill of materials: `spdx`, `cyclonedx` or `none`.
    pub sbom: Option<String>,
    /// Whether its provenance is stated.
    pub provenance: Option<bool>,
    /// What of the project goes into the image besides the module.
    pub files: Option<Vec<Files>>,
    /// Arguments used when none are given.
    pub args: Option<Vec<String>>,
    /// Environment variables.
    pub env: Option<BTreeMap<String, String>>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
}

/// A word, or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a word or a list of words")]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Any number.
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::More(words) => words,
        }
    }
}

/// A file or folder that goes into the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Where it is, relative to the configuration's folder.
    pub from: String,
    /// Where it goes in the image; the same path below `/` otherwise.
    pub to: Option<String>,
    /// Permission bits; 0o644 otherwise.
    pub mode: Option<u32>,
}

/// The name of the file beside the sources.
pub const FILE_NAME: &str = "wasmpack.toml";

/// Reads `folder/wasmpack.toml` and lays it over the package's and the workspace's metadata.
///
/// # Errors
/// When the file cannot be read or is not TOML, when a key is unknown or has a value of the wrong type.
pub fn load(folder: &Utf8Path, package: &Value, workspace: &Value) -> Result<Config, Error> {
    let mut config = Config::default();
    apply(&mut config, workspace, "[workspace.metadata.wasmpack]")?;
    apply(&mut config, package, "[package.metadata.wasmpack]")?;
    let path = folder.join(FILE_NAME);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let value = toml::from_str(&text)
                .map_err(|source| Error::ParseConfig { path: path.clone(), source: Box::new(source) })?;
            apply(&mut config, &value, path.as_str())?;
        }
        // A path that is a file has nothing beside its sources either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
        Err(source) => return Err(Error::ReadFile { path, source }),
    }
    Ok(config)
}

/// Lays `value` over what is there, key by key.
fn apply(config: &mut Config, value: &Value, place: &str) -> Result<(), Error> {
    if value.is_null() {
        return Ok(());
    }
    let known = serde_json::to_value(Config::default()).expect("a configuration is plain data");
    refuse_unknown_keys(value, &known, "", place)?;
    let mut merged = serde_json::to_value(&*config).expect("a configuration is plain data");
    lay_over(&mut merged, value);
    *config = serde_path_to_error::deserialize(merged).map_err(|error| Error::ConfigValue {
        key: error.path().to_string(),
        place: place.to_owned(),
        source: error.into_inner(),
    })?;
    Ok(())
}

/// The default configuration, with every key in it, is the list of the keys there are.
fn refuse_unknown_keys(value: &Value, known: &Value, prefix: &str, place: &str) -> Result<(), Error> {
    let (Value::Object(value), Value::Object(known)) = (value, known) else { return Ok(()) };
    for (key, inner) in value {
        let Some(known_inner) = known.get(key) else {
            let nearest = nearest(key, known.keys()).map(|nearest| format!("{prefix}{nearest}"));
            let known = known.keys().cloned().collect::<Vec<_>>().join("`, `");
            let key = format!("{prefix}{key}");
            return Err(Error::UnknownKey { key, place: place.to_owned(), nearest, known });
        };
        refuse_unknown_keys(inner, known_inner, &format!("{prefix}{key}."), place)?;
    }
    Ok(())
}

fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    known
        .map(|key| (strsim::jaro_winkler(typed, key), key))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, key)| key)
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_nearest_place_wins_key_by_key() {
        let mut config = Config::default();
        apply(&mut config, &json!({"optimize": {"level": "s", "keep": ["a"]}}), "below").unwrap();
        apply(&mut config, &json!({"optimize": {"level": "z"}}), "above").unwrap();
        assert_eq!(config.optimize.level.as_deref(), Some("z"));
        assert_eq!(config.optimize.keep, Some(vec!["a".to_owned()]));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = apply(&mut Config::default(), &json!({"optimize": {"levle": "s"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "unknown key `optimize.levle` in here");
        assert_eq!(error.hint().as_deref(), Some("did you mean `optimize.level`?"));
    }

    #[test]
    fn a_wrong_value_is_found_by_its_key_and_a_level_may_be_a_number() {
        let mut config = Config::default();
        apply(&mut config, &json!({"optimize": {"level": 3}}), "here").unwrap();
        assert_eq!(config.optimize.level.as_deref(), Some("3"));
        let error = apply(&mut config, &json!({"build": {"stack-size": "1M"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `build.stack-size` in here is of the wrong kind");
    }

    #[test]
    fn a_budget_is_a_size_in_words_or_in_bytes() {
        let mut config = Config::default();
        apply(&mut config, &json!({"budget": {"max-size": 800_000, "max-growth": "2 %"}}), "below").unwrap();
        apply(&mut config, &json!({"budget": {"max-size": "1 MB"}}), "above").unwrap();
        assert_eq!(config.budget.max_size, Some(crate::budget::MaxSize(1_000_000)));
        assert_eq!(config.budget.max_growth, Some(crate::budget::MaxGrowth::Percent(2.0)));
        let error = apply(&mut config, &json!({"budget": {"max-size": "big"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `budget.max-size` in here is of the wrong kind");
    }

    #[test]
    fn labels_and_variables_have_any_name() {
        let labels = json!({"image": {"labels": {"com.acme.team": "x"}, "env": {"A": "1"}}});
        apply(&mut Config::default(), &labels, "here").unwrap();
    }
}
