//! What can go wrong between us and a registry, and the way out of it.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::error::printable;

/// A request that failed: what was to be done, where, by which request, and why not.
#[derive(Debug, thiserror::Error)]
#[error("failed to {deed} `{repository}`: {cause}{request}{tries}")]
pub struct Failure {
    deed: &'static str,
    repository: String,
    request: Shown,
    tries: Tries,
    cause: Box<Cause>,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// Nobody answers, or not to the end.
    #[error("{problem}")]
    Unreachable {
        /// What the system said.
        problem: String,
        /// Whether it may be another time.
        passing: bool,
    },
    /// There is no trust.
    #[error("its certificate is refused: {problem}")]
    Certificate {
        /// What is wrong.
        problem: String,
        /// In one word.
        kind: Distrust,
    },
    /// A proxy in between does not let us through.
    #[error("the proxy does not connect: {problem}")]
    Proxy {
        /// What it said.
        problem: String,
    },
    /// The registry does not know who asks.
    #[error("{}: {said}", if *.anonymous { "it wants to know who asks" } else { "it does not take these credentials" })]
    Unauthorized {
        /// Whether no credentials were given.
        anonymous: bool,
        /// What it said.
        said: String,
    },
    /// The registry says no.
    #[error("it answers {said}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// The first code of the OCI distribution specification in it, such as `NAME_UNKNOWN`.
        code: Option<String>,
        /// Status, codes and messages.
        said: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer is not what a registry says.
    #[error("{problem}")]
    Strange {
        /// What is there instead.
        problem: String,
    },
    /// The answer would lead us where we do not go.
    #[error("it sends us where we do not go: {problem}")]
    Unsafe {
        /// Which rule it breaks.
        problem: String,
    },
    /// What was received is not what was named, or not what is taken.
    #[error("{what} is refused: {problem}")]
    Content {
        /// Which part.
        what: String,
        /// What is wrong.
        problem: String,
    },
    /// It was busy for too long.
    #[error("it asks to be left alone for {} s more, and {} s in all is what we wait; it answers {said}", .asked.as_secs(), .patience.as_secs())]
    Busy {
        /// How much longer.
        asked: Duration,
        /// How long we wait in all.
        patience: Duration,
        /// What it said.
        said: String,
    },
    /// Others write the same document all the time.
    #[error("others changed {what} each time we did")]
    Contended {
        /// Which document.
        what: String,
    },
    /// It keeps no list of what refers to an image, and there is no place for one.
    #[error(
        "there is no place for the list of what refers to the image, which would be under the tag `{tag}`: {problem}"
    )]
    Unlisted {
        /// Where it would be.
        tag: String,
        /// What is there.
        problem: String,
    },
    /// A file of ours cannot be read.
    #[error("failed to read {what}: {source}")]
    Local {
        /// Which file.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// Nobody we trust has signed it.
    Authority,
    /// It is not valid at this time.
    Time,
    /// It is for another host.
    Name,
    /// It is an authority's own, shown as a server's.
    Root,
    /// There is none: the other side does not speak TLS.
    NoTls,
    /// Anything else.
    Other,
}

impl Failure {
    pub(super) fn new(repository: &str, cause: Cause) -> Self {
        let repository = repository.to_owned();
        Self { deed: "reach", repository, request: Shown(None), tries: Tries(1), cause: Box::new(cause) }
    }

    /// The same of this request, unless another is known already.
    pub(super) fn of(mut self, request: impl Into<String>) -> Self {
        self.request.0.get_or_insert(request.into());
        self
    }

    /// The same while doing this.
    pub(super) fn during(mut self, deed: &'static str) -> Self {
        self.deed = deed;
        self
    }

    /// The same after so many tries.
    pub(super) fn after(mut self, tries: u32) -> Self {
        self.tries = Tries(tries);
        self
    }

    /// The same for another cause.
    pub(super) fn because(mut self, cause: Cause) -> Self {
        self.cause = Box::new(cause);
        self
    }

    /// Why.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether it is about who asks, not about what was asked.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        matches!(*self.cause, Cause::Unauthorized { .. } | Cause::Refused { status: 401 | 403, .. })
    }

    /// Whether the registry says that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the registry answers, and says no to just this: to who asks, or to what was asked.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        let is_final = |status: u16| matches!(status, 400..=499) && !matches!(status, 408 | 429);
        matches!(*self.cause, Cause::Unauthorized { .. }) || self.status().is_some_and(is_final)
    }

    /// The status of the answer, if there is one.
    pub(super) fn status(&self) -> Option<u16> {
        match *self.cause {
            Cause::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let host = self.repository.split('/').next().unwrap_or_default();
        match &*self.cause {
            Cause::Unauthorized { anonymous: true, .. } => Some(format!(
                "log in with `docker login {host}` or `podman login {host}`, or give `--username` and `--password-stdin`"
            )),
            Cause::Unauthorized { .. } => Some(format!(
                "log in again with `docker login {host}` or `podman login {host}`; tokens expire"
            )),
            Cause::Refused { status, code, said, .. } => refused(self.deed, *status, code.as_deref(), said),
            Cause::Certificate { kind, .. } => Some(distrusted(*kind).to_owned()),
            Cause::Proxy { .. } => Some("look at `HTTPS_PROXY`, `http_proxy` and `NO_PROXY`".to_owned()),
            Cause::Unreachable { .. } => {
                Some(format!("look whether `{host}` is a registry and can be reached from here"))
            }
            Cause::Strange { .. } => Some(format!(
                "look whether `{host}` is a registry, and whether a proxy or a login page answers in its place"
            )),
            Cause::Busy { .. } => {
                Some("try again later; a user who is logged in is often granted more".to_owned())
            }
            Cause::Unlisted { .. } => Some(
                "the registry is too old for what refers to images; build without: `--sbom none --provenance false --debug-module false`"
                    .to_owned(),
            ),
            Cause::Contended { .. } => Some("run the same command again".to_owned()),
            Cause::Unsafe { .. } => Some("tell whoever runs the registry; nothing was sent there".to_owned()),
            Cause::Content { .. } => {
                Some("the image in the registry is damaged or made by a stranger: push it again".to_owned())
            }
            Cause::Local { .. } => None,
        }
    }
}

/// The way out of what a registry says no to.
fn refused(deed: &str, status: u16, code: Option<&str>, said: &str) -> Option<String> {
    let said = said.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let is_full = status == 507 || says(&["no space left", "disk full", "insufficient storage"]);
    let hint = match (status, code) {
        _ if is_full => "the disk of the registry is full: make room there, or ask whoever runs it",
        _ if says(&["quota"]) => {
            "the quota of the repository is used up: delete old images there, or have it raised"
        }
        _ if says(&["immutable", "already exists"]) || code == Some("TAG_INVALID") && status != 400 => {
            "the tag may not be moved there: choose another one"
        }
        (405, _) | (_, Some("UNSUPPORTED")) if deed.starts_with("push") => {
            "the registry does not take images: it may be read-only or a mirror"
        }
        _ if says(&["read-only", "read only", "readonly"]) => {
            "the registry does not take images: it may be read-only or a mirror"
        }
        (401, None | Some("UNAUTHORIZED")) => {
            "the registry sent us on to somebody who wants to know who asks, and is not told"
        }
        (403, _) | (_, Some("DENIED")) => {
            "whoever asks now has no right to that: log in as somebody who has, or ask for it"
        }
        (404, Some("NAME_UNKNOWN")) => {
            "there is no such repository: look at its name, or make it first where the registry demands it"
        }
        (404, _) => "look at the name and the tag; `cargo wasmpack tags` lists what is there",
        (413, _) => "the registry, or a proxy before it, takes no layer as large as this",
        (429, _) => "try again later; a user who is logged in is often granted more",
        (500.., _) => "the registry is in trouble: try again later, or ask whoever runs it",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn distrusted(kind: Distrust) -> &'static str {
    match kind {
        Distrust::Authority => {
            "if the registry has an authority of its own, name its certificate with `--ca-file`"
        }
        Distrust::Time => {
            "look at the clock of this machine; if it is right, the registry needs a new certificate"
        }
        Distrust::Name => "use the name that the certificate is for",
        Distrust::Root => {
            "give the registry a certificate that this authority has signed, or one that says `CA:FALSE` of itself"
        }
        Distrust::NoTls => "if it is meant to speak http without TLS, say `--plain-http`",
        Distrust::Other => "look at the certificates with `openssl s_client -connect HOST:PORT`",
    }
}

impl Cause {
    /// Whether the same may go well another time.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { passing, .. } => *passing,
            // What we send has the digest that we say, and names what is there. Debian's `docker-registry` says this while
            // another client writes the same, and others for as long as what was sent is not yet everywhere.
            Self::Refused { status: 400 | 404, code: Some(code), .. } => {
                matches!(&**code, "DIGEST_INVALID" | "MANIFEST_BLOB_UNKNOWN")
            }
            // A full disk stays full (507), and what is not implemented stays so (501).
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500 | 502..=506 | 508..=599),
            _ => false,
        }
    }

    /// How long the registry asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What the answer was, for one that is given up.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Refused { said, .. } => said.clone(),
            other => other.to_string(),
        }
    }

    /// An answer that no registry would give.
    pub(super) fn strange(problem: impl Into<String>) -> Self {
        Self::Strange { problem: printable(&problem.into()) }
    }

    /// A part that is not what was named.
    pub(super) fn content(what: impl fmt::Display, problem: impl Into<String>) -> Self {
        Self::Content { what: printable(&what.to_string()), problem: printable(&problem.into()) }
    }
}

#[derive(Debug)]
struct Shown(Option<String>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |request| write!(f, " ({request})"))
    }
}

#[derive(Debug)]
struct Tries(u32);

impl fmt::Display for Tries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 1 { write!(f, ", {} tries", self.0) } else { Ok(()) }
    }
}
