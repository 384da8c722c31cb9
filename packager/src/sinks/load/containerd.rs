//! containerd, through `ctr`. Its socket is what `CONTAINERD_ADDRESS` says to `ctr`, its namespace what was asked for, or else
//! what `CONTAINERD_NAMESPACE` says, or `default`.

use std::ffi::OsStr;
use std::path::Path;

use super::containers::Contain;
use super::ctr::{self, Ctr};
use super::program::{Failure, Program};
use super::{Commands, Container, Engine, Error, Runtime, Sent, Tool, Trouble};

#[derive(Debug)]
pub(super) struct Containerd {
    pub(super) ctr: Ctr,
    pub(super) title: String,
    /// Whose rules hold.
    pub(super) consumer: &'static str,
}

impl Containerd {
    pub(super) fn ask(program: &Program, namespace: Option<&str>) -> Result<Self, Error> {
        let ctr = Ctr::ask(&Engine::Containerd(namespace.map(str::to_owned)), program, namespace)?;
        let place = namespace.map_or(String::new(), |namespace| format!(", namespace {namespace}"));
        let title = format!("containerd {}{place}", ctr.server);
        Ok(Self { title, consumer: ctr.consumer(), ctr })
    }
}

impl Tool for Containerd {
    fn title(&self) -> &str {
        &self.title
    }

    fn consumer(&self) -> &'static str {
        self.consumer
    }

    fn send(&self, archive: &Path) -> Result<(), Failure> {
        self.ctr.import(archive)
    }

    fn confirm(&self, sent: &Sent<'_>) -> Result<String, Trouble> {
        self.ctr.confirm(sent)
    }

    fn contain(&self) -> Option<&dyn Contain> {
        Some(self)
    }
}

impl Contain for Containerd {
    fn runtime(&self, search_path: &OsStr) -> Result<Runtime, Error> {
        Runtime::below_containerd(search_path).map_err(|lacks| Error::NoRuntime {
            engine: Engine::Containerd(None),
            title: self.title.clone(),
            lacks,
        })
    }

    fn runner(&self, runtime: &Runtime) -> &'static str {
        ctr::runner(&self.ctr.server, runtime)
    }

    fn commands(&self, runtime: &Runtime, container: &Container) -> Commands {
        self.ctr.commands(runtime, container)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{StandIns, another, everywhere, ok, wasm_layer};
    use crate::Digest;

    /// A `ctr` whose calls begin with `words`, and that has this image afterwards.
    fn ctr(words: &str, version: &str, digest: Digest) -> StandIns {
        let part = format!("  Version:  {version}\n  Revision: x\n");
        let list = format!(
            "REF TYPE DIGEST SIZE PLATFORMS LABELS\ndocker.io/library/app:latest application/x {digest} 1.8 KiB linux/amd64 -\n"
        );
        let calls = ["--connect-timeout", "image import", "image ls", "image tag"]
            .map(|call| format!("{words}{call}"));
        let answers =
            [ok(format!("Client:\n{part}\nServer:\n{part}")), ok("unpacking...done\n"), ok(list), ok("")];
        let answers: Vec<_> = calls.iter().map(String::as_str).zip(answers).collect();
        StandIns::new().with("ctr", &answers)
    }

    #[test]
    fn each_version_is_given_its_own_flags() {
        let (image, digest) = (everywhere(), everywhere().digest());
        for (engine, words, version, flags) in [
            ("containerd", "", "1.6.20~ds1", "--all-platforms"),
            ("containerd=k8s.io", "--namespace k8s.io ", "v1.7.20", "--all-platforms"),
            ("containerd", "", "v2.4.0", "--all-platforms --local"),
        ] {
            let machine = ctr(words, version, digest);
            let pinned = format!("docker.io/library/app@{digest}");
            assert_eq!(machine.load(engine, &image).unwrap().reference, pinned);
            let expected = [
                format!("ctr {words}--connect-timeout 5s version"),
                format!("ctr {words}image import {flags} image.tar"),
                format!("ctr {words}image ls name==\"docker.io/library/app:latest\""),
                format!("ctr {words}image tag --force docker.io/library/app:latest {pinned}"),
            ];
            assert_eq!(machine.calls(), expected);
        }
        let machine = ctr("--namespace k8s.io ", "v1.7.20", digest);
        assert_eq!(machine.open("containerd=k8s.io").unwrap().title(), "containerd 1.7.20, namespace k8s.io");
    }

    #[test]
    fn a_module_without_a_tar_is_for_newer_ones() {
        let image = wasm_layer();
        let error = ctr("", "1.6.20~ds1", image.digest()).load("containerd", &image).unwrap_err();
        assert!(error.to_string().contains("mismatched image rootfs"), "{error}");
        assert!(error.hint().unwrap().contains("--format everywhere"));
        assert!(ctr("", "2.0.0", image.digest()).load("containerd", &image).is_ok());
    }

    #[test]
    fn an_image_that_is_not_there_is_no_success() {
        let error = ctr("", "2.0.0", another()).load("containerd", &everywhere()).unwrap_err();
        assert!(error.to_string().ends_with(&format!("it is {}", another())), "{error}");
        let part = "  Version:  1.6.20\n";
        let nothing = [
            ("--connect-timeout", ok(format!("Client:\n{part}Server:\n{part}"))),
            ("image import", ok("")),
            ("image ls", ok("REF TYPE DIGEST SIZE PLATFORMS LABELS\n")),
        ];
        let error = StandIns::new().with("ctr", &nothing).load("containerd", &everywhere()).unwrap_err();
        assert!(error.to_string().ends_with("there is no image of this name"), "{error}");
    }

    #[test]
    fn an_old_one_is_refused_at_once() {
        let error = ctr("", "1.5.18", another()).open("containerd").unwrap_err();
        assert_eq!(error.hint().unwrap(), "it has to be 1.6 or newer");
    }

    #[test]
    fn a_socket_that_is_roots_is_told_with_the_way_out() {
        let denied = "ctr: failed to dial \"/run/containerd/containerd.sock\": connect: permission denied";
        let machine = StandIns::new().with("ctr", &[("--connect-timeout", Err(denied))]);
        let error = machine.open("containerd").unwrap_err();
        assert!(error.to_string().contains(denied), "{error}");
        assert!(error.hint().unwrap().contains("CONTAINERD_ADDRESS"));
    }
}
