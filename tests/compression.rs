//! However layers are compressed, the image is whole and runs.

use crate::documented::documented;
use crate::support::{copy, example, stdout_of, wasmpack};

#[test]
fn every_compression_makes_an_image_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    let layout = project.join("target/wasmpack/factorial");
    let mut sizes = Vec::new();
    for (how, suffix) in [
        ("none", "tar"),
        ("fast", "tar+gzip"),
        ("gzip", "tar+gzip"),
        ("best", "tar+gzip"),
        ("zstd", "tar+zstd"),
    ] {
        stdout_of(wasmpack().args(["build", "--compress", how]).arg(&project));
        let described = stdout_of(wasmpack().args(["inspect", "--json"]).arg(&layout));
        let described = documented(described);
        let layer = &described["image"]["layers"][0];
        assert!(layer["media_type"].as_str().unwrap().ends_with(suffix), "{how}: {layer}");
        sizes.push(layer["size_bytes"].as_u64().unwrap());
        stdout_of(wasmpack().arg("validate").arg(&layout));
        assert_eq!(stdout_of(wasmpack().arg("run").arg(&layout).args(["--", "5"])), "5! = 120\n", "{how}");
    }
    assert!(sizes[..4].is_sorted_by(|one, next| one >= next), "{sizes:?}");
}
