//! Kubernetes' own path: the CRI of containerd, with youki as the handler of a `RuntimeClass`.
//!
//! The part of the kubelet is played by a program of ours, `cri-pod`, around the crate that has the protocol.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use libtest_mimic::Trial;

use crate::containerd::{self, HANDLER, PAUSE};
use crate::images::{Built, Guest, folder};
use crate::load::Podman;
use crate::support::{said, stdout_of};
use crate::{readers, registry, tools, trial};

pub fn missing() -> Option<String> {
    let missing = registry::containerd_missing().or_else(readers::podman_missing);
    missing.or_else(|| tools::missing(&["cri-pod"]))
}

pub fn trials() -> Vec<Trial> {
    vec![trial("Kubernetes with youki hands exit codes on".to_owned(), missing(), exit_codes)]
}

/// A pod's log has what `cargo wasmpack run` prints, by the index and by the one image.
pub fn runs(built: &Built) {
    let repository = registry::pushed(built);
    for tag in ["latest", "latest-image"] {
        let (code, log) = pod(&format!("{repository}:{tag}"), built.arguments);
        assert_eq!((code, log), (Some(0), built.stdout.clone()));
    }
}

fn exit_codes() {
    let guest = Guest::get();
    let reference = registry::push(&guest.layout, "acme/guest:latest");
    for code in [0, 7] {
        let (ended, log) = pod(&reference, &["exit", &code.to_string()]);
        assert_eq!(ended, Some(code));
        let expected = format!("argument /app.wasm\nargument exit\nargument {code}\nKEY is not set\n");
        assert_eq!(log, expected);
    }
    let mut list = containerd::ctr();
    assert_eq!(stdout_of(list.args(["--namespace", "k8s.io", "containers", "ls", "--quiet"])), "");
}

/// Has a pod of one container made; its exit code, and what it wrote to stdout.
fn pod(reference: &str, arguments: &[&str]) -> (Option<i32>, String) {
    LazyLock::force(&IMPORTED);
    let mut pod = Command::new("cri-pod");
    pod.arg(containerd::socket()).args([HANDLER, reference]).args(arguments).stdin(Stdio::null());
    let output = pod.output().unwrap();
    assert_ne!(output.status.code(), Some(101), "{}", said(&output));
    assert!(!said(&output).contains("Error"), "{}\n{}", said(&output), containerd::log());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// What holds a pod's namespaces is in containerd. Distributions have none, and registries are far away, so it is made here.
static IMPORTED: LazyLock<()> = LazyLock::new(|| {
    let folder = folder().join("pause");
    fs::create_dir_all(&folder).unwrap();
    // podman writes over no archive.
    let _ = fs::remove_file(folder.join("pause.tar"));
    let (source, program) = (folder.join("pause.rs"), folder.join("pause"));
    fs::write(&source, "fn main() { loop { std::thread::park() } }").unwrap();
    let mut rustc = Command::new("rustc");
    rustc.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols", "-o"]).arg(&program);
    stdout_of(rustc.arg(&source));

    let (files, archive) = (folder.join("files.tar"), folder.join("pause.tar"));
    let mut tar = tar::Builder::new(fs::File::create(&files).unwrap());
    tar.append_path_with_name(&program, "pause").unwrap();
    tar.finish().unwrap();
    let podman = Podman::new();
    // youki starts nothing without a search path.
    let changes = ["--change", "ENTRYPOINT [\"/pause\"]", "--change", "ENV PATH=/"];
    podman.podman(&[&["import", "--quiet"], &changes[..], &[files.to_str().unwrap(), PAUSE]].concat());
    podman.podman(&["save", "--quiet", "--output", archive.to_str().unwrap(), PAUSE]);
    stdout_of(containerd::ctr().args(["--namespace", "k8s.io", "image", "import"]).arg(&archive));
});
