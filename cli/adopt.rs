//! Configuration for a project that is there already. Its sources stay as they are, and so does every comment.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};
use wasmpack_builder::{Source, System};

use crate::config;
use crate::error::Error;
use crate::image_plan::component;
use crate::init_error::InitError;
use crate::migrate::programs::Programs;
use crate::project_name::ProjectName;
use crate::scaffold::NewFile;
use crate::schema;
use crate::templates::{Kind, Needs};
use crate::user_config::UserConfig;
use crate::workspace;

/// What a project gets, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The file that has its configuration, written anew; none if it has one already.
    pub file: Option<NewFile>,
    /// What its image is called.
    pub name: String,
    /// What a consumer makes of its image, as far as its manifest tells.
    pub kind: Kind,
    /// What it is built with, as far as its files tell.
    pub needs: Vec<Needs>,
    /// Whether it has members, which may have an image each.
    pub is_workspace: bool,
    /// Whether it has an image itself.
    pub is_package: bool,
}

/// By these crates programs answer HTTP, as components.
const OF_SERVICES: [&str; 2] = ["wstd", "spin-sdk"];

/// The target of components.
const COMPONENTS: &str = "wasm32-wasip2";

/// Looks what the project lacks to be one of ours. Where it is configured, its image keeps its name.
///
/// # Errors
/// A file cannot be read, or is no TOML.
pub fn adopt(source: &Source, named: Option<&ProjectName>) -> Result<Adopted, Error> {
    let folder = source.dir();
    let path = folder.join(config::FILE_NAME);
    let is_configured = path.symlink_metadata().is_ok();
    let needs = needs(source);
    if let Source::Cargo { manifest } = source {
        let (before, mut document) = read(manifest)?;
        let is_workspace = document.get("workspace").is_some_and(|own| own.get("members").is_some());
        let of_workspace = workspace::above(folder).map(|(_, document)| document);
        let (kind, has_changed) = extend(&mut document, of_workspace.as_ref(), named);
        let is_package = document.contains_key("package");
        let file = NewFile::edited("Cargo.toml", &before, &document.to_string());
        let file = (has_changed && !is_configured).then_some(file);
        let manifest = file.as_ref().map_or(&before, |file| &file.text);
        let manifest: Value = toml::from_str(manifest).unwrap_or_default();
        let name = image_of(folder, &manifest)?;
        let programs = Programs::of(folder).unwrap_or_default();
        // Services may be libraries, whose function the host calls for each request.
        let is_called = kind == Kind::Command && is_library(&manifest, &programs);
        let kind = if is_called { Kind::Library } else { kind };
        return Ok(Adopted { file, name, kind, needs, is_workspace, is_package });
    }
    let kind = Kind::Command;
    if is_configured {
        return Ok(Adopted {
            file: None,
            name: image_of(folder, &Value::Null)?,
            kind,
            needs,
            is_workspace: false,
            is_package: true,
        });
    }
    let of_folder = || ProjectName::of_folder(folder.file_name().unwrap_or_default());
    let name = named.cloned().unwrap_or_else(of_folder).to_string();
    let text = format!("#:schema {}\n\n[image]\nname = \"{name}\"\n", schema::ID);
    let file = NewFile { path: config::FILE_NAME.into(), text };
    Ok(Adopted { file: Some(file), name, kind, needs, is_workspace: false, is_package: true })
}

/// What the image of the project in `folder` is called: as it is configured, or else by its program, as far as that is known before it is
/// built.
fn image_of(folder: &Utf8Path, manifest: &Value) -> Result<String, Error> {
    let said = |owner: &str| &manifest[owner]["metadata"]["wasmpack"];
    let config = config::load(folder, said("package"), said("workspace"), &UserConfig::default())?;
    if let Some(name) = config.image.name {
        return Ok(name.to_string());
    }
    let programs = Programs::of(folder).unwrap_or_default();
    let is_library = is_library(manifest, &programs);
    let Programs { package, names } = programs;
    let of_module = config.build.module.as_deref().and_then(|path| Utf8Path::new(path).file_stem());
    let of_package = manifest["package"]["default-run"].as_str();
    let started = of_package.or(of_module).map(str::to_owned).or(config.build.bin);
    let is_named = |package: &String| names.is_empty() || names.contains(package);
    // A module of functions is called as rustc calls its library.
    let library = manifest["lib"]["name"].as_str().or(package.as_deref()).filter(|_| is_library);
    let library = library.map(|name| name.replace('-', "_"));
    let program = started.or(library).or(package.filter(is_named)).or(names.first().cloned());
    let of_folder = || folder.file_name().unwrap_or_default().to_owned();
    Ok(component(&program.unwrap_or_else(of_folder)))
}

/// Crates may have C in them, so C is needed for Rust as well.
fn needs(source: &Source) -> Vec<Needs> {
    match source {
        Source::Cargo { .. } => vec![Needs::Rust, Needs::C],
        Source::System { system: System::Go, .. } => vec![Needs::Program("go")],
        Source::System { system: System::Zig, .. } => vec![Needs::Program("zig")],
        Source::System { system: System::Command, .. } => vec![Needs::Command],
        Source::Module { .. } => Vec::new(),
        Source::System { system: System::Cmake, .. } => vec![Needs::C, Needs::Program("cmake")],
        _ => vec![Needs::C],
    }
}

/// What a manifest says, as text and taken apart.
fn read(manifest: &Utf8Path) -> Result<(String, DocumentMut), Error> {
    let path: Utf8PathBuf = manifest.to_owned();
    let text =
        std::fs::read_to_string(&path).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
    let document =
        text.parse().map_err(|source| InitError::EditManifest { path, source: Box::new(source) })?;
    Ok((text, document))
}

/// Whether a package makes a module of functions, and nothing that starts.
fn is_library(manifest: &Value, programs: &Programs) -> bool {
    let types = manifest["lib"]["crate-type"].as_array();
    programs.names.is_empty() && types.is_some_and(|types| types.iter().any(|kind| kind == "cdylib"))
}

/// Says in a manifest what is said neither there nor in that of its workspace, and tells whether there was something.
fn extend(
    document: &mut DocumentMut,
    of_workspace: Option<&DocumentMut>,
    named: Option<&ProjectName>,
) -> (Kind, bool) {
    let depends_on = |name: &&str| document.get("dependencies").is_some_and(|all| all.get(name).is_some());
    let is_service = OF_SERVICES.iter().any(depends_on);
    let kind = if is_service { Kind::Service } else { Kind::Command };
    let is_package = document.contains_key("package");
    let owner = if is_package { "package" } else { "workspace" };
    let says = |table: &str| document.get(owner)?.get("metadata")?.get("wasmpack")?.get(table);
    if says("image").or_else(|| says("build")).or_else(|| says("optimize")).is_some() {
        return (kind, false);
    }
    let is_configured =
        document.get(owner).and_then(|owner| owner.get("metadata")?.get("wasmpack")).is_some();
    let mut rows = Vec::new();
    if is_service {
        rows.push(("build", "target", COMPONENTS));
    }
    match named {
        // Packages of a workspace have a name each.
        Some(name) if is_package => rows.push(("image", "name", name.as_str())),
        _ if !is_configured => rows.push(("optimize", "level", "size")),
        _ => {}
    }
    let is_said_above = |table: &str, key: &str| {
        let said = of_workspace.and_then(|document| workspace::configured(document)?.get(table)?.get(key));
        said.is_some()
    };
    rows.retain(|(table, key, _)| !is_said_above(table, key));
    let mut has_changed = false;
    for (table, key, text) in rows {
        if let Some(table) = inner(document, &[owner, "metadata", "wasmpack", table]) {
            table.insert(key, value(text));
            has_changed = true;
        }
    }
    (kind, has_changed)
}

/// The table at the end of a path, made if need be; none where something else stands in its way.
fn inner<'a>(table: &'a mut Table, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    let mut table: &mut dyn TableLike = table;
    for (depth, key) in path.iter().enumerate() {
        let mut new = Table::new();
        // Only the last one gets a header.
        new.set_implicit(depth + 1 < path.len());
        table = table.entry(key).or_insert(Item::Table(new)).as_table_like_mut()?;
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(manifest: &str, named: Option<&str>) -> String {
        let mut document: DocumentMut = manifest.parse().unwrap();
        extend(&mut document, None, named.map(|name| name.parse().unwrap()).as_ref());
        document.to_string()
    }

    #[test]
    fn what_the_workspace_says_already_stays() {
        let above = "[workspace]\n[workspace.metadata.wasmpack.optimize]\nlevel = \"speed\"\n";
        let mut document: DocumentMut = "[package]\nname = \"a\"\n".parse().unwrap();
        let (_, has_changed) = extend(&mut document, Some(&above.parse().unwrap()), None);
        assert!(!has_changed, "{document}");
    }

    #[test]
    fn a_library_for_hosts_is_no_command() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        let manifest = "[package]\nname = \"my-plugin\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
        std::fs::create_dir(folder.join("src")).unwrap();
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        let source = Source::Cargo { manifest: folder.join("Cargo.toml") };
        let adopted = adopt(&source, None).unwrap();
        assert_eq!((adopted.kind, &*adopted.name), (Kind::Library, "my_plugin"));
        std::fs::write(folder.join("Cargo.toml"), format!("{manifest}[dependencies]\nspin-sdk = \"3\"\n"))
            .unwrap();
        assert_eq!(adopt(&source, None).unwrap().kind, Kind::Service);
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.join("src/main.rs"), "fn main() {}\n").unwrap();
        let adopted = adopt(&source, None).unwrap();
        assert_eq!((adopted.kind, &*adopted.name), (Kind::Command, "my-plugin"));
    }

    #[test]
    fn a_manifest_keeps_its_comments_and_its_order() {
        let manifest = "# Ours.\n[package] # the one\nname = \"a\"\n\n# What it needs.\n[dependencies]\nwstd = \"0.6\" # HTTP\n";
        let added = "[package.metadata.wasmpack.build]\ntarget = \"wasm32-wasip2\"\n\n\
            [package.metadata.wasmpack.image]\nname = \"b\"\n";
        let text = extended(manifest, Some("b"));
        assert!(text.contains(added), "{text}");
        assert_eq!(text.replace(&format!("\n{added}"), ""), manifest);
    }

    #[test]
    fn what_a_project_says_already_stays() {
        for manifest in [
            "[package]\nname = \"a\"\n[package.metadata.wasmpack]\nimage.name = \"x\"\n",
            "[package]\nname = \"a\"\nmetadata.wasmpack = { optimize = { level = 2 } }\n",
            "[workspace]\n[workspace.metadata.wasmpack.build]\nbin = \"x\"\n",
            "[package]\nname = \"a\"\nmetadata = 1\n",
        ] {
            assert_eq!(extended(manifest, Some("b")), manifest);
        }
        let begun = "[package]\nname = \"a\"\n[package.metadata.wasmpack.budget]\nmax-size = 1\n";
        assert_eq!(extended(begun, None), begun);
    }

    #[test]
    fn tables_of_any_form_are_extended() {
        for manifest in [
            "[package]\nname = \"a\"\nmetadata = { docs = { all-features = true } }\n",
            "package.name = \"a\"\n",
            "package = { name = \"a\" }\n",
            "[package]\nname = \"a\"\n[package.metadata]\nx = 1\n[package.metadata.wasmpack.budget]\nmax-size = 1\n",
        ] {
            let text = extended(manifest, Some("b"));
            let value: toml::Value = toml::from_str(&text).unwrap();
            assert_eq!(
                value["package"]["metadata"]["wasmpack"]["image"]["name"].as_str(),
                Some("b"),
                "{text}"
            );
        }
    }
}
