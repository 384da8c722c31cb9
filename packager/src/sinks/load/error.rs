//! What can go wrong between an image and an engine, and the way out of it.

use super::program::Failure;
use super::{Engine, Version};
use crate::Digest;

/// Why an image is not in an engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text that should name an engine does not.
    #[error("failed to parse engine `{}`", .typed.escape_debug())]
    Unknown {
        /// What was given.
        typed: String,
    },
    /// The program of an engine is not on this machine.
    #[error("failed to find `{program}` on the search path")]
    Missing {
        /// The program.
        program: &'static str,
        /// Whose it is.
        engine: Engine,
    },
    /// Of all engines, none is there and answers.
    #[error("failed to find an engine that answers{}", listed(.tried))]
    NoneAnswers {
        /// Each, and why not.
        tried: Vec<(Engine, String)>,
    },
    /// An engine's program is there, and the engine is not.
    #[error("failed to reach {engine}: `{command}`: {ended}{}", indented(.said))]
    NoAnswer {
        /// The engine.
        engine: Engine,
        /// What was asked, as one would type it.
        command: String,
        /// How that ended.
        ended: String,
        /// What it said.
        said: String,
    },
    /// An engine says something that is not understood.
    #[error("failed to reach {engine}: `{command}` said: {said}")]
    Unreadable {
        /// The engine.
        engine: Engine,
        /// What was asked, as one would type it.
        command: &'static str,
        /// The beginning of the answer.
        said: String,
    },
    /// What is called `docker` is podman.
    #[error("failed to reach docker: `docker` is podman under another name")]
    PodmanInDisguise,
    /// kind has no such cluster.
    #[error("failed to find {} of kind's", cluster.as_ref().map_or("a cluster".to_owned(), |name| format!("a cluster `{name}`")))]
    NoCluster {
        /// Its name, if one was given.
        cluster: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// An engine is older than what images are loaded into.
    #[error("failed to load into {title}: {problem}")]
    TooOld {
        /// The engine and its version.
        title: String,
        /// What it lacks.
        problem: &'static str,
        /// The first version that has it.
        least: &'static str,
    },
    /// An engine does not take an image of this kind.
    #[error("failed to load `{name}` into {title}, which does not take it: {}", .reasons.join("; "))]
    Unfit {
        /// The image.
        name: String,
        /// The engine and its version.
        title: String,
        /// Everything in the way.
        reasons: Vec<String>,
        /// The flag that removes it.
        way_out: Option<String>,
    },
    /// An engine's program failed.
    #[error("failed to load `{name}` into {title}: `{command}`: {ended}{}", indented(.said))]
    Failed {
        /// The image.
        name: String,
        /// The engine and its version.
        title: String,
        /// What was run, as one would type it.
        command: String,
        /// How that ended.
        ended: String,
        /// What it said.
        said: String,
    },
    /// An engine says that it has loaded an image, and has another one or none of that name.
    #[error("failed to find `{name}` in {title} after it was loaded: {found}")]
    NotThere {
        /// The image.
        name: String,
        /// The engine and its version.
        title: String,
        /// What it should be.
        digest: Digest,
        /// What is there.
        found: String,
    },
    /// An engine keeps images, and has nobody to run them itself.
    #[error("failed to run images in {engine}: it makes no containers by itself")]
    NoContainers {
        /// The engine.
        engine: Engine,
    },
    /// An engine has nothing that runs WebAssembly.
    #[error("failed to find what runs WebAssembly below {title}: {}", .lacks.join("; "))]
    NoRuntime {
        /// The engine.
        engine: Engine,
        /// The engine and its version.
        title: String,
        /// What was looked for, and what there is.
        lacks: Vec<String>,
    },
    /// An engine takes an image and could not run it.
    #[error("failed to run `{name}` in {title}: {}", .reasons.join("; "))]
    Unable {
        /// The image.
        name: String,
        /// The engine, its version and what runs WebAssembly there.
        title: String,
        /// Everything in the way.
        reasons: Vec<String>,
        /// The flag that removes it.
        way_out: Option<String>,
    },
    /// There is no place for the archive that is sent.
    #[error("failed to make a folder for an archive in `{}`", .folder.display())]
    Scratch {
        /// Where it was to be.
        folder: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// An engine did not answer a question.
    pub(super) fn no_answer(engine: &Engine, failure: Failure) -> Self {
        let Failure { command, ended, said } = failure;
        Self::NoAnswer { engine: engine.clone(), command, ended, said }
    }

    /// An engine's program has answered for itself alone.
    pub(super) fn no_server(engine: &Engine, command: &str) -> Self {
        let ended = "there is no containerd behind it".to_owned();
        Self::no_answer(engine, Failure { command: command.to_owned(), ended, said: String::new() })
    }

    /// An engine's answer, of which the beginning is shown.
    pub(super) fn unreadable(engine: &Engine, command: &'static str, said: &str) -> Self {
        let said = said.trim().chars().take(200).collect::<String>();
        Self::Unreadable { engine: engine.clone(), command, said: crate::error::printable(&said) }
    }

    /// An engine is too old, unless it is not.
    pub(super) fn unless_at_least(
        (title, version): (&str, &Version),
        least: [u32; 3],
        problem: &'static str,
        least_text: &'static str,
    ) -> Result<(), Self> {
        if version.is_at_least(least) {
            return Ok(());
        }
        Err(Self::TooOld { title: title.to_owned(), problem, least: least_text })
    }

    /// The same in one line. What an engine's program said is told where that engine was asked for; of several, a line of each
    /// will do.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        match self {
            Self::NoAnswer { said, ended, .. } => said.lines().last().unwrap_or(ended).to_owned(),
            error => error.to_string(),
        }
    }

    /// What to do about it, where that can be told.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some(
                "engines are docker, podman, nerdctl, containerd[=NAMESPACE], k3s, kind[=CLUSTER]; auto is the first of them \
                 that answers"
                    .to_owned(),
            ),
            Self::Missing { engine, .. } => Some(format!("install {engine}, or choose another engine")),
            Self::NoneAnswers { .. } => Some(
                "start or install one of them; `build -o type=oci-archive,dest=FILE` writes an archive that all of them load"
                    .to_owned(),
            ),
            Self::NoAnswer { engine, said, .. } => Some(unreachable_hint(engine, said)),
            Self::PodmanInDisguise => Some("name `podman` in its place".to_owned()),
            Self::NoCluster { known, .. } if known.is_empty() => Some("`kind create cluster` makes one".to_owned()),
            Self::NoCluster { known, .. } => Some(format!("there are {}: `--to kind={}`", known.join(", "), known[0])),
            Self::TooOld { least, .. } => Some(format!("it has to be {least} or newer")),
            Self::Unfit { way_out, .. } | Self::Unable { way_out, .. } => way_out.clone(),
            Self::NoContainers { .. } => Some("engines are wasmtime, containerd[=NAMESPACE], podman, docker, nerdctl".to_owned()),
            Self::NoRuntime { engine, .. } => Some(runtime_hint(engine)),
            Self::Failed { said, .. } => failure_hint(said),
            Self::NotThere { digest, .. } => Some(format!(
                "what was sent is {digest}; another program may load or remove images there at the same time"
            )),
            Self::Scratch { .. } => Some("it needs as much room as the image".to_owned()),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Whether a tool says that it may not do something.
fn is_denied(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["permission denied", "access denied", "must be root", "requires root", "operation not permitted"]
        .iter()
        .any(|words| said.contains(words))
}

/// What to do about an engine that does not answer.
fn unreachable_hint(engine: &Engine, said: &str) -> String {
    let denied = is_denied(said);
    let way_out = match engine {
        Engine::Docker if denied => {
            "its socket is for root and the group `docker`: `sudo usermod --append --groups docker $USER`, and log in again"
        }
        Engine::Docker => {
            "start Docker (`sudo systemctl start docker`, or Docker Desktop), or see `docker context ls`"
        }
        Engine::Podman => "`podman info` says what it lacks; on macOS and Windows, `podman machine start`",
        Engine::Nerdctl => {
            "start containerd and run it as root, or set up a containerd of your own: `containerd-rootless-setuptool.sh install`"
        }
        Engine::Containerd(_) if denied => {
            "containerd's socket is for root: run it as root (`sudo --preserve-env`), or name the socket of a containerd of your \
             own in `CONTAINERD_ADDRESS`"
        }
        Engine::Containerd(_) => {
            "start containerd (`sudo systemctl start containerd`), or name its socket in `CONTAINERD_ADDRESS`"
        }
        Engine::K3s if denied => "k3s and its socket are for root: run it as root (`sudo --preserve-env`)",
        Engine::K3s => "start k3s: `sudo systemctl start k3s`",
        Engine::Kind(_) => "`kind get clusters` has to work, and what runs its nodes to be started",
    };
    way_out.to_owned()
}

/// How something that runs WebAssembly comes below an engine.
fn runtime_hint(engine: &Engine) -> String {
    const YOUKI: &str = "`cargo install youki --no-default-features --features v1,v2,wasm-wasmtime`";
    const RUNWASI: &str =
        "install a shim of <https://github.com/containerd/runwasi/releases> where containerd finds it";
    match engine {
        Engine::Podman => format!("install your distribution's `crun-wasm`, or youki: {YOUKI}"),
        Engine::Docker => {
            format!("{RUNWASI}, or write youki or `crun-wasm` into Docker's `daemon.json` under that name")
        }
        _ => format!("{RUNWASI}, or youki: {YOUKI}"),
    }
}

/// What to do about a program that failed, by what it said.
fn failure_hint(said: &str) -> Option<String> {
    let lower = said.to_ascii_lowercase();
    if ["no space left", "disk quota exceeded", "enospc"].iter().any(|words| lower.contains(words)) {
        return Some("make room where the engine keeps its images".to_owned());
    }
    is_denied(said).then(|| "run it as a user who may load images there, such as root".to_owned())
}

/// Each on a line of its own.
fn listed(tried: &[(Engine, String)]) -> String {
    tried.iter().map(|(engine, why)| format!("\n    {engine}: {why}")).collect()
}

fn indented(said: &str) -> String {
    said.lines().map(|line| format!("\n    {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_answer(engine: &Engine, said: &str) -> Error {
        let failure =
            Failure { command: "x version".into(), ended: "exit status: 1".into(), said: said.into() };
        Error::no_answer(engine, failure)
    }

    #[test]
    fn who_may_not_is_told_how_to_be_allowed() {
        let denied = "ctr: failed to dial: connect: permission denied";
        for (engine, expected) in [
            (Engine::Docker, "group `docker`"),
            (Engine::Nerdctl, "containerd-rootless-setuptool.sh"),
            (Engine::Containerd(None), "CONTAINERD_ADDRESS"),
            (Engine::K3s, "run it as root"),
        ] {
            let error = no_answer(&engine, denied);
            assert!(error.hint().unwrap().contains(expected), "{engine}");
            assert!(error.to_string().ends_with(&format!("exit status: 1\n    {denied}")), "{error}");
            assert!(no_answer(&engine, "connection refused").hint().unwrap().contains("start"));
        }
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let failed = |said: &str| {
            let [name, title, command, ended] =
                ["app", "podman 4.3.1", "podman load", "exit status: 125"].map(String::from);
            Error::Failed { name, title, command, ended, said: said.to_owned() }.hint()
        };
        assert!(failed("write /x: no space left on device").unwrap().contains("make room"));
        assert!(failed("open /x: Permission denied").unwrap().contains("root"));
        assert_eq!(failed("unexpected EOF"), None);
    }
}
