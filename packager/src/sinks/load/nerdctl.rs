//! nerdctl, the Docker of containerd.

use std::ffi::OsStr;
use std::path::Path;

use serde::Deserialize;

use super::containers::Contain;
use super::docker::docker_commands;
use super::program::{Failure, Program};
use super::{Commands, Container, Engine, Error, Runtime, Sent, Tool, Trouble, Version, ctr};

#[derive(Debug)]
pub(super) struct Nerdctl {
    program: Program,
    containerd: Version,
    title: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    client: Part,
    server: Option<Server>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Server {
    #[serde(default)]
    components: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    #[serde(default)]
    name: String,
    version: String,
}

/// What `nerdctl image inspect --mode native` says: what containerd has.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    image: Image,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    name: String,
    target: Target,
}

#[derive(Deserialize)]
struct Target {
    digest: String,
}

impl Nerdctl {
    pub(super) fn ask(program: Program) -> Result<Self, Error> {
        let engine = Engine::Nerdctl;
        let answer = program.ask(&["version", "--format", "{{json .}}"]);
        let answer = answer.map_err(|failure| Error::no_answer(&engine, failure))?;
        let unreadable = || Error::unreadable(&engine, "nerdctl version", &answer);
        let Answer { client, server } = serde_json::from_str(&answer).map_err(|_| unreadable())?;
        // Without a containerd of the user's own it says so in no other way.
        let server = server.ok_or_else(|| Error::no_server(&engine, "nerdctl version"))?;
        let containerd = server.components.iter().find(|component| component.name == "containerd");
        let containerd = containerd.and_then(|component| Version::parse(&component.version));
        let (client, containerd) = Version::parse(&client.version).zip(containerd).ok_or_else(unreadable)?;
        let title = format!("nerdctl {client} (containerd {containerd})");
        Ok(Self { program, containerd, title })
    }
}

impl Tool for Nerdctl {
    fn title(&self) -> &str {
        &self.title
    }

    fn consumer(&self) -> &'static str {
        ctr::consumer(&self.containerd)
    }

    fn send(&self, archive: &Path) -> Result<(), Failure> {
        let words = ["load", "--all-platforms", "--input"].map(AsRef::as_ref);
        self.program.order(&[&words[..], &[archive.as_os_str()]].concat()).map(drop)
    }

    /// As with `ctr`, a name with the digest has to be made.
    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        let (name, pinned) = (sent.long_name(), sent.long_pinned());
        let said = self.program.ask(&["image", "inspect", "--mode", "native", &name])?;
        // It prints nothing for a name that it does not know.
        let found: Vec<Inspected> = serde_json::from_str(&said).unwrap_or_default();
        let of_name = found.into_iter().map(|inspected| inspected.image).find(|image| image.name == name);
        match of_name.map(|image| image.target.digest) {
            None => Err(Trouble::Absent("there is no image of this name".to_owned())),
            Some(digest) if digest != sent.digest.to_string() => {
                Err(Trouble::Absent(format!("it is {digest}")))
            }
            Some(_) => {
                self.program.ask(&["image", "tag", &name, &pinned])?;
                Ok(pinned)
            }
        }
    }

    fn contain(&self) -> Option<&dyn Contain> {
        Some(self)
    }
}

impl Contain for Nerdctl {
    fn runtime(&self, search_path: &OsStr) -> Result<Runtime, Error> {
        Runtime::below_containerd(search_path).map_err(|lacks| Error::NoRuntime {
            engine: Engine::Nerdctl,
            title: self.title.clone(),
            lacks,
        })
    }

    fn runner(&self, runtime: &Runtime) -> &'static str {
        ctr::runner(&self.containerd, runtime)
    }

    fn commands(&self, runtime: &Runtime, container: &Container) -> Commands {
        let platform = Some(&container.platform);
        docker_commands(&self.program, runtime, platform, container)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{Answer, StandIns, another, everywhere, ok, wasm_layer};
    use crate::Digest;

    fn version(containerd: &str) -> Answer<'static> {
        let server = format!(r#"{{"Components":[{{"Name":"containerd","Version":"{containerd}"}}]}}"#);
        ("version", ok(format!(r#"{{"Client":{{"Version":"v1.7.6"}},"Server":{server}}}"#)))
    }

    fn inspected(digest: Digest) -> Answer<'static> {
        let image = serde_json::json!({ "Name": "docker.io/library/app:latest", "Target": { "digest": digest.to_string() } });
        ("image inspect", ok(serde_json::json!([{ "Image": image }]).to_string()))
    }

    #[test]
    fn all_platforms_are_loaded_and_the_digest_becomes_a_name() {
        let digest = everywhere().digest();
        let answers = [
            version("v1.6.20"),
            ("load", ok("Loaded image: app:latest\n")),
            inspected(digest),
            ("image tag", ok("")),
        ];
        let machine = StandIns::new().with("nerdctl", &answers);
        let pinned = format!("docker.io/library/app@{digest}");
        assert_eq!(machine.load("nerdctl", &everywhere()).unwrap().reference, pinned);
        let expected = [
            "nerdctl version --format {{json .}}".to_owned(),
            "nerdctl load --all-platforms --input image.tar".to_owned(),
            "nerdctl image inspect --mode native docker.io/library/app:latest".to_owned(),
            format!("nerdctl image tag docker.io/library/app:latest {pinned}"),
        ];
        assert_eq!(machine.calls(), expected);
        assert_eq!(machine.open("nerdctl").unwrap().title(), "nerdctl 1.7.6 (containerd 1.6.20)");
        let error = machine.load("nerdctl", &wasm_layer()).unwrap_err();
        assert!(error.to_string().contains("mismatched image rootfs"), "{error}");
    }

    #[test]
    fn an_image_that_is_not_there_is_no_success() {
        for (known, expected) in [
            (inspected(another()), "it is sha256:"),
            (("image inspect", ok("")), "there is no image of this name"),
        ] {
            let machine = StandIns::new().with("nerdctl", &[version("v2.0.0"), ("load", ok("")), known]);
            let error = machine.load("nerdctl", &everywhere()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn without_a_containerd_there_is_nothing_to_load_into() {
        let rootless =
            "rootless containerd not running? (hint: use `containerd-rootless-setuptool.sh install`)";
        let error =
            StandIns::new().with("nerdctl", &[("version", Err(rootless))]).open("nerdctl").unwrap_err();
        assert!(error.to_string().contains(rootless), "{error}");
    }
}
