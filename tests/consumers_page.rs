//! The page of docs/ that is made from the rules, asked of images that are made here.

use std::path::Path;

use wasmpack_packager::consumers::{Facts, markdown};

use crate::program;
use crate::support::{stdout_of, wasmpack};

const MODULE: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

const COMPONENT: &str = r#"(component
    (core module $m (func (export "run") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $cli (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $cli)))"#;

/// Format, what is special about it, the program, and flags.
const FORMS: [(&str, &str, &str, &[&str]); 10] = [
    ("everywhere", "", MODULE, &[]),
    ("everywhere", "component", COMPONENT, &[]),
    ("image", "", MODULE, &[]),
    ("image", "wasip1/wasm", MODULE, &["--platform", "wasip1/wasm"]),
    ("image", "component", COMPONENT, &[]),
    ("wasm-layer", "", MODULE, &[]),
    ("wasm-layer", "wasip1/wasm", MODULE, &["--platform", "wasip1/wasm"]),
    ("wasm-layer", "component", COMPONENT, &[]),
    ("artifact", "", MODULE, &[]),
    ("artifact", "component", COMPONENT, &[]),
];

#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
fn consumers_page_is_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/consumers.md");
    let forms = FORMS.map(|(format, special, program, flags)| {
        let name = if special.is_empty() { format.to_owned() } else { format!("{format}, {special}") };
        (name, made(format, program, flags))
    });
    let page = markdown(&forms);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/consumers.md is stale; make it anew with BLESS=1");
}

/// What there is to know of such an archive.
fn made(format: &str, program: &str, flags: &[&str]) -> Facts {
    let folder = tempfile::tempdir().unwrap();
    let [source, archive] = ["app.wat", "app.tar"].map(|name| folder.path().join(name));
    std::fs::write(&source, program).unwrap();
    let mut pack = wasmpack();
    pack.args(["pack", "-q", "--format", format]).args(flags);
    pack.arg("--output").arg(format!("type=oci-archive,dest={}", archive.display())).arg(&source);
    stdout_of(pack.current_dir(folder.path()));
    facts(&archive)
}

fn facts(archive: &Path) -> Facts {
    let survey = wasmpack_packager::survey(archive).unwrap();
    let images: Vec<_> = survey.images().collect();
    let [image] = images[..] else { panic!("one image went in") };
    Facts::of(&survey, image, &mut program::look).unwrap()
}
