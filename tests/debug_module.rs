//! What was known of the code is kept beside the image.

use crate::support::{copy, example, stdout_of, wasmpack};

#[test]
fn names_are_beside_the_image_and_not_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    let build = |arguments: &[&str]| stdout_of(wasmpack().arg("build").args(arguments).arg(&project));
    let bare = build(&[]);
    let debug = project.join("target/wasmpack/factorial.debug.wasm");
    let first = std::fs::read(&debug).unwrap();
    let names = wasmpack_optimizer::function_names(&first).unwrap();
    assert!(names.values().any(|name| name == "vfprintf"), "{names:?}");

    // It comes back when it is gone, and does not change when nothing does.
    std::fs::remove_file(&debug).unwrap();
    assert_eq!(build(&[]), bare);
    assert_eq!(std::fs::read(&debug).unwrap(), first);
    assert_ne!(build(&["--keep-names"]), bare);
    assert_ne!(build(&["--level", "0"]), bare);
    assert_ne!(std::fs::read(&debug).unwrap(), first);
}

#[test]
fn a_component_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("wordcount");
    copy(&example("wordcount"), &project);
    let debug = project.join("target/wasmpack/wordcount.debug.wasm");
    stdout_of(wasmpack().arg("build").arg(&project));
    assert!(debug.exists());
    stdout_of(wasmpack().args(["build", "--target", "wasm32-wasip2"]).arg(&project));
    assert!(!debug.exists());
}

#[test]
fn numbers_in_a_message_become_names() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    stdout_of(wasmpack().arg("build").arg(&project));
    let layout = project.join("target/wasmpack/factorial");
    let debug = std::fs::read(layout.with_extension("debug.wasm")).unwrap();
    let symbols = wasmpack_optimizer::Symbols::of(&debug).unwrap();
    let (offset, place) = (0..debug.len()).find_map(|offset| Some((offset, symbols.at(offset)?))).unwrap();
    let name = place.name.unwrap();

    let told = stdout_of(wasmpack().arg("symbolize").arg(&layout).arg(format!("{offset:#x}")));
    assert!(told.starts_with(&format!("{offset:#x}  {name} (function {}, ", place.function)), "{told}");

    let mut input = tempfile::tempfile().unwrap();
    write!(
        input,
        "0: {offset:#x} - <unknown>!<wasm function {0}>\n at wasm-function[{0}]:0x1\n",
        place.function
    )
    .unwrap();
    std::io::Seek::rewind(&mut input).unwrap();
    let told = stdout_of(wasmpack().arg("symbolize").arg(&layout).stdin(input));
    assert_eq!(told, format!("0: {offset:#x} - <unknown>!{name}\n at {name}:0x1\n"));

    // Of another build, it tells nothing.
    let mut other = debug.clone();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(layout.with_extension("debug.wasm"), other).unwrap();
    let output = wasmpack().arg("symbolize").arg(&layout).arg("0x1").output().unwrap();
    assert!(crate::support::said(&output).contains("belongs to another build"), "{output:?}");
}
