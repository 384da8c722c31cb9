//! What several verbs take. Every value that has a default elsewhere is an `Option` here: `plan` decides.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::attestations::Sbom;
use crate::config_arguments::ConfigArguments;
use crate::keys::KeySource;
use crate::output::Output;
use crate::partition::Partition;
use crate::registry_arguments::RegistryArguments;
use crate::shared_cache::Repository;

/// How much is said, and in which colours.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<When>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum When {
    /// At a terminal.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not at all.
    Never,
}

impl When {
    /// As `CARGO_TERM_COLOR` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// In which form it is told what compilers say, and what was made.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct MessageArguments {
    /// Form of what compilers say and of what was made: `json` is one object in each line of stdout, as cargo has it
    #[arg(long, value_name = "FORMAT", help_heading = "Compilation Options")]
    pub message_format: Option<MessageFormat>,
}

/// The forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// For people
    #[default]
    Human,
    /// For editors and wrappers
    Json,
}

/// Which sources, and how cargo or clang builds them: shared by every verb that may have to build.
#[derive(Debug, Clone, Default, Args)]
pub struct SourceArguments {
    /// Package to build, of a workspace
    #[arg(short, long, value_name = "SPEC", help_heading = "Package Selection")]
    pub package: Vec<String>,
    /// Build all packages of the workspace
    #[arg(long, help_heading = "Package Selection")]
    pub workspace: bool,
    /// Leave this package out
    #[arg(long, value_name = "SPEC", requires = "workspace", help_heading = "Package Selection")]
    pub exclude: Vec<String>,
    /// Build only this binary
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    pub bin: Vec<String>,
    /// Build all binaries
    #[arg(long, help_heading = "Target Selection")]
    pub bins: bool,
    /// Build this example
    #[arg(long, value_name = "NAME", help_heading = "Target Selection")]
    pub example: Vec<String>,
    /// Build all examples
    #[arg(long, help_heading = "Target Selection")]
    pub examples: bool,
    /// Build the library, a reactor; its crate type has to be `cdylib`
    #[arg(long, help_heading = "Target Selection")]
    pub lib: bool,
    #[command(flatten)]
    pub features: clap_cargo::Features,
    /// Cargo profile, instead of the small one made for images
    #[arg(long, value_name = "PROFILE", help_heading = "Compilation Options")]
    pub profile: Option<String>,
    /// Cargo's release profile, the same as `--profile release`
    #[arg(short, long, conflicts_with = "profile", help_heading = "Compilation Options")]
    pub release: bool,
    /// Build for this target [default: wasm32-wasip1]
    #[arg(long = "target", value_name = "TRIPLE", help_heading = "Compilation Options")]
    pub triple: Option<String>,
    /// Compiler of C and C++: `clang`, `clang-19`, `wasi-sdk`, `zig`, or a path [default: the first that is found]
    #[arg(long, value_name = "TOOLCHAIN", help_heading = "Compilation Options")]
    pub toolchain: Option<String>,
    /// Standard library of Rust: the full one, or one compiled for size, with panics that say nothing
    #[arg(long, value_name = "KIND", help_heading = "Compilation Options")]
    pub std: Option<Std>,
    /// Number of parallel jobs
    #[arg(short, long, value_name = "N", help_heading = "Compilation Options")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Folder for all that is made
    #[arg(long, value_name = "DIRECTORY", help_heading = "Compilation Options")]
    pub target_dir: Option<Utf8PathBuf>,
    /// Path to Cargo.toml, instead of PATH
    #[arg(long, value_name = "PATH", help_heading = "Manifest Options")]
    pub manifest_path: Option<Utf8PathBuf>,
    /// Assert that `Cargo.lock` will remain unchanged
    #[arg(long, help_heading = "Manifest Options")]
    pub locked: bool,
    /// Run without accessing the network
    #[arg(long, help_heading = "Manifest Options")]
    pub offline: bool,
    /// Equivalent to specifying both --locked and --offline
    #[arg(long, help_heading = "Manifest Options")]
    pub frozen: bool,
    /// Override a cargo configuration value
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Manifest Options")]
    pub config: Vec<String>,
    #[command(flatten)]
    pub cache: CacheArguments,
}

/// Where results are that other machines have made.
#[derive(Debug, Clone, Default, Args)]
pub struct CacheArguments {
    /// Look for optimized modules and layers in this repository of a registry; several with several of these
    #[arg(long, value_name = "REGISTRY/REPOSITORY", help_heading = "Cache Options")]
    pub cache_from: Vec<Repository>,
    /// Bring optimized modules and layers into this repository of a registry
    #[arg(long, value_name = "REGISTRY/REPOSITORY", help_heading = "Cache Options")]
    pub cache_to: Option<Repository>,
}

impl SourceArguments {
    /// The first flag that selects something only Cargo packages have.
    #[must_use]
    pub fn cargo_only(&self) -> Option<&'static str> {
        let clap_cargo::Features { features, all_features, no_default_features, .. } = &self.features;
        let flags = [
            ("--package", !self.package.is_empty()),
            ("--workspace", self.workspace),
            ("--example", !self.example.is_empty()),
            ("--examples", self.examples),
            ("--lib", self.lib),
            ("--features", !features.is_empty()),
            ("--all-features", *all_features),
            ("--no-default-features", *no_default_features),
            ("--profile", self.profile.is_some()),
            ("--release", self.release),
            ("--std", self.std.is_some()),
            ("--config", !self.config.is_empty()),
        ];
        flags.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
    }
}

/// The standard libraries of Rust.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Std {
    /// The one that came with rustc
    Full,
    /// Compiled for size; a panic ends the program without a message. Needs `rust-src`
    Minimal,
}

/// How the module is made smaller.
#[derive(Debug, Clone, Default, Args)]
pub struct OptimizeArguments {
    /// Optimization level: `none` (the module as it is), 0 (no Binaryen), 1, 2, 3, s, z, `size` (the smallest of several
    /// ways) or `speed` (the fastest) [default: size]
    #[arg(long, value_name = "LEVEL", help_heading = "Optimization Options")]
    pub level: Option<String>,
    /// Keep this export, besides those the kind of module needs
    #[arg(long, value_name = "EXPORT", help_heading = "Optimization Options")]
    pub keep: Vec<String>,
    /// Keep the names of functions in the module
    #[arg(long, help_heading = "Optimization Options")]
    pub keep_names: bool,
    /// Which Binaryen: `embedded`, `system` (the `wasm-opt` on the search path), `off`, or the path of one
    /// [default: embedded]
    #[arg(long, value_name = "WHICH", help_heading = "Optimization Options")]
    pub wasm_opt: Option<String>,
    /// Run this exported function now, and have the program begin with what it leaves in memory: an initializer that asks
    /// its host for nothing [without a value: wizer-initialize]
    #[arg(
        long,
        value_name = "FUNCTION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "wizer-initialize",
        help_heading = "Optimization Options"
    )]
    pub snapshot: Option<String>,
    /// End Binaryen after this many seconds, for each way it tries, and do without what it has not finished
    /// [default: 1800]
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, help_heading = "Optimization Options")]
    pub time_limit: Option<Duration>,
}

/// `90`, or `1.5`.
///
/// # Errors
/// When it is no number, or no time.
pub fn parse_seconds(typed: &str) -> Result<Duration, String> {
    let seconds: f64 = typed.parse().map_err(|_| "write a number of seconds, such as 1.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// What the image is like.
#[derive(Debug, Clone, Default, Args)]
pub struct ImageArguments {
    /// Name of the image, `NAME[:TAG]`; more names with more of these [default: the package's or folder's name]
    #[arg(short, long, value_name = "REFERENCE", help_heading = "Image Options")]
    pub tag: Vec<String>,
    /// Shape of the image: `everywhere` (what every runtime takes), `image` (one manifest), `wasm-layer` or `artifact`
    /// (for wkg and wash). Of several, the first has TAG, the others TAG-FORMAT [default: everywhere]
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', help_heading = "Image Options")]
    pub format: Vec<String>,
    /// Platform of an image of one manifest: `wasi/wasm`, `wasip1/wasm`, `linux/amd64` or `linux/arm64`
    /// [default: wasi/wasm]
    #[arg(long, value_name = "OS/ARCH", help_heading = "Image Options")]
    pub platform: Option<String>,
    /// Compression of the layers: `none`, `fast`, `gzip`, `best` (zopfli, for layers up to 64 MiB) or `zstd`
    /// [default: gzip]
    #[arg(long, value_name = "HOW", help_heading = "Image Options")]
    pub compress: Option<String>,
    /// Form of the bill of materials: `spdx`, `cyclonedx` or `none` [default: spdx]
    #[arg(long, value_name = "FORM", help_heading = "Image Options")]
    pub sbom: Option<Sbom>,
    /// Whether it is stated how the image was made [default: true]
    #[arg(long, value_name = "true|false", hide_possible_values = true, help_heading = "Image Options")]
    pub provenance: Option<bool>,
    /// Whether the debug module, names of functions and paths of sources in it, goes wherever the image goes; without it, it is only
    /// beside the layout [default: true]
    #[arg(long, value_name = "true|false", hide_possible_values = true, help_heading = "Image Options")]
    pub debug_module: Option<bool>,
    /// Sign the image, its bill of materials and its provenance by this private key, ECDSA P-256 in PKCS #8 and PEM: a file, or
    /// `env://VARIABLE`
    #[arg(long, value_name = "KEY", help_heading = "Image Options")]
    pub sign: Option<KeySource>,
    #[command(flatten)]
    pub said: ConfigArguments,
}

impl ImageArguments {
    /// None of it.
    pub const NONE: &Self = &Self {
        tag: Vec::new(),
        format: Vec::new(),
        platform: None,
        compress: None,
        sbom: None,
        provenance: None,
        debug_module: None,
        sign: None,
        said: ConfigArguments::NONE,
    };
}

/// What a verb looks at or runs, and how it is built if it is a project.
#[derive(Debug, Clone, Default, Args)]
pub struct TargetArguments {
    /// A project, an OCI layout, an image archive, a `.wasm` file, or the reference of an image in a registry
    /// [default: the project in the current directory]
    pub target: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub source: SourceArguments,
    #[command(flatten)]
    pub optimize: OptimizeArguments,
    #[command(flatten)]
    pub registry: RegistryArguments,
}

impl TargetArguments {
    /// The same for whoever plans a build.
    #[must_use]
    pub fn typed(&self) -> Typed<'_> {
        let Self { target, source, optimize, registry } = self;
        Typed {
            path: target.as_deref(),
            source,
            optimize,
            image: ImageArguments::NONE,
            outputs: &[],
            registry,
            partition: None,
        }
    }
}

impl Typed<'_> {
    /// The first flag that selects something only Cargo packages have.
    #[must_use]
    pub fn cargo_only(&self) -> Option<&'static str> {
        self.source.cargo_only().or(self.partition.map(|_| "--partition"))
    }
}

/// What was typed, by whichever verb.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// The project.
    pub path: Option<&'a Utf8Path>,
    /// How it is built.
    pub source: &'a SourceArguments,
    /// How it is made smaller.
    pub optimize: &'a OptimizeArguments,
    /// What its image is like.
    pub image: &'a ImageArguments,
    /// Further places for the image.
    pub outputs: &'a [Output],
    /// How registries are spoken to: that of the target, if it is in one, and those of the cache.
    pub registry: &'a RegistryArguments,
    /// Which of its images are meant, if not all.
    pub partition: Option<Partition>,
}
