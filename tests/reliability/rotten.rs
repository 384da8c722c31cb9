//! D4: a bit that is another one is found, and nothing of the image is run or pushed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::debian::Debian;
use crate::reliability::image::module;
use crate::support::{said, stdout_of, wasmpack};
use crate::tried;

/// Every file of a layout that has a digest, and its bytes.
fn blobs(layout: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut blobs: Vec<_> = paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    blobs.sort();
    blobs
}

#[test]
fn a_bit_that_is_another_is_found_and_nothing_of_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let Some(registry) = Debian::start(folder.path(), "", "") else { return };
    fs::write(folder.path().join("app.wat"), module("app", 5_000)).unwrap();
    let layout = folder.path().join("image");
    let output = format!("type=oci-layout,dest={}", layout.display());
    stdout_of(wasmpack().args(["pack", "app.wat", "--quiet", "-o", &output]).current_dir(folder.path()));
    let blobs = blobs(&layout);
    let mut random = fastrand::Rng::with_seed(200);
    let flips = tried::few_or_all(20, 200);
    for flip in 0..flips {
        // Any of the files, so that small documents are hit as often as the layer.
        let (blob, whole) = &blobs[random.usize(..blobs.len())];
        let mut rotten = whole.clone();
        let place = random.usize(..whole.len());
        rotten[place] ^= 1 << random.u8(..8);
        fs::write(blob, rotten).unwrap();

        let name = blob.file_name().unwrap().to_str().unwrap();
        let when = format!("byte {place} of {name}");
        let validated = wasmpack().arg("validate").arg(&layout).output().unwrap();
        assert_eq!(validated.status.code(), Some(112), "{when}: {}", said(&validated));
        assert!(String::from_utf8_lossy(&validated.stdout).contains(name), "{when}");

        let repository = format!("127.0.0.1:{}/app-{flip}", registry.port);
        let pushed = wasmpack().arg("push").arg(&layout).arg(&repository).output().unwrap();
        assert_eq!(pushed.status.code(), Some(112), "{when}: {}", said(&pushed));
        assert!(said(&pushed).contains(name) && pushed.stdout.is_empty(), "{when}: {}", said(&pushed));
        let tags = wasmpack().arg("tags").arg(&repository).output().unwrap();
        assert!(tags.stdout.is_empty(), "{when}");

        // Of the documents, a run reads those for its platform.
        if whole.starts_with(&[0x1f, 0x8b]) {
            let run = wasmpack().arg("run").arg(&layout).output().unwrap();
            assert_eq!(run.status.code(), Some(112), "{when}: {}", said(&run));
        }
        fs::write(blob, whole).unwrap();
    }
    stdout_of(wasmpack().arg("validate").arg(&layout));
    tried::tell(
        "D4",
        format_args!("{flips} bits of a layout turned over: each named, and nothing was pushed or run"),
    );
}
