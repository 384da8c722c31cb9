//! `optimize` between other programs.

use std::fs;
use std::process::Stdio;

use crate::support::{said, stdout_of, wasmpack};

#[test]
fn a_module_goes_in_by_stdin_and_out_by_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let (module, smaller) = (folder.path().join("module.wasm"), folder.path().join("smaller.wasm"));
    let wat = r#"(module (func (export "_start")) (func nop) (@custom "note" "\1b[31m"))"#;
    fs::write(&module, wat::parse_str(wat).unwrap()).unwrap();
    let optimize = |arguments: &[&str]| {
        let mut optimize = wasmpack();
        optimize.current_dir(folder.path()).args(["optimize", "--wasm-opt", "off"]).args(arguments);
        optimize
    };
    stdout_of(&mut optimize(&["module.wasm", "-o", "smaller.wasm"]));
    let piped =
        optimize(&["-", "-o", "-"]).stdin(Stdio::from(fs::File::open(&module).unwrap())).output().unwrap();
    assert_eq!(piped.status.code(), Some(0), "{}", said(&piped));
    assert_eq!(piped.stdout, fs::read(&smaller).unwrap());
    assert!(said(&piped).contains("Optimized stdin "), "{}", said(&piped));
}

#[test]
fn what_is_no_module_leaves_stdout_empty() {
    let piped = wasmpack().args(["optimize", "-", "-o", "-"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(piped.status.code(), Some(111), "{}", said(&piped));
    assert!(said(&piped).contains("failed to optimize `stdin`"), "{}", said(&piped));
    assert!(piped.stdout.is_empty());
}
