//! What can go wrong with an image, and the way out of it.

use std::io;
use std::path::PathBuf;

use crate::registry::Failure;
use crate::sinks::load;
use crate::{Compression, Digest, Format, Platform};

/// Why an image could not be made, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that should name bytes does not.
    #[error("failed to parse digest `{}`", .text.escape_debug())]
    ParseDigest {
        /// What was given.
        text: String,
    },
    /// A text that should name an image does not.
    #[error("failed to parse reference `{}`: {problem}", .text.escape_debug())]
    ParseReference {
        /// What was given.
        text: String,
        /// Which rule it breaks, and where.
        problem: String,
        /// How to write it instead, if that can be told.
        instead: Option<String>,
    },
    /// A text that should name a compression does not.
    #[error("failed to parse compression `{}`", .typed.escape_debug())]
    UnknownCompression {
        /// What was given.
        typed: String,
    },
    /// A text that should name a format does not.
    #[error("failed to parse format `{}`", .typed.escape_debug())]
    UnknownFormat {
        /// What was given.
        typed: String,
    },
    /// No image should be for this platform.
    #[error("failed to make an image for platform `{}`: {problem}", .typed.escape_debug())]
    Platform {
        /// What was given.
        typed: String,
        /// Why not.
        problem: &'static str,
    },
    /// A text that should say something of an image does not.
    #[error("failed to parse {what} `{}`: {problem}", .text.escape_debug())]
    ParseWord {
        /// What it should say: `port`, `user` and so on.
        what: &'static str,
        /// What was given.
        text: String,
        /// Which rule it breaks.
        problem: String,
        /// How to write it instead, if that can be told.
        instead: Option<String>,
    },
    /// A file has another size than when the layer was planned.
    #[error("failed to pack `{path}`: its size has changed since the build began")]
    FileChanged {
        /// The file.
        path: PathBuf,
    },
    /// A layer cannot be kept where it was to be.
    #[error("failed to write a layer")]
    WriteLayer {
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be part of a layer.
    #[error("failed to pack file `{}`: {problem}", .path.escape_debug())]
    FilePath {
        /// Its path in the image.
        path: String,
        /// Which rule it breaks.
        problem: &'static str,
    },
    /// The parts do not make an image that runs.
    #[error("failed to make image: {problem}")]
    MakeImage {
        /// Which rule they break.
        problem: String,
    },
    /// A destination cannot be written.
    #[error("failed to write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A destination holds something that must not be replaced.
    #[error("failed to write `{path}`: {problem}")]
    Destination {
        /// The file or folder.
        path: PathBuf,
        /// What is there.
        problem: String,
    },
    /// An archive for Docker of what Docker cannot run.
    #[error("failed to write `{path}`: Docker loads images from an archive, and this is none")]
    NotForDocker {
        /// The file.
        path: PathBuf,
    },
    /// An engine on this machine did not take an image.
    #[error(transparent)]
    Load(Box<load::Error>),
    /// The reference names another image than the one to write.
    #[error("failed to write image {digest}: the reference asks for {asked}")]
    OtherDigest {
        /// The image.
        digest: Digest,
        /// The digest in the reference.
        asked: Digest,
    },
    /// A file cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something is not an image at all.
    #[error("`{path}` is not an image: {what}")]
    NotAnImage {
        /// The folder or file.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// An image, but not one that can be read here.
    #[error("failed to open image `{path}`: {problem}")]
    OpenImage {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// An archive that is cut off, or damaged in its tar.
    #[error("failed to open image `{path}`: its tar cannot be read: {problem}")]
    DamagedArchive {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Several images, and nothing says which.
    #[error("failed to open image `{path}`: it holds several images")]
    SeveralImages {
        /// The file or folder.
        path: PathBuf,
        /// Their names.
        names: Vec<String>,
    },
    /// The wanted image is not among those present.
    #[error("failed to open image `{path}`: no image in it is named `{reference}`")]
    NoSuchImage {
        /// The file or folder.
        path: PathBuf,
        /// What was wanted.
        reference: String,
        /// The names that are there.
        names: Vec<String>,
    },
    /// Bytes in an image are missing, damaged or too many.
    #[error("failed to read `{place}` of image `{path}`: {problem}")]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// Which part of it.
        place: String,
        /// What is wrong with that part.
        problem: String,
    },
    /// A registry could not be asked, or did not do it.
    #[error(transparent)]
    Registry(Box<Failure>),
    /// The config names no program.
    #[error("failed to find the module of image `{path}`: it has neither entrypoint nor command")]
    NoEntrypoint {
        /// The file or folder.
        path: PathBuf,
    },
    /// The program that the config names cannot be read.
    #[error("failed to find the module of image `{path}`: entrypoint `{}` {problem}", .entrypoint.escape_debug())]
    NoModule {
        /// The file or folder.
        path: PathBuf,
        /// The path inside the image.
        entrypoint: String,
        /// What is there instead.
        problem: String,
        /// What the image is for.
        platform: Box<Platform>,
        /// The paths of the modules that are in it, without a leading `/`.
        modules: Vec<String>,
    },
}

impl Error {
    /// Why a layer could not be written: what a file to be read has failed with comes through its writer.
    pub(crate) fn of_layer(cause: io::Error) -> Self {
        cause.downcast().unwrap_or_else(|source| Self::WriteLayer { source })
    }

    pub(crate) fn wrong_word(
        what: &'static str,
        text: &str,
        problem: impl Into<String>,
        instead: Option<String>,
    ) -> Self {
        Self::ParseWord { what, text: text.to_owned(), problem: problem.into(), instead }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ParseDigest { .. } => {
                Some("a digest is `sha256:` and 64 lower-case hexadecimal digits".to_owned())
            }
            Self::UnknownCompression { .. } => {
                let names = Compression::ALL.map(|compression| compression.to_string());
                Some(format!("compressions are {}", names.join(", ")))
            }
            Self::UnknownFormat { .. } => {
                Some(format!("formats are {}", Format::ALL.map(|format| format.to_string()).join(", ")))
            }
            Self::Platform { .. } => {
                let known = Platform::EVERYWHERE.map(|platform| platform.to_string()).join(", ");
                Some(format!("platforms are {known}; `--format everywhere` has them all"))
            }
            Self::ParseReference { instead: Some(text), .. }
            | Self::ParseWord { instead: Some(text), .. } => Some(format!("write `{}`", text.escape_debug())),
            Self::ParseReference { .. } => {
                Some("a reference is `[host[:port]/]name[:tag][@sha256:digest]`".to_owned())
            }
            Self::NotForDocker { .. } => {
                Some("use `--format everywhere`, or `type=oci-archive` for this format".to_owned())
            }
            Self::FilePath { .. } => {
                Some("give each file a plain path of its own, such as `/srv/data`".to_owned())
            }
            Self::FileChanged { .. } => Some("build again when nothing writes to it".to_owned()),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some("run it again: what is damaged is then made anew".to_owned())
            }
            Self::Destination { .. } => Some("choose another destination".to_owned()),
            Self::Write { .. } => {
                Some("choose a destination that exists, has room and may be written".to_owned())
            }
            Self::Load(error) => error.hint(),
            Self::OtherDigest { .. } => Some("leave the digest out of the reference".to_owned()),
            Self::Damaged { .. } | Self::DamagedArchive { .. } => {
                Some("build, copy or pull the image again".to_owned())
            }
            Self::NotAnImage { .. } => Some(
                "an image is a folder that `build` writes, such as `target/wasmpack/NAME`, or an archive"
                    .to_owned(),
            ),
            Self::SeveralImages { names, .. } => Some(format!(
                "give a layout or archive that has one of them alone: {}; `build` leaves such a one in `target/wasmpack/NAME`",
                quoted(names)
            )),
            Self::NoSuchImage { names, .. } if !names.is_empty() => {
                Some(format!("choose one of {}", quoted(names)))
            }
            Self::Registry(failure) => failure.hint(),
            Self::NoModule { modules, platform, .. } => others(modules, platform),
            Self::NoEntrypoint { .. } => {
                Some("`run --entrypoint PATH` starts a program of it all the same".to_owned())
            }
            _ => None,
        }
    }
}

/// What an image without the module that was looked for has in its place.
fn others(modules: &[String], platform: &Platform) -> Option<String> {
    if modules.is_empty() {
        return (*platform != Platform::WASI_WASM)
            .then(|| format!("the image is for {platform}, not for {}", Platform::WASI_WASM));
    }
    let paths: Vec<String> = modules.iter().map(|path| format!("`/{}`", path.escape_debug())).collect();
    Some(format!("its modules are {}; `run --entrypoint PATH` starts one", paths.join(", ")))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ")
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Registry(Box::new(failure))
    }
}

impl From<load::Error> for Error {
    /// Boxed, because it holds much, and errors are moved about.
    fn from(error: load::Error) -> Self {
        Self::Load(Box::new(error))
    }
}

/// A text that may quote a stranger's bytes, without what would steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
