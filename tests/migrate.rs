//! `migrate`: each `tests/migrate/NAME/` is a project with a Dockerfile, and in `becomes/` stands what becomes of it.
//!
//! `becomes/report` is what is told, any other file there is one that was written. `becomes/output`, where it is, is what the program says
//! that is built from the project then, and nothing else: what the image of the Dockerfile says too. Files that end in `.in` go without it, so that cargo
//! does not take them for packages here. `BLESS=1` writes the report and the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::documented::documented;
use crate::support::{stdout_of, wasmpack};

const BECOMES: &str = "becomes";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/migrate");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// All files below a folder, by their paths without `.in`.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            found.insert(name.trim_end_matches(".in").to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// A copy of the project of a case.
fn copied(case: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, text) in files(case).into_iter().filter(|(name, _)| !name.starts_with(BECOMES)) {
        let path = copy.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy
}

#[test]
fn every_dockerfile_becomes_what_stands_beside_it() {
    let cases = cases();
    assert!(cases.len() >= 25, "{}", cases.len());
    let failed: Vec<_> = cases.iter().flat_map(|case| differences(case)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "a variable asks this test to write what it expects")]
fn is_to_be_blessed() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// What of a case is not as expected.
fn differences(case: &Path) -> Vec<String> {
    let copy = copied(case);
    let before = files(copy.path());
    let migrate = |arguments: &[&str]| {
        let mut command = wasmpack();
        stdout_of(command.args(["migrate", "-q"]).args(arguments).current_dir(copy.path()))
    };
    let report = migrate(&["--dry-run"]);
    assert_eq!(files(copy.path()), before, "{}", case.display());
    assert_eq!(migrate(&[]), report);
    let mut made = files(copy.path());
    made.retain(|name, text| before.get(name) != Some(text));
    // Whoever migrates again changes nothing.
    migrate(&[]);
    let told = documented(migrate(&["--json"]));
    assert!(told["file"].is_null() && told["lines"][0]["line"].is_u64(), "{told}");
    made.insert("report".to_owned(), report);
    let becomes = case.join(BECOMES);
    if is_to_be_blessed() {
        bless(&becomes, &made);
    }
    let expected = files(&becomes);
    if expected.contains_key("output") {
        made.insert("output".to_owned(), stdout_of(wasmpack().args(["run", "-q"]).current_dir(copy.path())));
    }
    let names: BTreeSet<&String> = expected.keys().chain(made.keys()).collect();
    let differ = names.into_iter().filter(|name| expected.get(*name) != made.get(*name));
    let told = differ.map(|name| {
        let [expected, made] = [&expected, &made].map(|files| files.get(name).map_or("", String::as_str));
        format!("{}: {name}\nexpected:\n{expected}\nmade:\n{made}", case.display())
    });
    told.collect()
}

fn bless(becomes: &Path, made: &BTreeMap<String, String>) {
    for (name, text) in made {
        let path = becomes.join(name);
        let end = if name.ends_with("Cargo.toml") { ".in" } else { "" };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(format!("{}{end}", path.display()), text).unwrap();
    }
}
