//! A build with nothing to do ends when cargo does; and one with something to do does it, however little that is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{said, wasmpack};

/// A workspace of two small programs, one of which uses a library beside it.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n");
        let manifest = |name: &str, rest: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
        };
        project.write("one/Cargo.toml", &manifest("one", "[dependencies]\nlib = { path = \"../lib\" }\n"));
        project.write("one/src/main.rs", "fn main() { println!(\"{}\", lib::number()) }\n");
        project.write("two/Cargo.toml", &manifest("two", ""));
        project.write("two/src/main.rs", "fn main() { println!(\"two\") }\n");
        project.write("lib/Cargo.toml", &manifest("lib", "license = \"MIT\"\n"));
        project.write("lib/src/lib.rs", "pub fn number() -> i32 { 1 }\n");
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(path, &text.replace(from, to));
    }

    fn command(&self) -> Command {
        let mut build = wasmpack();
        build.args(["build", "--workspace", "--level", "0"]).current_dir(self.0.path());
        build
    }

    /// What it printed, and whether it was found unchanged: then it says what its note says.
    fn build_with(&self, flags: &[&str], variables: &[(&str, &str)]) -> (Vec<String>, bool) {
        self.mark();
        let output = self.command().args(flags).envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let names = String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect();
        (names, said(&output).contains(MARK))
    }

    fn build(&self) -> (Vec<String>, bool) {
        self.build_with(&[], &[])
    }

    /// Changes what all notes say, and nothing else.
    fn mark(&self) {
        for file in fs::read_dir(self.path("target/wasmpack/.unchanged")).into_iter().flatten() {
            let path = file.unwrap().path();
            let mut note: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            note["told"] = serde_json::json!([{ "note": MARK }]);
            fs::write(path, note.to_string()).unwrap();
        }
    }

    /// That it is done once more, and from then on found unchanged, with the same result.
    fn assert_done(&self, what: &str) -> Vec<String> {
        let (names, is_unchanged) = self.build();
        assert!(!is_unchanged, "{what} went unnoticed");
        assert_eq!(self.build(), (names.clone(), true), "after {what}");
        names
    }
}

const MARK: &str = "this is what the note says";

fn git(folder: &Path, words: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=n", "-c", "user.email=e@example.com"]).args(words).current_dir(folder);
    assert!(git.output().unwrap().status.success(), "{words:?}");
}

#[test]
fn what_has_not_changed_is_not_looked_into_and_whatever_changes_is_noticed() {
    let project = Project::new();
    let before = project.assert_done("nothing");
    assert_eq!(before.len(), 2);

    project.write("two/src/main.rs", "fn main() { println!(\"three\") }\n");
    let after = project.assert_done("another source");
    assert!(before[0] == after[0] && before[1] != after[1], "{before:?} {after:?}");
    project.replace("lib/src/lib.rs", "1 }", "2 }");
    assert_ne!(project.assert_done("another source of a library")[0], before[0]);

    let bill = || fs::read_to_string(project.path("target/wasmpack/one.spdx.json")).unwrap();
    assert!(!bill().contains("Zlib"));
    project.replace("lib/Cargo.toml", "MIT", "Zlib");
    project.assert_done("another licence of a library");
    assert!(bill().contains("Zlib"));
    project.write("wasmpack.toml", "[image]\nlabels = { team = \"a\" }\n");
    project.write("one/wasmpack.toml", "[image]\nlabels = { team = \"a\" }\n");
    project.assert_done("a configuration");
    project.write(".cargo/config.toml", "[env]\nWHATEVER = \"1\"\n");
    project.assert_done("a configuration of cargo's");

    let blob = fs::read_dir(project.path("target/wasmpack/two/blobs/sha256")).unwrap().next().unwrap();
    let blob = blob.unwrap().path();
    let bytes = fs::read(&blob).unwrap();
    fs::remove_file(&blob).unwrap();
    project.assert_done("a blob that is gone");
    assert_eq!(fs::read(&blob).unwrap(), bytes);
    fs::write(&blob, [&bytes[..], b"!"].concat()).unwrap();
    project.assert_done("a blob with another byte");
    assert_eq!(fs::read(&blob).unwrap(), bytes);
    fs::remove_file(project.path("target/wasmpack/one.spdx.json")).unwrap();
    project.assert_done("a bill of materials that is gone");
    fs::write(project.path("target/wasmpack/one.debug.wasm"), "other").unwrap();
    project.assert_done("another debug module");

    project.write("two/wasmpack.toml", "[budget]\nmax-size = \"1 MB\"\n[policy]\ndeny = [\"connect\"]\n");
    project.assert_done("a budget and a policy");
    for (from, to, code) in [("1 MB", "1 kB", 114), ("connect", "stdio", 113)] {
        project.replace("two/wasmpack.toml", from, to);
        for _ in 0..2 {
            let refused = project.command().output().unwrap();
            assert_eq!(refused.status.code(), Some(code), "{to}: {}", said(&refused));
        }
        project.replace("two/wasmpack.toml", to, from);
    }

    project.write(".cargo/config.toml", "include = [\"more.toml\"]\n");
    project.write(".cargo/more.toml", "[env]\nWHATEVER = \"2\"\n");
    project.assert_done("a configuration that cargo's includes");
    project.replace(".cargo/more.toml", "2", "3");
    project.assert_done("another value in it");

    git(project.0.path(), &["init", "--quiet"]);
    project.write(".gitignore", "target\n");
    git(project.0.path(), &["add", "."]);
    git(project.0.path(), &["commit", "--quiet", "-m", "one"]);
    project.assert_done("a commit");
    git(project.0.path(), &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    project.assert_done("another commit");
}

#[test]
fn what_is_inherited_from_elsewhere_and_what_flags_bring_along_is_noticed() {
    let project = Project::new();
    project.write(
        "else/Cargo.toml",
        "[workspace]\nmembers = [\"lib\"]\n[workspace.package]\nlicense = \"MIT\"\n",
    );
    let package =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.write("else/lib/Cargo.toml", &format!("{}license.workspace = true\n", package("else")));
    project.write("else/lib/src/lib.rs", "pub fn number() -> i32 { 3 }\n");
    project.replace("Cargo.toml", "resolver", "exclude = [\"else\"]\nresolver");
    let dependency = "[target.'cfg(more)'.dependencies]\nelse = { path = \"../else/lib\" }\n";
    project.write("two/Cargo.toml", &format!("{}{dependency}", package("two")));
    let bill = || fs::read_to_string(project.path("target/wasmpack/two.spdx.json")).unwrap();

    let without = project.assert_done("nothing");
    assert!(!bill().contains("else"));
    let more = [("RUSTFLAGS", "--cfg more")];
    let (with, is_unchanged) = project.build_with(&[], &more);
    assert!(!is_unchanged && bill().contains("\"else\"") && bill().contains("MIT"), "{}", bill());
    assert_ne!(with[1], without[1]);
    project.replace("else/Cargo.toml", "MIT", "Zlib");
    let (_, is_unchanged) = project.build_with(&[], &more);
    assert!(!is_unchanged && bill().contains("Zlib"), "{}", bill());
    assert_eq!(project.build().0, without);
}

#[test]
fn a_new_member_is_packed_wherever_members_are_looked_for() {
    let project = Project::new();
    project.replace("Cargo.toml", "\"two\"", "\"two\", \"tools/*\"");
    project.write("tools/README.md", "");
    assert_eq!(project.assert_done("nothing").len(), 2);
    let manifest = fs::read_to_string(project.path("two/Cargo.toml")).unwrap();
    project.write("tools/new/Cargo.toml", &manifest.replace("two", "three"));
    project.write("tools/new/src/main.rs", "fn main() {}\n");
    assert_eq!(project.assert_done("a new member").len(), 3);
}

#[test]
fn what_is_asked_for_in_another_way_is_done() {
    let project = Project::new();
    let before = project.assert_done("nothing");
    for (flags, variables) in [
        (&["--label", "a=b"][..], &[][..]),
        (&["--env", "A=b"], &[]),
        (&[], &[("SOURCE_DATE_EPOCH", "5")]),
        (&["--compress", "fast"], &[]),
        (&["--sbom", "cyclonedx"], &[]),
        (&["--keep-names"], &[]),
    ] {
        let (names, is_unchanged) = project.build_with(flags, variables);
        assert!(!is_unchanged, "{flags:?} {variables:?}");
        let is_same = names == before;
        assert_eq!(is_same, flags.first() == Some(&"--sbom"), "{flags:?} {variables:?}");
        // What was made otherwise is not taken for what is asked for now.
        assert_eq!(project.build(), (before.clone(), false), "after {flags:?} {variables:?}");
    }
    let (_, is_unchanged) = project.build_with(&["--verbose"], &[]);
    assert!(!is_unchanged, "who wants to hear more is told more");
    let json = tempfile::NamedTempFile::new().unwrap();
    let file = json.path().to_str().unwrap();
    let (_, is_unchanged) = project.build_with(&["--metadata-file", file], &[]);
    assert!(!is_unchanged && fs::read_to_string(json.path()).unwrap().contains("containerimage.digest"));
}
