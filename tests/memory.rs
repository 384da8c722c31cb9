//! How much memory it takes to make, write and read an image with large files: little, and no more for larger ones.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::support::wasmpack;

/// What a process may take, 64 MB: a third of it is our own program.
const LIMIT_BYTES: u64 = 64_000_000;

/// The highest resident set of a command that succeeds. The kernel keeps it, so looking now and then misses only what is
/// added in the last moment.
fn peak_bytes(command: &mut Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut peak_kib = 0;
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak_kib = line.map_or(peak_kib, |kib| kib.parse().unwrap());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{command:?}");
            return peak_kib * 1024;
        }
        sleep(Duration::from_millis(1));
    }
}

/// A project with a module and `count` files of 20 MB that no compressor makes smaller.
fn project(folder: &Path, count: u64) {
    fs::create_dir_all(folder.join("data")).unwrap();
    let module = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    fs::write(folder.join("app.wat"), module).unwrap();
    let configuration = "[build]\nmodule = 'app.wat'\n[image]\nname = 'app'\nfiles = [{ from = 'data' }]\n";
    fs::write(folder.join("wasmpack.toml"), configuration).unwrap();
    let mut state = 1_u64;
    for number in 0..count {
        let mut file = fs::File::create(folder.join(format!("data/{number}"))).unwrap();
        for _ in 0..2000 {
            let words = (0..1250).flat_map(|_| {
                // Xorshift, by Marsaglia.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()
            });
            file.write_all(&words.collect::<Vec<_>>()).unwrap();
        }
    }
}

/// Makes the image, makes it again from what is cached, and reads it.
fn takes_little(count: u64, how: &str) {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), count);
    let (layout, archive) = (folder.path().join("target/wasmpack/app"), folder.path().join("app.tar"));
    let output = format!("type=oci-archive,dest={}", archive.display());
    let pack = || {
        let mut pack = wasmpack();
        pack.args(["pack", "--compress", how, "--output", &output]).arg(folder.path());
        pack
    };
    let read = |verb: &str, path: &Path| {
        let mut read = wasmpack();
        read.arg(verb).arg(path);
        read
    };
    let mut deeds = vec![("pack", pack()), ("pack again", pack())];
    for verb in ["validate", "inspect", "check", "run"] {
        deeds.push((verb, read(verb, &layout)));
        deeds.push((verb, read(verb, &archive)));
    }
    for (deed, mut command) in deeds {
        let peak_bytes = peak_bytes(&mut command);
        assert!(peak_bytes < LIMIT_BYTES, "{deed} with {how} takes {peak_bytes} bytes");
    }
}

#[test]
fn large_files_are_not_held_in_memory() {
    takes_little(6, "fast");
}

#[test]
#[ignore = "takes minutes; `cargo xtask test --full` runs it"]
fn large_files_are_not_held_in_memory_however_they_are_compressed() {
    for how in ["none", "fast", "gzip", "best", "zstd"] {
        takes_little(15, how);
    }
}
