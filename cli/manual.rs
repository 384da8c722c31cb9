//! Pages of the manual that the command has in it.

/// Pages by their paths in `docs/`: the last part of the path, and the text.
macro_rules! pages {
    ($($folder:literal / $word:literal),* $(,)?) => {
        &[$(($word, include_str!(concat!("../docs/", $folder, "/", $word, ".md")))),*]
    };
}

/// What is told to whoever asks for topics.
pub const TOPICS: &[(&str, &str)] = pages![
    "reference" / "configuration",
    "reference" / "environment",
    "reference" / "exit-codes",
    "reference" / "errors"
];

/// The pages of errors, in the order of their words.
const ERRORS: &[(&str, &str)] = pages![
    "errors" / "build-system",
    "errors" / "cannot-begin",
    "errors" / "cargo-build",
    "errors" / "cargo-metadata",
    "errors" / "changed-meaning",
    "errors" / "compilation",
    "errors" / "copy-not-built",
    "errors" / "damaged-image",
    "errors" / "engine-failed",
    "errors" / "engine-missing",
    "errors" / "engine-too-old",
    "errors" / "file-changed",
    "errors" / "file-conflict",
    "errors" / "file-outside",
    "errors" / "file-pattern",
    "errors" / "file-place",
    "errors" / "files-too-large",
    "errors" / "incomplete-credentials",
    "errors" / "invalid-configuration",
    "errors" / "invalid-dockerfile",
    "errors" / "invalid-document",
    "errors" / "invalid-module",
    "errors" / "invalid-reference",
    "errors" / "invalid-signature",
    "errors" / "invalid-value",
    "errors" / "limit",
    "errors" / "linking",
    "errors" / "listen",
    "errors" / "name-conflict",
    "errors" / "newer-tool",
    "errors" / "no-cache-folder",
    "errors" / "no-command",
    "errors" / "no-dockerfile",
    "errors" / "no-entry",
    "errors" / "no-function",
    "errors" / "no-image",
    "errors" / "no-module",
    "errors" / "no-name",
    "errors" / "no-policy",
    "errors" / "no-program",
    "errors" / "no-registry",
    "errors" / "no-runtime",
    "errors" / "no-such-path",
    "errors" / "no-wasm-opt",
    "errors" / "not-a-file",
    "errors" / "not-a-registry",
    "errors" / "not-a-target",
    "errors" / "not-an-image",
    "errors" / "not-in-wasi",
    "errors" / "not-one-build",
    "errors" / "not-reproducible",
    "errors" / "not-signed",
    "errors" / "not-the-same",
    "errors" / "not-utf8",
    "errors" / "not-wasm",
    "errors" / "nothing-built",
    "errors" / "nothing-starts",
    "errors" / "nothing-to-migrate",
    "errors" / "other-debug-module",
    "errors" / "other-digest",
    "errors" / "over-budget",
    "errors" / "refused-by-policy",
    "errors" / "registry-busy",
    "errors" / "registry-certificate",
    "errors" / "registry-contended",
    "errors" / "registry-content",
    "errors" / "registry-denied",
    "errors" / "registry-login",
    "errors" / "registry-not-found",
    "errors" / "registry-refused",
    "errors" / "registry-unreachable",
    "errors" / "registry-unsafe",
    "errors" / "snapshot",
    "errors" / "target-missing",
    "errors" / "terminal",
    "errors" / "toolchain-missing",
    "errors" / "trap",
    "errors" / "unexpected",
    "errors" / "unfit-flag",
    "errors" / "unfit-image",
    "errors" / "unfit-target",
    "errors" / "unfit-toolchain",
    "errors" / "unknown-import",
    "errors" / "unknown-key",
    "errors" / "unknown-package",
    "errors" / "unknown-root",
    "errors" / "unknown-value",
    "errors" / "unreadable",
    "errors" / "unreadable-credentials",
    "errors" / "unsignable",
    "errors" / "unstartable",
    "errors" / "unsteady",
    "errors" / "unusable-key",
    "errors" / "unwritable",
    "errors" / "watch",
    "errors" / "which-image",
    "errors" / "which-main",
    "errors" / "which-program",
    "errors" / "would-replace",
    "errors" / "wrong-arguments",
];

/// The page about a topic or the code of an error.
#[must_use]
pub fn page(word: &str) -> Option<&'static str> {
    all().find_map(|(name, page)| (name == word).then_some(page))
}

/// All that there are pages of.
pub fn words<'a>() -> impl Iterator<Item = &'a str> {
    all().map(|(word, _)| word)
}

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    TOPICS.iter().chain(ERRORS).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;
    use crate::code::Code;
    use crate::exit_code::ExitCode;

    /// What is written beside it, in the definition.
    fn meaning<T: clap::ValueEnum>(value: &T) -> String {
        let value = value.to_possible_value().unwrap();
        value.get_help().unwrap().to_string()
    }

    #[test]
    fn each_code_has_a_page_that_tells_its_exit_code() {
        let words: Vec<String> = Code::value_variants().iter().map(|code| code.word()).collect();
        let pages: Vec<_> = ERRORS.iter().map(|(word, _)| (*word).to_owned()).collect();
        let mut sorted = words.clone();
        sorted.sort();
        assert_eq!(sorted, pages);
        for code in Code::value_variants() {
            let page = page(&code.word()).unwrap();
            let exit_code = u8::from(code.exit_code());
            assert!(page.starts_with(&format!("# `{}`\n", code.word())), "{}", code.word());
            assert!(page.contains(&format!("Exit code {exit_code}.")), "{}: {exit_code}", code.word());
        }
    }

    #[test]
    fn no_word_means_two_things() {
        let mut words: Vec<_> = words().collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    /// Compares a page with what the tables say, or writes it anew.
    #[expect(clippy::disallowed_methods, reason = "a test has no command line in front of it")]
    fn holds(name: &str, page: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference").join(name);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page, "{name} is stale; make it anew with BLESS=1");
    }

    #[test]
    fn the_page_of_exit_codes_is_what_the_table_says() {
        let mut codes: BTreeMap<u8, Vec<String>> = BTreeMap::new();
        for code in Code::value_variants() {
            let link = format!("[`{0}`](../errors/{0}.md)", code.word());
            codes.entry(code.exit_code().into()).or_default().push(link);
        }
        let mut page = EXIT_CODES.to_owned();
        let mut all: Vec<_> = ExitCode::value_variants().to_vec();
        all.sort_by_key(|code| u8::from(*code));
        for code in all {
            let number = u8::from(code);
            let errors = codes.get(&number).map(|codes| codes.join(", ")).unwrap_or_default();
            let _ = writeln!(page, "| {number} | {} | {errors} |", meaning(&code));
        }
        holds("exit-codes.md", &page);
    }

    #[test]
    fn the_page_of_errors_is_what_the_table_says() {
        let mut page = ERROR_CODES.to_owned();
        for code in Code::value_variants() {
            let (word, exit_code) = (code.word(), u8::from(code.exit_code()));
            let _ = writeln!(page, "| [`{word}`](../errors/{word}.md) | {} | {exit_code} |", meaning(code));
        }
        holds("errors.md", &page);
    }

    const EXIT_CODES: &str = "\
# Exit codes

How a command ended, as scripts and jobs see it. `run` is the exception: it ends with the exit code of the program, and with one of
these only where the program did not end by itself. Numbers are never given to something else.

| code | meaning | errors |
|---|---|---|
";

    const ERROR_CODES: &str = "\
# Errors

Each error names what was to be done, the thing, the cause and, where there is one, the way out. The word behind `error` is its code: it has a page,
here and in the command (`cargo wasmpack help CODE`), and stays the same from release to release. What is wrong with the command line
itself (an unknown flag, a missing argument) is told without a code, with exit code 2.

| code | meaning | exit code |
|---|---|---|
";
}
