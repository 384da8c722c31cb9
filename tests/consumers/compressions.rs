//! The programs that unpack layers, and each way to store one: a large one, which is compressed in pieces.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use libtest_mimic::Trial;

use crate::images::Built;
use crate::support::{stdout_of, wasmpack};
use crate::{containerd, images, readers, tools, trial};

/// A program that unpacks layers.
struct Reader {
    /// As a sentence that goes on with how the layer is stored.
    unpacks: &'static str,
    missing: fn() -> Option<String>,
    /// How a layer may be stored for it.
    reads: &'static [&'static str],
    /// The module as the program unpacks it.
    unpack: fn(&Stored) -> Vec<u8>,
}

const ALL: &[&str] = &["none", "fast", "gzip", "best", "zstd"];

const READERS: [Reader; 3] = [
    Reader { unpacks: "podman unpacks", missing: readers::podman_missing, reads: ALL, unpack: podman },
    // Debian's has no Zstandard.
    Reader {
        unpacks: "umoci unpacks",
        missing: readers::umoci_missing,
        reads: &["none", "fast", "gzip", "best"],
        unpack: umoci,
    },
    Reader { unpacks: "containerd unpacks", missing: containerd::missing, reads: ALL, unpack: containerd },
];

pub fn trials() -> Vec<Trial> {
    let trials = READERS.iter().flat_map(|reader| {
        let missing = (reader.missing)();
        reader.reads.iter().map(move |how| {
            let name = format!("{} a large layer stored as {how}", reader.unpacks);
            trial(name, missing.clone(), move || {
                let stored = STORED.iter().find(|stored| stored.how == *how).unwrap();
                let module = (reader.unpack)(stored);
                assert!(module == *MODULE, "another module, of {} bytes", module.len());
            })
        })
    });
    trials.collect()
}

/// A program of ours with 2.4 MB of text behind it, in a section that no one reads.
static MODULE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let line = |n: u32| format!("{n} {:x}\n", n.wrapping_mul(2_654_435_761));
    let text: String = (0..140_000).map(line).collect();
    let contents = [b"\x04text", text.as_bytes()].concat();
    // LEB128, always of five bytes.
    let length = [0, 7, 14, 21, 28]
        .map(|shift| (contents.len() >> shift) as u8 & 0x7f | if shift < 28 { 0x80 } else { 0 });
    [Built::of("factorial").wasm.as_slice(), &[0], &length, &contents].concat()
});

static STORED: LazyLock<Vec<Stored>> = LazyLock::new(|| ALL.iter().map(|how| Stored::by(how)).collect());

/// The module in an archive.
struct Stored {
    how: &'static str,
    archive: PathBuf,
}

impl Stored {
    fn by(how: &'static str) -> Self {
        let folder = images::folder().join("large");
        let archive = folder.join(how).with_extension("tar");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("app.wasm"), &*MODULE).unwrap();
        fs::write(folder.join("wasmpack.toml"), "[build]\nmodule = \"app.wasm\"\n").unwrap();
        let mut pack = wasmpack();
        pack.args(["pack", "--format", "image", "--compress", how, "--tag"]).arg(format!("large:{how}"));
        pack.arg("--output").arg(format!("type=oci-archive,dest={}", archive.display()));
        stdout_of(pack.arg("--target-dir").arg(folder.join("target")).arg(&folder));
        Self { how, archive }
    }
}

fn podman(stored: &Stored) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let podman = |arguments: &[&str]| {
        let mut command = Command::new("podman");
        command.arg("--root").arg(folder.path().join("root"));
        command.arg("--runroot").arg(folder.path().join("run"));
        stdout_of(command.args(["--storage-driver", "vfs"]).args(arguments))
    };
    podman(&["load", "--quiet", "--input", stored.archive.to_str().unwrap()]);
    // That of the only layer there is.
    let layers = folder.path().join("root/vfs/dir").read_dir().unwrap();
    let mut modules = layers.map(|layer| layer.unwrap().path().join("app.wasm"));
    fs::read(modules.next().unwrap()).unwrap()
}

fn umoci(stored: &Stored) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let [layout, rootfs] = ["layout", "rootfs"].map(|name| folder.path().join(name));
    tar::Archive::new(File::open(&stored.archive).unwrap()).unpack(&layout).unwrap();
    let mut unpack = Command::new("umoci");
    unpack.args(["raw", "unpack"]).args((!tools::is_root()).then_some("--rootless"));
    stdout_of(unpack.arg("--image").arg(format!("{}:{}", layout.display(), stored.how)).arg(&rootfs));
    fs::read(rootfs.join("app.wasm")).unwrap()
}

fn containerd(stored: &Stored) -> Vec<u8> {
    let name = format!("docker.io/library/large:{}", stored.how);
    let folder = tempfile::tempdir().unwrap();
    let mounted = &folder.path().join("mounted");
    fs::create_dir(mounted).unwrap();
    stdout_of(containerd::ctr().args(["image", "import"]).arg(&stored.archive));
    stdout_of(containerd::ctr().args(["image", "mount", "--platform", "wasi/wasm", &name]).arg(mounted));
    let module = fs::read(mounted.join("app.wasm"));
    stdout_of(containerd::ctr().args(["image", "unmount"]).arg(mounted));
    module.unwrap()
}
