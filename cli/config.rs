//! What the project says of itself: `wasmpack.toml`, `[package.metadata.wasmpack]` and
//! `[workspace.metadata.wasmpack]`, nearest wins.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::str::FromStr;
use std::time::Duration;

use camino::Utf8Path;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use wasmpack_builder::{System, Target, Toolchain};
use wasmpack_optimizer::Level;
use wasmpack_packager::{
    Compression, Format, ModulePath, Platform, Port, Reference, StopSignal, User, Volume,
};

use crate::about;
use crate::args::parse_seconds;
use crate::attestations::Sbom;
use crate::budget::Budget;
use crate::config_arguments::check_variable;
use crate::error::Error;
use crate::mode::Mode;
use crate::nearest;
use crate::word::{Hint, Word};

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
    pub target: Option<Word<Target>>,
    /// What builds the folder: `c`, `cmake`, `configure`, `make`, `go`, `zig` or `command`.
    pub system: Option<Word<BuiltBy>>,
    /// The command, if nothing else builds it: a line for the shell, or a program and its arguments.
    pub command: Option<CommandLine>,
    /// Further arguments of the build system.
    pub arguments: Option<Vec<String>>,
    /// The module that the command leaves; without a command, one that is there already.
    pub module: Option<String>,
    /// Which of several programs becomes the image.
    pub bin: Option<String>,
    /// `clang`, `clang-19` and so on, `wasi-sdk`, `zig`, or the path of a clang or a wasi-sdk.
    pub toolchain: Option<Word<Toolchain>>,
    /// Whether it is the workspace that says so: a path begins in its folder then.
    #[serde(skip)]
    pub has_toolchain_of_workspace: bool,
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
    pub level: Option<Word<Level>>,
    /// Exports that stay, besides those the kind of module needs.
    pub keep: Option<Vec<String>>,
    /// Whether the names of functions stay in the module.
    pub keep_names: Option<bool>,
    /// Which Binaryen: `embedded`, `system`, `off`, or the path of one.
    pub wasm_opt: Option<String>,
    /// Seconds that Binaryen has, for each way it tries.
    pub time_limit: Option<Seconds>,
}

/// A span of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Seconds(pub Duration);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        parse_seconds(&seconds.to_string()).map(Self)
    }
}

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> Self {
        seconds.0.as_secs_f64()
    }
}

/// `[image]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Image {
    /// The image's name; the package's or folder's otherwise.
    pub name: Option<Word<Reference>>,
    /// `everywhere`, `image`, `wasm-layer` or `artifact`; or several of them.
    #[serde(deserialize_with = "one_or_more")]
    pub format: Option<Vec<Word<Format>>>,
    /// The platform of an image of one manifest.
    pub platform: Option<Word<Platform>>,
    /// How layers are compressed: `none`, `fast`, `gzip`, `best` or `zstd`.
    pub compress: Option<Word<Compression>>,
    /// The form of its bill of materials: `spdx`, `cyclonedx` or `none`.
    pub sbom: Option<Word<Sbom>>,
    /// Whether its provenance is stated.
    pub provenance: Option<bool>,
    /// Where the module stands in the image; `/app.wasm` otherwise.
    pub entrypoint: Option<Word<ModulePath>>,
    /// Other programs of the project that go into the same image.
    pub with: Option<Vec<String>>,
    /// What of the project goes into the image besides modules.
    pub files: Option<Vec<Files>>,
    /// Whether it is the workspace that says so: the paths begin in its folder then.
    #[serde(skip)]
    pub has_files_of_workspace: bool,
    /// Arguments used when none are given.
    pub args: Option<Vec<String>>,
    /// Environment variables.
    #[serde(deserialize_with = "variables")]
    pub env: Option<BTreeMap<String, String>>,
    /// Whom it runs as, in numbers.
    pub user: Option<Word<User>>,
    /// Ports it listens on.
    pub ports: Option<Vec<Word<Port>>>,
    /// Folders that outlive a container.
    pub volumes: Option<Vec<Word<Volume>>>,
    /// The signal that asks it to end.
    pub stop_signal: Option<Word<StopSignal>>,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations; `licenses` and the like stand for `org.opencontainers.image.licenses`.
    #[serde(deserialize_with = "annotations")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// What goes into the image, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// A file, a folder or a pattern, relative to the folder of the configuration that says it.
    pub from: String,
    /// Where it goes in the image; the same path below `/` otherwise.
    pub to: Option<String>,
    /// Permission bits; `"644"` otherwise.
    pub mode: Option<Mode>,
}

/// What builds a folder: C sources on their own have no build system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltBy {
    /// The compiler, and nothing around it.
    Compiler,
    /// A build system.
    System(System),
}

impl FromStr for BuiltBy {
    type Err = wasmpack_builder::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "c" { Ok(Self::Compiler) } else { text.parse().map(Self::System) }
    }
}

/// A word, or a list of them.
fn one_or_more<'de, D, T>(deserializer: D) -> Result<Option<Vec<Word<T>>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Hint>,
{
    let value = Value::deserialize(deserializer)?;
    let words = match value {
        Value::Null => return Ok(None),
        Value::Array(words) => words,
        word => vec![word],
    };
    let words = words.into_iter().map(|word| serde_json::from_value(word).map_err(de::Error::custom));
    words.collect::<Result<_, _>>().map(Some)
}

type Table = Option<BTreeMap<String, String>>;

fn variables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
    let table = Table::deserialize(deserializer)?;
    table.iter().flatten().try_for_each(|(name, _)| check_variable(name)).map_err(de::Error::custom)?;
    Ok(table)
}

/// With their whole names, so that one layer of the configuration finds those of another.
fn annotations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
    let table = Table::deserialize(deserializer)?;
    table.as_ref().map(about::annotations).transpose().map_err(de::Error::custom)
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
    let file = match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text)
            .map_err(|source| Error::ParseConfig { path: path.clone(), source: Box::new(source) })?,
        // A path that is a file has nothing beside its sources either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Value::Null,
        Err(source) => return Err(Error::ReadFile { path, source }),
    };
    apply(&mut config, &file, path.as_str())?;
    let is_of_workspace = |table: &str, key: &str| {
        let says = |value: &Value| !value[table][key].is_null();
        says(workspace) && !says(package) && !says(&file)
    };
    config.image.has_files_of_workspace = is_of_workspace("image", "files");
    config.build.has_toolchain_of_workspace = is_of_workspace("build", "toolchain");
    Ok(config)
}

/// Lays `value` over what is there, key by key.
fn apply(config: &mut Config, value: &Value, place: &str) -> Result<(), Error> {
    if value.is_null() {
        return Ok(());
    }
    let known = serde_json::to_value(Config::default()).expect("a configuration is plain data");
    refuse_unknown_keys(value, &known, "", place)?;
    let own: Config = serde_path_to_error::deserialize(value).map_err(|error| Error::ConfigValue {
        key: error.path().to_string(),
        place: place.to_owned(),
        source: error.into_inner(),
    })?;
    let as_json = |config: &Config| serde_json::to_value(config).expect("a configuration is plain data");
    let mut merged = as_json(config);
    lay_over(&mut merged, &as_json(&own));
    *config = serde_json::from_value(merged).expect("each of the two has been read");
    Ok(())
}

/// The default configuration, with every key in it, is the list of the keys there are.
fn refuse_unknown_keys(value: &Value, known: &Value, prefix: &str, place: &str) -> Result<(), Error> {
    let (Value::Object(value), Value::Object(known)) = (value, known) else { return Ok(()) };
    for (key, inner) in value {
        let Some(known_inner) = known.get(key) else {
            let nearest = nearest::of(key, known.keys().map(String::as_str))
                .map(|nearest| format!("{prefix}{nearest}"));
            let known = known.keys().cloned().collect::<Vec<_>>().join("`, `");
            let key = format!("{prefix}{key}");
            return Err(Error::UnknownKey { key, place: place.to_owned(), nearest, known });
        };
        refuse_unknown_keys(inner, known_inner, &format!("{prefix}{key}."), place)?;
    }
    Ok(())
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        // What is not said.
        (_, Value::Null) => {}
        (below, above) => *below = above.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wasmpack_packager::keys;

    #[test]
    fn the_nearest_place_wins_key_by_key() {
        let mut config = Config::default();
        apply(&mut config, &json!({"optimize": {"level": "s", "keep": ["a"]}}), "below").unwrap();
        apply(&mut config, &json!({"optimize": {"level": "z"}}), "above").unwrap();
        assert_eq!(config.optimize.level.map(|level| level.value), Some(Level::Z));
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
        assert_eq!(config.optimize.level.as_ref().map(|level| level.value), Some(Level::O3));
        let error = apply(&mut config, &json!({"build": {"stack-size": "1M"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `build.stack-size` in here cannot be used");
    }

    #[test]
    fn a_budget_is_a_size_in_words_or_in_bytes() {
        let mut config = Config::default();
        apply(&mut config, &json!({"budget": {"max-size": 800_000, "max-growth": "2 %"}}), "below").unwrap();
        apply(&mut config, &json!({"budget": {"max-size": "1 MB"}}), "above").unwrap();
        assert_eq!(config.budget.max_size, Some(crate::budget::MaxSize(1_000_000)));
        assert_eq!(config.budget.max_growth, Some(crate::budget::MaxGrowth::Percent(2.0)));
        let error = apply(&mut config, &json!({"budget": {"max-size": "big"}}), "here").unwrap_err();
        assert_eq!(error.to_string(), "the value of `budget.max-size` in here cannot be used");
    }

    #[test]
    fn a_wrong_word_is_found_by_its_key_too() {
        for (value, key, cause) in [
            (
                json!({"optimize": {"level": "fast"}}),
                "optimize.level",
                "optimization level `fast`; levels are none, 0",
            ),
            (json!({"optimize": {"time-limit": -1}}), "optimize.time-limit", "value is negative"),
            (json!({"build": {"target": "wasm64"}}), "build.target", "`wasm64`"),
            (json!({"build": {"system": "ninja"}}), "build.system", "`ninja`"),
            (json!({"build": {"toolchain": "gcc"}}), "build.toolchain", "`gcc`"),
            (json!({"image": {"name": "A B"}}), "image.name", "`A B`"),
            (json!({"image": {"format": ["image", "oci"]}}), "image.format", "`oci`"),
            (json!({"image": {"platform": "linux/wasm32"}}), "image.platform", "`linux/wasm32`"),
            (json!({"image": {"compress": "lzma"}}), "image.compress", "`lzma`"),
            (json!({"image": {"entrypoint": "app.wasm"}}), "image.entrypoint", "write `/app.wasm`"),
            (json!({"image": {"user": "root"}}), "image.user", "`uid:gid` in numbers"),
            (json!({"image": {"ports": [80, "http"]}}), "image.ports[1]", "`http`"),
            (json!({"image": {"volumes": ["data"]}}), "image.volumes[0]", "absolute path"),
            (json!({"image": {"stop-signal": "TERMINATE"}}), "image.stop-signal", "no such signal"),
            (json!({"image": {"env": {"A=B": "1"}}}), "image.env", "`A=B` cannot be"),
            (json!({"image": {"annotations": {"license": "MIT"}}}), "image.annotations", "write `licenses`"),
            (
                json!({"image": {"annotations": {"licenses": "Free"}}}),
                "image.annotations",
                "SPDX licence expression `Free`",
            ),
            (
                json!({"image": {"files": [{"from": "a", "mode": 444}]}}),
                "image.files[0].mode",
                "write \"644\"",
            ),
        ] {
            let error = apply(&mut Config::default(), &value, "here").unwrap_err();
            assert_eq!(error.to_string(), format!("the value of `{key}` in here cannot be used"));
            let said = std::error::Error::source(&error).unwrap().to_string();
            assert!(said.contains(cause), "{said}");
        }
    }

    #[test]
    fn a_workspace_and_its_package_mean_one_annotation() {
        let mut config = Config::default();
        let below = json!({"authors": "A", "org.opencontainers.image.vendor": "B"});
        let above = json!({"org.opencontainers.image.authors": "", "vendor": "C"});
        for annotations in [below, above] {
            apply(&mut config, &json!({"image": {"annotations": annotations}}), "here").unwrap();
        }
        let annotations: Vec<_> = config.image.annotations.unwrap().into_iter().collect();
        assert_eq!(annotations, [(keys::AUTHORS.into(), String::new()), (keys::VENDOR.into(), "C".into())]);
    }

    #[test]
    fn labels_and_variables_have_any_name() {
        let labels = json!({"image": {"labels": {"com.acme.team": "x"}, "env": {"A": "1"}}});
        apply(&mut Config::default(), &labels, "here").unwrap();
    }
}
