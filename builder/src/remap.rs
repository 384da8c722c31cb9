//! Names for the folders that differ from machine to machine, so that no bytes say where a checkout is.
//!
//! Panic messages and `assert` hold the path of the source they come from. Compilers can be told to write
//! another one.

use camino::{Utf8Path, Utf8PathBuf};

use crate::rustc::Rustc;
use crate::{Machine, Project};

/// Folders and what they are called instead: those above the workspace, in which packages may lie that it depends on,
/// the workspace, where things are built, cargo's home, and the standard library's sources. Of several that hold a path,
/// rustc takes the last.
pub(crate) fn roots(project: &Project, machine: &Machine) -> Vec<(Utf8PathBuf, String)> {
    let mut roots = above(&project.root);
    roots.extend([
        (project.root.clone(), ".".to_owned()),
        (project.target_directory.clone(), "/target".to_owned()),
        (project.build_directory.clone(), "/target".to_owned()),
    ]);
    roots.extend(machine.cargo_home.clone().map(|home| (home, "/cargo".to_owned())));
    let sources = project.rustc.as_ref().map(Rustc::library_sources);
    let commit = project.rustc.as_ref().and_then(|rustc| rustc.commit.as_deref());
    // Without `rust-src`, the standard library's paths begin with this already.
    roots.extend(sources.zip(commit).map(|(sources, commit)| (sources, format!("/rustc/{commit}"))));
    roots.dedup();
    roots
}

/// The folders above `root`, the farthest first, as one sees them from there. The root of the file system holds
/// everything, and is no place of anybody's.
fn above(root: &Utf8Path) -> Vec<(Utf8PathBuf, String)> {
    let folders = root.ancestors().skip(1).filter(|folder| folder.parent().is_some());
    let mut roots: Vec<_> = folders
        .enumerate()
        .map(|(steps, folder)| (folder.to_owned(), vec![".."; steps + 1].join("/")))
        .collect();
    roots.reverse();
    roots
}
