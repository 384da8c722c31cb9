//! What cargo says of a workspace, without its dependencies: that needs neither network nor lock file.

use std::fs;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, MetadataCommand};
use toml::Table;

use crate::project::target_dir;
use crate::{Error, Machine, Settings, answer, cargo, cargo_config, systems};

/// What cargo says of the workspace of `manifest`.
pub(crate) fn of(manifest: &Utf8Path, settings: &Settings, machine: &Machine) -> Result<Metadata, Error> {
    let mut command = cargo::metadata_command(manifest, settings, machine)?;
    let words = answer::words(&command, machine);
    let parse = |answer: &str| {
        let failed =
            |source| Error::MetadataFormat { manifest: manifest.to_owned(), source: Box::new(source) };
        MetadataCommand::parse(answer).map_err(failed)
    };
    let name = format!("{:08x}.metadata.json", systems::fingerprint(&words.join("\n")));
    let kept = folder(manifest, settings, machine).map(|folder| folder.join(name));
    if let Some(answer) = kept.as_deref().and_then(|kept| answer::known(kept, &words)) {
        return parse(&answer);
    }
    let started = kept.as_deref().and_then(answer::start);
    let output = command.output().map_err(|source| cargo::could_not_run(&command, source))?;
    if !output.status.success() {
        // Warnings are dropped when all is well, because the build repeats them.
        let text = String::from_utf8_lossy(&output.stderr);
        let text = text.trim().trim_start_matches("error: ").to_owned();
        return Err(Error::Metadata { manifest: manifest.to_owned(), text });
    }
    let answer = String::from_utf8_lossy(&output.stdout);
    let metadata = parse(&answer)?;
    if let Some((kept, started)) = kept.zip(started) {
        let given = cargo::given_config(&settings.cargo, machine);
        answer::keep(&kept, words, looked_at(&metadata, manifest, machine, &given), started, &answer);
    }
    Ok(metadata)
}

/// Where answers are kept, as far as one can tell before there is one.
fn folder(manifest: &Utf8Path, settings: &Settings, machine: &Machine) -> Option<Utf8PathBuf> {
    let asked = target_dir(settings, machine).into_iter();
    let usual = manifest.ancestors().skip(1).map(|folder| folder.join("target"));
    asked.chain(usual).map(|target| target.join(FOLDER)).find(|folder| folder.is_dir())
}

/// It is there after the first build: who only asks leaves nothing behind.
const FOLDER: &str = "wasmpack/.materials";

/// All that the answer depends on: manifests, also those that might be there and make it another workspace; folders, which look
/// different as soon as something is put in or taken out, where cargo finds packages and programs by their names; and its
/// configuration.
fn looked_at(
    metadata: &Metadata,
    manifest: &Utf8Path,
    machine: &Machine,
    given: &[String],
) -> Vec<Utf8PathBuf> {
    let root = &metadata.workspace_root;
    let dir = manifest.parent().unwrap_or(manifest);
    let above = [dir, root].into_iter().flat_map(Utf8Path::ancestors).map(|folder| folder.join("Cargo.toml"));
    let config = cargo_config::candidates(dir, machine.cargo_home.as_deref(), given);
    let mut all: Vec<_> = above.chain(config).chain(folders_between(dir, root)).collect();
    all.extend(folders_of_members(root));
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().unwrap_or(root);
        all.push(package.manifest_path.clone());
        all.extend(folders_between(folder, root));
        all.push(folder.join("src"));
        for programs in ["src/bin", "examples"].map(|name| folder.join(name)) {
            let inside = programs.read_dir_utf8().into_iter().flatten().flatten();
            all.extend(inside.map(|entry| entry.path().to_owned()).filter(|path| path.is_dir()));
            all.push(programs);
        }
    }
    all
}

/// The folders in which members are looked for, whether there are any yet.
fn folders_of_members(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let text = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let manifest: Table = text.parse().unwrap_or_default();
    let lists = ["members", "default-members"].map(|key| manifest.get("workspace")?.get(key)?.as_array());
    let patterns = lists.into_iter().flatten().flatten().filter_map(|pattern| pattern.as_str());
    let mut folders = Vec::new();
    // The folder above may be anybody's, and change all the time.
    let listed = |pattern| {
        let is_plain = |part: &Utf8Component<'_>| !part.as_str().contains(['*', '?', '[']);
        let plain: Utf8PathBuf = Utf8Path::new(pattern).components().take_while(is_plain).collect();
        Utf8Path::new(pattern).ancestors().skip(1).filter(move |above| above.starts_with(&plain))
    };
    for above in patterns.flat_map(listed) {
        let folder = root.join(above);
        let found = glob::glob(&format!("{}/{above}", glob::Pattern::escape(root.as_str())));
        let found = found.into_iter().flatten().flatten();
        folders.extend(found.filter_map(|path| Utf8PathBuf::from_path_buf(path).ok()));
        // It may not be there yet.
        folders.push(folder);
    }
    folders
}

/// A folder and those above it, up to the root of the workspace; itself alone, if it is elsewhere.
fn folders_between<'a>(folder: &'a Utf8Path, root: &'a Utf8Path) -> impl Iterator<Item = Utf8PathBuf> + 'a {
    let above = folder.ancestors().take_while(move |above| *above == folder || above.starts_with(root));
    above.map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileState;
    use crate::testing::Folder;

    /// A workspace with a package in it, and an answer that is kept.
    struct Kept {
        folder: Folder,
        kept: Utf8PathBuf,
        words: Vec<String>,
        given: Vec<String>,
    }

    impl Kept {
        fn new() -> Self {
            let folder =
                Folder::with(&["w/Cargo.toml", "w/crates/a/Cargo.toml", "w/crates/a/src/bin/b/main.rs"]);
            let kept = Self {
                kept: folder.root.join("kept/a.json"),
                words: vec!["cargo".to_owned(), "metadata".to_owned()],
                given: vec![folder.root.join("given/config.toml").into_string()],
                folder,
            };
            let members = "[workspace]\nmembers = ['crates/*', 'tools/*', '../libs/*/*']\n";
            kept.folder.write("w/Cargo.toml", members);
            kept.folder.write(
                "w/.cargo/config.toml",
                "include = ['more.toml', { path = '../../inc.toml', optional = true }]",
            );
            kept.folder.write("libs/one/x", "");
            fs::create_dir_all(kept.kept.parent().unwrap()).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
            kept.again();
            kept
        }

        fn again(&self) {
            self.asked_at(answer::start(&self.kept).unwrap());
        }

        fn asked_at(&self, started: FileState) {
            let manifest = self.folder.root.join("w/Cargo.toml");
            let paths = looked_at(&self.metadata(), &manifest, &self.folder.machine, &self.given);
            answer::keep(&self.kept, self.words.clone(), paths, started, "{}");
        }

        fn metadata(&self) -> Metadata {
            let root = self.folder.root.join("w");
            let package = serde_json::json!({
                "name": "a", "version": "0.1.0", "id": "a", "dependencies": [], "targets": [], "features": {},
                "manifest_path": root.join("crates/a/Cargo.toml"),
            });
            let answer = serde_json::json!({
                "packages": [package], "workspace_members": ["a"], "version": 1, "resolve": null,
                "workspace_root": root, "target_directory": root.join("target"), "metadata": null,
            });
            MetadataCommand::parse(answer.to_string()).unwrap()
        }

        fn is_known(&self) -> bool {
            answer::known(&self.kept, &self.words).is_some()
        }
    }

    #[test]
    fn what_was_said_counts_until_something_changes_that_cargo_looks_at() {
        let kept = Kept::new();
        assert!(kept.is_known());
        for path in [
            "w/crates/a/Cargo.toml",
            "w/crates/new/Cargo.toml",
            "w/crates/Cargo.toml",
            "Cargo.toml",
            "w/.cargo/more.toml",
            "inc.toml",
            "given/config.toml",
            "w/tools/new/Cargo.toml",
            "libs/new/new/Cargo.toml",
            "libs/one/new/Cargo.toml",
            "w/.cargo/config.toml",
            "w/crates/a/src/bin/new.rs",
            "w/crates/a/src/bin/c/main.rs",
            "w/crates/a/examples/new.rs",
            "w/crates/a/src/lib.rs",
            "w/Cargo.toml",
        ] {
            kept.folder.write(path, "[package]");
            assert!(!kept.is_known(), "{path}");
            std::thread::sleep(std::time::Duration::from_millis(20));
            kept.again();
            assert!(kept.is_known(), "{path}");
        }
        fs::remove_file(kept.folder.root.join("w/crates/a/src/bin/b/main.rs")).unwrap();
        assert!(!kept.is_known());
    }

    #[test]
    fn what_is_asked_in_another_way_is_not_known() {
        let mut kept = Kept::new();
        kept.words.push("--offline".to_owned());
        assert!(!kept.is_known());
    }

    #[test]
    fn what_changes_while_it_is_asked_is_asked_again() {
        let kept = Kept::new();
        fs::remove_file(&kept.kept).unwrap();
        let started = answer::start(&kept.kept).unwrap();
        kept.folder.write("w/crates/a/Cargo.toml", "[package]\n");
        kept.asked_at(started);
        assert!(!kept.is_known());
    }

    #[test]
    fn answers_are_kept_where_there_has_been_a_build() {
        let folder = Folder::with(&["w/target/wasmpack/.materials/x", "w/a/Cargo.toml"]);
        let manifest = folder.root.join("w/a/Cargo.toml");
        let mut settings = Settings::default();
        assert_eq!(
            super::folder(&manifest, &settings, &folder.machine),
            Some(folder.root.join("w/target").join(FOLDER))
        );
        settings.target_dir = Some(folder.root.join("elsewhere"));
        assert_eq!(
            super::folder(&manifest, &settings, &folder.machine),
            Some(folder.root.join("w/target").join(FOLDER))
        );
        folder.write("elsewhere/wasmpack/.materials/x", "");
        assert_eq!(
            super::folder(&manifest, &settings, &folder.machine),
            Some(folder.root.join("elsewhere").join(FOLDER))
        );
    }
}
