//! The keys of the configuration, one type for each table.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

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
use crate::config_arguments::check_variable;
use crate::mode::Mode;
use crate::shared_cache::Repository;
use crate::word::{Hint, Word};

/// `[build]`. All but `target`, `toolchain`, `stack-size`, `launcher` and the caches is for other sources than Cargo packages, which
/// say these things in their own manifest.
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
    /// A program that is given the compiler's command line, such as `ccache`; rustc's as well, if it is `sccache`.
    pub launcher: Option<String>,
    /// Libraries to link, such as `m` or `wasi-emulated-signal`.
    pub link: Option<Vec<String>>,
    /// Repositories of registries in which optimized modules and layers are looked for.
    pub cache_from: Option<Vec<Word<Repository>>>,
    /// One that they are brought into.
    pub cache_to: Option<Word<Repository>>,
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
    /// The exported function that runs now, so that the program begins with what it leaves in memory.
    pub snapshot: Option<String>,
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
    /// Whether its debug module goes with it.
    pub debug_module: Option<bool>,
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
#[serde(deny_unknown_fields, expecting = "a table such as `{ from = \"data\", to = \"/data\" }`")]
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
