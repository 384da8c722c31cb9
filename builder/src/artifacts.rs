//! What cargo says it has built, and which of it are modules.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Artifact, Message};

use crate::{Error, Language, Module, Package, Project, Settings};

/// What cargo has said.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) artifacts: Vec<Artifact>,
    /// Whether it has said that the build succeeded.
    pub(crate) is_built: bool,
}

/// The artifacts among cargo's messages, up to the one that says the build is over. (What follows that one is not
/// cargo's: with `cargo run` it would be the program's own output.) `on_line` is told each of cargo's lines.
pub(crate) fn read(lines: impl BufRead, on_line: &mut dyn FnMut(&str)) -> io::Result<Told> {
    let mut told = Told::default();
    for line in lines.lines() {
        let line = line?;
        if line.starts_with('{') {
            on_line(&line);
        }
        match serde_json::from_str(&line) {
            Ok(Message::CompilerArtifact(artifact)) => told.artifacts.push(artifact),
            Ok(Message::BuildFinished(finished)) => {
                told.is_built = finished.success;
                break;
            }
            // What a newer cargo says, or what was written by what it ran.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(told)
}

/// Reads the modules among `artifacts`, in an order that does not depend on which was built first.
pub(crate) fn modules(
    project: &Project,
    settings: &Settings,
    artifacts: &[Artifact],
) -> Result<Vec<Module>, Error> {
    let mut files = files(&project.packages, artifacts);
    files.sort_by_key(|(artifact, path)| (&artifact.manifest_path, &artifact.target.name, *path));
    if files.is_empty() {
        let selected = project.selected(settings);
        let lacks = selected.into_iter().find_map(|package| package.required_features.first_key_value());
        let lacks = lacks.map(|(program, features)| (program.clone(), features.clone()));
        return Err(Error::NoProgram { manifest: project.source.dir().join("Cargo.toml"), lacks });
    }
    files.into_iter().map(|(artifact, path)| module(&project.packages, artifact, path)).collect()
}

/// The files of the workspace that are modules: programs and examples, which have an executable; without any, `cdylib`
/// libraries, which are reactors and have only file names. (Those of dependencies are built as such too.)
fn files<'a>(packages: &[Package], artifacts: &'a [Artifact]) -> Vec<(&'a Artifact, &'a Utf8Path)> {
    let ours = || artifacts.iter().filter(|artifact| package_of(packages, artifact).is_some());
    let programs = ours().filter_map(|artifact| Some((artifact, artifact.executable.as_deref()?)));
    let programs: Vec<_> = programs.collect();
    if !programs.is_empty() {
        return programs;
    }
    let modules = ours().flat_map(|artifact| {
        let modules = artifact.filenames.iter().filter(|file| file.extension() == Some("wasm"));
        modules.map(move |file| (artifact, file.as_path()))
    });
    modules.collect()
}

/// The files that modules and what is said of them come from: themselves, which are made anew with every change of a source; the
/// manifests of what is compiled in folders, which may change without that; and the lock file.
pub(crate) fn made_of(project: &Project, artifacts: &[Artifact]) -> Vec<Utf8PathBuf> {
    let modules = files(&project.packages, artifacts).into_iter().map(|(_, path)| path.to_owned());
    let in_folder = artifacts.iter().filter(|artifact| artifact.package_id.repr.starts_with("path+"));
    let manifests = in_folder.map(|artifact| artifact.manifest_path.clone());
    let of_members = project.packages.iter().map(|package| package.manifest.clone());
    let of_workspace = project.root.join("Cargo.toml");
    let manifests = with_those_above(manifests.chain(of_members).chain([of_workspace]));
    modules.chain(manifests).chain([project.root.join("Cargo.lock")]).collect()
}

/// These manifests, and those that may be above them: what a package inherits is said there.
pub(crate) fn with_those_above(manifests: impl Iterator<Item = Utf8PathBuf>) -> Vec<Utf8PathBuf> {
    let manifests: Vec<_> = manifests.collect();
    let folders: BTreeSet<_> = manifests.iter().flat_map(|path| path.ancestors().skip(1)).collect();
    folders.into_iter().map(|folder| folder.join("Cargo.toml")).collect()
}

fn package_of<'a>(packages: &'a [Package], artifact: &Artifact) -> Option<&'a Package> {
    packages.iter().find(|package| package.manifest == artifact.manifest_path)
}

fn module(packages: &[Package], artifact: &Artifact, path: &Utf8Path) -> Result<Module, Error> {
    let package = package_of(packages, artifact);
    let wasm = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(Module {
        name: artifact.target.name.clone(),
        wasm,
        path: path.to_owned(),
        language: Some(Language::Rust),
        package: package.map(|package| package.name.clone()),
        version: package.map(|package| package.version.clone()),
        ..Module::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // As cargo 1.95 writes them, without the keys that are not read.
    const PROGRAM: &str = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/hello#0.1.0","manifest_path":"/w/hello/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"hello","src_path":"/w/hello/src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"z","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/w/hello/target/wasm32-wasip1/wasmpack/hello.wasm"],"executable":"/w/hello/target/wasm32-wasip1/wasmpack/hello.wasm","fresh":false}"#;
    const LIBRARY: &str = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/re#re-actor@0.3.0","manifest_path":"/w/re/Cargo.toml","target":{"kind":["cdylib","rlib"],"crate_types":["cdylib","rlib"],"name":"re_actor","src_path":"/w/re/src/lib.rs","edition":"2024","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"z","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["/w/re/target/wasm32-wasip1/wasmpack/re_actor.wasm","/w/re/target/wasm32-wasip1/wasmpack/libre_actor.rlib"],"executable":null,"fresh":true}"#;
    const SCRIPT: &str = r#"{"reason":"build-script-executed","package_id":"path+file:///w/hello#0.1.0","linked_libs":[],"linked_paths":[],"cfgs":[],"env":[],"out_dir":"/w/out"}"#;
    const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;

    fn project() -> Project {
        let source = crate::Source::C { dir: "/w".into() };
        Project::open(source, &crate::Settings::default(), &crate::Machine::bare("/w".into())).unwrap()
    }

    fn package(name: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            manifest: format!("/w/{name}/Cargo.toml").into(),
            is_default: true,
            ..Package::default()
        }
    }

    fn found(lines: &[&str], packages: &[Package]) -> Vec<String> {
        let Told { artifacts, .. } = read(lines.join("\n").as_bytes(), &mut |_| {}).unwrap();
        files(packages, &artifacts).iter().map(|(_, path)| path.file_name().unwrap().to_owned()).collect()
    }

    #[test]
    fn programs_go_before_libraries() {
        let packages = [package("hello"), package("re")];
        assert_eq!(found(&[SCRIPT, LIBRARY, PROGRAM, FINISHED], &packages), ["hello.wasm"]);
    }

    #[test]
    fn a_library_of_the_workspace_is_a_module_and_one_of_a_dependency_is_not() {
        assert_eq!(found(&[LIBRARY, FINISHED], &[package("re")]), ["re_actor.wasm"]);
        assert!(found(&[LIBRARY, FINISHED], &[package("hello")]).is_empty());
    }

    #[test]
    fn nothing_is_read_after_the_end_of_the_build() {
        assert!(found(&[FINISHED, PROGRAM], &[package("hello")]).is_empty());
    }

    #[test]
    fn modules_come_from_themselves_manifests_and_the_lock_file() {
        let registry = LIBRARY.replace("path+file:///w/re", "registry+https://crates.example");
        let told = read([PROGRAM, &registry, FINISHED].join("\n").as_bytes(), &mut |_| {}).unwrap();
        assert!(told.is_built);
        let project = Project { packages: vec![package("hello")], root: "/w".into(), ..project() };
        let files = made_of(&project, &told.artifacts);
        let paths: BTreeSet<_> = files.iter().map(|path| path.as_str()).collect();
        let module = "/w/hello/target/wasm32-wasip1/wasmpack/hello.wasm";
        let expected = ["/Cargo.toml", "/w/Cargo.lock", "/w/Cargo.toml", "/w/hello/Cargo.toml", module];
        assert_eq!(paths, expected.into());
    }

    #[test]
    fn a_module_is_of_the_package_whose_manifest_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("hello.wasm");
        fs::write(&path, "module").unwrap();
        let told = read([PROGRAM, FINISHED].join("\n").as_bytes(), &mut |_| {}).unwrap();
        let made = |packages: &[Package]| {
            let made = module(packages, &told.artifacts[0], &path).unwrap();
            assert_eq!((&*made.name, &*made.wasm), ("hello", &b"module"[..]));
            (made.package, made.version)
        };
        assert_eq!(made(&[package("re"), package("hello")]), (Some("hello".into()), Some("0.1.0".into())));
        assert_eq!(made(&[package("re")]), (None, None));
    }

    #[test]
    fn other_lines_are_passed_over() {
        let lines = ["hello from a script", r#"{"reason":"new"}"#, PROGRAM];
        assert_eq!(found(&lines, &[package("hello")]), ["hello.wasm"]);
    }

    #[test]
    fn a_program_of_a_package_from_elsewhere_is_not_ours() {
        assert!(found(&[PROGRAM, FINISHED], &[package("re")]).is_empty());
    }
}
