//! The invariants of ARCHITECTURE.md that a machine can check from the outside.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

const LIBRARIES: [&str; 4] =
    ["wasmpack-builder", "wasmpack-optimizer", "wasmpack-packager", "wasmpack-runner"];

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).exec().unwrap()
}

fn dependencies(metadata: &Metadata, package: &str) -> BTreeSet<String> {
    let package = metadata.workspace_packages().into_iter().find(|member| member.name == package).unwrap();
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.clone())
        .collect()
}

#[test]
fn no_library_depends_on_another_or_on_the_command_line() {
    let metadata = metadata();
    for library in LIBRARIES {
        for dependency in dependencies(&metadata, library) {
            let ours = dependency.contains("wasmpack");
            assert!(!ours, "{library} depends on {dependency}");
        }
    }
}

#[test]
fn the_command_line_depends_on_every_library() {
    let of_root = dependencies(&metadata(), "cargo-wasmpack");
    for library in LIBRARIES {
        assert!(of_root.contains(library), "{library}");
    }
}

#[test]
fn each_outside_tool_is_known_to_one_room() {
    let metadata = metadata();
    let rooms = [
        ("walrus", "wasmpack-optimizer"),
        ("wasm-opt", "wasmpack-optimizer"),
        ("wasmtime", "wasmpack-runner"),
        ("oci-spec", "wasmpack-packager"),
        ("ureq", "wasmpack-packager"),
        ("cargo_metadata", "wasmpack-builder"),
    ];
    for member in metadata.workspace_packages() {
        let dependencies = dependencies(&metadata, &member.name);
        for (tool, room) in rooms {
            assert!(member.name == room || !dependencies.contains(tool), "{} depends on {tool}", member.name);
        }
    }
}

#[test]
fn xtask_starts_without_binaryen_and_wasmtime() {
    let of_xtask = dependencies(&metadata(), "xtask");
    for heavy in ["cargo-wasmpack", "wasmpack-optimizer", "wasmpack-runner", "wasm-opt", "wasmtime"] {
        assert!(!of_xtask.contains(heavy), "{heavy}");
    }
}

#[test]
fn the_platform_is_spelled_in_one_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // Tests hold images that others made, in their spelling; a page shows what users write.
    let may = ["platform.rs", "fixture.rs", "consumers/measured.rs"];
    let may = may.map(|path| root.join("packager/src").join(path));
    let may = [&may[..], &[root.join("cli/reference.rs")]].concat();
    for folder in ["cli", "packager/src"] {
        for file in rust_files(&root.join(folder)).into_iter().filter(|file| !may.contains(file)) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert_eq!(spelled(&text), [""; 0], "{}", file.display());
        }
    }
    for code in [
        r#"let os = "wasi";"#,
        r#"stops("told `--platform wasip1/wasm`");"#,
        "#[cfg(test)]\nmod measured;\nconst ARM: &str = \"arm64\";",
    ] {
        assert_eq!(spelled(code).len(), 1, "{code}");
    }
    assert_eq!(spelled("/// `wasi/wasm`\n#[cfg(test)]\nmod tests {\n    \"wasi\""), [""; 0]);
}

/// The lines of code that spell a platform, or a part of one. A module of tests is the end of its file; for which systems our own
/// code is compiled is another matter.
fn spelled(text: &str) -> Vec<&str> {
    let platform = r#""(wasi|wasip\d|linux|wasm32|amd64|arm64)"|\b(wasi|wasip\d|linux)/(wasm|amd64|arm64)"#;
    let platform = regex::Regex::new(platform).unwrap();
    let tests = regex::Regex::new(r"#\[cfg\(test\)\]\n(#\[.*\]\n)*mod \w+ \{").unwrap();
    let code = tests.split(text).next().unwrap().lines();
    let code = code.filter(|line| !line.trim_start().starts_with("//") && !line.contains("target_os = "));
    code.filter(|line| platform.is_match(line)).collect()
}

fn rust_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
