//! The digest of a program's sources: what it was compiled from, as one hash that anybody can make again with `sha256sum`.
//!
//! It is the `dirHash` of in-toto (<https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md#dirhash>). Of files that look as
//! they did the last time, the hash is known: a build with nothing to do reads none of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::c::depfile;
use crate::{FileState, Module, Project, whole};

/// What a program was compiled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// in-toto's `dirHash` of them, in hexadecimal digits: SHA-256 over a line for each file, sorted by path, of the file's own SHA-256,
    /// two spaces, and its path as it is seen from the folder of the project.
    pub dir_hash: String,
    /// How many files there are.
    pub files: usize,
}

/// Of a program that cargo has built: what cargo says it depends on in packages that lie in folders, their manifests, and the
/// lock file. Nothing, if cargo was told not to say where files are.
pub(crate) fn of_cargo(project: &Project, module: &Module) -> Option<Sources> {
    let rule = fs::read_to_string(module.path.with_extension("d")).ok()?;
    let mut files = BTreeSet::new();
    for path in depfile::parse(&rule) {
        if !path.is_absolute() {
            return None;
        }
        // Build scripts name whole folders, and files that are not there.
        if path.is_dir() {
            files.extend(below(&path, &project.target_directory).ok()?);
        } else if path.is_file() && !is_made(&path, project) {
            files.insert(path);
        }
    }
    let folders: BTreeSet<_> = files.iter().filter_map(|file| file.parent()).collect();
    let manifests: BTreeSet<_> = folders.into_iter().filter_map(manifest_above).collect();
    files.extend(manifests);
    let of_workspace = ["Cargo.toml", "Cargo.lock"].map(|name| project.root.join(name));
    files.extend(of_workspace.into_iter().filter(|file| file.is_file()));
    digest(files, project, &module.name)
}

/// Of a program in C or C++: what of these files, which compilers and the linker have read, lies in the folder of the project.
pub(crate) fn of_c(project: &Project, read: impl IntoIterator<Item = Utf8PathBuf>) -> Option<Sources> {
    let plain = read.into_iter().map(|path| without_detours(&path));
    let is_own = |path: &Utf8PathBuf| path.starts_with(&project.root) && !is_made(path, project);
    digest(plain.filter(is_own).collect(), project, project.name())
}

/// Of what a build system is given: all files of the folder.
pub(crate) fn of_folder(project: &Project) -> Option<Sources> {
    digest(below(&project.root, &project.target_directory).ok()?, project, project.name())
}

fn is_made(path: &Utf8Path, project: &Project) -> bool {
    [&project.target_directory, &project.build_directory].into_iter().any(|folder| path.starts_with(folder))
}

fn manifest_above(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    folder.ancestors().map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
}

/// Folders of version control, and of caches of any kind (<https://bford.info/cachedir/>), are no sources.
const LEFT_OUT: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// All files below a folder, without what is made there. Links to folders are not followed.
fn below(folder: &Utf8Path, target: &Utf8Path) -> io::Result<BTreeSet<Utf8PathBuf>> {
    let (mut files, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir_utf8()? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                let is_left_out = path == target
                    || LEFT_OUT.contains(&entry.file_name())
                    || path.join("CACHEDIR.TAG").is_file();
                open.extend((!is_left_out).then(|| path.to_owned()));
            } else if path.is_file() {
                files.insert(path.to_owned());
            }
        }
    }
    Ok(files)
}

/// A path without `.` and `..` in it.
fn without_detours(path: &Utf8Path) -> Utf8PathBuf {
    let mut plain = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// Where a path is, as one sees it from a folder.
fn seen_from(folder: &Utf8Path, path: &Utf8Path) -> String {
    let steps = folder.ancestors().enumerate();
    let mut seen = steps.filter_map(|(up, above)| {
        let inside = path.strip_prefix(above).ok()?.as_str().replace('\\', "/");
        Some(format!("{}{inside}", "../".repeat(up)))
    });
    seen.next().unwrap_or_else(|| path.to_string())
}

/// The hash of a file, and how it looked then.
#[derive(Clone, Serialize, Deserialize)]
struct Known {
    state: FileState,
    sha256: String,
}

/// Nothing, if there is no file, one cannot be read, or has a name that cannot stand in a line.
fn digest(files: BTreeSet<Utf8PathBuf>, project: &Project, name: &str) -> Option<Sources> {
    let kept = project.target_directory.join("wasmpack/.materials").join(format!("{name}.sources.json"));
    let before: BTreeMap<Utf8PathBuf, Known> =
        fs::read(&kept).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let (mut lines, mut now, mut is_new) = (BTreeMap::new(), BTreeMap::new(), before.len() != files.len());
    for path in files {
        // First how it looks, so that a change while it is read is seen the next time.
        let state = FileState::of(&path).ok()?;
        let known = match before.get(&path).filter(|known| known.state == state) {
            Some(known) => known.clone(),
            None => {
                is_new = true;
                Known { state, sha256: hex(Sha256::digest(fs::read(&path).ok()?)) }
            }
        };
        lines.insert(seen_from(&project.root, &path), known.sha256.clone());
        now.insert(path, known);
    }
    if is_new {
        // What cannot be kept is read again next time.
        let _ = whole::write(&kept, &serde_json::to_vec(&now).expect("what is kept is plain data"));
    }
    if lines.is_empty() || lines.keys().any(|path| path.contains('\n')) {
        return None;
    }
    let text: String = lines.iter().map(|(path, sha256)| format!("{sha256}  {path}\n")).collect();
    Some(Sources { dir_hash: hex(Sha256::digest(text)), files: lines.len() })
}

fn hex(hash: impl AsRef<[u8]>) -> String {
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use crate::{Settings, Source};

    fn project(folder: &Folder) -> Project {
        let dir = folder.root.join("app");
        Project::open(Source::C { dir }, &Settings::default(), &folder.machine).unwrap()
    }

    #[test]
    fn the_hash_is_that_of_in_toto() {
        let folder = Folder::with(&["app/.git/HEAD", "app/target/app.wasm", "app/cache/CACHEDIR.TAG"]);
        folder.write("app/b.c", "two\n");
        folder.write("app/a/x.h", "one\n");
        // printf 'one\n' and 'two\n' through the command in the specification.
        let sources = of_folder(&project(&folder)).unwrap();
        assert_eq!(sources.files, 2);
        assert_eq!(sources.dir_hash, "34be34d490c51e40ba59c9a796e04a336093f07c29f98ee72adb43ccd0b33fb1");
    }

    #[test]
    fn a_file_that_looks_the_same_is_not_read_again_and_a_changed_one_is() {
        let folder = Folder::with(&[]);
        let file = folder.write("app/a.c", "one");
        let before = of_folder(&project(&folder)).unwrap();
        let modified = fs::metadata(&file).unwrap().modified().unwrap();
        folder.write("app/a.c", "two");
        fs::File::options().append(true).open(&file).unwrap().set_modified(modified).unwrap();
        assert_eq!(of_folder(&project(&folder)).unwrap(), before, "it was read");
        folder.write("app/a.c", "three");
        assert_ne!(of_folder(&project(&folder)).unwrap(), before);
        fs::remove_file(folder.root.join("app/a.c")).unwrap();
        assert_eq!(of_folder(&project(&folder)), None);
    }

    #[test]
    fn of_what_compilers_have_read_that_counts_which_is_in_the_project() {
        let folder = Folder::with(&["app/a.c", "app/include/a.h", "app/target/a.o", "sys/stdio.h"]);
        let read = ["a.c", "src/../include/a.h", "target/a.o", "../sys/stdio.h"];
        let project = project(&folder);
        let sources = of_c(&project, read.map(|path| project.root.join(path))).unwrap();
        assert_eq!(sources.files, 2);
    }

    #[test]
    fn a_path_is_told_as_it_is_seen_from_the_project() {
        assert_eq!(seen_from("/w/app".into(), "/w/app/src/a.rs".into()), "src/a.rs");
        assert_eq!(seen_from("/w/app".into(), "/w/beside/src/lib.rs".into()), "../beside/src/lib.rs");
    }
}
