//! The images all consumers are tried with: each example, built once, as a layout and as an archive.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::support::{copy, example, stdout_of, wasmpack};

/// An example, and arguments that make it print something without reading anything.
pub struct Example {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
}

pub const EXAMPLES: [Example; 4] = [
    Example { name: "factorial", arguments: &["5", "20"] },
    Example { name: "hundred", arguments: &["64", "97", "12"] },
    Example { name: "sort", arguments: &["-f", "pear", "apple", "fig", "apple"] },
    Example { name: "wordcount", arguments: &["--text", "one two three", "four"] },
];

/// An image in all its forms, and what it does.
pub struct Built {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    /// What `build` said the image's digest is.
    pub digest: String,
    /// The layout below the target directory.
    pub layout: PathBuf,
    /// The archive, and the folder it was unpacked to.
    pub archive: PathBuf,
    pub unpacked: PathBuf,
    /// The module in the layer.
    pub wasm: Vec<u8>,
    /// What it prints under `cargo wasmpack run`.
    pub stdout: String,
}

static BUILT: LazyLock<Vec<Built>> = LazyLock::new(|| EXAMPLES.iter().map(build).collect());

impl Built {
    /// The image of the example of this name.
    pub fn of(name: &str) -> &'static Self {
        BUILT.iter().find(|built| built.name == name).unwrap()
    }

    /// A folder for what one consumer makes of this image, new and empty.
    pub fn folder(&self, consumer: &str) -> PathBuf {
        let folder = folder().join(consumer).join(self.name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/consumers"))
}

fn build(Example { name, arguments }: &'static Example) -> Built {
    // A copy, so that nothing is built inside the checkout and nothing built there matters.
    let (sources, target) = (folder().join("sources").join(name), folder().join("target"));
    copy(&example(name), &sources);
    let archive = folder().join(format!("{name}.tar"));
    let output = format!("type=oci-archive,dest={}", archive.display());
    let mut command = wasmpack();
    command.args(["build", "--output", &output, "--target-dir"]).arg(&target).arg(&sources);
    let said = stdout_of(&mut command);
    let digest = said.trim().strip_prefix(&format!("{name}@")).unwrap().to_owned();

    let mut run = wasmpack();
    let stdout = stdout_of(run.arg("run").arg(&archive).arg("--").args(*arguments).stdin(Stdio::null()));
    assert!(!stdout.is_empty(), "{name} prints nothing, so nothing could be compared");

    let layout = target.join("wasmpack").join(name);
    let unpacked = folder().join("unpacked").join(name);
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).unwrap();
    }
    tar::Archive::new(File::open(&archive).unwrap()).unpack(&unpacked).unwrap();
    let wasm = module(&unpacked, &digest);
    Built { name, arguments, digest, layout, archive, unpacked, wasm, stdout }
}

/// A JSON document of a layout.
pub fn json(layout: &Path, path: &str) -> Value {
    serde_json::from_slice(&fs::read(layout.join(path)).unwrap()).unwrap()
}

/// Where a layout has the blob of this digest.
pub fn blob_path(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}

/// `/app.wasm`, read without any code of ours.
fn module(layout: &Path, manifest: &str) -> Vec<u8> {
    let manifest = json(layout, &blob_path(manifest));
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let layer = GzDecoder::new(File::open(layout.join(blob_path(layer))).unwrap());
    let mut files = tar::Archive::new(layer);
    let mut file = files.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(file.path().unwrap().to_str(), Some("app.wasm"));
    let mut wasm = Vec::new();
    file.read_to_end(&mut wasm).unwrap();
    wasm
}
