//! What is said of an image besides itself: bill of materials, provenance, and the list of packages in the module. Tools of other
//! people read them in `consumers/bill.rs`.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::beside::Built;
use crate::support::{example, stdout_of, wasmpack};

#[test]
fn a_bill_is_of_the_form_that_was_asked_for_and_tells_files_one_by_one_or_together() {
    let folder = tempfile::tempdir().unwrap();
    let built = Built::of(folder.path(), "wordcount", &example("wordcount"), &["--level", "0"]);
    fs::create_dir(built.sources.join("data")).unwrap();
    for (count, told) in [(1, "/data/0"), (201, "files")] {
        for number in 0..count {
            fs::write(built.sources.join(format!("data/{number}")), "x").unwrap();
        }
        fs::write(built.sources.join("wasmpack.toml"), "[image]\nfiles = [{ from = \"data\" }]\n").unwrap();
        built.again(&["--level", "0", "--sbom", "cyclonedx"]);
        assert_eq!(
            built.document("cdx.json")["components"].as_array().unwrap().last().unwrap()["name"],
            told
        );
    }
    assert!(!built.beside("spdx.json").exists(), "a bill that nobody asked for is left");
}

/// A program of a dirty checkout, with a licence that is none, a package beside the workspace and one of a repository.
fn odd_project(folder: &Path) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let manifest = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
    };
    write("beside/Cargo.toml", &manifest("beside", "license = \"MIT/Apache-2.0\"\n"));
    write("beside/src/lib.rs", "pub fn one() -> u8 { 1 }");
    write("repository/Cargo.toml", &manifest("repository", ""));
    write("repository/src/lib.rs", "pub fn two() -> u8 { 2 }");
    let git_folder = folder.join("repository");
    let dependencies = format!(
        "license = \"ask me\"\n[workspace]\n[dependencies]\nbeside.path = \"../beside\"\n\
         repository.git = \"file://{}\"\n[build-dependencies]\ntool.path = \"../tool\"\n",
        git_folder.display()
    );
    write("tool/Cargo.toml", &manifest("tool", ""));
    write("tool/src/lib.rs", "");
    write("app/Cargo.toml", &manifest("app", &dependencies));
    write("app/build.rs", "fn main() {}");
    write("app/src/main.rs", "fn main() { println!(\"{}{}\", beside::one(), repository::two()) }");
    write("app/.gitignore", "target\n");
    for repository in ["repository", "app"] {
        git(&folder.join(repository), &["init", "--quiet"]);
        git(&folder.join(repository), &["add", "--all"]);
        let user = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        git(&folder.join(repository), &[&user[..], &["commit", "--quiet", "--message", "all"]].concat());
    }
    git(&folder.join("app"), &["remote", "add", "origin", "https://me:secret@forge.example/acme/app.git"]);
    write("app/src/main.rs", "fn main() { println!(\"{}{}!\", beside::one(), repository::two()) }");
}

fn git(folder: &Path, arguments: &[&str]) {
    let dates = [("GIT_AUTHOR_DATE", "1700000000 +0000"), ("GIT_COMMITTER_DATE", "1700000000 +0000")];
    stdout_of(Command::new("git").arg("-C").arg(folder).args(arguments).envs(dates));
}

#[test]
fn neither_paths_nor_secrets_are_told_and_odd_things_are_told_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    odd_project(folder.path());
    let app = folder.path().join("app");
    stdout_of(wasmpack().args(["build", "--quiet", "--level", "0"]).arg(&app));
    let read =
        |end: &str| fs::read_to_string(app.join("target/wasmpack").join(format!("app.{end}"))).unwrap();
    let (bill, provenance) = (read("spdx.json"), read("provenance.json"));
    for text in [&bill, &provenance] {
        for told in [folder.path().to_str().unwrap(), "file://", "secret", "me@", env!("CARGO_MANIFEST_DIR")]
        {
            assert!(!text.contains(told), "{told}: {text}");
        }
    }
    let bill: Value = serde_json::from_str(&bill).unwrap();
    let licenses = bill["packages"].as_array().unwrap().iter().take(3);
    let licenses = licenses.map(|package| (&package["name"], &package["licenseDeclared"]));
    let (name, unknown) = (Value::from, Value::from("NOASSERTION"));
    let expected = [
        (&name("app"), &unknown),
        (&name("beside"), &name("MIT OR Apache-2.0")),
        (&name("repository"), &Value::Null),
    ];
    assert_eq!(licenses.collect::<Vec<_>>(), expected);
    let provenance: Value = serde_json::from_str(&provenance).unwrap();
    let source = &provenance["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!(source["annotations"]["dirty"], true);
    assert_eq!(source["digest"]["gitCommit"].as_str().unwrap().len(), 40);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each thing that is told")]
fn all_that_decides_what_an_image_is_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n\
         [profile.wasmpack]\nopt-level = 1\n[profile.release]\noverflow-checks = true\n\
         [package.metadata.wasmpack.image]\nfiles = [{ from = \"page\" }]\nformat = [\"everywhere\", \"image\"]\nname = \"acme/app:v1\"\n",
    );
    write(
        ".cargo/config.toml",
        "[build]\nrustflags = [\"--cfg\", \"token=\\\"hunter2\\\"\"]\n[env]\nTOKEN = \"hunter2\"\n",
    );
    write("src/main.rs", "fn main() {}\n");
    write("page/index.html", "hello");
    let said = stdout_of(
        wasmpack()
            .args([
                "build",
                "--quiet",
                "--level",
                "1",
                "--keep-names",
                "--wasm-opt",
                "off",
                "--compress",
                "fast",
            ])
            .arg(folder.path())
            .env("CARGO_PROFILE_WASMPACK_CODEGEN_UNITS", "2"),
    );
    let [everywhere, image] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    let read = |end: &str| -> Value {
        let path = folder.path().join("target/wasmpack").join(format!("app.{end}"));
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains("hunter2") && !text.contains(folder.path().to_str().unwrap()), "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let provenance = read("provenance.json");
    let subjects = provenance["subject"].as_array().unwrap().iter().map(|subject| {
        format!(
            "{}@sha256:{}",
            subject["name"].as_str().unwrap(),
            subject["digest"]["sha256"].as_str().unwrap()
        )
    });
    assert_eq!(subjects.collect::<Vec<_>>(), [everywhere, image]);
    assert!(everywhere.starts_with("acme/app@") && image.starts_with("acme/app:v1-image@"), "{said}");

    let definition = &provenance["predicate"]["buildDefinition"];
    let mut parameters = definition["externalParameters"].clone();
    let expected = serde_json::json!({
        "build.rustflags": "--cfg token",
        "cargo-config": "env.TOKEN",
        "compress": "fast",
        "format": "everywhere image",
        "goal": "size",
        "keep-names": "true",
        "level": "1",
        "platform": "wasi/wasm",
        "profile": "wasmpack",
        "profile.release.overflow-checks": "true",
        "profile.wasmpack.codegen-units": "2",
        "profile.wasmpack.opt-level": "1",
        "source": "cargo",
        "target": "wasm32-wasip1",
        "wasm-opt": "off",
    });
    // Whoever has them set, has them told.
    for of_machine in ["native-variables", "repository"] {
        parameters.as_object_mut().unwrap().remove(of_machine);
    }
    let of_home = parameters["cargo-config"].as_str().unwrap().split(' ').filter(|name| *name == "env.TOKEN");
    parameters["cargo-config"] = of_home.collect::<Vec<_>>().join(" ").into();
    assert_eq!(parameters, expected);

    let sources = &definition["resolvedDependencies"][0];
    // What anybody can make of the files themselves: `Cargo.lock`, `Cargo.toml`, `src/main.rs`.
    let by_hand = Command::new("sh")
        .args(["-c", "sha256sum Cargo.lock Cargo.toml src/main.rs | sha256sum | cut -c1-64"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let by_hand = String::from_utf8(by_hand.stdout).unwrap();
    assert_eq!(sources["name"], "sources");
    assert_eq!(
        (&sources["digest"]["dirHash"], &sources["annotations"]["files"]),
        (&by_hand.trim().into(), &3.into())
    );

    let bill = read("spdx.json");
    let file = bill["packages"].as_array().unwrap().last().unwrap();
    assert_eq!((&file["name"], &file["primaryPackagePurpose"]), (&"/page/index.html".into(), &"FILE".into()));
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(file["checksums"][0]["checksumValue"], hello);
}

#[test]
fn two_checkouts_are_told_alike_and_what_is_switched_off_is_not_told() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [here, there] =
        folders.each_ref().map(|folder| Built::of(folder.path(), "wordcount", &example("wordcount"), &[]));
    for end in ["spdx.json", "provenance.json"] {
        let [one, other] = [&here, &there].map(|built| fs::read(built.beside(end)).unwrap());
        assert!(one == other, "{end} differs");
    }
    let digest = here.again(&[]);
    let provenance = here.document("provenance.json");
    let subject = provenance["subject"][0]["digest"]["sha256"].as_str().unwrap();
    assert!(digest.contains(subject), "{digest}");
    assert_eq!(here.again(&["--sbom", "none", "--provenance", "false"]), digest);
    for end in ["spdx.json", "cdx.json", "provenance.json"] {
        assert!(!here.beside(end).exists(), "{end} is left");
    }
}
