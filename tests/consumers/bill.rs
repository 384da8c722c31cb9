//! Readers of bills of materials and of the lists of packages in modules: what we say is what cargo links, and is as both standards have
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use flate2::read::GzDecoder;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::beside::Built;
use crate::images::{blob_path, json};
use crate::support::{example, said, stdout_of};
use crate::{images, tools, trial};

/// A program with packages in it, and all that is linked into it.
struct WithPackages {
    built: Built,
    linked: BTreeSet<String>,
    /// The module in the image, as a file.
    module: PathBuf,
}

/// A component and a module: their names, where their sources are, and what they are compiled for.
const WITH_PACKAGES: [(&str, &str, &str); 2] = [
    ("http-hello", "examples/http-hello", "wasm32-wasip2"),
    ("jsongrep", "xtask/corpus/jsongrep", "wasm32-wasip1"),
];

static BUILT: LazyLock<[WithPackages; 2]> = LazyLock::new(|| WITH_PACKAGES.map(build));

fn build((name, sources, target): (&str, &str, &str)) -> WithPackages {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources);
    let built = Built::of(&folder("packages", name), name, &sources, &["--level", "1"]);
    let linked = linked(&built.sources.join("Cargo.toml"), target);
    assert!(linked.len() > 5, "{linked:?}");
    let module = module(&built.sources.join("target/wasmpack").join(name), &built.sources);
    WithPackages { built, linked, module }
}

/// New and empty.
fn folder(what: &str, name: &str) -> PathBuf {
    let folder = images::folder().join("bill").join(what).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Who says what is linked.
struct Lists {
    /// As a sentence that goes on with a program's name.
    does: &'static str,
    /// What it takes.
    program: Option<&'static str>,
    list: fn(&WithPackages) -> BTreeSet<String>,
}

const LISTS: [Lists; 3] = [
    Lists { does: "the bill lists what cargo links into", program: None, list: of_bill },
    Lists {
        does: "rust-audit-info lists what cargo links into",
        program: Some("rust-audit-info"),
        list: of_rust_audit_info,
    },
    Lists {
        does: "wasm-tools lists what cargo links into",
        program: Some("wasm-tools"),
        list: of_wasm_tools,
    },
];

/// Who accepts a form, the check itself, the flag, the end of the file's name, and what it has to look at.
const CHECKS: [(&str, &str, &str, &str, &str); 2] = [
    ("spdx-tools accept", CHECK_SPDX, "spdx", "spdx.json", "/packages/0/SPDXID"),
    ("cyclonedx-python-lib accepts", CHECK_CYCLONEDX, "cyclonedx", "cdx.json", "/metadata/component/type"),
];

/// Programs in C, C++ and Rust.
const EXAMPLES: [&str; 3] = ["factorial", "sort", "wordcount"];

pub fn trials() -> Vec<Trial> {
    let lists = LISTS.iter().flat_map(|Lists { does, program, list }| {
        let missing = program.and_then(|program| tools::missing(&[program]));
        (0..WITH_PACKAGES.len()).map(move |number| {
            trial(format!("{does} {}", WITH_PACKAGES[number].0), missing.clone(), move || {
                let with_packages = &BUILT[number];
                assert_eq!(list(with_packages), with_packages.linked);
            })
        })
    });
    // The checks are packages of Python that came with this program.
    let missing = tools::missing(&["pyspdxtools", "python3"]);
    let checks = CHECKS.iter().flat_map(|(does, check, form, end, pointer)| {
        let missing = missing.clone();
        EXAMPLES.iter().map(move |name| {
            trial(format!("{does} the bill of {name}"), missing.clone(), move || {
                let built =
                    Built::of(&folder(form, name), name, &example(name), &["--level", "0", "--sbom", form]);
                accepts(&built, check, end, pointer);
                // With one file, and with more than are told one by one.
                fs::create_dir(built.sources.join("data")).unwrap();
                let files = "[image]\nfiles = [{ from = \"data\" }]\n";
                fs::write(built.sources.join("wasmpack.toml"), files).unwrap();
                for count in [1, 201] {
                    for number in 0..count {
                        fs::write(built.sources.join(format!("data/{number}")), "x").unwrap();
                    }
                    built.again(&["--level", "0", "--sbom", form]);
                    accepts(&built, check, end, pointer);
                }
            })
        })
    });
    lists.chain(checks).collect()
}

/// The checker accepts the document, and refuses one in which this is something else.
fn accepts(built: &Built, check: &str, end: &str, pointer: &str) {
    let path = built.beside(end);
    assert_eq!(refused(check, &path), None, "{}", path.display());
    let mut document = built.document(end);
    *document.pointer_mut(pointer).unwrap() = "?".into();
    let broken = path.with_file_name(format!("broken.{end}"));
    fs::write(&broken, document.to_string()).unwrap();
    assert!(refused(check, &broken).is_some(), "{pointer} is not looked at");
}

/// A program, with the packages of Python that another one came with: they lie beside the folder of its programs.
pub fn with_packages_of(came: &str, program: &str) -> Command {
    let came = tools::find(came).unwrap();
    let mut command = Command::new(program);
    command.env("PYTHONPATH", came.parent().and_then(Path::parent).unwrap());
    command
}

/// What Python says of a document, if it does not like it.
fn refused(check: &str, document: &Path) -> Option<String> {
    let mut python = with_packages_of("pyspdxtools", "python3");
    let output = python.args(["-c", check]).arg(document).output().unwrap();
    (!output.status.success()).then(|| said(&output))
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

/// The libraries of the toolchain are no packages of cargo.
fn of_bill(of: &WithPackages) -> BTreeSet<String> {
    let is_package = |package: &&Value| {
        let purl = package["externalRefs"][0]["referenceLocator"].as_str();
        purl.is_none_or(|purl| purl.starts_with("pkg:cargo/")) && !package["licenseDeclared"].is_null()
    };
    let bill = of.built.document("spdx.json");
    let mut packages: Vec<Value> =
        bill["packages"].as_array().unwrap().iter().filter(is_package).cloned().collect();
    packages.push(bill["packages"][0].clone());
    listed(&packages.into(), "versionInfo")
}

fn of_rust_audit_info(of: &WithPackages) -> BTreeSet<String> {
    let said = stdout_of(Command::new("rust-audit-info").arg(core(&of.module)));
    listed(&serde_json::from_str::<Value>(&said).unwrap()["packages"], "version")
}

fn of_wasm_tools(of: &WithPackages) -> BTreeSet<String> {
    let mut wasm_tools = with_packages_of("wasm-tools", "wasm-tools");
    let said = stdout_of(wasm_tools.args(["metadata", "show", "--json"]).arg(&of.module));
    let list = told_by_wasm_tools(&serde_json::from_str(&said).unwrap()).unwrap();
    listed(&list["packages"], "version")
}

/// The file in the only layer of an image.
fn module(layout: &Path, folder: &Path) -> PathBuf {
    let mut document = json(layout, "index.json");
    while let Some(first) = document["manifests"].get(0) {
        document = json(layout, &blob_path(first["digest"].as_str().unwrap()));
    }
    let layer = document["layers"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap();
    let layer = fs::File::open(layout.join(blob_path(layer))).unwrap();
    let mut files = tar::Archive::new(GzDecoder::new(layer));
    let path = folder.join("app.wasm");
    files.entries().unwrap().next().unwrap().unwrap().unpack(&path).unwrap();
    path
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
