//! Which files of a folder are C and C++ sources.

use std::fs;
use std::io;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use glob::{MatchOptions, Pattern};

use crate::{Error, Language};

/// A file to compile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceFile {
    /// Relative to the project's folder.
    pub(crate) path: Utf8PathBuf,
    pub(crate) language: Language,
}

/// The sources of `dir`, sorted by path. `named` are files, folders searched all the way down, and patterns; without
/// any, it is `dir` itself and `src`, all the way down. Only files are read from `dir` itself, because folders beside
/// `src` hold tests, examples and other people's code more often than not.
pub(crate) fn find(dir: &Utf8Path, named: &[String]) -> Result<Vec<SourceFile>, Error> {
    let mut files = Vec::new();
    let (left_out, wanted): (Vec<_>, Vec<_>) = named.iter().partition(|name| name.starts_with('!'));
    if wanted.is_empty() {
        collect(dir, "".into(), Depth::Here, &mut files)?;
        if dir.join("src").is_dir() {
            collect(dir, "src".into(), Depth::Below, &mut files)?;
        }
    }
    for name in wanted {
        let path = &plain(name);
        if dir.join(path).is_dir() {
            collect(dir, path, Depth::Below, &mut files)?;
        } else if dir.join(path).is_file() {
            let language = language_of(path).ok_or_else(|| Error::NotAProject { path: path.to_owned() })?;
            files.push(SourceFile { path: path.to_owned(), language });
        } else if name.contains(['*', '?', '[']) {
            files.extend(matching(dir, path.as_str())?);
        } else {
            return Err(Error::NoSuchPath { path: dir.join(path) });
        }
    }
    for name in left_out {
        let pattern = pattern(plain(&name[1..]).as_str())?;
        // Who leaves a folder out means all that is in it.
        let is_left_out = |path: &Utf8Path| pattern.matches_with(path.as_str(), GLOB);
        files.retain(|file| !file.path.ancestors().any(is_left_out));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// All sources in a folder, however deep, as far as it can be read.
pub(super) fn all(dir: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    // What was found before something that cannot be read is enough for a hint.
    let _ = collect(dir, "".into(), Depth::Below, &mut files);
    files.sort();
    files.into_iter().map(|file| file.path).collect()
}

/// A path without `.` in it, so that no file has two names.
fn plain(path: &str) -> Utf8PathBuf {
    Utf8Path::new(path).components().filter(|part| *part != Utf8Component::CurDir).collect()
}

/// `*` stays within one folder, as in a shell.
const GLOB: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

fn pattern(text: &str) -> Result<Pattern, Error> {
    Pattern::new(text).map_err(|error| Error::Pattern { pattern: text.to_owned(), problem: error.msg })
}

/// The sources that fit a pattern; files of other kinds are passed over.
fn matching(dir: &Utf8Path, text: &str) -> Result<Vec<SourceFile>, Error> {
    pattern(text)?;
    let absolute = format!("{}/{text}", Pattern::escape(dir.as_str()));
    let paths = glob::glob_with(&absolute, GLOB).expect("the pattern has been understood");
    let paths = paths.filter_map(|path| Utf8PathBuf::try_from(path.ok()?).ok()).filter(|path| path.is_file());
    let files: Vec<_> = paths
        .filter_map(|path| {
            let path = path.strip_prefix(dir).ok()?.to_owned();
            Some(SourceFile { language: language_of(&path)?, path })
        })
        .collect();
    if files.is_empty() {
        return Err(Error::Pattern { pattern: text.to_owned(), problem: "no source fits it" });
    }
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
    for entry in fs::read_dir(&here).map_err(read)? {
        let entry = entry.map_err(read)?;
        // No compiler is asked for a source whose name is not text.
        let Some(name) = entry.file_name().to_str().map(ToOwned::to_owned) else { continue };
        let path = folder.join(&name);
        if name.starts_with('.') {
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
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
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
    fn patterns_name_sources_and_leave_some_out() {
        let files = ["main.c", "lib/x.c", "lib/y/z.c", "lib/x.h", "lib/test_x.c"];
        assert_eq!(find_in(&files, &["lib/*.c", "main.c"]), ["lib/test_x.c: C", "lib/x.c: C", "main.c: C"]);
        assert_eq!(find_in(&files, &["lib/**/*.c", "!**/test_*"]), ["lib/x.c: C", "lib/y/z.c: C"]);
        assert_eq!(find_in(&["a.c", "b.c"], &["!b.c"]), ["a.c: C"]);
        assert_eq!(find_in(&["src/a.c", "src/tests/t.c"], &["./src", "!src/tests"]), ["src/a.c: C"]);
        assert_eq!(find_in(&["a.c", "t.c"], &[".", "!./t.c"]), ["a.c: C"]);
        assert_eq!(find_in(&["a.c"], &["a.c", "./a.c", "*.c"]), ["a.c: C"]);
        let folder = Folder::with(&files);
        for bad in ["src/*.c", "lib/***/x"] {
            assert!(matches!(find(&folder.root, &[bad.into()]), Err(Error::Pattern { .. })), "{bad}");
        }
    }

    #[test]
    fn a_named_source_that_is_not_there_is_an_error() {
        let folder = Folder::with(&["main.c", "notes.txt"]);
        let named = |name: &str| find(&folder.root, &[name.into()]).unwrap_err();
        assert!(matches!(named("gone.c"), Error::NoSuchPath { .. }));
        assert!(matches!(named("notes.txt"), Error::NotAProject { .. }));
    }
}
