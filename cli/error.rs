//! Everything that can end a command: the libraries' errors and the command line's own.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::{Format, Reference};

use crate::budget::Overrun;
use crate::init_error::InitError;
use crate::merge_error::MergeError;
use crate::migrate::error::MigrateError;
use crate::refused::Refused;
use crate::size::Size;

/// Why a command ended without its result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Build(#[from] wasmpack_builder::Error),
    #[error("failed to optimize `{name}`")]
    Optimize { name: String, source: wasmpack_optimizer::Error },
    #[error(transparent)]
    Image(#[from] wasmpack_packager::Error),
    #[error(transparent)]
    Signature(#[from] wasmpack_packager::signature::Error),
    #[error("failed to read key `{key}`")]
    Key { key: String, source: wasmpack_packager::signature::KeyError },
    #[error("failed to read key `env://{name}`: the variable is not set")]
    NoKeyVariable { name: String },
    #[error("failed to sign `{path}`: archives hold no signatures")]
    SignArchive { path: String },
    #[error("there is no image to {deed} in `{path}`")]
    NoImage { deed: &'static str, path: String },
    #[error("`{name}` is a module, and only images are signed")]
    UnsignedModule { name: String },
    #[error("failed to read module `{name}`")]
    Inspect { name: String, source: wasmpack_optimizer::Error },
    #[error("failed to run `{name}`")]
    Run { name: String, source: wasmpack_runner::Error },
    #[error("failed to watch {}", place.as_ref().map_or("for changes".to_owned(), |place| format!("`{place}`")))]
    Watch { place: Option<Utf8PathBuf>, source: notify_debouncer_mini::notify::Error },
    #[error("failed to watch `{reference}`: it is in a registry")]
    NothingToWatch { reference: Reference },
    #[error("failed to prepare `{name}`")]
    Snapshot { name: String, source: wasmpack_runner::Error },
    #[error("`{name}` trapped: {}{}", .trap.message, indented(&.trap.backtrace))]
    Trapped { name: String, trap: wasmpack_runner::Trap },
    #[error("failed to start another program of `{name}`: it is a module, and the only one")]
    OneProgram { name: String },
    #[error("failed to give `{name}` a folder as `{guest}`: the files of the image are there")]
    FilesHidden { name: String, guest: String },
    #[error("`{name}` did not end in time")]
    TimedOut { name: String },
    #[error("`{name}` was stopped: {reason}")]
    Stopped { name: String, reason: String, limit: &'static str },
    #[error("`{name}` does something else after optimization: {}", .differences.join("\n    "))]
    Different { name: String, differences: Vec<String> },
    #[error("`{name}` does something else each time it is run: {difference}")]
    Unsteady { name: String, difference: String },
    #[error("failed to compare `{name}`: an image has its module after optimization only")]
    NothingBefore { name: String },
    #[error(transparent)]
    Binaryen(wasmpack_optimizer::Error),
    #[error(transparent)]
    Level(wasmpack_optimizer::Error),
    #[error("failed to ask Binaryen for its version")]
    Engine(#[source] wasmpack_optimizer::Error),
    #[error("failed to find `wasm-opt` on the search path")]
    NoWasmOpt,
    #[error("failed to run with `{flag}` in {engine}: {reason}")]
    NotInEngine { flag: &'static str, engine: String, reason: String },
    #[error("failed to run `{name}` in {engine}")]
    InEngine { name: String, engine: String, source: std::io::Error },

    #[error("failed to pack `{path}`")]
    PackFile { path: Utf8PathBuf, source: std::io::Error },
    #[error("failed to pack {one} and {other}: both would be `{place}` in the image")]
    OnePlaceForTwo { place: String, one: String, other: String },
    #[error("failed to pack {one} and {other}: `{place}` would be a file and a folder in the image")]
    FileAndFolder { place: String, one: String, other: String },
    #[error("failed to pack `{from}`: its place in the image, `{to}`, is not an absolute path")]
    RelativePlace { from: String, to: String },
    #[error("failed to pack `{from}`: its path cannot be its place in the image")]
    NoPlace { from: String },
    #[error("failed to pack `{pattern}`: nothing in `{folder}` matches it")]
    NothingMatches { pattern: String, folder: Utf8PathBuf },
    #[error("failed to pack `{pattern}`: it is no pattern: {problem}")]
    FilePattern { pattern: String, problem: &'static str },
    #[error("failed to pack `{path}`: it is {}outside the project in `{}`", elsewhere(path, real), .root.display())]
    OutsideProject { path: Utf8PathBuf, real: PathBuf, root: PathBuf },
    #[error("failed to pack `{path}`: it is {what}")]
    NotAFile { path: Utf8PathBuf, what: &'static str },
    #[error("failed to pack `{path}`: by a link it is `{}` again, and so without end", .real.display())]
    EndlessLink { path: Utf8PathBuf, real: PathBuf },
    #[error("failed to pack `{path}`: with its {}, the files of the image have more than {}", Size(*.bytes), Size(*.limit))]
    TooManyBytes { path: Utf8PathBuf, bytes: u64, limit: u64 },
    #[error("failed to find `{name}`, which is to go into the image of another program")]
    NoSuchProgram { name: String, names: Vec<String> },
    #[error("failed to make an image: each of `{names}` is to go into the image of another program")]
    NothingStarts { names: String },

    #[error("failed to open the image `{name}` in `{layout}`: another build has put its own in its place")]
    Replaced { layout: Utf8PathBuf, name: String },

    #[error("failed to resolve `{text}` at {place}")]
    Resolve { text: String, place: String, source: Box<Self> },
    #[error("there is no path behind `wasmpack://`")]
    NoPath,
    #[error("failed to parse {place}: {problem}")]
    ParseDocument { place: String, problem: String },
    #[error("there is no `.yaml`, `.yml` or `.json` file in `{folder}`")]
    NoDocuments { folder: Utf8PathBuf },
    #[error("{differences}")]
    NotReproducible { differences: String, suspect: &'static str },
    #[error("failed to build the copy of `{root}`{}", .code.map_or(String::new(), |code| format!(": exit code {code}")))]
    Again { root: Utf8PathBuf, code: Option<i32> },

    #[error(transparent)]
    Init(#[from] InitError),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("failed to find the current directory")]
    CurrentDir(#[source] std::io::Error),
    #[error("failed to find our own executable")]
    OwnExecutable(#[source] std::io::Error),
    #[error("path `{}` is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    #[error("failed to read `{path}`")]
    ReadFile { path: Utf8PathBuf, source: std::io::Error },
    #[error("failed to write `{path}`")]
    WriteFile { path: Utf8PathBuf, source: std::io::Error },
    #[error("failed to compare the files of two runs")]
    CompareFiles(#[source] std::io::Error),
    #[error("failed to write temporary files")]
    Scratch(#[source] std::io::Error),
    #[error("failed to write a page to `{path}`: what is there is no page")]
    NotAPage { path: Utf8PathBuf },
    #[error("failed to copy `{}` for a run", .path.display())]
    Copy { path: PathBuf, source: std::io::Error },
    #[error("failed to copy `{}`, to build it again", .path.display())]
    CopySource { path: PathBuf, source: std::io::Error },
    #[error("failed to write a module to a terminal")]
    ModuleToTerminal,
    #[error("failed to print JSON: the module goes to stdout")]
    ModuleAndJson,
    #[error("failed to read stdin")]
    ReadInput(#[source] std::io::Error),
    #[error("debug module `{path}` belongs to another build of this image")]
    OtherDebugModule { path: Utf8PathBuf },
    #[error("failed to write to stdout")]
    WriteResult(#[source] std::io::Error),

    #[error("`SOURCE_DATE_EPOCH` is `{text}`, which is not a time in whole seconds since 1970")]
    SourceDateEpoch { text: String },
    #[error("`{name}` cannot be used: {problem}")]
    CacheVariable { name: &'static str, problem: String },
    #[error("failed to parse configuration `{path}`")]
    ParseConfig { path: Utf8PathBuf, source: Box<toml::de::Error> },
    #[error("the value of `{key}` in {place} cannot be used")]
    ConfigValue { key: String, place: String, source: serde_json::Error },
    #[error("`{flag}` is for Cargo packages, and `{dir}` is none")]
    CargoFlag { flag: &'static str, dir: Utf8PathBuf },
    #[error("both `{path}` and `--manifest-path {manifest}` were given")]
    TwoProjects { path: Utf8PathBuf, manifest: Utf8PathBuf },
    #[error(
        "failed to use {place}: it asks for version {wanted} of cargo wasmpack, and this is {}",
        crate::minimum_version::OWN
    )]
    NewerTool { place: String, wanted: String },
    #[error("unknown key `{key}` in {place}")]
    UnknownKey { key: String, place: String, nearest: Option<String>, known: String },
    #[error("`{key}` cannot be said in `{path}`")]
    KeyOfProjects { key: String, path: Utf8PathBuf },
    #[error("unknown package `{package}`")]
    UnknownPackage { package: String, known: String },
    #[error("unknown verb `{verb}`")]
    UnknownVerb { verb: String, known: String },
    #[error("failed to find help for `{word}`: it is no verb, no topic and no code of an error")]
    UnknownTopic { word: String, nearest: Option<String> },
    #[error("failed to {deed} `{reference}`: it names no registry, or a place in Docker's that is nobody's")]
    NoRegistry { deed: &'static str, reference: String },
    #[error("failed to push `{reference}` to itself: it names what is in a registry, and nothing is built")]
    ToItself { reference: Reference },
    #[error("failed to say what was pushed as `{name}`: it is {what}, which nobody pushes")]
    NeverPushed { name: String, what: &'static str },
    #[error("failed to send an image of `{path}`: it has no name")]
    NoName { path: PathBuf },
    #[error("failed to push an image of `{}`: it has several names in registries", .path.display())]
    SeveralNames { path: PathBuf, names: Vec<String> },
    #[error("failed to read `{path}`")]
    NoTarget { path: Utf8PathBuf, word: String, source: std::io::Error },
    #[error("failed to log in: `{missing}` is not set")]
    HalfCredentials { missing: &'static str },
    #[error("failed to read the password from stdin")]
    ReadPassword(#[source] std::io::Error),
    #[error("failed to read the password from stdin: its first line is empty")]
    NoPassword,
    #[error("failed to log in to `{asked}`: the name and password that were typed are for `{registry}`")]
    TypedForOther { registry: String, asked: String },
    #[error("failed to read credentials in `{path}`: {problem}")]
    CredentialsFile { path: Utf8PathBuf, problem: String },
    #[error("failed to read credentials for `{registry}` in `{path}`: {problem}")]
    Credentials { path: Utf8PathBuf, registry: String, problem: String },
    #[error("failed to find a folder for images that are fetched")]
    NoCacheFolder,
    #[error("`{path}` is neither a project, an image nor a module")]
    NotATarget { path: Utf8PathBuf },
    #[error("`{path}` holds several programs: `{names}`")]
    SeveralPrograms { path: Utf8PathBuf, names: String },
    #[error("several images would be called `{name}`")]
    OneNameForSeveral { name: String },
    #[error("failed to make images `{one}` and `{other}`: both would be in `{layout}`")]
    OneLayoutForTwo { layout: Utf8PathBuf, one: String, other: String },
    #[error("failed to make an image for platform `{platform}`: format `{format}` is for no single one")]
    NoPlatform { platform: String, format: Format },
    #[error("failed to put files into an image of format `{format}`: it holds the module alone")]
    NoFiles { format: Format },
    #[error("failed to make an image with `{flag}`: format `{format}` has no place for it")]
    NoConfig { flag: &'static str, format: Format },
    #[error("failed to write `{dest}`: no image of format `{format}` is made")]
    NotMade { dest: Utf8PathBuf, format: Format },
    #[error("failed to write several images to one archive, `{dest}`")]
    OneArchiveForSeveral { dest: Utf8PathBuf },
    #[error("failed to print `{name}` as text: {reason}")]
    Print { name: String, reason: String },
    #[error("`{path}` is damaged in {}", plural(*.count, "place"))]
    Damaged { path: Utf8PathBuf, count: usize },
    #[error("{told}")]
    Unfit { told: String, way_out: Option<String> },
    #[error("unknown consumer `{typed}`")]
    UnknownConsumer { typed: String, nearest: Option<String>, known: String },
    #[error("`{old}` and `{new}` differ")]
    NotTheSame { old: String, new: String },
    #[error("{}", lines(.0))]
    OverBudget(Vec<Overrun>),
    #[error("{}", lines(.0))]
    Refused(Vec<Refused>),
    #[error("there is no policy to check `{name}` against")]
    NoPolicy { name: String },
    #[error("failed to find `{name}` as the toolchain left it")]
    NotLinked { name: String },
    #[error("failed to run `{command}`")]
    Install { command: String, source: std::io::Error },
    #[error("{} of the toolchain {} missing", plural(*.count, "part"), if *.count == 1 { "is" } else { "are" })]
    ToolchainParts { count: usize, way_out: Option<&'static str> },
}

impl Error {
    /// The file that is wrong, where it is one of the user's.
    #[must_use]
    pub fn file(&self) -> Option<&Utf8Path> {
        match self {
            Self::ParseConfig { path, .. } | Self::KeyOfProjects { path, .. } => Some(path),
            Self::ConfigValue { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::NewerTool { place, .. } => Some(Utf8Path::new(place)).filter(|path| path.is_absolute()),
            _ => None,
        }
    }

    /// The way out, when there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Build(error) => error.hint(),
            Self::Optimize { source, .. } => source.hint(),
            Self::Image(error) => error.hint(),
            Self::Signature(error) => error.hint().map(Into::into),
            Self::Key { source, .. } => source.hint().map(Into::into),
            Self::NoKeyVariable { .. } => Some("set it to the text of the key, or name a file".into()),
            Self::SignArchive { .. } => {
                Some("sign the layout that the build has written: `cargo wasmpack sign PROJECT --key KEY`".into())
            }
            Self::Watch { .. } => Some(
                "look whether the system has a limit of watches, such as `fs.inotify.max_user_watches`".into(),
            ),
            Self::NothingToWatch { .. } => Some("`--watch` is for what is on this machine".into()),
            Self::UnsignedModule { .. } => Some("run its image, or leave `--verify-key` out".into()),
            Self::Inspect { source, .. } | Self::Level(source) => source.hint(),
            Self::NoWasmOpt | Self::Engine(_) => {
                Some("install Binaryen 116 or a newer one, or use the one that is built in: `--wasm-opt embedded`".into())
            }
            Self::Run { source, .. } | Self::Snapshot { source, .. } => source.hint(),
            Self::Trapped { trap, .. } => trap.hint.clone(),
            Self::FilesHidden { .. } => {
                Some("show it below another path, as in `--dir HOST::/data`, and tell the program that path".into())
            }
            Self::TimedOut { .. } => Some("give it more with `--timeout SECONDS`".into()),
            Self::Stopped { limit, .. } => Some(format!("give it more with `--limit {limit}`")),
            Self::Different { .. } => {
                Some("this is a bug of the optimizer, please report it; `--level 0` leaves the code as it is".into())
            }
            Self::Unsteady { .. } => Some("compare it with arguments and input that make it steady".into()),
            Self::NotInEngine { .. } => {
                Some("leave it out, or run it in the Wasmtime that is built in, without `--engine`".into())
            }
            Self::NothingBefore { .. } => {
                Some("compare the project it is built from, or its module: `run --compare FILE.wasm`".into())
            }
            Self::CacheVariable { .. } => {
                Some("a cache is a repository of a registry, such as `ghcr.io/acme/cache`; several have `,` between".into())
            }
            Self::SourceDateEpoch { .. } => {
                Some("unset it, or set it to what `git log -1 --format=%ct` prints".into())
            }
            Self::Resolve { source, text, .. } => match &**source {
                Self::SeveralPrograms { .. } => Some(format!("choose one: `{text}#NAME`")),
                source => source.hint(),
            },
            Self::NoPath => Some("write `wasmpack://.` for the project in the current directory".into()),
            Self::ParseDocument { problem, .. } => Some(unparsed(problem).into()),
            Self::NoDocuments { .. } => Some("`--recursive` looks into the folders of a folder".into()),
            Self::NotReproducible { suspect, .. } => Some((*suspect).into()),
            Self::Again { .. } => {
                Some("what the project needs outside of that folder is not in the copy".into())
            }
            Self::OnePlaceForTwo { .. } | Self::FileAndFolder { .. } => {
                Some("give one of them another place with `to`".into())
            }
            Self::PackFile { path, source } => Some(unread(path.is_symlink(), source.kind()).into()),
            Self::FilePattern { .. } => {
                Some("`[` begins a set of characters, as in `[a-z]`; `[[]` is the bracket itself".into())
            }
            Self::RelativePlace { to, .. } => Some(format!("write `to = \"{}\"`", absolute(to))),
            Self::NoPlace { .. } => Some("say where it goes with `to`".into()),
            Self::NothingMatches { .. } => {
                Some("`*` stands for a part of a name, `**` for any folders; paths start in that folder".into())
            }
            Self::OutsideProject { .. } => Some("copy it into the project".into()),
            Self::NotAFile { .. } => Some("name the files beside it, or a pattern such as `data/*.txt`".into()),
            Self::EndlessLink { .. } => Some("remove the link, or name what is beside it".into()),
            Self::TooManyBytes { .. } => Some("give it to the program in a volume when the image is run".into()),
            Self::NotUtf8(_) => Some("give it a name in UTF-8".into()),
            Self::NoSuchProgram { names, .. } => Some(format!("what was built is `{}`", names.join("`, `"))),
            Self::Replaced { .. } => Some(
                "give builds that differ and run at once names of their own with `--tag`, or a `--target-dir` each".into(),
            ),
            Self::NothingStarts { .. } => Some("leave the one that is started out of `with`, or name it with `--bin`".into()),
            Self::UnknownTopic { nearest: None, .. } => {
                Some("`cargo wasmpack help` lists verbs and topics, `cargo wasmpack help errors` the codes".into())
            }
            Self::UnknownKey { nearest: Some(nearest), .. }
            | Self::UnknownTopic { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownConsumer { nearest: Some(nearest), known, .. } => {
                Some(format!("did you mean `{nearest}`? there are `{known}`, and groups of them, such as `kubernetes`"))
            }
            Self::UnknownConsumer { known, .. } => {
                Some(format!("there are `{known}`, and groups of them, such as `kubernetes`"))
            }
            Self::Unfit { way_out, .. } => way_out.clone(),
            Self::NoName { .. } => Some("give it one: `push` takes it after the image, `load` as `--tag NAME`".into()),
            Self::SeveralNames { names, .. } => {
                Some(format!("name where it goes, behind it: `{}`", names.join("`, `")))
            }
            Self::NoTarget { word, .. } => {
                Some(format!("what is for the program stands behind `--`: `cargo wasmpack run -- {word}`"))
            }
            Self::UnknownKey { known, .. }
            | Self::UnknownVerb { known, .. }
            | Self::UnknownPackage { known, .. } => Some(format!("there are `{known}`")),
            Self::NoRegistry { .. } => {
                Some("give its whole name, such as `ghcr.io/acme/app:v1`, or set `WASMPACK_REPO=ghcr.io/acme`".into())
            }
            Self::ToItself { reference } => Some(format!(
                "to push the project in this folder: `cargo wasmpack push . {reference}`; to give the image another name, add that"
            )),
            Self::NewerTool { .. } => Some("install a newer one: `cargo install --locked cargo-wasmpack`".into()),
            Self::NeverPushed { .. } => Some("name a project; or say what to compare with: `--diff OLD`".into()),
            Self::HalfCredentials { .. } => Some("both are needed: a name and a password".into()),
            Self::NoPassword => Some("pipe it in: `echo \"$TOKEN\" | cargo wasmpack push … --password-stdin`".into()),
            Self::TypedForOther { .. } => {
                Some("log in to the other one before, with `docker login` or `podman login`, or name one registry at a time".into())
            }
            Self::CredentialsFile { .. } | Self::Credentials { .. } => {
                Some("log in again with `docker login` or `podman login`, or give `--username` and `--password-stdin`".into())
            }
            Self::KeyOfProjects { .. } => Some(
                "an image is the same whoever builds it: say it in `wasmpack.toml` beside the sources".into(),
            ),
            Self::NoCacheFolder => Some("set `WASMPACK_CACHE_DIR`".into()),
            Self::NotATarget { .. } => Some(
                "give a folder with a Cargo.toml or C or C++ sources, an OCI layout, an image archive, a .wasm file or a \
                 reference such as `ghcr.io/acme/app:v1`"
                    .into(),
            ),
            Self::Damaged { .. } => Some("build, copy or pull the image again".into()),
            Self::Print { .. } => Some("build or copy the file again: it is damaged or cut short".into()),
            Self::ModuleAndJson => Some("name a file with `-o FILE`".into()),
            Self::ModuleToTerminal => Some("name a file with `-o FILE`, or let another program read it".into()),
            Self::WriteFile { .. } => Some("choose a place that is there, has room and may be written".into()),
            Self::Scratch(_) => Some("make room there, or name another folder with `TMPDIR`".into()),
            Self::NotAPage { .. } => Some("name a file for the page: `--html map.html`".into()),
            Self::OtherDebugModule { .. } => Some("build the image again from the same sources".into()),
            Self::CargoFlag { .. } => Some("leave it out; `--bin NAME` names a program of any project".into()),
            Self::TwoProjects { .. } => Some("give one of the two".into()),
            Self::SeveralPrograms { .. } => Some("choose one with `--bin NAME`".into()),
            Self::OneNameForSeveral { .. } => Some("build them one at a time, with `-p PACKAGE` or `--bin NAME`".into()),
            Self::OneLayoutForTwo { .. } => {
                Some("let their names end in different words, or build each by itself, with a `--target-dir` of its own".into())
            }
            Self::NoPlatform { .. } => Some("choose `--format image`".into()),
            Self::NoConfig { .. } => {
                Some("leave it out: whoever runs the module says it; or choose `--format everywhere`".into())
            }
            Self::NoFiles { .. } => Some("choose `--format everywhere` or `image`, or leave `files` out".into()),
            Self::NotMade { format, .. } => Some(format!("add it to the others: `--format everywhere,{format}`")),
            Self::OneArchiveForSeveral { .. } => {
                Some("choose one with `--bin NAME`, or write a layout: `type=oci-layout,dest=FOLDER`".into())
            }
            Self::OverBudget(_) => {
                Some("`cargo wasmpack size` tells what the bytes are; `[budget]` says how many there may be".into())
            }
            Self::Refused(refused) => refused.iter().find_map(Refused::hint),
            Self::NoPolicy { .. } => {
                Some("say what it may ask for: `--allow LIST`, `--deny LIST`, or `[policy]` in the project's configuration".into())
            }
            Self::NotLinked { .. } => Some("`--linked` is for projects, which are built first".into()),
            Self::Init(error) => error.hint().map(Into::into),
            Self::Migrate(error) => error.hint(),
            Self::Merge(error) => Some(error.hint().into()),
            Self::ToolchainParts { way_out, .. } => way_out.map(Into::into),
            _ => None,
        }
    }

    /// Whether the tool that failed has said so itself.
    #[must_use]
    pub fn is_already_told(&self) -> bool {
        matches!(self, Self::Build(error) if error.is_already_told())
    }
}

/// The way out of what is no document here. kubectl's parser is of an older YAML, and takes more.
fn unparsed(problem: &str) -> &'static str {
    if problem.starts_with("invalid indentation") {
        "indent a closing bracket, or a text that goes on, deeper than its key"
    } else {
        "give YAML or JSON; a template has to be rendered first"
    }
}

/// What to do about a file, or a link to one, that cannot be read.
fn unread(is_link: bool, kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "let this user read it, or leave it out",
        _ if is_link => "remove the link, or mend what it points to",
        ErrorKind::NotFound => {
            "`from` begins in the folder of the configuration; that of `--file`, in the current directory"
        }
        _ => "mend it, or leave it out",
    }
}

/// Where a path leads to, if that is another place.
fn elsewhere(path: &Utf8Path, real: &Path) -> String {
    if path == real { String::new() } else { format!("`{}`, ", real.display()) }
}

/// A path as it would be in an image, without what no such path may have.
fn absolute(to: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in to.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn lines(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("\n    {}", line.trim())).collect()
}
