//! Docker.
//!
//! With the containerd image store, the default of a fresh Engine 29, an image keeps its digest. The classic store takes
//! what `manifest.json` names apart, and knows an image by the digest of its config alone (measured with 20.10.24). What
//! answers may also be podman, behind Docker's socket.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use serde::Deserialize;

use super::containers::Contain;
use super::program::{Failure, Program};
use super::{Commands, Container, Engine, Error, Runtime, Sent, Tool, Trouble, Version, runwasi};
use crate::Platform;

/// What Docker says of its containerd image store.
const SNAPSHOTTER: &str = "io.containerd.snapshotter.v1";

#[derive(Debug)]
pub(super) struct Docker {
    program: Program,
    title: String,
    store: Store,
}

/// What keeps the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Store {
    Containerd,
    Classic,
    Podman,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    server: Option<Server>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Server {
    version: String,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    name: String,
}

/// What `docker image inspect` says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
}

impl Docker {
    pub(super) fn ask(program: Program) -> Result<Self, Error> {
        let engine = Engine::Docker;
        // Not `--format json`, which a client before 23 takes for a template.
        let answer = program.ask(&["version", "--format", "{{json .}}"]);
        let answer = answer.map_err(|failure| Error::no_answer(&engine, failure))?;
        let unreadable = || Error::unreadable(&engine, "docker version", &answer);
        let Answer { server } = serde_json::from_str(&answer).map_err(|_| unreadable())?;
        // Docker itself fails where there is no server.
        let server = server.ok_or(Error::PodmanInDisguise)?;
        let version = Version::parse(&server.version).ok_or_else(unreadable)?;
        let is_podman = server.components.iter().any(|component| component.name == "Podman Engine");
        let store = if is_podman { Store::Podman } else { store(&program)? };
        let title = match store {
            Store::Containerd => format!("docker {version} (containerd image store)"),
            Store::Classic => format!("docker {version} (classic image store)"),
            Store::Podman => format!("podman {version} (through docker)"),
        };
        Ok(Self { program, title, store })
    }
}

fn store(program: &Program) -> Result<Store, Error> {
    let status = program.ask(&["info", "--format", "{{json .DriverStatus}}"]);
    let status = status.map_err(|failure| Error::no_answer(&Engine::Docker, failure))?;
    Ok(if status.contains(SNAPSHOTTER) { Store::Containerd } else { Store::Classic })
}

impl Tool for Docker {
    fn title(&self) -> &str {
        &self.title
    }

    fn consumer(&self) -> &'static str {
        match self.store {
            Store::Containerd => "docker-containerd",
            Store::Classic => "docker-classic",
            Store::Podman => "podman-wasmedge",
        }
    }

    fn send(&self, archive: &Path) -> Result<(), Failure> {
        self.program.order(&["load".as_ref(), "--input".as_ref(), archive.as_os_str()]).map(drop)
    }

    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        let words = ["image", "inspect", "--format", "{{json .}}", &sent.long_name()];
        let said = self.program.ask(&words)?;
        let absent =
            || Trouble::Absent("what `docker image inspect` says of it is not understood".to_owned());
        let Inspected { id, repo_digests } = serde_json::from_str(&said).map_err(|_| absent())?;
        let digest = format!("@{}", sent.digest);
        if repo_digests.iter().flatten().any(|known| known.ends_with(&digest)) {
            return Ok(sent.pinned());
        }
        let is_classic = self.store == Store::Classic;
        match sent.docker_config.filter(|config| is_classic && id == config.to_string()) {
            // It has no name with a digest there: nothing was pulled.
            Some(_) => Ok(id),
            None => Err(Trouble::Absent(format!("it is {id}"))),
        }
    }

    fn contain(&self) -> Option<&dyn Contain> {
        Some(self)
    }
}

/// What Docker calls others than runwasi's, if its `daemon.json` has them.
const OTHERS: [&str; 2] = ["youki", "crun-wasm"];

impl Contain for Docker {
    /// One that it knows by name, or a shim on this machine, which it needs no word of.
    fn runtime(&self, search_path: &OsStr) -> Result<Runtime, Error> {
        let answer = self.program.ask(&["info", "--format", "{{json .Runtimes}}"]);
        let answer = answer.map_err(|failure| Error::no_answer(&Engine::Docker, failure))?;
        let known: BTreeMap<String, serde_json::Value> = serde_json::from_str(&answer)
            .map_err(|_| Error::unreadable(&Engine::Docker, "docker info", &answer))?;
        let shim = known.keys().find_map(|name| runwasi::engine(name));
        if let Some(engine) = shim.or_else(|| runwasi::find(search_path)) {
            return Ok(Runtime::Runwasi(engine));
        }
        match OTHERS.into_iter().find(|name| known.contains_key(*name)) {
            Some("youki") => Ok(Runtime::Youki("youki".into())),
            Some(name) => {
                Ok(Runtime::Crun { path: Some(name.into()), engine: "engine for WebAssembly".to_owned() })
            }
            None => Err(Error::NoRuntime {
                engine: Engine::Docker,
                title: self.title.clone(),
                lacks: vec![
                    "no shim of runwasi's, such as `containerd-shim-wasmtime-v1`".to_owned(),
                    "neither `youki` nor `crun-wasm` among its runtimes".to_owned(),
                ],
            }),
        }
    }

    fn runner(&self, runtime: &Runtime) -> &'static str {
        match (self.store, runtime) {
            (Store::Containerd, Runtime::Runwasi(_)) => "docker-containerd",
            (Store::Classic, Runtime::Runwasi(_)) => "docker-classic",
            _ => "podman-wasmtime",
        }
    }

    /// The classic store has one platform, and refuses others.
    fn commands(&self, runtime: &Runtime, container: &Container) -> Commands {
        let platform = (self.store == Store::Containerd).then_some(&container.platform);
        docker_commands(&self.program, runtime, platform, container)
    }
}

/// `docker run`, and that of nerdctl.
pub(super) fn docker_commands(
    program: &Program,
    runtime: &Runtime,
    platform: Option<&Platform>,
    container: &Container,
) -> Commands {
    let mut run = program.line(["run", "--rm", "--pull=never", "--interactive"]);
    // Docker hangs where runwasi has to make a network (measured with 26 and 29).
    let is_shim = matches!(runtime, Runtime::Runwasi(_));
    run.push(["--network", if is_shim { "host" } else { "none" }, "--name", &container.id]);
    let shim = if let Runtime::Runwasi(engine) = runtime { Some(runwasi::runtime(engine)) } else { None };
    run.push_flag("--runtime", shim.as_deref().map(OsStr::new).or(runtime.path().map(Path::as_os_str)));
    run.push_flag("--annotation", runtime.word());
    run.push_flag("--platform", platform.map(ToString::to_string));
    container.docker_flags(&mut run);
    let end = program.line(["rm", "--force", &container.id]);
    Commands { run, clear: vec![end.clone()], end, ends_stdin: !is_shim }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{Answer, StandIns, another, everywhere, ok, single, wasm_layer};
    use crate::Image;

    const LOAD: &str = "docker load --input image.tar";

    fn version(number: &str, component: &str) -> Answer<'static> {
        let server = format!(
            r#"{{"Version":"{number}","Components":[{{"Name":"{component}","Version":"{number}"}}]}}"#
        );
        ("version", ok(format!(r#"{{"Client":{{"Version":"28.2.2"}},"Server":{server}}}"#)))
    }

    fn store(status: &str) -> Answer<'static> {
        ("info", ok(status))
    }

    fn inspected(id: &impl ToString, repo_digests: &[String]) -> Answer<'static> {
        let id = id.to_string();
        ("image inspect", ok(serde_json::json!({ "Id": id, "RepoDigests": repo_digests }).to_string()))
    }

    const SNAPSHOTTER: &str = r#"[["driver-type","io.containerd.snapshotter.v1"]]"#;

    #[test]
    fn the_containerd_store_knows_an_image_by_its_digest() {
        for image in [everywhere(), single(), wasm_layer()] {
            let digest = image.digest();
            let known = inspected(&digest, &[format!("app@{digest}")]);
            let docker = [
                version("29.4.0", "Engine"),
                store(SNAPSHOTTER),
                ("load", ok("Loaded image: app:latest\n")),
                known,
            ];
            let machine = StandIns::new().with("docker", &docker);
            assert_eq!(machine.load("docker", &image).unwrap().reference, format!("app@{digest}"));
            assert_eq!(
                machine.calls(),
                [
                    "docker version --format {{json .}}",
                    "docker info --format {{json .DriverStatus}}",
                    LOAD,
                    "docker image inspect --format {{json .}} docker.io/library/app:latest",
                ]
            );
            assert_eq!(machine.open("docker").unwrap().title(), "docker 29.4.0 (containerd image store)");
        }
    }

    #[test]
    fn the_classic_store_takes_everywhere_and_knows_it_by_its_config() {
        let image = everywhere();
        let config = image.docker.as_ref().unwrap().config;
        let docker =
            [version("20.10.24", "Engine"), store("null"), ("load", ok("")), inspected(&config, &[])];
        let machine = StandIns::new().with("docker", &docker);
        assert_eq!(machine.load("docker", &image).unwrap().reference, config.to_string());
        assert!(machine.calls().contains(&LOAD.to_owned()));
    }

    #[test]
    fn what_the_classic_store_refuses_is_not_sent() {
        let refused = |image: &Image, expected: &str| {
            let machine = StandIns::new().with("docker", &[version("29.4.0", "Engine"), store("[]")]);
            let error = machine.load("docker", image).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.hint().unwrap().contains("--format everywhere"));
            assert_eq!(machine.calls().len(), 2, "it is asked, and not told to load");
        };
        refused(&single(), "cannot load wasi/wasm image on linux");
        refused(&wasm_layer(), "does not contain a manifest.json");
    }

    #[test]
    fn podman_behind_dockers_socket_goes_by_its_own_rules() {
        let image = single();
        let known = inspected(&"sha256:1", &[format!("docker.io/library/app@{}", image.digest())]);
        let docker = [version("4.3.1", "Podman Engine"), ("load", ok("")), known];
        let machine = StandIns::new().with("docker", &docker);
        assert_eq!(machine.load("docker", &image).unwrap().reference, format!("app@{}", image.digest()));
        assert!(machine.load("docker", &wasm_layer()).unwrap_err().to_string().contains("it does not load"));
    }

    #[test]
    fn podman_under_the_name_of_docker_is_told_from_it() {
        let answer = ok(r#"{"Client":{"APIVersion":"4.3.1","Version":"4.3.1"}}"#);
        let error = StandIns::new().with("docker", &[("version", answer)]).open("docker").unwrap_err();
        assert_eq!(error.hint().unwrap(), "name `podman` in its place");
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_told_with_its_own_words() {
        for (said, hint) in [
            ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", "systemctl start docker"),
            ("permission denied while trying to connect to the Docker daemon socket", "group `docker`"),
        ] {
            let error = StandIns::new().with("docker", &[("version", Err(said))]).open("docker").unwrap_err();
            let expected = format!(
                "failed to reach docker: `docker version --format {{{{json .}}}}`: exit status: 1\n    {said}"
            );
            assert_eq!(error.to_string(), expected);
            assert!(error.hint().unwrap().contains(hint));
        }
    }

    #[test]
    fn another_image_of_that_name_is_no_success() {
        for (status, image) in [(SNAPSHOTTER, everywhere()), ("null", everywhere())] {
            let docker =
                [version("29.4.0", "Engine"), store(status), ("load", ok("")), inspected(&another(), &[])];
            let error = StandIns::new().with("docker", &docker).load("docker", &image).unwrap_err();
            assert!(
                error.to_string().ends_with(&format!("after it was loaded: it is {}", another())),
                "{error}"
            );
            assert!(error.hint().unwrap().contains(&image.digest().to_string()));
        }
    }

    #[test]
    fn a_full_disk_is_told_with_the_way_out() {
        let full = "write /var/lib/docker/tmp/x: no space left on device";
        let docker = [version("29.4.0", "Engine"), store(SNAPSHOTTER), ("load", Err(full))];
        let error = StandIns::new().with("docker", &docker).load("docker", &everywhere()).unwrap_err();
        let expected = format!(
            "failed to load `app` into docker 29.4.0 (containerd image store): `{LOAD}`: exit status: 1\n    {full}"
        );
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().unwrap().contains("make room"));
    }
}
