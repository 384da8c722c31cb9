//! The same sources make the same image, thirty times in one place, and in others where everything is another that must not make a
//! difference. It takes minutes; `cargo xtask test --full` runs it.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installed::installed;
use crate::support::{copy, example, stdout_of, wasmpack};
use crate::tried;

/// A program in Rust, one in C, one in C++.
fn programs() -> [(&'static str, PathBuf); 3] {
    let rust = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/corpus/jsongrep");
    [("jsongrep", rust), ("factorial", example("factorial")), ("sort", example("sort"))]
}

#[test]
#[ignore = "takes minutes; `cargo xtask test --full` runs it"]
fn thirty_builds_in_processes_of_their_own_make_one_digest() {
    for (name, sources) in programs() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join(name);
        copy(&sources, &project);
        let made = project.join("target/wasmpack");
        let digests: BTreeSet<_> = (0..30)
            .map(|_| {
                // Nothing is left of what was made of the module before.
                for rubbish in [".cache", name] {
                    drop(fs::remove_dir_all(made.join(rubbish)));
                }
                stdout_of(wasmpack().args(["build", "--quiet"]).arg(&project))
            })
            .collect();
        assert_eq!(digests.len(), 1, "{name}: {digests:?}");
        tried::tell("R1", format_args!("{name}, 30 times in processes of their own: one digest"));
    }
}

/// A place to build in.
struct Place {
    /// What paths of this place have in them, and of no other.
    mark: String,
    folder: tempfile::TempDir,
    cargo_home: PathBuf,
    /// Whether everything is another.
    is_odd: bool,
}

impl Place {
    /// In which the checkout is that has this number, and a home of cargo's of its own that has fetched what `home` has.
    fn new(checkout: usize, home: &Path, is_odd: bool) -> Self {
        let mark = format!("place-{checkout}-{}", if is_odd { "odd" } else { "plain" });
        let folder = tempfile::Builder::new().prefix(&mark).tempdir().unwrap();
        let cargo_home = folder.path().join("cargo");
        fs::create_dir_all(cargo_home.join("registry")).unwrap();
        for fetched in ["registry/index", "registry/cache", "config.toml"] {
            if home.join(fetched).exists() {
                std::os::unix::fs::symlink(home.join(fetched), cargo_home.join(fetched)).unwrap();
            }
        }
        Self { mark, folder, cargo_home, is_odd }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds what is at `checkout`; what it is called, and all that says so.
    fn build(&self, name: &str, checkout: &Path) -> String {
        let mut command = if self.is_odd { self.odd_command() } else { wasmpack() };
        command.args(["build", "--quiet", "--target-dir"]).arg(self.path(&format!("made-{name}")));
        command.args(if self.is_odd { ["--jobs", "1"] } else { ["--jobs", "2"] });
        command.env("CARGO_HOME", &self.cargo_home).arg(checkout.join(name));
        stdout_of(&mut command)
    }

    /// Another time zone, locale, umask, home and clock.
    fn odd_command(&self) -> Command {
        let wasmpack = wasmpack();
        let mut command = Command::new("sh");
        command.args(["-c", "umask 027; exec \"$@\"", "sh"]);
        let rustc = self.path("rustc");
        if let Some(faketime) = installed("faketime") {
            command.arg(faketime).args(["-f", "+400d"]);
            // The allocator of rustc does not go with it; build scripts run rustc too.
            fs::write(&rustc, "#!/bin/sh\nunset LD_PRELOAD\nexec rustc \"$@\"\n").unwrap();
            stdout_of(Command::new("chmod").arg("755").arg(&rustc));
            command.env("RUSTC", &rustc).env("CARGO_CACHE_AUTO_CLEAN_FREQUENCY", "never");
        }
        command.arg(wasmpack.get_program());
        for (name, _) in wasmpack.get_envs() {
            command.env_remove(name);
        }
        command.envs([("TZ", "Asia/Kathmandu"), ("LC_ALL", "C"), ("NO_FAKE_STAT", "1")]);
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("RUSTUP_HOME", rustup_home());
        command.env("HOME", self.folder.path());
        command
    }

    /// The bytes of all files of the image and of what is told of it.
    fn told(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let made = self.path(&format!("made-{name}")).join("wasmpack");
        let blobs = fs::read_dir(made.join(name).join("blobs/sha256")).unwrap();
        let mut told: Vec<_> = blobs.map(|blob| blob.unwrap().path()).collect();
        told.extend(
            ["spdx.json", "provenance.json", "debug.wasm"].map(|end| made.join(format!("{name}.{end}"))),
        );
        told.sort();
        let inflated = |bytes: Vec<u8>| {
            let mut inflated = Vec::new();
            let read = flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut inflated);
            if read.is_ok() { inflated } else { bytes }
        };
        let named = |path: PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, inflated(fs::read(path).unwrap()))
        };
        told.into_iter().map(named).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test may look at its own environment")]
pub fn home_of(variable: &str, folder: &str) -> PathBuf {
    let of_user = || Path::new(&std::env::var_os("HOME").unwrap()).join(folder);
    std::env::var_os(variable).map_or_else(of_user, PathBuf::from)
}

pub fn rustup_home() -> PathBuf {
    home_of("RUSTUP_HOME", ".rustup")
}

/// Folders whose entries come in another order than they do by themselves, as long as this lives.
struct Shuffled(Option<PathBuf>);

impl Shuffled {
    /// Shows `from` at `to`: through `disorderfs`, where that is and may be used, and otherwise as a copy.
    fn at(to: &Path, from: &Path) -> Self {
        fs::create_dir_all(to).unwrap();
        if let Some(disorderfs) = installed("disorderfs") {
            let mut mount = Command::new(disorderfs);
            mount.args(["--quiet", "--reverse-dirents=no", "--shuffle-dirents=no", "--sort-dirents=yes"]);
            if mount.arg(from).arg(to).status().unwrap().success() {
                return Self(Some(to.to_owned()));
            }
        }
        copy(from, to);
        Self(None)
    }
}

impl Drop for Shuffled {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            drop(Command::new("fusermount").arg("-u").arg(folder).status());
        }
    }
}

/// All three programs below a folder; that in Rust depends on a package that says where it is. (One outside of the workspace would
/// not do: cargo hashes its whole path into the names of symbols.)
fn checkout(folder: &Path) {
    for (name, sources) in programs() {
        copy(&sources, &folder.join(name));
    }
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "jsongrep/beside/Cargo.toml",
        "[package]\nname = \"beside\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    );
    write(
        "jsongrep/beside/src/lib.rs",
        "pub fn check(length: usize) { assert!(length < 1000, \"{} {length}\", file!()); }\n",
    );
    let manifest = fs::read_to_string(folder.join("jsongrep/Cargo.toml")).unwrap();
    let dependency = "[dependencies]\nbeside.path = \"beside\"\n";
    write("jsongrep/Cargo.toml", &manifest.replace("[dependencies]\n", dependency));
    let main = fs::read_to_string(folder.join("jsongrep/src/main.rs")).unwrap();
    let call = "fn main() -> ExitCode {\n    beside::check(std::env::args().len());\n";
    write("jsongrep/src/main.rs", &main.replace("fn main() -> ExitCode {\n", call));
}

#[test]
#[ignore = "takes minutes; `cargo xtask test --full` runs it"]
fn two_checkouts_and_two_homes_of_cargos_make_one_digest_and_no_byte_says_where() {
    let home = home_of("CARGO_HOME", ".cargo");
    let [here, there] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let there_below = there.path().join("a/rather/longer path");
    checkout(here.path());
    checkout(&there_below);
    let fetch = Command::new("cargo").arg("fetch").current_dir(here.path().join("jsongrep")).status();
    assert!(fetch.unwrap().success());
    fs::copy(here.path().join("jsongrep/Cargo.lock"), there_below.join("jsongrep/Cargo.lock")).unwrap();

    let mounted = there.path().join("mounted");
    let _shuffled = Shuffled::at(&mounted, &there_below);
    let checkouts = [here.path().to_owned(), mounted];
    let numbers = [(0, false), (0, true), (1, false), (1, true)];
    let places = numbers.map(|(number, is_odd)| (number, Place::new(number, &home, is_odd)));
    for (name, _) in programs() {
        let digests: BTreeSet<_> =
            places.iter().map(|(number, place)| place.build(name, &checkouts[*number])).collect();
        assert_eq!(digests.len(), 1, "{name}: {digests:?}");
        let first = places[0].1.told(name);
        for (number, place) in &places {
            let told = place.told(name);
            for ((path, bytes), (_, expected)) in told.iter().zip(&first) {
                assert!(bytes == expected, "{path} of {name} is another in {}", place.mark);
                let checkout = checkouts[*number].to_str().unwrap();
                for said in [checkout, &place.mark, home.to_str().unwrap(), rustup_home().to_str().unwrap()] {
                    let has = bytes.windows(said.len()).any(|window| window == said.as_bytes());
                    assert!(!has, "{path} of {name} says `{said}`");
                }
            }
            assert_eq!(told.len(), first.len());
        }
        tried::tell(
            "R2",
            format_args!(
                "{name} in two checkouts, by two homes of cargo's, with another time zone, locale, umask, clock, order of folders: one digest"
            ),
        );
    }
}
