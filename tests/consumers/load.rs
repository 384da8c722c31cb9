//! What `load` puts into engines, looked at with their own programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::containerd;
use crate::images::{Built, FORMATS, Formatted};
use crate::readers::linux;
use crate::support::{said, stdout_of, wasmpack};

/// podman with a storage of its own, as the user's own configuration has it.
pub struct Podman {
    folder: tempfile::TempDir,
}

impl Podman {
    pub fn new() -> Self {
        // Paths of sockets below it must be short.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let storage =
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{path}/root\"\nrunroot = \"{path}/run\"\n");
        fs::write(folder.path().join("storage.conf"), storage).unwrap();
        // By itself it wants more for a container than it may have where this machine is one.
        let limits = "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n";
        fs::write(folder.path().join("containers.conf"), limits).unwrap();
        Self { folder }
    }

    pub fn told<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = |name: &str| self.folder.path().join(name);
        command.env("CONTAINERS_STORAGE_CONF", path("storage.conf"));
        command.env("CONTAINERS_CONF", path("containers.conf"))
    }

    /// For whoever has it in a static, which is never dropped.
    pub fn remove(&self) {
        fs::remove_dir_all(self.folder.path()).unwrap();
    }

    pub fn podman(&self, arguments: &[&str]) -> String {
        stdout_of(self.told(Command::new("podman").args(arguments)))
    }
}

/// The name that is printed is one that podman makes a container of, of the image for its own platform; the digest is the
/// one that was built. Of a layout, of an archive, and right after the build.
pub fn into_podman(built: &Built) {
    let podman = Podman::new();
    let load =
        |target: &Path| stdout_of(podman.told(wasmpack().arg("load").arg(target).args(["--to", "podman"])));
    for (format, platform) in [(&built.everywhere, &*linux()), (&built.image, "wasi/wasm")] {
        let loaded = load(&format.archive);
        assert_eq!(loaded.trim(), format!("docker.io/library/{}@{}", built.name, format.digest));
        let name = format!("docker.io/library/{}:{}", built.name, format.tag);
        let said =
            podman.podman(&["image", "inspect", "--format", "{{.Digest}} {{.Os}}/{{.Architecture}}", &name]);
        assert_eq!(said.trim(), format!("{} {platform}", format.digest));
        podman.podman(&["create", "--pull=never", loaded.trim()]);
    }
    // Of several formats, the layout's first.
    assert_eq!(
        load(&built.layout).trim(),
        format!("docker.io/library/{}@{}", built.name, built.everywhere.digest)
    );

    let mut build = wasmpack();
    build.args(["build", "--load", "podman", "--format", &FORMATS.join(","), "--target-dir"]);
    let output = podman.told(build.arg(built.target()).arg(built.sources())).output().unwrap();
    let others = [&built.image, &built.wasm_layer, &built.artifact];
    let others = others.map(|format| format!("{}:{}@{}\n", built.name, format.tag, format.digest));
    let expected = format!("{}@{}\n{}", built.name, built.everywhere.digest, others.concat());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", said(&output));
    assert!(said(&output).contains(&format!("Loaded {} into podman ", built.name)), "{}", said(&output));
}

/// What podman cannot take is told before it is sent.
pub fn podman_is_spared(built: &Built) {
    let podman = Podman::new();
    for format in [&built.wasm_layer, &built.artifact] {
        let mut load = wasmpack();
        load.arg("load").arg(&format.archive).args(["--to", "podman"]);
        let output = podman.told(&mut load).output().unwrap();
        assert_eq!(output.status.code(), Some(120), "{}", said(&output));
        assert!(said(&output).contains("which does not take it: it does not load"), "{}", said(&output));
        assert!(said(&output).contains("--format everywhere"), "{}", said(&output));
        assert_eq!(podman.podman(&["image", "ls", "--quiet", "--all"]), "");
    }
}

/// Both names have the digest, and all platforms are there to stay: what is exported is whole.
pub fn into_containerd(built: &Built) {
    let folder = built.folder("load");
    let namespace = format!("load-{}", built.name);
    let load = |format: &Formatted| {
        let mut load = wasmpack();
        containerd::told(&mut load);
        let to = format!("--to=containerd={namespace}");
        stdout_of(load.arg("load").arg(&format.archive).arg(to)).trim().to_owned()
    };
    for format in [&built.everywhere, &built.image] {
        let pinned = load(format);
        assert_eq!(pinned, format!("docker.io/library/{}@{}", built.name, format.digest));
        // A second time changes nothing.
        assert_eq!(load(format), pinned);
        let images = stdout_of(containerd::ctr().args(["--namespace", &namespace, "image", "ls"]));
        for name in [format!("docker.io/library/{}:{}", built.name, format.tag), pinned.clone()] {
            let line = images.lines().find(|line| line.split_whitespace().next() == Some(&name));
            assert!(line.unwrap_or_else(|| panic!("{images}")).contains(&format.digest), "{images}");
        }
        let exported = folder.join(format!("{}.tar", format.tag));
        let mut export = containerd::ctr();
        export.args(["--namespace", &namespace, "image", "export", "--all-platforms"]);
        stdout_of(export.arg(&exported).arg(&pinned));
        stdout_of(wasmpack().arg("validate").arg(&exported));
    }
}

/// By the name that is printed, a container is made and runs.
pub fn containerd_runs(built: &Built) {
    let mut load = wasmpack();
    containerd::told(&mut load);
    let loaded = stdout_of(load.arg("load").arg(&built.everywhere.archive).args(["--to", "containerd"]));
    for platform in ["wasi/wasm", &linux()] {
        assert_eq!(containerd::output_of(loaded.trim(), built, Some(platform)), built.stdout);
    }
}
