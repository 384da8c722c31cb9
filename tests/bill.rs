//! What is said of an image besides itself: bill of materials, provenance, and the list of packages in the module. Tools of other
//! people read them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::installed::installed;
use crate::support::{copy, example, stdout_of, wasmpack};

/// Programs with packages in them: a component and a module.
const WITH_PACKAGES: [(&str, &str, &str); 2] = [
    ("http-hello", "examples/http-hello", "wasm32-wasip2"),
    ("jsongrep", "xtask/corpus/jsongrep", "wasm32-wasip1"),
];

/// A program that reads what we say.
pub fn reader(name: &str) -> Option<Command> {
    let program = installed(name)?;
    // Packages of Python lie beside the folder of its programs.
    let packages = program.parent().and_then(Path::parent).map(Path::to_owned);
    let mut command = Command::new(program);
    command.envs(packages.map(|packages| ("PYTHONPATH", packages)));
    Some(command)
}

/// What was built, and what was said of it.
struct Built {
    folder: tempfile::TempDir,
    name: String,
}

impl Built {
    fn of(name: &str, sources: &Path, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(sources, &folder.path().join(name));
        let built = Self { folder, name: name.to_owned() };
        built.again(arguments);
        built
    }

    fn again(&self, arguments: &[&str]) -> String {
        stdout_of(wasmpack().args(["build", "--quiet"]).args(arguments).arg(self.sources()))
    }

    fn sources(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    fn beside(&self, end: &str) -> PathBuf {
        self.sources().join(format!("target/wasmpack/{}.{end}", self.name))
    }

    fn document(&self, end: &str) -> Value {
        serde_json::from_slice(&fs::read(self.beside(end)).unwrap()).unwrap()
    }

    /// The module in the image, as a file.
    fn module(&self) -> PathBuf {
        let layout = self.sources().join("target/wasmpack").join(&self.name);
        let json = |path: String| -> Value {
            serde_json::from_slice(&fs::read(layout.join(path)).unwrap()).unwrap()
        };
        let blob = |digest: &Value| format!("blobs/{}", digest.as_str().unwrap().replace(':', "/"));
        let mut document = json("index.json".to_owned());
        while let Some(first) = document["manifests"].get(0) {
            document = json(blob(&first["digest"]));
        }
        let layer = document["layers"].as_array().unwrap().last().unwrap();
        let layer = fs::File::open(layout.join(blob(&layer["digest"]))).unwrap();
        let mut files = tar::Archive::new(GzDecoder::new(layer));
        let path = self.folder.path().join("app.wasm");
        files.entries().unwrap().next().unwrap().unwrap().unpack(&path).unwrap();
        path
    }
}

/// The file, or if it is a component, one that begins with the first module inside: `rust-audit-info` reads no components, and
/// nothing behind the list.
fn core(wasm: &Path) -> PathBuf {
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    let bytes = fs::read(wasm).unwrap();
    let start = bytes.windows(MODULE.len()).position(|window| window == MODULE).unwrap();
    let core = wasm.with_extension("core.wasm");
    fs::write(&core, &bytes[start..]).unwrap();
    core
}

/// `name version` of what is linked, as `cargo metadata` has it: from the root on, along dependencies that are neither for building nor
/// for tests, without procedural macros.
fn linked(manifest: &Path, target: &str) -> BTreeSet<String> {
    let mut command = MetadataCommand::new();
    let options = ["--filter-platform", target, "--locked"].map(ToOwned::to_owned).to_vec();
    let metadata: Metadata = command.manifest_path(manifest).other_options(options).exec().unwrap();
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let (mut open, mut found) = (vec![resolve.root.as_ref().unwrap()], BTreeSet::new());
    while let Some(id) = open.pop() {
        let package = &metadata[id];
        let is_macro = package.targets.iter().any(cargo_metadata::Target::is_proc_macro);
        if !is_macro && found.insert(format!("{} {}", package.name, package.version)) {
            let normal = nodes[id].deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            });
            open.extend(normal.map(|dependency| &dependency.pkg));
        }
    }
    found
}

/// `name version` of each in a list of objects that have these keys.
fn listed(packages: &Value, version: &str) -> BTreeSet<String> {
    let packages = packages.as_array().unwrap().iter();
    packages
        .map(|package| {
            format!("{} {}", package["name"].as_str().unwrap(), package[version].as_str().unwrap())
        })
        .collect()
}

/// The first list of packages that wasm-tools tells of, in whichever module.
fn told_by_wasm_tools(metadata: &Value) -> Option<Value> {
    match metadata {
        Value::Object(object) => match &object.get("dependencies") {
            Some(Value::String(list)) => serde_json::from_str(list).ok(),
            _ => object.values().find_map(told_by_wasm_tools),
        },
        Value::Array(list) => list.iter().find_map(told_by_wasm_tools),
        _ => None,
    }
}

#[test]
fn everything_lists_exactly_the_packages_that_cargo_links() {
    for (name, sources, target) in WITH_PACKAGES {
        let built = Built::of(name, &Path::new(env!("CARGO_MANIFEST_DIR")).join(sources), &["--level", "1"]);
        let expected = linked(&built.sources().join("Cargo.toml"), target);
        assert!(expected.len() > 5, "{expected:?}");

        // The libraries of the toolchain are no packages of cargo.
        let is_package = |package: &&Value| {
            let purl = package["externalRefs"][0]["referenceLocator"].as_str();
            purl.is_none_or(|purl| purl.starts_with("pkg:cargo/")) && !package["licenseDeclared"].is_null()
        };
        let bill = built.document("spdx.json");
        let mut packages: Vec<Value> =
            bill["packages"].as_array().unwrap().iter().filter(is_package).cloned().collect();
        packages.push(bill["packages"][0].clone());
        assert_eq!(listed(&packages.into(), "versionInfo"), expected, "{name}");

        let module = built.module();
        if let Some(mut reader) = reader("rust-audit-info") {
            let list: Value = serde_json::from_str(&stdout_of(reader.arg(core(&module)))).unwrap();
            assert_eq!(listed(&list["packages"], "version"), expected, "{name}");
        }
        if let Some(mut reader) = reader("wasm-tools") {
            let said = stdout_of(reader.args(["metadata", "show", "--json"]).arg(&module));
            let list = told_by_wasm_tools(&serde_json::from_str(&said).unwrap()).unwrap();
            assert_eq!(listed(&list["packages"], "version"), expected, "{name}");
        }
    }
}

const CHECK_SPDX: &str = "
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
problems = validate_full_spdx_document(parse_file(sys.argv[1]))
sys.exit('\\n'.join(problem.validation_message for problem in problems) or None)
";

const CHECK_CYCLONEDX: &str = "
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(problem and repr(problem))
";

/// Python with the packages that `pyspdxtools` came with; what it says of a document, if it does not like it.
fn refused(check: &str, document: &Path) -> Option<Option<String>> {
    let tools = reader("pyspdxtools")?;
    let mut python = Command::new("python3");
    python.envs(tools.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = python.args(["-c", check]).arg(document).output().unwrap();
    Some((!output.status.success()).then(|| crate::support::said(&output)))
}

#[test]
fn bills_of_rust_c_and_cpp_are_as_both_standards_have_them() {
    for name in ["factorial", "sort", "wordcount"] {
        let built = Built::of(name, &example(name), &["--level", "0"]);
        built.check(CHECK_SPDX, "spdx.json", "/packages/0/SPDXID");
        built.again(&["--level", "0", "--sbom", "cyclonedx"]);
        built.check(CHECK_CYCLONEDX, "cdx.json", "/metadata/component/type");
        // With one file, and with more than are told one by one.
        fs::create_dir(built.sources().join("data")).unwrap();
        for (count, told) in [(1, "/data/0"), (201, "files")] {
            for number in 0..count {
                fs::write(built.sources().join(format!("data/{number}")), "x").unwrap();
            }
            fs::write(built.sources().join("wasmpack.toml"), "[image]\nfiles = [{ from = \"data\" }]\n")
                .unwrap();
            built.again(&["--level", "0"]);
            built.check(CHECK_SPDX, "spdx.json", "/packages/0/SPDXID");
            built.again(&["--level", "0", "--sbom", "cyclonedx"]);
            built.check(CHECK_CYCLONEDX, "cdx.json", "/metadata/component/type");
            assert_eq!(
                built.document("cdx.json")["components"].as_array().unwrap().last().unwrap()["name"],
                told
            );
        }
        assert!(!built.beside("spdx.json").exists(), "a bill that nobody asked for is left");
    }
}

impl Built {
    /// The checker accepts the document, and refuses one in which this is something else.
    fn check(&self, check: &str, end: &str, pointer: &str) {
        let path = self.beside(end);
        let Some(refusal) = refused(check, &path) else { return };
        assert_eq!(refusal, None, "{}", path.display());
        let mut document = self.document(end);
        *document.pointer_mut(pointer).unwrap() = "?".into();
        let broken = self.folder.path().join(format!("broken.{end}"));
        fs::write(&broken, document.to_string()).unwrap();
        assert!(refused(check, &broken).unwrap().is_some(), "{pointer} is not looked at");
    }
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
    let [here, there] = [(); 2].map(|()| Built::of("wordcount", &example("wordcount"), &[]));
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
