//! The same sources make the same image, wherever and whenever they are built.

use std::path::Path;

use crate::documented::documented;
use crate::support::{copy, example, said, stdout_of, wasmpack};
use crate::tried;

const EXAMPLES: [&str; 4] = ["factorial", "hundred", "sort", "wordcount"];

#[test]
fn another_folder_time_zone_and_job_count_make_the_same_image() {
    for name in EXAMPLES {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let here = here.path().join(name);
        let there = there.path().join("a/rather/longer path").join(name);
        copy(&example(name), &here);
        copy(&example(name), &there);
        let first = stdout_of(wasmpack().arg("build").current_dir(&here));
        let second = stdout_of(
            wasmpack()
                .args(["build", "--jobs", "1"])
                .arg(&there)
                .env("TZ", "Asia/Kathmandu")
                .env("LC_ALL", "C"),
        );
        assert_eq!(first, second, "{name}");
        assert!(first.starts_with(&format!("{name}@sha256:")), "{first}");
    }
}

#[test]
fn source_date_epoch_is_the_time_of_the_image_and_of_every_file() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("factorial"), folder.path());
    std::fs::write(folder.path().join("wasmpack.toml"), "[image]\nfiles = [{ from = \"README.md\" }]\n")
        .unwrap();
    for (seconds, created) in [
        (None, "1970-01-01T00:00:00Z"),
        (Some("0"), "1970-01-01T00:00:00Z"),
        (Some("1"), "1970-01-01T00:00:01Z"),
        (Some("2147483649"), "2038-01-19T03:14:09Z"),
    ] {
        let archive = folder.path().join("image.tar");
        stdout_of(
            wasmpack()
                .args(["build", "--tag", "factorial", "--output"])
                .arg(format!("type=oci-archive,dest={}", archive.display()))
                .current_dir(folder.path())
                .envs(seconds.map(|seconds| ("SOURCE_DATE_EPOCH", seconds))),
        );
        let described = stdout_of(wasmpack().args(["inspect", "--json"]).arg(&archive));
        let described = documented(described);
        assert_eq!(described["image"]["created"], created);
        assert_eq!(mtimes(&archive), [seconds.unwrap_or("0").parse::<u64>().unwrap(); 2]);
    }
    tried::tell("R3", "four values of `SOURCE_DATE_EPOCH`: exact in `created` and in every file");
}

/// The time stamps of the files in the archive's two layers.
fn mtimes(archive: &Path) -> Vec<u64> {
    let mut layers = Vec::new();
    let mut archive = tar::Archive::new(std::fs::File::open(archive).unwrap());
    for entry in archive.entries().unwrap() {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry.unwrap(), &mut bytes).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            layers.push(bytes);
        }
    }
    assert_eq!(layers.len(), 2);
    let times = |layer: &Vec<u8>| {
        let mut layer = tar::Archive::new(flate2::read::GzDecoder::new(&layer[..]));
        let entries = layer.entries().unwrap().map(|entry| entry.unwrap().header().mtime().unwrap());
        entries.collect::<Vec<_>>()
    };
    layers.iter().flat_map(times).collect()
}

#[test]
fn a_source_date_epoch_that_is_no_time_is_a_usage_error() {
    for bad in ["", "abc", "-1", "1.5"] {
        let output =
            wasmpack().arg("build").arg(example("factorial")).env("SOURCE_DATE_EPOCH", bad).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{bad}");
        assert!(said(&output).contains(&format!("`SOURCE_DATE_EPOCH` is `{bad}`")), "{}", said(&output));
    }
}
