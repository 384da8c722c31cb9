//! podman.
//!
//! Of an index it keeps the image for this machine, under the digests of both; it names by them, so that
//! `podman run name@sha256:…` finds what was loaded (measured with 4.3.1).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::containers::Contain;
use super::program::{Failure, Program};
use super::{Commands, Container, Engine, Error, Runtime, Sent, Tool, Trouble, Version, crun, runtime};

#[derive(Debug)]
pub(super) struct Podman {
    program: Program,
    title: String,
}

impl Podman {
    pub(super) fn ask(program: Program) -> Result<Self, Error> {
        let engine = Engine::Podman;
        // `podman version` answers where nothing else works; and where podman is a client of another machine, that counts.
        let answer = program.ask(&["info", "--format", "{{.Version.Version}}"]);
        let answer = answer.map_err(|failure| Error::no_answer(&engine, failure))?;
        let version =
            Version::parse(&answer).ok_or_else(|| Error::unreadable(&engine, "podman info", &answer))?;
        let title = format!("podman {version}");
        let problem = "it does not know names such as `docker.io/library/app:latest` in an archive";
        Error::unless_at_least((&title, &version), [4, 0, 0], problem, "4.0")?;
        Ok(Self { program, title })
    }
}

impl Tool for Podman {
    fn title(&self) -> &str {
        &self.title
    }

    fn consumer(&self) -> &'static str {
        // What crun runs does not matter for what podman loads.
        "podman-wasmedge"
    }

    fn send(&self, archive: &Path) -> Result<(), Failure> {
        self.program.order(&["load".as_ref(), "--input".as_ref(), archive.as_os_str()]).map(drop)
    }

    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        let format = "{{.Digest}} {{range .RepoDigests}}{{.}} {{end}}";
        let said = self.program.ask(&["image", "inspect", "--format", format, &sent.long_name()])?;
        let digest = sent.digest.to_string();
        let is_it = |word: &str| word == digest || word.ends_with(&format!("@{digest}"));
        match said.split_whitespace().any(is_it) {
            true => Ok(sent.pinned()),
            false => Err(Trouble::Absent(format!("it is {}", said.trim()))),
        }
    }

    fn contain(&self) -> Option<&dyn Contain> {
        Some(self)
    }
}

/// What `podman info` says of where it runs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Host {
    oci_runtime: OciRuntime,
    #[serde(default)]
    service_is_remote: bool,
}

#[derive(Deserialize)]
struct OciRuntime {
    path: PathBuf,
    version: String,
}

impl Contain for Podman {
    /// Its own, if that is able, or else another of this machine, of which a podman elsewhere knows nothing.
    fn runtime(&self, search_path: &OsStr) -> Result<Runtime, Error> {
        let answer = self.program.ask(&["info", "--format", "{{json .Host}}"]);
        let answer = answer.map_err(|failure| Error::no_answer(&Engine::Podman, failure))?;
        let host: Host = serde_json::from_str(&answer)
            .map_err(|_| Error::unreadable(&Engine::Podman, "podman info", &answer))?;
        if let Some(engine) = crun::engine(&host.oci_runtime.version) {
            return Ok(Runtime::Crun { path: None, engine });
        }
        let own = vec![runtime::unable(&host.oci_runtime.path)];
        let found = if host.service_is_remote { Err(own) } else { Runtime::of_containers(search_path) };
        found.map_err(|lacks| Error::NoRuntime { engine: Engine::Podman, title: self.title.clone(), lacks })
    }

    fn runner(&self, runtime: &Runtime) -> &'static str {
        match runtime {
            Runtime::Crun { engine, .. } if engine == "wasmedge" => "podman-wasmedge",
            Runtime::Youki(_) => "podman-youki",
            _ => "podman-wasmtime",
        }
    }

    /// Without `--platform`: of an index it keeps one image, which is the machine's, and goes to a registry for another.
    fn commands(&self, runtime: &Runtime, container: &Container) -> Commands {
        let mut program = self.program.clone();
        if let Some(path) = runtime.path() {
            program = program.with([OsStr::new("--runtime"), path.as_os_str()]);
        }
        let mut run = program.line(["run", "--rm", "--pull=never", "--interactive", "--network=none"]);
        run.push(["--name", &container.id]);
        run.push_flag("--annotation", runtime.word());
        container.docker_flags(&mut run);
        let end = program.line(["rm", "--force", "--time", "0", &container.id]);
        Commands { run, clear: vec![end.clone()], end, ends_stdin: true }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{StandIns, another, everywhere, ok, wasm_layer};

    fn podman(version: &str, known: &str) -> StandIns {
        let answers =
            [("info", ok(version)), ("load", ok("Loaded image: app\n")), ("image inspect", ok(known))];
        StandIns::new().with("podman", &answers)
    }

    #[test]
    fn an_image_is_known_by_the_digest_of_its_index() {
        let digest = everywhere().digest();
        // Newer ones may say the digest of the manifest first.
        for known in [format!("{digest} \n"), format!("{} docker.io/library/app@{digest} \n", another())] {
            let machine = podman("4.3.1", &known);
            assert_eq!(machine.load("podman", &everywhere()).unwrap().reference, format!("app@{digest}"));
            let expected = [
                "podman info --format {{.Version.Version}}",
                "podman load --input image.tar",
                "podman image inspect --format {{.Digest}} {{range .RepoDigests}}{{.}} {{end}} docker.io/library/app:latest",
            ];
            assert_eq!(machine.calls(), expected);
        }
    }

    #[test]
    fn another_image_of_that_name_is_no_success() {
        let error = podman("5.2.0", &another().to_string()).load("podman", &everywhere()).unwrap_err();
        assert!(
            error.to_string().contains("failed to find `app` in podman 5.2.0 after it was loaded"),
            "{error}"
        );
    }

    #[test]
    fn a_module_without_a_tar_is_not_sent() {
        let machine = podman("4.3.1", "");
        let error = machine.load("podman", &wasm_layer()).unwrap_err();
        assert!(
            error.to_string().contains("podman 4.3.1, which does not take it: it does not load"),
            "{error}"
        );
        assert!(error.hint().unwrap().ends_with("--format everywhere`"), "{error:?}");
        assert_eq!(machine.calls().len(), 1);
    }

    #[test]
    fn an_old_one_is_refused_at_once() {
        let error = podman("3.4.4", "").open("podman").unwrap_err();
        assert!(
            error.to_string().starts_with("failed to load into podman 3.4.4: it does not know names"),
            "{error}"
        );
        assert_eq!(error.hint().unwrap(), "it has to be 4.0 or newer");
    }

    #[test]
    fn a_machine_without_it_says_so() {
        let error = StandIns::new().open("podman").unwrap_err();
        assert_eq!(error.to_string(), "failed to find `podman` on the search path");
        assert_eq!(error.hint().unwrap(), "install podman, or choose another engine");
    }
}
