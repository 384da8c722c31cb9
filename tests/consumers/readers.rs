//! Programs that read images and run nothing.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::images::{Built, Formatted, blob_path, json};
use crate::support::{stdout_of, wasmpack};
use crate::tools;

pub fn skopeo_missing() -> Option<String> {
    tools::missing(&["skopeo"])
}

/// skopeo finds the same digest in the layout and in the archive, and the image for each platform.
pub fn skopeo_reads(built: &Built) {
    let layout = format!("oci:{}:{}", built.layout.display(), built.everywhere.tag);
    for source in [layout, format!("oci-archive:{}", built.everywhere.archive.display())] {
        for (os, architecture) in
            [("wasi", "wasm"), ("wasip1", "wasm"), ("linux", "amd64"), ("linux", "arm64")]
        {
            let inspect = |arguments: &[&str]| -> Value {
                let mut command = Command::new("skopeo");
                command.args(["--override-os", os, "--override-arch", architecture, "inspect"]);
                serde_json::from_str(&stdout_of(command.args(arguments).arg(&source))).unwrap()
            };
            let said = inspect(&[]);
            assert_eq!(said["Digest"], built.everywhere.digest, "{source}");
            assert_eq!((&said["Os"], &said["Architecture"]), (&os.into(), &architecture.into()));
            let config = inspect(&["--config"]);
            assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/app.wasm"]));
        }
    }
    for format in [&built.image, &built.wasm_layer, &built.artifact] {
        let source = format!("oci-archive:{}", format.archive.display());
        let raw = stdout_of(Command::new("skopeo").args(["inspect", "--raw", &source]));
        let manifest = json(&built.layout, &blob_path(&format.digest));
        assert_eq!(serde_json::from_str::<Value>(&raw).unwrap(), manifest, "{source}");
    }
}

/// An archive of Docker's own, with links and without a manifest, is the image that it was made of.
pub fn docker_archives_are_read(built: &Built) {
    let archive = built.folder("docker-archive").join("docker.tar");
    let from = format!("oci-archive:{}", built.image.archive.display());
    let to = format!("docker-archive:{}:acme/app:v1", archive.display());
    stdout_of(Command::new("skopeo").args(["copy", "--quiet", &from, &to]));
    let asked = |arguments: &[&str]| stdout_of(wasmpack().args(arguments).arg(&archive));
    asked(&["validate"]);
    let image = &serde_json::from_str::<Value>(&asked(&["inspect", "--json"])).unwrap()["image"];
    let manifest = json(&built.layout, &blob_path(&built.image.digest));
    assert_eq!(image["digest"], Value::Null, "nobody knows it");
    assert_eq!(image["config_digest"], manifest["config"]["digest"]);
    assert_eq!(image["reference"], "docker.io/acme/app:v1");
    let image = &serde_json::from_str::<Value>(&asked(&["check", "--json"])).unwrap()["images"][0];
    assert_eq!(image["form"], "docker-archive");
    let size = serde_json::from_str::<Value>(&asked(&["size", "--json"])).unwrap();
    assert_eq!(size["bytes"], built.wasm.len());
    let mut run = wasmpack();
    let ran = stdout_of(run.arg("run").arg(&archive).arg("--").args(built.arguments).stdin(Stdio::null()));
    assert_eq!(ran, built.stdout);
}

pub fn umoci_missing() -> Option<String> {
    tools::missing(&["umoci"])
}

/// umoci, which checks every digest on its way, finds the same layer and unpacks the same module.
pub fn umoci_unpacks(built: &Built) {
    let folder = built.folder("umoci");
    for (number, layout) in [&built.layout, &built.image.unpacked].into_iter().enumerate() {
        let image = format!("{}:{}", layout.display(), built.image.tag);
        let said = stdout_of(Command::new("umoci").args(["stat", "--json", "--image", &image]));
        let said: Value = serde_json::from_str(&said).unwrap();
        let layers: Vec<&Value> =
            said["history"].as_array().unwrap().iter().filter(|entry| !entry["layer"].is_null()).collect();
        let manifest = json(layout, &blob_path(&built.image.digest));
        assert_eq!(layers.len(), 1);
        assert_eq!(layers[0]["layer"]["digest"], manifest["layers"][0]["digest"]);
        let config = json(layout, &blob_path(manifest["config"]["digest"].as_str().unwrap()));
        assert_eq!(layers[0]["diff_id"], config["rootfs"]["diff_ids"][0]);

        let rootfs = folder.join(number.to_string());
        let mut unpack = Command::new("umoci");
        unpack.args(["raw", "unpack"]).args((!tools::is_root()).then_some("--rootless"));
        stdout_of(unpack.args(["--image", &image]).arg(&rootfs));
        assert!(std::fs::read(rootfs.join("app.wasm")).unwrap() == built.wasm, "another module in {image}");
    }
}

pub fn podman_missing() -> Option<String> {
    tools::missing(&["podman"])
}

/// The platform of this machine.
pub fn linux() -> String {
    format!("linux/{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" })
}

/// podman, with a storage of its own, keeps the digest of what it loads, and finds its platform.
pub fn podman_loads(built: &Built) {
    // Paths of sockets below it must be short.
    let storage = tempfile::tempdir().unwrap();
    let linux = linux();
    let tag = |format: &Formatted| format!("oci:{}:{}", built.layout.display(), format.tag);
    let archive = |format: &Formatted| format!("oci-archive:{}", format.archive.display());
    let (everywhere, image) = (&built.everywhere, &built.image);
    let forms = [
        (archive(everywhere), everywhere, &*linux),
        (tag(everywhere), everywhere, &linux),
        (archive(image), image, "wasi/wasm"),
        (tag(image), image, "wasi/wasm"),
    ];
    for (number, (form, format, platform)) in forms.iter().enumerate() {
        let folder = storage.path().join(number.to_string());
        let podman = |arguments: &[&str]| {
            let mut command = Command::new("podman");
            command.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
            stdout_of(command.args(["--storage-driver", "vfs"]).args(arguments))
        };
        match form.strip_prefix("oci-archive:") {
            Some(archive) => podman(&["load", "--quiet", "--input", archive]),
            None => podman(&["pull", "--quiet", form]),
        };
        let what = "{{.Id}} {{.Digest}} {{.Os}}/{{.Architecture}}";
        let said = podman(&["image", "ls", "--all", "--quiet", "--no-trunc"]);
        let image = podman(&["image", "inspect", "--format", what, said.trim()]);
        let image: Vec<&str> = image.split_whitespace().collect();
        assert_eq!(image[1..], [&*format.digest, *platform], "{form}");
    }
}
