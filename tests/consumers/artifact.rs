//! The crate by which wkg reads artifacts, in a program of ours that is no part of the workspace.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::images::{Built, blob_path, json};
use crate::support::{stdout_of, wasmpack};
use crate::tools;

/// Asks for something and offers something, as every component does.
const COMPONENT: &str = r#"(component
    (import "wasi:cli/environment@0.2.0" (instance (export "initial-cwd" (func (result (option string))))))
    (core module $m (func (export "run") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))"#;

pub fn missing() -> Option<String> {
    tools::missing(&["oci-wasm-reader"])
}

/// It reads the config, and would say the same of the module, or of a component.
pub fn reads(built: &Built) {
    read(&built.artifact.unpacked, &built.artifact.digest);
    let folder = built.folder("artifact");
    fs::write(folder.join("component.wat"), COMPONENT).unwrap();
    let layout = folder.join("layout");
    let mut pack = wasmpack();
    pack.args(["pack", "--format", "artifact", "--output"])
        .arg(format!("type=oci-layout,dest={}", layout.display()));
    let said = stdout_of(pack.arg(folder.join("component.wat")).current_dir(&folder));
    read(&layout, said.trim().rsplit('@').next().unwrap());
}

fn read(layout: &Path, digest: &str) {
    let manifest = json(layout, &blob_path(digest));
    let blob =
        |descriptor: &serde_json::Value| layout.join(blob_path(descriptor["digest"].as_str().unwrap()));
    let (config, module) = (blob(&manifest["config"]), blob(&manifest["layers"][0]));
    stdout_of(Command::new("oci-wasm-reader").args([config, module]));
}
