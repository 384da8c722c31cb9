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

/// An image in all its formats and forms, and what it does.
pub struct Built {
    pub name: &'static str,
    pub arguments: &'static [&'static str],
    /// The index for all platforms, which has the plain name.
    pub everywhere: Formatted,
    /// The one manifest.
    pub image: Formatted,
    /// The same with the module as its layer.
    pub wasm_layer: Formatted,
    /// The artifact.
    pub artifact: Formatted,
    /// The layout below the target directory, with all of them.
    pub layout: PathBuf,
    /// The module in the layer.
    pub wasm: Vec<u8>,
    /// What it prints under `cargo wasmpack run`.
    pub stdout: String,
}

/// An image in one format.
pub struct Formatted {
    pub tag: String,
    /// What `build` said its digest is.
    pub digest: String,
    /// The archive, and the folder it was unpacked to.
    pub archive: PathBuf,
    pub unpacked: PathBuf,
}

/// All formats, in the order in which they are built.
pub const FORMATS: [&str; 4] = ["everywhere", "image", "wasm-layer", "artifact"];

static BUILT: LazyLock<Vec<Built>> = LazyLock::new(|| EXAMPLES.iter().map(build).collect());

impl Built {
    /// The image of the example of this name.
    pub fn of(name: &str) -> &'static Self {
        BUILT.iter().find(|built| built.name == name).unwrap()
    }

    /// The copy of its sources that it is built from.
    pub fn sources(&self) -> PathBuf {
        folder().join("sources").join(self.name)
    }

    /// The target directory that it is built in.
    pub fn target(&self) -> PathBuf {
        folder().join("target")
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

/// Where everything is made.
pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/consumers"))
}

fn build(Example { name, arguments }: &'static Example) -> Built {
    // A copy, so that nothing is built inside the checkout and nothing built there matters.
    let (sources, target) = (folder().join("sources").join(name), folder().join("target"));
    copy(&example(name), &sources);
    let archive = |format: &str| folder().join(format!("{name}-{format}.tar"));
    let mut command = wasmpack();
    command.args(["build", "--format", &FORMATS.join(","), "--target-dir"]).arg(&target).arg(&sources);
    for format in FORMATS {
        command.arg(format!("--output=type=oci-archive,format={format},dest={}", archive(format).display()));
    }
    let said = stdout_of(&mut command);
    let [everywhere, image, wasm_layer, artifact] = said
        .lines()
        .zip(FORMATS)
        .map(|(line, format)| {
            let is_first = format == "everywhere";
            let tag = if is_first { "latest".to_owned() } else { format!("latest-{format}") };
            let known = if is_first { name.to_string() } else { format!("{name}:{tag}") };
            let digest = line.strip_prefix(&format!("{known}@")).unwrap().to_owned();
            Formatted { tag, digest, unpacked: unpack(&archive(format)), archive: archive(format) }
        })
        .collect::<Vec<_>>()
        .try_into()
        .unwrap_or_else(|_| panic!("{said}"));

    let run = |archive: &Path| {
        let mut run = wasmpack();
        stdout_of(run.arg("run").arg(archive).arg("--").args(*arguments).stdin(Stdio::null()))
    };
    let stdout = run(&everywhere.archive);
    assert!(!stdout.is_empty(), "{name} prints nothing, so nothing could be compared");
    for format in [&image, &wasm_layer, &artifact] {
        assert_eq!(run(&format.archive), stdout, "{}", format.tag);
    }
    let layout = target.join("wasmpack").join(name);
    let wasm = module(&image.unpacked, &image.digest);
    Built { name, arguments, everywhere, image, wasm_layer, artifact, layout, wasm, stdout }
}

/// A program that says what it was given and ends as it is told.
pub struct Guest {
    pub sources: PathBuf,
    pub layout: PathBuf,
    pub module: PathBuf,
}

static GUEST: LazyLock<Guest> = LazyLock::new(|| {
    let (sources, target) = (folder().join("sources/guest"), folder().join("target"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers/guest"), &sources);
    let mut build = wasmpack();
    build.args(["build", "--format", "everywhere,image", "--target-dir"]).arg(&target).arg(&sources);
    let said = stdout_of(&mut build);
    let (_, single) = said.lines().last().unwrap().split_once('@').unwrap();
    let (layout, path) = (target.join("wasmpack/guest"), folder().join("guest-module/guest.wasm"));
    // In a folder of its own: its image is written beside it.
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, module(&layout, single)).unwrap();
    let module = path;
    Guest { sources, layout, module }
});

impl Guest {
    /// Built once.
    pub fn get() -> &'static Self {
        &GUEST
    }
}

fn unpack(archive: &Path) -> PathBuf {
    let folder = archive.with_extension("");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    tar::Archive::new(File::open(archive).unwrap()).unpack(&folder).unwrap();
    folder
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
    for layer in manifest["layers"].as_array().unwrap() {
        let digest = layer["digest"].as_str().unwrap();
        let mut files =
            tar::Archive::new(GzDecoder::new(File::open(layout.join(blob_path(digest))).unwrap()));
        for mut file in files.entries().unwrap().map(Result::unwrap) {
            if file.path().unwrap().to_str() == Some("app.wasm") {
                let mut wasm = Vec::new();
                file.read_to_end(&mut wasm).unwrap();
                return wasm;
            }
        }
    }
    panic!("{manifest:#} has no module");
}
