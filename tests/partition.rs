//! `--partition` and `merge`: jobs that build a part each make together what one build makes, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::documented::assert_fits;
use crate::support::{copy, said, stdout_of, wasmpack};

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A package below a workspace.
fn package(folder: &Path, name: &str, more: &str, sources: &[(&str, &str)]) {
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{more}");
    write(folder, &format!("{name}/Cargo.toml"), &manifest);
    for (file, text) in sources {
        write(folder, &format!("{name}/{file}"), text);
    }
}

/// The smallest program that is still one of its own.
fn smallest(number: usize) -> String {
    format!(
        "#![no_std]\n#![no_main]\n\n\
         #[panic_handler]\nfn panic(_: &core::panic::PanicInfo) -> ! {{\n    loop {{}}\n}}\n\n\
         #[unsafe(no_mangle)]\nextern \"C\" fn main(_: i32, _: *const *const u8) -> i32 {{\n    {number}\n}}\n"
    )
}

/// A workspace of so many packages with a program each.
fn of_small_programs(folder: &Path, count: usize) {
    write(folder, "Cargo.toml", "[workspace]\nmembers = [\"app-*\"]\nresolver = \"3\"\n");
    for number in 0..count {
        package(folder, &format!("app-{number:02}"), "", &[("src/main.rs", &smallest(number))]);
    }
}

/// A workspace whose members bear on each other: the features of what they share are joined, a library is a module as well and has
/// all be compiled in another way, one program needs a feature that only another member turns on and one a feature nobody does, and two
/// go into the image of a third.
fn entangled(folder: &Path) {
    let members = ["shared", "both", "loud", "plain", "tool", "bundle"];
    write(folder, "Cargo.toml", &format!("[workspace]\nmembers = {members:?}\nresolver = \"3\"\n"));
    package(
        folder,
        "shared",
        "[features]\nloud = []\nquiet = []\n",
        &[(
            "src/lib.rs",
            "#[inline(never)]\npub fn said(n: usize) -> usize {\n    if cfg!(feature = \"loud\") { n * 17 } else { n }\n}\n",
        )],
    );
    let depends = "[dependencies]\nshared = { path = \"../shared\" }\n";
    let says = "fn main() {\n    println!(\"{}\", shared::said(std::env::args().count()));\n}\n";
    package(
        folder,
        "both",
        &format!("[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n{depends}"),
        &[(
            "src/lib.rs",
            "#[unsafe(no_mangle)]\npub extern \"C\" fn both(n: u32) -> u32 {\n    shared::said(n as usize) as u32\n}\n",
        )],
    );
    let loud = "[dependencies]\nshared = { path = \"../shared\", features = [\"loud\"] }\ntool = { path = \"../tool\", features = [\"extra\"] }\n";
    package(folder, "loud", loud, &[("src/main.rs", says)]);
    package(folder, "plain", depends, &[("src/main.rs", says), ("src/bin/other.rs", says)]);
    // The last two need what is called by another name here: one feature that `loud` turns on, and one that nobody does.
    let needing = "[features]\nextra = []\nnever = []\n\n\
        [[bin]]\nname = \"extra\"\nrequired-features = [\"extra\"]\n\n\
        [[bin]]\nname = \"never\"\nrequired-features = [\"never\"]\n\n\
        [[bin]]\nname = \"heard\"\npath = \"src/bin/extra.rs\"\nrequired-features = [\"shared-again/loud\"]\n\n\
        [[bin]]\nname = \"unheard\"\npath = \"src/bin/never.rs\"\nrequired-features = [\"shared-again/quiet\"]\n\n";
    let renamed = "shared-again = { path = \"../shared\", package = \"shared\" }\n";
    package(
        folder,
        "tool",
        &format!("{needing}[dependencies]\n{renamed}"),
        &[
            ("src/lib.rs", ""),
            ("src/bin/extra.rs", &says.replace("shared::", "shared_again::")),
            ("src/bin/never.rs", "compile_error!(\"nobody asks for it\");\n"),
        ],
    );
    let with = "[package.metadata.wasmpack.image]\nwith = [\"first\", \"second\"]\n\n";
    package(
        folder,
        "bundle",
        &format!("{with}{depends}"),
        &[("src/main.rs", says), ("src/bin/first.rs", says), ("src/bin/second.rs", says)],
    );
}

/// What a build has left: its metadata and the names of its images.
struct Left {
    metadata: PathBuf,
    references: PathBuf,
    target: PathBuf,
    said: String,
}

impl Left {
    fn text(&self) -> String {
        fs::read_to_string(&self.metadata).unwrap()
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// Digests of images, by their names.
    fn digests(&self) -> BTreeMap<String, String> {
        let value = self.value();
        let entries = value.as_object().unwrap().iter().filter(|(name, _)| *name != "wasmpack.partition");
        let digest = |entry: &Value| entry["containerimage.digest"].as_str().unwrap().to_owned();
        entries.map(|(name, entry)| (name.clone(), digest(entry))).collect()
    }

    /// The modules that cargo has linked.
    fn linked(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.target.join("wasm32-wasip1/wasmpack")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".wasm")).collect();
        names.sort();
        names
    }
}

/// Builds with these flags, in a target directory of its own.
fn build(sources: &Path, place: &Path, name: &str, flags: &[&str]) -> Left {
    let [metadata, references, target] =
        ["json", "txt", "target"].map(|kind| place.join(format!("{name}.{kind}")));
    let mut build = wasmpack();
    build.current_dir(sources).args(["build", "--offline"]).args(flags);
    build.arg("--target-dir").arg(&target);
    build.arg("--metadata-file").arg(&metadata).arg("--image-refs").arg(&references);
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(String::from_utf8(output.stdout.clone()).unwrap(), fs::read_to_string(&references).unwrap());
    Left { metadata, references, target, said: said(&output) }
}

/// Builds each part in a copy of the sources, as on another machine.
fn parts(sources: &Path, place: &Path, count: usize, flags: &[&str]) -> Vec<Left> {
    let part = |part: usize| {
        let copied = place.join(format!("machine-{part}/sources"));
        copy(sources, &copied);
        let partition = format!("{part}/{count}");
        let flags: Vec<_> = flags.iter().copied().chain(["--partition", &partition]).collect();
        build(&copied, place, &format!("part-{part}"), &flags)
    };
    (1..=count).map(part).collect()
}

fn merge(place: &Path, parts: &[&Path]) -> Command {
    let mut merge = wasmpack();
    merge.current_dir(place).arg("merge").args(parts);
    merge
}

/// Panics unless the parts have all images of the whole once, evenly, and become it when they are merged.
fn assert_whole(place: &Path, whole: &Left, parts: &[Left]) {
    let (mut all, mut sizes) = (BTreeMap::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        assert_fits(&part.value(), "metadata");
        assert_eq!(part.value()["wasmpack.partition"]["part"], number + 1);
        let digests = part.digests();
        sizes.push(digests.len());
        for (name, digest) in digests {
            assert_eq!(all.insert(name.clone(), digest), None, "{name} is in two parts");
        }
    }
    assert_eq!(all, whole.digests());
    assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
    // In whatever order they come.
    let files: Vec<_> = parts.iter().rev().map(|part| &*part.metadata).collect();
    let mut merge = merge(place, &files);
    stdout_of(merge.args(["--metadata-file", "merged.json", "--image-refs", "merged.txt"]));
    assert_eq!(fs::read_to_string(place.join("merged.json")).unwrap(), whole.text());
    let merged = fs::read_to_string(place.join("merged.txt")).unwrap();
    assert_eq!(merged, fs::read_to_string(&whole.references).unwrap());
    assert_fits(&serde_json::from_str(&whole.text()).unwrap(), "metadata");
    assert_eq!(stdout_of(&mut self::merge(place, &files)), whole.text());
}

#[test]
fn eight_parts_of_64_images_are_what_one_run_makes() {
    let place = TempDir::new().unwrap();
    let sources = place.path().join("sources");
    of_small_programs(&sources, 64);
    let flags = ["--workspace", "--level", "0"];
    let whole = build(&sources, place.path(), "whole", &flags);
    let parts = parts(&sources, place.path(), 8, &flags);
    assert_eq!(whole.digests().values().collect::<std::collections::BTreeSet<_>>().len(), 64);
    assert_whole(place.path(), &whole, &parts);
    for part in &parts {
        assert_eq!(part.linked().len(), 8, "{:?}", part.linked());
    }
}

#[test]
fn parts_of_an_entangled_workspace_are_what_one_run_makes() {
    let place = TempDir::new().unwrap();
    let sources = place.path().join("sources");
    entangled(&sources);
    // Names tell how dependencies were compiled, which the code shows but now and then.
    let flags = ["--workspace", "--level", "0", "--keep-names"];
    let whole = build(&sources, place.path(), "whole", &flags);
    let names: Vec<_> = whole.digests().into_keys().collect();
    assert_eq!(names, ["bundle", "extra", "heard", "loud", "other", "plain"]);
    let parts = parts(&sources, place.path(), 3, &flags);
    assert_whole(place.path(), &whole, &parts);
    let mut linked = String::new();
    for part in &parts {
        let has_bundle = part.digests().contains_key("bundle");
        let programs = part.linked().into_iter().filter(|name| name != "both.wasm");
        let programs: Vec<_> = programs.collect();
        assert_eq!(programs.len(), part.digests().len() + if has_bundle { 2 } else { 0 }, "{programs:?}");
        write!(linked, "{} ", programs.join(" ")).unwrap();
    }
    assert_eq!(linked.matches(".wasm").count(), 8, "{linked}");
}

/// Those for size are libraries, which have images where there is no program; those for speed are built by themselves.
#[test]
fn packages_may_be_built_in_different_ways() {
    let place = TempDir::new().unwrap();
    let sources = place.path().join("sources");
    write(&sources, "Cargo.toml", "[workspace]\nmembers = [\"*-*\"]\nresolver = \"3\"\n");
    let level = |level: u32| format!("[package.metadata.wasmpack.optimize]\nlevel = {level}\n");
    for number in 0..2 {
        let library = format!("[lib]\ncrate-type = [\"cdylib\"]\n\n{}", level(0));
        let exported =
            format!("#[unsafe(no_mangle)]\npub extern \"C\" fn given() -> i32 {{\n    {number}\n}}\n");
        package(&sources, &format!("re-{number}"), &library, &[("src/lib.rs", &exported)]);
        let program = [("src/main.rs", &*smallest(number))];
        package(&sources, &format!("app-{number}"), &level(2), &program);
    }
    let whole = build(&sources, place.path(), "whole", &["--workspace"]);
    let names: Vec<_> = whole.digests().into_keys().collect();
    assert_eq!(names, ["app-0", "app-1", "re_0", "re_1"].map(str::to_owned));
    let parts = parts(&sources, place.path(), 3, &["--workspace"]);
    assert_whole(place.path(), &whole, &parts);
}

#[test]
fn a_part_may_be_empty() {
    let place = TempDir::new().unwrap();
    let sources = place.path().join("sources");
    of_small_programs(&sources, 2);
    let flags = ["--workspace", "--level", "0"];
    let whole = build(&sources, place.path(), "whole", &flags);
    let parts = parts(&sources, place.path(), 3, &flags);
    assert_whole(place.path(), &whole, &parts);
    let empty = parts.iter().find(|part| part.digests().is_empty()).unwrap();
    let note = "is empty: all parts together have 2 images";
    assert!(empty.said.contains(note), "{}", empty.said);
    assert!(empty.linked().is_empty());
    let number = parts.iter().position(|part| part.digests().is_empty()).unwrap() + 1;
    let told = |flags: &[&str]| {
        let mut told = wasmpack();
        told.current_dir(&sources).args(flags).args(["--workspace", "--partition", &format!("{number}/3")]);
        stdout_of(&mut told)
    };
    assert_eq!(told(&["size"]), "");
    let sizes: Value = serde_json::from_str(&told(&["size", "--json"])).unwrap();
    assert_eq!(sizes["images"], Value::Array(Vec::new()));
    assert!(
        told(&["build", "--dry-run"]).contains(&format!("part      {number} of 3, with 0 of 2 images\n"))
    );
}

/// One image is written as buildx writes one, also if it was built in parts.
#[test]
fn one_image_in_two_parts_is_one_image() {
    let place = TempDir::new().unwrap();
    let sources = place.path().join("sources");
    of_small_programs(&sources, 1);
    let flags = ["--workspace", "--level", "0"];
    let whole = build(&sources, place.path(), "whole", &flags);
    assert!(whole.value()["containerimage.digest"].is_string());
    let parts = parts(&sources, place.path(), 2, &flags);
    let files: Vec<_> = parts.iter().map(|part| &*part.metadata).collect();
    assert_eq!(stdout_of(&mut merge(place.path(), &files)), whole.text());
}

/// Names are looked at in all parts, as a build of all would do it.
#[test]
fn two_images_of_one_name_are_refused_by_every_part() {
    let place = TempDir::new().unwrap();
    of_small_programs(place.path(), 3);
    for part in ["1/3", "2/3", "3/3"] {
        let mut build = wasmpack();
        build.current_dir(place.path()).args(["build", "--workspace", "-t", "app", "--partition", part]);
        let output = build.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("several images would be called `app`"), "{}", said(&output));
    }
    assert!(!place.path().join("target/wasm32-wasip1").exists());
}
