//! Paths of source files, as compilers write them and as they are told.

/// What is told of a path. One that begins at a root says where something lies on some machine, which is nobody's affair:
/// of it only folder and file stay. Not so where compilers were told of a name for the place.
pub(crate) fn told(path: &str) -> String {
    const NAMES: [&str; 5] = ["/rustc/", "/rust/", "/cargo/", "/target/", "/sysroot/"];
    let library = [RUST_SOURCES, C_SOURCES].iter().find_map(|above| Some(path.split_once(above)?.1));
    if let Some(library) = library.filter(|library| !library.is_empty()) {
        return library.to_owned();
    }
    // `C:\`, or what wasi-sdk calls its own sources.
    let is_whole = path.starts_with('/') || path.contains(':');
    if !is_whole || NAMES.iter().any(|name| path.starts_with(name)) {
        return path.to_owned();
    }
    let mut end: Vec<&str> = path.rsplit(['/', '\\']).take(2).collect();
    end.reverse();
    end.join("/")
}

/// Whether a path, as a compiler wrote it, is a source of what comes with a compiler: Rust's standard library and what that is made of, or C++'s.
pub(crate) fn is_library(path: &str) -> bool {
    path.starts_with("/rustc/")
        || path.starts_with("/rust/deps/")
        || path.contains(RUST_SOURCES)
        || path.contains("/c++/v1/")
}

/// Below what toolchains have the sources of Rust's library, where nobody has told rustc of another name.
const RUST_SOURCES: &str = "/rustlib/src/rust/";
/// The same of the C library, of which Rust brings a copy.
const C_SOURCES: &str = "/wasi-libc/";

/// Whether what is told of a path is that of a source of Rust's or C's library.
pub(crate) fn is_of_standard_library(told: &str) -> bool {
    const FOLDERS: [&str; 3] = ["library/", "libc-top-half/", "libc-bottom-half/"];
    let path = told.strip_prefix("/rustc/").and_then(|path| Some(path.split_once('/')?.1)).unwrap_or(told);
    FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// A path that is relative to a folder.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_whole = path.starts_with('/') || path.get(1..2) == Some(":");
    match folder {
        "" | "." => path.to_owned(),
        // In the folder itself.
        folder if path.is_empty() || path == "." || path == folder => folder.to_owned(),
        _ if is_whole => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_as_the_compiler_saw_it() {
        assert_eq!(joined(&joined(".", "src"), "main.rs"), "src/main.rs");
        assert_eq!(joined(&joined("/a", "src"), "main.c"), "/a/src/main.c");
        assert_eq!(joined(&joined("/a", "/a"), "./main.c"), "/a/main.c");
        assert_eq!(joined(&joined("/a", ""), "/usr/include/x.h"), "/usr/include/x.h");
        assert!(
            is_library("/rustc/59807616/library/core/src/result.rs") && !is_library("library/src/result.rs")
        );
    }

    #[test]
    fn a_path_tells_nothing_of_a_machine() {
        for path in ["src/main.rs", "../other/a.c", "/rustc/1/library/core/src/a.rs", "/cargo/registry/a.rs"]
        {
            assert_eq!(told(path), path);
        }
        for path in ["/home/me/app/src/a.c", "C:\\me\\src\\a.c", "wasisdk://v30.0/src/a.c"] {
            assert_eq!(told(path), "src/a.c");
        }
        assert_eq!(told("/a.c"), "/a.c");
        let rust = "/home/me/.rustup/toolchains/x/lib/rustlib/src/rust/library/core/src/result.rs";
        assert_eq!((told(rust).as_str(), is_library(rust)), ("library/core/src/result.rs", true));
        let c = told("wasisdk://v30.0/src/wasi-libc/libc-top-half/musl/src/env/__init_tls.c");
        assert_eq!(c, "libc-top-half/musl/src/env/__init_tls.c");
        assert!(is_of_standard_library(&c) && !is_of_standard_library("env/__init_tls.c"));
    }
}
