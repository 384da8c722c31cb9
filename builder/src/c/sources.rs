//! Which files of a folder are C and C++ sources.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Error, Language};

/// A file to compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceFile {
    /// Relative to the project's folder.
    pub(crate) path: Utf8PathBuf,
    pub(crate) language: Language,
}

/// The sources of `dir`, sorted by path. `named` are files, and folders searched all the way down; without any, it is
/// `dir` itself and `src`, all the way down. Only files are read from `dir` itself, because folders beside `src`
/// hold tests, examples and other people's code more often than not.
pub(crate) fn find(dir: &Utf8Path, named: &[Utf8PathBuf]) -> Result<Vec<SourceFile>, Error> {
    let mut files = Vec::new();
    if named.is_empty() {
        collect(dir, "".into(), Depth::Here, &mut files)?;
        if dir.join("src").is_dir() {
            collect(dir, "src".into(), Depth::Below, &mut files)?;
        }
    }
    for path in named {
        if dir.join(path).is_dir() {
            collect(dir, path, Depth::Below, &mut files)?;
        } else if dir.join(path).is_file() {
            let language = language_of(path).ok_or_else(|| Error::NotAProject { path: path.clone() })?;
            files.push(SourceFile { path: path.clone(), language });
        } else {
            return Err(Error::NoSuchPath { path: dir.join(path) });
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Here,
    Below,
}

/// Adds the sources of `dir/folder`. Hidden files and folders are passed over, links to folders are not followed.
fn collect(
    dir: &Utf8Path,
    folder: &Utf8Path,
    depth: Depth,
    files: &mut Vec<SourceFile>,
) -> Result<(), Error> {
    let read = |source: io::Error| Error::Read { path: dir.join(folder), source };
    // `join("")` would leave a separator at the end, and a path that differs from what the compiler reports.
    let here = if folder == "" { dir.to_owned() } else { dir.join(folder) };
    for entry in here.read_dir_utf8().map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = folder.join(entry.file_name());
        if entry.file_name().starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(read)?.is_dir() {
            if depth == Depth::Below {
                collect(dir, &path, depth, files)?;
            }
        } else if let Some(language) = language_of(&path)
            && fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file())
        {
            files.push(SourceFile { path, language });
        }
    }
    Ok(())
}

/// As clang decides it; `.C` with a capital letter is C++.
fn language_of(path: &Utf8Path) -> Option<Language> {
    match path.extension()? {
        "c" => Some(Language::C),
        "cc" | "cpp" | "cxx" | "c++" | "C" => Some(Language::Cpp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn find_in(files: &[&str], named: &[&str]) -> Vec<String> {
        let folder = Folder::with(files);
        let named: Vec<Utf8PathBuf> = named.iter().map(Into::into).collect();
        let found = find(&folder.root, &named).unwrap();
        found.into_iter().map(|file| format!("{}: {}", file.path, file.language)).collect()
    }

    #[test]
    fn sources_are_in_the_folder_itself_and_below_src() {
        let files =
            ["main.c", "util.h", "src/deep/down/a.cpp", "src/b.c", "tests/t.c", "src/.hidden.c", "a.txt"];
        assert_eq!(find_in(&files, &[]), ["main.c: C", "src/b.c: C", "src/deep/down/a.cpp: C++"]);
    }

    #[test]
    fn every_usual_name_of_cpp_is_known() {
        let files = ["a.cc", "b.cpp", "c.cxx", "d.c++", "e.C", "f.hpp", "g.m"];
        assert_eq!(find_in(&files, &[]), ["a.cc: C++", "b.cpp: C++", "c.cxx: C++", "d.c++: C++", "e.C: C++"]);
    }

    #[test]
    fn named_sources_are_the_only_ones_and_each_comes_once() {
        let files = ["main.c", "lib/x.c", "lib/y/z.c", "other.c"];
        assert_eq!(
            find_in(&files, &["lib", "main.c", "lib/x.c"]),
            ["lib/x.c: C", "lib/y/z.c: C", "main.c: C"]
        );
    }

    #[test]
    fn a_named_source_that_is_not_there_is_an_error() {
        let folder = Folder::with(&["main.c", "notes.txt"]);
        let named = |name: &str| find(&folder.root, &[name.into()]).unwrap_err();
        assert!(matches!(named("gone.c"), Error::NoSuchPath { .. }));
        assert!(matches!(named("notes.txt"), Error::NotAProject { .. }));
    }
}
