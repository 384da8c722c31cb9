//! Of a library of 100 exported functions, the 92 that a program does not call go, before Binaryen inlines any.

use crate::support::{copy, example, said, wasmpack};

#[test]
fn gc_removes_the_92_functions_that_are_not_called() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("hundred"), folder.path());
    let output = wasmpack()
        .args(["build", "--level", "0", "--tag", "hundred"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(removed(&said(&output), "roots", "exports"), 100);
    // An older C library makes the linker add a wrapper for each export, and all 100 of these go as well.
    let functions = removed(&said(&output), "gc", "functions");
    assert!([92, 192].contains(&functions), "{functions}");
}

/// `100` of `     Removed roots     100 exports, 1.8 kB`.
fn removed(said: &str, pass: &str, noun: &str) -> u32 {
    let start = format!("Removed {pass} ");
    let line = said.lines().find(|line| line.trim_start().starts_with(&start)).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let place = words.iter().position(|word| word.trim_end_matches(',') == noun).unwrap();
    words[place - 1].parse().unwrap()
}
