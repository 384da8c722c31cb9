//! containerd's `ctr`, wherever it is found: on the search path, in k3s, in a node of kind's.

use std::ffi::OsStr;
use std::path::Path;

use super::program::{Failure, Program};
use super::{Commands, Container, Engine, Error, Runtime, Sent, Trouble, Version, runwasi};
use crate::consumers::CONSUMERS;

/// A `ctr` whose containerd answers.
#[derive(Debug)]
pub(super) struct Ctr {
    program: Program,
    /// Whose flags are given.
    client: Version,
    /// Whose rules hold.
    pub(super) server: Version,
}

impl Ctr {
    /// With the namespace in front of every call, if one is given.
    pub(super) fn ask(engine: &Engine, program: &Program, namespace: Option<&str>) -> Result<Self, Error> {
        let program = match namespace {
            Some(namespace) => program.with(["--namespace", namespace]),
            None => program.clone(),
        };
        // It waits for as long as it is told for a socket that is not there.
        let answer = program.ask(&["--connect-timeout", "5s", "version"]);
        let answer = answer.map_err(|failure| Error::no_answer(engine, failure))?;
        let (client, server) =
            versions(&answer).ok_or_else(|| Error::unreadable(engine, "ctr version", &answer))?;
        let title = format!("containerd {server}");
        let problem = "nobody has tried which images it takes";
        Error::unless_at_least((&title, &server), [1, 6, 0], problem, "1.6")?;
        Ok(Self { program, client, server })
    }

    /// All platforms: otherwise containerd 1.6 soon removes what belongs to others than its own, and whoever asks for
    /// `wasi/wasm` finds nothing (measured with 1.6.20).
    pub(super) fn import(&self, archive: &Path) -> Result<(), Failure> {
        let mut words = ["image", "import", "--all-platforms"].map(OsStr::new).to_vec();
        if self.client.is_at_least([2, 0, 0]) {
            // Its transfer service unpacks nothing for platforms that it has no snapshotter for.
            words.push("--local".as_ref());
        }
        words.push(archive.as_os_str());
        match self.program.order(&words) {
            // Somebody else has imported an image of this name in the meantime, which it takes amiss (measured with 1.6.20).
            Err(failure) if failure.said.ends_with("already exists") => self.program.order(&words).map(drop),
            done => done.map(drop),
        }
    }

    /// Sees that the image is there, and gives it a second name, with the digest: containerd finds images by names only, and
    /// what is printed, and what `resolve` puts into Kubernetes documents, is that name.
    pub(super) fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        let (name, pinned) = (sent.long_name(), sent.long_pinned());
        let said = self.program.ask(&["image", "ls", &format!("name==\"{name}\"")])?;
        let of_name = said.lines().find(|line| line.split_whitespace().next() == Some(&name));
        match of_name.and_then(|line| line.split_whitespace().nth(2)) {
            None => Err(Trouble::Absent("there is no image of this name".to_owned())),
            Some(digest) if digest != sent.digest.to_string() => {
                Err(Trouble::Absent(format!("it is {digest}")))
            }
            Some(_) => {
                self.program.ask(&["image", "tag", "--force", &name, &pinned])?;
                Ok(pinned)
            }
        }
    }

    /// A container. It is removed by `--rm`, and forgotten with all that is left of it by the last commands.
    pub(super) fn commands(&self, runtime: &Runtime, container: &Container) -> Commands {
        let Container { id, image, platform, words, environment, folders, memory_bytes } = container;
        let mut run = self.program.line(["run", "--rm"]);
        if let Runtime::Runwasi(engine) = runtime {
            // A service is asked there; a network of its own would need plugins.
            run.push(["--net-host", "--runtime", &runwasi::runtime(engine)]);
        }
        run.push_flag("--runc-binary", runtime.path());
        run.push_flag("--annotation", runtime.word());
        run.push(["--platform", &platform.to_string()]);
        for (key, value) in environment {
            run.push(["--env", &format!("{key}={value}")]);
        }
        for folder in folders {
            let mut mount = folder.mount(["src=", "dst="]);
            mount.push(",options=rbind:rw");
            run.push(["--mount".into(), mount]);
        }
        run.push_flag("--memory-limit", memory_bytes.map(|bytes| bytes.to_string()));
        run.push([image, id]);
        run.push(words);
        Commands {
            run,
            // Its first process takes no other signal: whoever is number one has to ask for them.
            end: self.program.line(["task", "kill", "--signal", "SIGKILL", id]),
            clear: vec![
                self.program.line(["task", "delete", "--force", id]),
                self.program.line(["container", "delete", id]),
            ],
            ends_stdin: false,
        }
    }

    /// The rules for `ctr image import`.
    pub(super) fn consumer(&self) -> &'static str {
        consumer(&self.server)
    }

    /// The rules for a kubelet that finds images there.
    pub(super) fn kubernetes(&self) -> &'static str {
        match &self.server {
            new if new.is_at_least([2, 3, 0]) => "kubernetes-2.3",
            two if two.is_at_least([2, 0, 0]) => "kubernetes-2.2",
            one if takes_modules(one) => "kubernetes-1.7",
            _ => "kubernetes-1.6",
        }
    }
}

/// The rules for importing into this version. Which shim runs it later does not matter for that.
pub(super) fn consumer(server: &Version) -> &'static str {
    match server {
        two if two.is_at_least([2, 0, 0]) => "containerd-2-wasmtime",
        one if takes_modules(one) => "containerd-1.7-wasmtime",
        _ => "containerd-1.6-wasmtime",
    }
}

/// The rules for running below this version.
pub(super) fn runner(server: &Version, runtime: &Runtime) -> &'static str {
    let Runtime::Runwasi(engine) = runtime else {
        // What else runs files looks at them alone, whichever version brings them.
        return "containerd-1.6-youki";
    };
    let imports = consumer(server).trim_end_matches("wasmtime");
    let is_it = |name: &str| name.strip_prefix(imports) == Some(*engine);
    let rules = CONSUMERS.iter().find(|consumer| is_it(consumer.name));
    rules.map_or("containerd-2-wasmtime", |consumer| consumer.name)
}

/// Whether it takes layers that are no tars.
fn takes_modules(version: &Version) -> bool {
    version.is_at_least([1, 7, 7]) || (version.is_at_least([1, 6, 25]) && !version.is_at_least([1, 7, 0]))
}

/// Those of `ctr` and of containerd, in this order.
fn versions(answer: &str) -> Option<(Version, Version)> {
    let (client, server) = answer.split_once("Server:")?;
    let version = |part: &str| {
        let line = part.lines().find_map(|line| line.trim().strip_prefix("Version:"))?;
        Version::parse(line)
    };
    Some((version(client)?, version(server)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_and_server_are_told_apart() {
        let answer = "Client:\n  Version:  v2.1.0\n  Revision: x\n  Go version: go1.24\n\nServer:\n  Version:  1.6.20~ds1\n  \
                      Revision: y\n  UUID: z\n";
        let (client, server) = versions(answer).unwrap();
        assert_eq!((&*client.to_string(), &*server.to_string()), ("2.1.0", "1.6.20~ds1"));
        assert!(versions("Client:\n  Version:  v2.1.0\n").is_none());
    }

    #[test]
    fn rules_go_by_the_version_of_containerd() {
        let of = |text: &str| consumer(&Version::parse(text).unwrap());
        for (version, expected) in [
            ("1.6.20~ds1", "containerd-1.6-wasmtime"),
            ("1.6.25", "containerd-1.7-wasmtime"),
            ("1.7.6", "containerd-1.6-wasmtime"),
            ("v1.7.7", "containerd-1.7-wasmtime"),
            ("2.0.0-rc.1", "containerd-2-wasmtime"),
        ] {
            assert_eq!(of(version), expected, "{version}");
            assert_eq!(crate::consumers::named(expected).len(), 1);
        }
    }
}
