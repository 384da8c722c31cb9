//! Programs that read images and run nothing.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::images::{Built, blob_path, json};
use crate::support::stdout_of;
use crate::tools;

pub fn skopeo_missing() -> Option<String> {
    tools::missing(&["skopeo"])
}

/// skopeo finds the same digest and platform in the layout and in the archive.
pub fn skopeo_reads(built: &Built) {
    for source in
        [format!("oci:{}", built.layout.display()), format!("oci-archive:{}", built.archive.display())]
    {
        let said = stdout_of(Command::new("skopeo").args(["inspect", &source]));
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["Digest"], built.digest, "{source}");
        assert_eq!(said["Os"], "wasi");
        assert_eq!(said["Architecture"], "wasm");

        let config = stdout_of(Command::new("skopeo").args(["inspect", "--config", &source]));
        let config: Value = serde_json::from_str(&config).unwrap();
        assert_eq!(config["config"]["Entrypoint"], serde_json::json!(["/app.wasm"]));
    }
}

pub fn umoci_missing() -> Option<String> {
    tools::missing(&["umoci"])
}

/// umoci, which checks every digest on its way, finds the same layer and unpacks the same module.
pub fn umoci_unpacks(built: &Built) {
    let folder = built.folder("umoci");
    for (number, layout) in [&built.layout, &built.unpacked].into_iter().enumerate() {
        let image = format!("{}:{}", layout.display(), tag(layout));
        let said = stdout_of(Command::new("umoci").args(["stat", "--json", "--image", &image]));
        let said: Value = serde_json::from_str(&said).unwrap();
        let layers: Vec<&Value> =
            said["history"].as_array().unwrap().iter().filter(|entry| !entry["layer"].is_null()).collect();
        let manifest = json(layout, &blob_path(&built.digest));
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

/// The only tag of a layout.
fn tag(layout: &Path) -> String {
    let index = json(layout, "index.json");
    index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned()
}

pub fn podman_missing() -> Option<String> {
    tools::missing(&["podman"])
}

/// podman, with a storage of its own, keeps digest and platform of what it loads.
pub fn podman_loads(built: &Built) {
    // Paths of sockets below it must be short.
    let storage = tempfile::tempdir().unwrap();
    for (number, form) in [&built.archive, &built.layout].into_iter().enumerate() {
        let folder = storage.path().join(number.to_string());
        let podman = |arguments: &[&str]| {
            let mut command = Command::new("podman");
            command.arg("--root").arg(folder.join("root")).arg("--runroot").arg(folder.join("run"));
            stdout_of(command.args(["--storage-driver", "vfs"]).args(arguments))
        };
        podman(&["load", "--quiet", "--input", form.to_str().unwrap()]);
        let format = "{{.Id}} {{.Digest}} {{.Os}}/{{.Architecture}}";
        let said = podman(&["image", "ls", "--all", "--quiet", "--no-trunc"]);
        let image = podman(&["image", "inspect", "--format", format, said.trim()]);
        let image: Vec<&str> = image.split_whitespace().collect();
        assert_eq!(image[1..], [built.digest.as_str(), "wasi/wasm"], "{}", form.display());
    }
}
