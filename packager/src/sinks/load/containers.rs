//! Running images in an engine: it has to keep them, and to have something below it that runs WebAssembly.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::container::{Commands, Container};
use super::{Engine, Error, Load, Loaded, Runtime};
use crate::consumers::Program;
use crate::{Image, Reference};

/// An engine that runs WebAssembly.
#[derive(Debug)]
pub struct Containers {
    load: Load,
    runtime: Runtime,
}

/// The part of an engine that makes containers.
pub(super) trait Contain {
    /// What runs WebAssembly there.
    fn runtime(&self, search_path: &OsStr) -> Result<Runtime, Error>;

    /// By whose rules it runs images with that.
    fn runner(&self, runtime: &Runtime) -> &'static str;

    /// What is to be run for a container.
    fn commands(&self, runtime: &Runtime, container: &Container) -> Commands;
}

impl Containers {
    /// Of this engine; as [`Load::open`].
    ///
    /// # Errors
    /// The engine is not here or does not answer; has nothing that runs WebAssembly; or makes no containers by itself.
    pub fn open(engine: &Engine, search_path: &OsStr, scratch: impl Into<PathBuf>) -> Result<Self, Error> {
        let load = Load::open(engine, search_path, scratch)?;
        let contain = load.tool.contain().ok_or_else(|| Error::NoContainers { engine: engine.clone() })?;
        let runtime = contain.runtime(search_path)?;
        Ok(Self { load, runtime })
    }

    /// The engine, its version, and what runs WebAssembly below it: `podman 4.3.1 with youki`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} with {}", self.load.title(), self.runtime)
    }

    /// What runs WebAssembly.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Loads an image that can run there. What a program is says whoever knows WebAssembly.
    ///
    /// # Errors
    /// As [`Load::send`]; and the image would not run, which is said before anything is sent.
    pub fn send(
        &self,
        image: &Image,
        reference: &Reference,
        look: &mut dyn FnMut(&[u8]) -> Program,
    ) -> Result<Loaded, crate::Error> {
        let runner = self.contain().runner(&self.runtime);
        self.load.send_for(image, reference, Some((runner, &self.title(), look)))
    }

    /// What is to be run for a container.
    #[must_use]
    pub fn commands(&self, container: &Container) -> Commands {
        self.contain().commands(&self.runtime, container)
    }

    fn contain(&self) -> &dyn Contain {
        self.load.tool.contain().expect("it was there when this was opened")
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{Answer, StandIns, everywhere, ok, wasm_layer};
    use super::super::{ExitCodes, Folder};
    use super::*;
    use crate::Platform;
    use crate::consumers::Interface;

    fn container() -> Container {
        Container {
            id: "one".to_owned(),
            image: "app@sha256:1".to_owned(),
            platform: Platform::WASI_WASM,
            words: ["/app.wasm", "a b"].map(str::to_owned).to_vec(),
            environment: vec![("KEY".to_owned(), "value".to_owned())],
            folders: vec![Folder { host: "/srv/data".into(), guest: "/data".to_owned() }],
            memory_bytes: Some(64 << 20),
        }
    }

    /// Two programs that are there and answer nothing.
    const SHIM: &str = "containerd-shim-wasmtime-v1";
    const ABLE: Answer<'static> = ("run.oci.handler", Err(""));

    fn ctr(version: &str) -> StandIns {
        let part = format!("  Version:  {version}\n");
        let version = ok(format!("Client:\n{part}Server:\n{part}"));
        StandIns::new().with(
            "ctr",
            &[("--namespace k8s.io --connect-timeout", version.clone()), ("--connect-timeout", version)],
        )
    }

    fn podman(runtime: &str) -> StandIns {
        let host = serde_json::json!({ "ociRuntime": { "path": "/usr/bin/crun", "version": runtime } });
        let answers = [
            ("info --format {{.Version", ok("4.3.1\n")),
            ("info --format {{json .Host}}", ok(host.to_string())),
        ];
        StandIns::new().with("podman", &answers)
    }

    fn docker(status: &str, runtimes: &str) -> StandIns {
        let version = r#"{"Client":{},"Server":{"Version":"29.4.0","Components":[]}}"#;
        let answers = [
            ("version", ok(version)),
            ("info --format {{json .DriverStatus}}", ok(status)),
            ("info --format {{json .Runtimes}}", ok(runtimes)),
        ];
        StandIns::new().with("docker", &answers)
    }

    const SNAPSHOTTER: &str = r#"[["driver-type","io.containerd.snapshotter.v1"]]"#;

    #[track_caller]
    fn check(machine: &StandIns, engine: &str, title: &str, [run, end]: [&str; 2]) {
        let containers = machine.containers(engine).unwrap();
        assert_eq!(containers.title(), title);
        assert_eq!(machine.told(&containers.commands(&container())), [run, end]);
    }

    #[test]
    fn containerd_is_told_the_shim_or_the_program_that_takes_the_place_of_runc() {
        check(
            &ctr("2.0.5").with(SHIM, &[]).with("youki", &[ABLE]),
            "containerd",
            "containerd 2.0.5 with runwasi's wasmtime",
            [
                "ctr run --rm --net-host --runtime io.containerd.wasmtime.v1 --platform wasi/wasm --env KEY=value --mount \
             type=bind,src=/srv/data,dst=/data,options=rbind:rw --memory-limit 67108864 app@sha256:1 one /app.wasm 'a b'",
                "ctr task kill --signal SIGKILL one",
            ],
        );
        check(
            &ctr("1.6.20").with("youki", &[ABLE]),
            "containerd=k8s.io",
            "containerd 1.6.20, namespace k8s.io with youki",
            [
                "ctr --namespace k8s.io run --rm --runc-binary youki --annotation run.oci.handler=wasm --platform wasi/wasm --env \
             KEY=value --mount type=bind,src=/srv/data,dst=/data,options=rbind:rw --memory-limit 67108864 app@sha256:1 one \
             /app.wasm 'a b'",
                "ctr --namespace k8s.io task kill --signal SIGKILL one",
            ],
        );
    }

    #[test]
    fn podman_takes_its_own_crun_or_another_runtime_of_this_machine() {
        check(
            &podman("crun version 1.27\n+CAP +WASM:wasmedge +YAJL"),
            "podman",
            "podman 4.3.1 with crun's wasmedge",
            [
                "podman run --rm --pull=never --interactive --network=none --name one --annotation run.oci.handler=wasm --env \
             KEY=value --mount type=bind,source=/srv/data,target=/data --memory 67108864b --entrypoint /app.wasm app@sha256:1 'a b'",
                "podman rm --force --time 0 one",
            ],
        );
        let crun = ("--version", ok("crun version 1.27\n+CAP +WASM:wasmtime"));
        check(
            &podman("crun version 1.8.1\n+CAP").with("crun-wasm", &[crun]),
            "podman",
            "podman 4.3.1 with crun's wasmtime",
            [
                "podman --runtime crun-wasm run --rm --pull=never --interactive --network=none --name one --env KEY=value --mount \
             type=bind,source=/srv/data,target=/data --memory 67108864b --entrypoint /app.wasm app@sha256:1 'a b'",
                "podman --runtime crun-wasm rm --force --time 0 one",
            ],
        );
    }

    #[test]
    fn docker_is_told_a_runtime_that_it_knows_or_whose_shim_is_here() {
        let shim = |platform: &str| {
            format!(
                "docker run --rm --pull=never --interactive --network host --name one --runtime io.containerd.wasmtime.v1{platform} \
                 --env KEY=value --mount type=bind,source=/srv/data,target=/data --memory 67108864b --entrypoint /app.wasm \
                 app@sha256:1 'a b'"
            )
        };
        let end = "docker rm --force one";
        let title = "docker 29.4.0 (containerd image store) with runwasi's wasmtime";
        let run = shim(" --platform wasi/wasm");
        check(
            &docker(SNAPSHOTTER, r#"{"runc":{},"io.containerd.wasmtime.v1":{}}"#),
            "docker",
            title,
            [&run, end],
        );
        check(&docker(SNAPSHOTTER, "{}").with(SHIM, &[]), "docker", title, [&run, end]);
        let title = "docker 29.4.0 (classic image store) with runwasi's wasmtime";
        check(&docker("[]", "{}").with(SHIM, &[]), "docker", title, [&shim(""), end]);
        let machine = docker(SNAPSHOTTER, r#"{"youki":{"path":"/usr/local/bin/youki"}}"#);
        let commands = machine.containers("docker").unwrap().commands(&container());
        let expected = "--network none --name one --runtime youki --annotation run.oci.handler=wasm --platform wasi/wasm";
        assert!(commands.run.to_string().contains(expected), "{}", commands.run);
    }

    #[test]
    fn nerdctl_is_told_as_docker_is() {
        let version = r#"{"Client":{"Version":"v2.0.0"},"Server":{"Components":[{"Name":"containerd","Version":"v2.0.0"}]}}"#;
        let machine = StandIns::new().with("nerdctl", &[("version", ok(version))]).with(SHIM, &[]);
        let commands = machine.containers("nerdctl").unwrap().commands(&container());
        let run = commands.run.to_string();
        assert!(
            run.starts_with(
                "nerdctl run --rm --pull=never --interactive --network host --name one --runtime "
            ),
            "{run}"
        );
    }

    #[test]
    fn what_is_missing_is_told_with_the_way_out() {
        let crun = ("--version", ok("crun version 1.8.1\n+CAP"));
        for (machine, engine, lacks, way_out) in [
            (
                ctr("1.6.20").with("youki", &[]),
                "containerd",
                "below containerd 1.6.20: no shim of runwasi's, such as `containerd-shim-wasmtime-v1`; `",
                "github.com/containerd/runwasi",
            ),
            (
                podman("+CAP").with("crun", &[crun]),
                "podman",
                "below podman 4.3.1: no `youki`; `",
                "crun-wasm",
            ),
            (
                docker("[]", "{}"),
                "docker",
                "neither `youki` nor `crun-wasm` among its runtimes",
                "daemon.json",
            ),
        ] {
            let error = machine.containers(engine).unwrap_err();
            assert!(error.to_string().contains(lacks), "{error}");
            assert!(error.hint().unwrap().contains(way_out));
        }
        let error = StandIns::new().containers("nerdctl").unwrap_err();
        assert_eq!(error.to_string(), "failed to find `nerdctl` on the search path");
    }

    #[test]
    fn what_the_runtime_could_not_run_is_not_sent() {
        let machine = ctr("2.0.5").with("youki", &[ABLE]);
        let containers = machine.containers("containerd").unwrap();
        let exporting = |name: &str| Interface { exports: vec![name.to_owned()], ..Interface::default() };
        let component = Program::Component(exporting("wasi:cli/run@0.2.0"));
        let module = Program::Module(exporting("_start"));
        for (image, program, reason) in [
            (everywhere(), component, "it runs modules only, and this is a component"),
            (wasm_layer(), module, "it runs files, and the module is a layer"),
        ] {
            let mut look = |_: &[u8]| program.clone();
            let error = containers.send(&image, &"app".parse().unwrap(), &mut look).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("failed to run `app` in containerd 2.0.5 with youki: {reason}")
            );
        }
        assert_eq!(machine.calls().len(), 1, "it is asked for its version alone");
    }

    #[test]
    fn what_becomes_of_exit_codes_is_known() {
        let crun = |engine: &str| Runtime::Crun { path: None, engine: engine.to_owned() };
        assert_eq!(crun("wasmedge").exit_codes(), ExitCodes::AlwaysZero);
        assert_eq!(crun("wasmtime").exit_codes(), ExitCodes::OneForFailure);
        assert_eq!(Runtime::Youki("/youki".into()).exit_codes(), ExitCodes::Kept);
    }
}
