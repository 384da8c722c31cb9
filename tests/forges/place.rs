//! Where jobs run: a project, a registry on this machine, programs that stand in for those of a runner, and nothing of the user's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::debian::Debian;
use crate::installed::installed;
use crate::support::{stdout_of, wasmpack};

/// A runner that keeps its folders, as its cache would.
pub struct Place {
    folder: TempDir,
    pub registry: Debian,
}

/// What came of a job.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    /// Nothing where there is no registry.
    pub fn new(template: &str, forge: &str) -> Option<Self> {
        Self::begun(template, &["--ci", forge])
    }

    /// A workspace whose images are built by two jobs.
    pub fn of_two_parts(forge: &str) -> Option<Self> {
        Self::begun("workspace", &["--ci", forge, "--parts", "2"])
    }

    fn begun(template: &str, flags: &[&str]) -> Option<Self> {
        for program in ["jq", "curl"] {
            installed(program)?;
        }
        let folder = tempfile::tempdir().unwrap();
        let registry = Debian::start(folder.path(), "", "")?;
        let place = Self { folder, registry };
        for name in ["home", "temp", "bin"] {
            fs::create_dir(place.path(name)).unwrap();
        }
        place.write("comments.json", "[]");
        place.write("calls", "");
        for (name, text) in [
            ("cargo", include_str!("stand-ins/cargo")),
            ("rustup", include_str!("stand-ins/rustup")),
            ("gh", include_str!("stand-ins/gh")),
        ] {
            place.write(&format!("bin/{name}"), text);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(place.path("bin").join(name), mode).unwrap();
            }
        }
        let mut init = wasmpack();
        init.current_dir(place.path("")).args(["init", "project", "--quiet", "--name", "my-app"]);
        stdout_of(init.args(["--template", template]).args(flags));
        Some(place)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.registry.port)
    }

    /// Gives the project this budget and no other.
    pub fn budget(&self, line: &str) {
        let file = "project/wasmpack.toml";
        let text = self.read(file);
        let before = text.split("[budget]").next().unwrap();
        self.write(file, &format!("{before}\n[budget]\n{line}\n"));
    }

    /// Has the program say more.
    pub fn grow(&self) {
        for (file, old, new) in [
            (
                "project/src/main.rs",
                "{count:>7} {word}",
                "{count:>7} Wer reitet so spät durch Nacht und Wind? {word}",
            ),
            ("project/src/main.c", "usage: ", "Wer reitet so spät durch Nacht und Wind? "),
        ] {
            let text = self.read(file);
            if !text.is_empty() {
                assert!(text.contains(old), "{text}");
                self.write(file, &text.replace(old, new));
            }
        }
    }

    /// The bodies of the comments there are.
    pub fn comments(&self) -> Vec<String> {
        let comments: Value = serde_json::from_str(&self.read("comments.json")).unwrap();
        let bodies = comments.as_array().unwrap().iter().map(|comment| comment["body"].as_str().unwrap());
        bodies.map(str::to_owned).collect()
    }

    /// Panics unless `images.txt` has the images of the workspace, both pushed, and `images.json` their metadata.
    pub fn assert_joined(&self, folder: &str) {
        let names = self.read(&format!("{folder}/images.txt"));
        let expected = ["decode", "encode"].map(|name| format!("{}/acme/my-app/my-app-{name}@", self.host()));
        assert_eq!(names.lines().count(), expected.len(), "{names}");
        for (name, expected) in names.lines().zip(expected) {
            assert!(name.starts_with(&expected), "{name}");
            self.assert_pushed(name);
        }
        let metadata: Value = serde_json::from_str(&self.read(&format!("{folder}/images.json"))).unwrap();
        let entries: Vec<_> = metadata.as_object().unwrap().keys().collect();
        assert_eq!(entries, ["my-app-decode", "my-app-encode"]);
    }

    /// Runs a script in the project with these variables, and those that every job has.
    pub fn bash(&self, flags: &[&str], script: &str, variables: &BTreeMap<String, String>) -> Ran {
        self.bash_in("project", flags, script, variables)
    }

    /// The same in another folder.
    pub fn bash_in(
        &self,
        folder: &str,
        flags: &[&str],
        script: &str,
        variables: &BTreeMap<String, String>,
    ) -> Ran {
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc"]).args(flags).args(["-c", script]).current_dir(self.path(folder));
        bash.env_clear().env("HOME", self.path("home")).env("PATH", self.search_path()).env("CI", "true");
        bash.env("REAL_CARGO", env!("CARGO")).env("BUILT", env!("CARGO_BIN_EXE_cargo-wasmpack"));
        bash.env("CALLS", self.path("calls")).env("COMMENTS", self.path("comments.json"));
        bash.env("CARGO_NET_OFFLINE", "true").envs(variables);
        let Output { status, stdout, stderr } = bash.output().unwrap();
        let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
        Ran { code: status.code().unwrap(), stdout, stderr }
    }

    /// Stand-ins, the toolchain of the tests, and this machine's own without a `cargo-wasmpack` that somebody has installed.
    #[expect(clippy::disallowed_methods, reason = "a test puts something before the search path")]
    fn search_path(&self) -> std::ffi::OsString {
        let toolchain = Path::new(env!("CARGO")).parent().unwrap().to_owned();
        let first = [self.path("bin"), self.path("home/.cargo/bin"), toolchain];
        let own = std::env::var_os("PATH").unwrap_or_default();
        let own = std::env::split_paths(&own).filter(|folder| !folder.join("cargo-wasmpack").exists());
        let added = self.read("GITHUB_PATH");
        let added = added.lines().map(PathBuf::from);
        std::env::join_paths(first.into_iter().chain(added).chain(own)).unwrap()
    }

    /// What the registry says of this manifest, asked without us.
    pub fn manifest(&self, repository: &str, reference: &str) -> Value {
        let address = format!("http://{}/v2/{repository}/manifests/{reference}", self.host());
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--header"]).arg(format!("Accept: {ACCEPTED}"));
        serde_json::from_str(&stdout_of(curl.arg(address))).unwrap()
    }

    /// Panics unless the registry has the image of this name and digest, its bill of materials and its provenance.
    pub fn assert_pushed(&self, name: &str) {
        let (repository, digest) = name.split_once('@').unwrap();
        let repository = repository.strip_prefix(&format!("{}/", self.host())).unwrap();
        assert_eq!(self.manifest(repository, digest)["manifests"].as_array().unwrap().len(), 4);
        let referring = self.manifest(repository, &digest.replace(':', "-"));
        let kinds = referring["manifests"].as_array().unwrap().iter();
        let kinds: Vec<_> = kinds.map(|one| one["artifactType"].as_str().unwrap()).collect();
        for kind in ["application/spdx+json", "application/vnd.in-toto+json"] {
            assert!(kinds.contains(&kind), "{kinds:?}");
        }
    }
}

const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
