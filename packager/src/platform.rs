//! The platform an image runs on. The only file that spells platforms.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use oci_spec::image::PlatformBuilder;

use crate::Error;

/// Operating system and architecture, as the image config and the index spell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// The operating system, such as `wasi`.
    pub os: Cow<'static, str>,
    /// The architecture, such as `wasm`.
    pub architecture: Cow<'static, str>,
}

impl Platform {
    /// `wasi/wasm`: the one spelling that podman maps to a wasm runtime by itself, and that runwasi and
    /// Docker take as well.
    pub const WASI_WASM: Self = Self::of("wasi", "wasm");

    /// `wasip1/wasm`: what the OCI image specification says today, and podman does not know.
    pub const WASIP1_WASM: Self = Self::of("wasip1", "wasm");

    /// `wasip2/wasm`, for components in artifacts.
    pub(crate) const WASIP2_WASM: Self = Self::of("wasip2", "wasm");

    /// What an index has to offer so that every consumer finds itself in it: those that know of wasm by either name,
    /// and those that look for their own machine, as Docker's classic store, podman and the kubelet do.
    pub const EVERYWHERE: [Self; 4] =
        [Self::WASI_WASM, Self::WASIP1_WASM, Self::of("linux", "amd64"), Self::of("linux", "arm64")];

    /// The one of these that Docker's classic store is told of, which refuses `wasi`.
    pub(crate) const DOCKER_CLASSIC: Self = Self::of("linux", "amd64");

    const fn of(os: &'static str, architecture: &'static str) -> Self {
        Self { os: Cow::Borrowed(os), architecture: Cow::Borrowed(architecture) }
    }

    /// A platform from the two words of a document.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self { os: Cow::Owned(os.into()), architecture: Cow::Owned(architecture.into()) }
    }

    /// Whether no runtime finds itself there: so `BuildKit` marks what it says of images. Who judges an image and who starts it have to
    /// pass over the same.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        [&*self.os, &*self.architecture] == ["unknown", "unknown"]
    }

    /// As a descriptor spells it.
    pub(crate) fn to_oci(&self) -> oci_spec::image::Platform {
        let platform = PlatformBuilder::default().os(&*self.os).architecture(&*self.architecture).build();
        platform.expect("every required part is given")
    }

    /// Whether it says that this is wasm, as one who looks for the own machine would not think.
    #[must_use]
    pub fn is_wasm(&self) -> bool {
        matches!(&*self.architecture, "wasm" | "wasm32")
    }

    /// Whether machines that run containers call themselves so; wasm is not one.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.is_linux() && !self.is_wasm()
    }

    /// Whether it is for Linux, on whatever processor.
    #[must_use]
    pub fn is_linux(&self) -> bool {
        self.os == "linux"
    }

    /// How well an image of this platform suits this tool, lower is better: ours, any other spelling of wasm,
    /// anything else.
    pub(crate) fn distance(&self) -> u8 {
        match self {
            ours if *ours == Self::WASI_WASM => 0,
            wasm if wasm.is_wasm() => 1,
            _ => 2,
        }
    }

    /// Why no image should be for this platform.
    fn problem(&self) -> Option<&'static str> {
        match (&*self.os, &*self.architecture) {
            (_, "wasm32" | "wasm64") => {
                Some("podman and Docker compare the architecture letter by letter, and look for `wasm`")
            }
            ("linux", "wasm") => Some(
                "no machine calls itself that, so Docker, podman and the kubelet do not find it in an index",
            ),
            ("wasip2" | "wasip3", _) => {
                Some("it is a platform of artifacts only; runtimes take a component as `wasi/wasm`")
            }
            _ if !Self::EVERYWHERE.contains(self) => {
                Some("no runtime is known to run wasm from an image for it")
            }
            _ => None,
        }
    }
}

/// `os/architecture`, as `--platform` options take it.
impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}

/// Only what is known to work.
impl FromStr for Platform {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        let refuse = |problem| Error::Platform { typed: typed.to_owned(), problem };
        let (os, architecture) = typed.split_once('/').ok_or(refuse("it is not `os/architecture`"))?;
        let platform = Self::new(os, architecture);
        platform.problem().map_or(Ok(platform), |problem| Err(refuse(problem)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_work_is_taken() {
        for platform in Platform::EVERYWHERE {
            assert_eq!(platform.to_string().parse::<Platform>().unwrap(), platform);
        }
        for (typed, reason) in [
            ("wasi/wasm32", "letter by letter"),
            ("linux/wasm", "no machine"),
            ("wasip2/wasm", "artifacts only"),
            ("windows/amd64", "no runtime"),
            ("wasi", "os/architecture"),
        ] {
            let error = typed.parse::<Platform>().unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.hint().unwrap().contains("wasi/wasm, wasip1/wasm"));
        }
    }
}
