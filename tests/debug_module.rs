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
fn a_component_has_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("wordcount");
    copy(&example("wordcount"), &project);
    stdout_of(wasmpack().args(["build", "--target", "wasm32-wasip2"]).arg(&project));
    let layout = project.join("target/wasmpack/wordcount");
    let debug = std::fs::read(layout.with_extension("debug.wasm")).unwrap();
    let symbols = wasmpack_optimizer::Symbols::of(&debug).unwrap();
    let known = (0..debug.len()).filter_map(|offset| Some((offset, symbols.at(offset)?.line?)));
    let (offset, line) = known.into_iter().find(|(_, line)| line.file == "src/main.rs").unwrap();
    let told = stdout_of(wasmpack().arg("symbolize").arg(&layout).arg(format!("{offset:#x}")));
    assert!(told.contains(&format!(") {line}\n")), "{told}");
}

#[test]
fn a_debug_module_says_nothing_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in
        [("sort", &[][..]), ("wordcount", &[]), ("http-hello", &["--target", "wasm32-wasip2"])]
    {
        let project = folder.path().join(name);
        copy(&example(name), &project);
        stdout_of(wasmpack().arg("build").args(arguments).arg(&project));
        let debug = std::fs::read(project.join(format!("target/wasmpack/{name}.debug.wasm"))).unwrap();
        let text = String::from_utf8_lossy(&debug);
        let home = std::env::home_dir().unwrap();
        for place in [folder.path(), &home] {
            assert!(!text.contains(place.to_str().unwrap()), "{name}: {}", place.display());
        }
    }
}

#[test]
fn lines_that_are_damaged_cost_only_the_lines() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("factorial");
    copy(&example("factorial"), &project);
    stdout_of(wasmpack().arg("build").arg(&project));
    let layout = project.join("target/wasmpack/factorial");
    let path = layout.with_extension("debug.wasm");
    let mut debug = std::fs::read(&path).unwrap();
    let symbols = wasmpack_optimizer::Symbols::of(&debug).unwrap();
    let (offset, place) = (0..debug.len()).find_map(|offset| Some((offset, symbols.at(offset)?))).unwrap();
    let known = (0..debug.len()).find(|offset| {
        let line = symbols.at(*offset).and_then(|place| place.line);
        line.is_some_and(|line| line.is_exact && line.file == "factorial.c")
    });
    let told =
        |offset: usize| stdout_of(wasmpack().arg("symbolize").arg(&layout).arg(format!("{offset:#x}")));
    assert!(told(known.unwrap()).contains(" at factorial.c:"));
    let line = b".debug_line";
    let section = debug.windows(line.len()).position(|bytes| bytes == line).unwrap() + line.len();
    debug[section..section + 64].fill(0xff);
    std::fs::write(&path, &debug).unwrap();
    assert!(!told(known.unwrap()).contains("factorial.c"));
    assert!(told(offset).contains(&place.name.unwrap()));
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
