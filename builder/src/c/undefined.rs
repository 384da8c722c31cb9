//! Where a symbol may be defined that a linker did not find: in a source beside those that are compiled.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::sources;

/// A source that nobody compiles, and what of it is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncompiled {
    /// The function.
    pub symbol: String,
    /// The source, relative to the folder.
    pub source: Utf8PathBuf,
    /// What `sources` are to be, so that it is compiled, too.
    pub sources: Vec<String>,
}

/// So many sources are looked through, and no larger ones: it is but a hint.
const SOURCES: usize = 5000;
const SOURCE_BYTES: u64 = 4 << 20;

/// Looks for the functions that a linker says are undefined. `compiled` are sources in `dir`, and `named` those of the settings.
pub(super) fn find(
    text: &str,
    dir: &Utf8Path,
    compiled: &[&Utf8Path],
    named: &[String],
) -> Option<Uncompiled> {
    let symbols: Vec<&str> = text.lines().filter_map(undefined).collect();
    if symbols.is_empty() {
        return None;
    }
    let others = sources::all(dir).into_iter().filter(|path| !compiled.contains(&path.as_path()));
    others.take(SOURCES).find_map(|source| {
        let path = dir.join(&source);
        fs::metadata(&path).ok().filter(|metadata| metadata.len() <= SOURCE_BYTES)?;
        let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
        let symbol = symbols.iter().find(|symbol| defines(&text, symbol))?;
        let sources = with(&source, compiled, named);
        Some(Uncompiled { symbol: (*symbol).to_owned(), source, sources })
    })
}

/// `f` in `undefined symbol: a::f(int)`.
fn undefined(line: &str) -> Option<&str> {
    let (_, symbol) = line.split_once("undefined symbol: ")?;
    let name = symbol.split('(').next()?.trim();
    let name = name.rsplit("::").next()?;
    (!name.is_empty() && name.chars().all(is_of_name)).then_some(name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a function of this name has a body there: behind its parameters, which a call and a declaration have as well, comes `{`.
fn defines(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let behind = text[at + name.len()..].trim_start();
        !text[..at].ends_with(is_of_name)
            && behind
                .strip_prefix('(')
                .and_then(behind_parenthesis)
                .is_some_and(|rest| rest.trim_start().starts_with('{'))
    })
}

/// What is behind the parenthesis that closes one before the text.
fn behind_parenthesis(text: &str) -> Option<&str> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&text[at + 1..]);
        }
    }
    None
}

/// The same sources, and one more. Where none are named, those that are found by themselves have to be.
fn with(source: &Utf8Path, compiled: &[&Utf8Path], named: &[String]) -> Vec<String> {
    let mut sources = named.to_vec();
    for path in compiled.iter().filter(|_| named.is_empty()) {
        let word = match (path.components().count(), path.extension()) {
            (1, Some(extension)) => format!("*.{extension}"),
            _ => "src".to_owned(),
        };
        if !sources.contains(&word) {
            sources.push(word);
        }
    }
    sources.push(source.to_string());
    sources
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    const SAID: &str =
        "wasm-ld: error: main.c.o: undefined symbol: strbuf_init\nclang: error: linker command failed";

    #[test]
    fn a_definition_is_told_from_calls_and_declarations() {
        for (text, expected) in [
            ("void strbuf_init(struct strbuf *sb, size_t hint)\n{\n}", true),
            ("int strbuf_init (int (*f)(int)) {", true),
            ("void strbuf_init(struct strbuf *sb);", false),
            ("void f(void) { strbuf_init(&sb); }", false),
            ("if (strbuf_init(&sb)) {", false),
            ("void my_strbuf_init(void) {}", false),
            ("void strbuf_init2(void) {}", false),
            ("strbuf_init(", false),
        ] {
            assert_eq!(defines(text, "strbuf_init"), expected, "{text}");
        }
    }

    #[test]
    fn names_of_cpp_are_read_too() {
        assert_eq!(
            undefined("wasm-ld: error: a.o: undefined symbol: text::Buffer::grow(unsigned long)"),
            Some("grow")
        );
        assert_eq!(undefined("wasm-ld: error: a.o: undefined symbol: vtable for Shape"), None);
        assert_eq!(undefined("wasm-ld: error: duplicate symbol: f"), None);
    }

    #[test]
    fn the_source_is_named_with_those_that_are_compiled_already() {
        let folder = Folder::with(&["main.c", "src/a.c"]);
        folder.write("lib/strbuf/strbuf.c", "void strbuf_init(int n)\n{\n}\n");
        folder.write("main.c", "void strbuf_init(int n) {}");
        let compiled = ["main.c", "src/a.c"].map(Utf8Path::new);
        let found = find(SAID, &folder.root, &compiled, &[]).unwrap();
        assert_eq!((found.symbol.as_str(), found.source.as_str()), ("strbuf_init", "lib/strbuf/strbuf.c"));
        assert_eq!(found.sources, ["*.c", "src", "lib/strbuf/strbuf.c"]);
        let named = ["main.c".to_owned(), "src/a.c".to_owned()];
        let found = find(SAID, &folder.root, &compiled, &named).unwrap();
        assert_eq!(found.sources, ["main.c", "src/a.c", "lib/strbuf/strbuf.c"]);
        assert_eq!(find("undefined symbol: gone", &folder.root, &compiled, &[]), None);
    }
}
