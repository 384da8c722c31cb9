//! Loading an image into an engine on this machine, through the engine's own program.
//!
//! ```text
//! Engine -> open: found, answers, version -> Load
//! Load   -> send: archive -> what does it refuse? -> its command -> is the digest there? -> Loaded
//!
//! Load   -> what runs WebAssembly below it? -> Containers
//! Containers, Container -> Commands: what is to be run
//! ```
//!
//! Each engine is a file: how it is asked, what takes the archive, and how to see that the image is there. What an engine
//! does not take is known to [`crate::consumers`]. Programs are started with the environment of the caller, because users
//! have told them there where their engine is (`DOCKER_HOST`, `CONTAINERD_ADDRESS`, `CONTAINER_HOST` ...).

mod container;
mod containerd;
mod containers;
mod crun;
mod ctr;
mod docker;
mod engine;
mod error;
mod k3s;
mod kind;
mod nerdctl;
mod podman;
mod program;
mod runtime;
mod runwasi;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod stand_in;
mod version;
mod youki;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

pub use container::{CommandLine, Commands, Container, Folder};
pub use containers::Containers;
pub use engine::Engine;
pub use error::Error;
pub use runtime::{ExitCodes, Runtime};

use self::containers::Contain;
use self::program::{Failure, Program};
use self::version::Version;
use super::Archive;
use crate::consumers::{self, Facts, Finding, Program as Started};
use crate::files::TEMPORARY_PREFIX;
use crate::{Digest, Image, Reference, Sink, survey};

/// An engine that has answered, and takes images.
#[derive(Debug)]
pub struct Load {
    tool: Box<dyn Tool>,
    others: Vec<Engine>,
    scratch: PathBuf,
}

/// An image that is in an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What the engine knows exactly this image by: `name@sha256:…` where that can be.
    pub reference: String,
}

/// An engine's program, with what it has told of itself.
trait Tool: fmt::Debug {
    /// `podman 4.3.1`
    fn title(&self) -> &str;

    /// By whose rules it takes images.
    fn consumer(&self) -> &'static str;

    /// Hands the archive over.
    fn send(&self, archive: &Path) -> Result<(), Failure>;

    /// What the image is known by there, if it is there.
    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble>;

    /// How it makes containers, if it does.
    fn contain(&self) -> Option<&dyn Contain> {
        None
    }
}

/// Who is to run an image after it was loaded: by whose rules, what it is called, and what says what a program is.
type Runner<'a> = (&'static str, &'a str, &'a mut dyn FnMut(&[u8]) -> Started);

/// What has been handed over.
struct Sent<'a> {
    reference: &'a Reference,
    digest: Digest,
    /// The config that `manifest.json` names.
    docker_config: Option<Digest>,
}

impl Sent<'_> {
    /// `docker.io/library/app:latest`
    fn long_name(&self) -> String {
        self.reference.without_digest().fully_qualified().to_string()
    }

    /// `app@sha256:…`
    fn pinned(&self) -> String {
        self.reference.without_tag().with_digest(self.digest).to_string()
    }

    /// `docker.io/library/app@sha256:…`
    fn long_pinned(&self) -> String {
        self.reference.fully_qualified().without_tag().with_digest(self.digest).to_string()
    }
}

/// Why an image is not known to be there.
#[derive(Debug)]
enum Trouble {
    Failed(Failure),
    /// What is there instead.
    Absent(String),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Load {
    /// Into this engine. Its program is looked for in `search_path`, a value like that of `PATH`; the archive that it is sent
    /// lies in a folder of its own below `scratch` for as long as that takes.
    ///
    /// # Errors
    /// The engine is not on this machine, does not answer, or is too old.
    pub fn open(engine: &Engine, search_path: &OsStr, scratch: impl Into<PathBuf>) -> Result<Self, Error> {
        let tool = ask(engine, search_path)?;
        Ok(Self { tool, others: Vec::new(), scratch: scratch.into() })
    }

    /// Into the first of [`Engine::ALL`] that answers.
    ///
    /// # Errors
    /// None does.
    pub fn open_any(search_path: &OsStr, scratch: impl Into<PathBuf>) -> Result<Self, Error> {
        let mut tried = Vec::new();
        let mut engines = Engine::ALL.into_iter();
        while let Some(engine) = engines.next() {
            match ask(&engine, search_path) {
                Ok(tool) => {
                    let is_here = |engine: &Engine| Program::of(engine, search_path).is_ok();
                    return Ok(Self {
                        tool,
                        others: engines.filter(is_here).collect(),
                        scratch: scratch.into(),
                    });
                }
                Err(Error::Missing { program, .. }) => {
                    tried.push((engine, format!("there is no `{program}`")));
                }
                Err(error) => tried.push((engine, error.in_one_line())),
            }
        }
        Err(Error::NoneAnswers { tried })
    }

    /// The engine and its version: `podman 4.3.1`.
    #[must_use]
    pub fn title(&self) -> &str {
        self.tool.title()
    }

    /// Those that are on this machine as well, of which it was not asked whether they answer, where nobody had said which.
    #[must_use]
    pub fn others(&self) -> &[Engine] {
        &self.others
    }

    /// Loads an image, and sees that it is there.
    ///
    /// # Errors
    /// The engine does not take such an image, which is said before anything is sent; its program fails; or what is there
    /// afterwards is not what was sent.
    pub fn send(&self, image: &Image, reference: &Reference) -> Result<Loaded, crate::Error> {
        self.send_for(image, reference, None)
    }

    fn send_for(
        &self,
        image: &Image,
        reference: &Reference,
        runner: Option<Runner<'_>>,
    ) -> Result<Loaded, crate::Error> {
        let title = || self.title().to_owned();
        let name = || reference.without_digest().to_string();
        let folder = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempdir_in(&self.scratch);
        let folder = folder.map_err(|source| Error::Scratch { folder: self.scratch.clone(), source })?;
        let archive = folder.path().join("image.tar");
        Archive::at(&archive).write(image, reference)?;
        let docker_config = self.check(&archive, &name(), runner)?;
        let failed = |Failure { command, ended, said }: Failure| {
            // The path of the archive says nothing to anybody: it will be gone.
            let command = command.replace(&*archive.to_string_lossy(), "image.tar");
            Error::Failed { name: name(), title: title(), command, ended, said }
        };
        self.tool.send(&archive).map_err(failed)?;
        let sent = Sent { reference, digest: image.digest(), docker_config };
        let reference = self.tool.confirm(&sent).map_err(|trouble| match trouble {
            Trouble::Failed(failure) => failed(failure),
            Trouble::Absent(found) => {
                let found = crate::error::printable(&found);
                Error::NotThere { name: name(), title: title(), digest: image.digest(), found }
            }
        })?;
        Ok(Loaded { reference })
    }

    /// Whether the engine takes what is in the archive, and runs it; the config that `manifest.json` names.
    fn check(
        &self,
        archive: &Path,
        name: &str,
        runner: Option<Runner<'_>>,
    ) -> Result<Option<Digest>, crate::Error> {
        let survey = survey(archive)?;
        let entry = survey.images().next().expect("an archive of ours has an image");
        let facts = Facts::of_documents(&survey, entry);
        let rules = consumers::named(self.tool.consumer());
        let refusals: Vec<_> = rules.into_iter().flat_map(|rules| rules.refusals(&facts)).collect();
        let (name, title) = (name.to_owned(), self.title().to_owned());
        if !refusals.is_empty() {
            let (reasons, way_out) = told(refusals);
            return Err(Error::Unfit { name, title, reasons, way_out }.into());
        }
        if let Some((consumer, title, look)) = runner {
            let facts = Facts::of(&survey, entry, look)?;
            let rules = consumers::named(consumer);
            let stops: Vec<_> = rules.into_iter().flat_map(|rules| rules.stops(&facts)).collect();
            if !stops.is_empty() {
                let (reasons, way_out) = told(stops);
                return Err(Error::Unable { name, title: title.to_owned(), reasons, way_out }.into());
            }
        }
        Ok(survey.docker_configs.iter().flatten().next().copied())
    }
}

/// What is in the way, and the first way out of it.
fn told(findings: Vec<Finding>) -> (Vec<String>, Option<String>) {
    let way_out = findings.iter().find_map(|finding| finding.way_out.clone());
    let reasons = findings.into_iter().map(|finding| finding.text).collect();
    (reasons, way_out.map(|way_out| format!("use {way_out}")))
}

impl Sink for Load {
    fn write(&mut self, image: &Image, reference: &Reference) -> Result<(), crate::Error> {
        self.send(image, reference).map(drop)
    }
}

fn ask(engine: &Engine, search_path: &OsStr) -> Result<Box<dyn Tool>, Error> {
    let program = Program::of(engine, search_path)?;
    Ok(match engine {
        Engine::Docker => Box::new(docker::Docker::ask(program)?),
        Engine::Podman => Box::new(podman::Podman::ask(program)?),
        Engine::Nerdctl => Box::new(nerdctl::Nerdctl::ask(program)?),
        Engine::Containerd(namespace) => {
            Box::new(containerd::Containerd::ask(&program, namespace.as_deref())?)
        }
        Engine::K3s => Box::new(k3s::ask(&program)?),
        Engine::Kind(cluster) => Box::new(kind::Kind::ask(program, cluster.as_deref(), search_path)?),
    })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::stand_in::{Answer, StandIns, everywhere, ok};
    use super::*;

    const DOWN: Answer<'static> = ("version", Err("first line\nCannot connect to the Docker daemon"));

    fn podman() -> [Answer<'static>; 3] {
        let known = everywhere().digest().to_string();
        [("info", ok("4.3.1\n")), ("load", ok("")), ("image inspect", ok(known))]
    }

    #[test]
    fn the_first_that_answers_is_taken_and_the_others_are_told() {
        let machine = StandIns::new()
            .with("docker", &[DOWN])
            .with("podman", &podman())
            .with("ctr", &[])
            .with("kind", &[]);
        let load = machine.open("auto").unwrap();
        assert_eq!(load.title(), "podman 4.3.1");
        assert_eq!(load.others(), [Engine::Containerd(None), Engine::Kind(None)]);
        assert!(!machine.calls().iter().any(|call| call.starts_with("ctr")), "nobody needs its answer");
        assert!(machine.load("auto", &everywhere()).is_ok());
    }

    #[test]
    fn where_none_answers_all_that_were_tried_are_told() {
        let error = StandIns::new().with("docker", &[DOWN]).open("auto").unwrap_err();
        let expected = "failed to find an engine that answers\n    docker: Cannot connect to the Docker daemon\n    \
                        podman: there is no `podman`\n    nerdctl: there is no `nerdctl`\n    containerd: there is no `ctr`\n    \
                        k3s: there is no `k3s`\n    kind: there is no `kind`";
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().unwrap().contains("type=oci-archive"));
    }

    #[test]
    fn as_a_sink_it_takes_images_like_any_other() {
        let machine = StandIns::new().with("podman", &podman());
        let sink: &mut dyn Sink = &mut machine.open("podman").unwrap();
        sink.write(&everywhere(), &"app".parse().unwrap()).unwrap();
        let other = "app".parse::<Reference>().unwrap().with_digest(Digest::of(b"other"));
        assert!(matches!(sink.write(&everywhere(), &other), Err(crate::Error::OtherDigest { .. })));
    }
}
