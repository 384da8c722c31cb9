//! What annotations may be called.
//!
//! The OCI image specification (annotations.md) asks for names with a domain in front, `com.example.team`, and keeps
//! `org.opencontainers` to itself.

use crate::{Error, keys};

/// What comes before the words of the specification.
const PREFIX: &str = "org.opencontainers.image.";

/// What the specification keeps to itself.
const RESERVED: &str = "org.opencontainers.";

/// The words of the specification that say what is packaged.
pub const WORDS: [&str; 11] = [
    "authors",
    "created",
    "description",
    "documentation",
    "licenses",
    "revision",
    "source",
    "title",
    "url",
    "vendor",
    "version",
];

/// Those that say how images hang together, for other tools than this.
const OTHERS: [&str; 3] =
    [keys::REF_NAME, "org.opencontainers.image.base.digest", "org.opencontainers.image.base.name"];

/// The whole name of an annotation; `licenses`, a word of the specification, stands for
/// `org.opencontainers.image.licenses`.
///
/// # Errors
/// The name has no domain, has characters that names have not, or begins as only those of the specification do.
pub fn annotation_name(typed: &str) -> Result<String, Error> {
    let wrong = |problem: String, instead| Err(Error::wrong_word("annotation", typed, problem, instead));
    if WORDS.contains(&typed) {
        return Ok(format!("{PREFIX}{typed}"));
    }
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if let Some((at, c)) = typed.chars().enumerate().find(|(_, c)| !is_inside(*c)) {
        return wrong(
            format!("`{}`, character {} of it, has no place in a name", c.escape_debug(), at + 1),
            None,
        );
    }
    if !typed.contains('.') {
        return wrong("it has no domain in front, as in `com.example.team`".to_owned(), nearest(typed));
    }
    let is_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !is_end(typed.chars().next()) || !is_end(typed.chars().next_back()) || typed.contains("..") {
        return wrong(
            "a name begins and ends with a letter or digit, and has one `.` at a time".to_owned(),
            None,
        );
    }
    let is_known =
        typed.strip_prefix(PREFIX).is_some_and(|word| WORDS.contains(&word)) || OTHERS.contains(&typed);
    if typed.starts_with(RESERVED) && !is_known {
        let word = typed.strip_prefix(PREFIX).and_then(nearest);
        return wrong(
            "the OCI specification has no such name, and keeps the prefix to itself".to_owned(),
            word,
        );
    }
    Ok(typed.to_owned())
}

/// The word that was meant, if only its end or one letter is another.
fn nearest(typed: &str) -> Option<String> {
    let typed = typed.to_ascii_lowercase();
    let is_alike = |word: &&&str| {
        let same = word.bytes().zip(typed.bytes()).take_while(|(one, other)| one == other).count();
        same >= 4 || (same >= 3 && word.len() < 6)
    };
    WORDS.iter().find(is_alike).map(|word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_specification_stands_for_its_name() {
        assert_eq!(annotation_name("licenses").unwrap(), keys::LICENSES);
        for name in
            ["com.example.team", "org.opencontainers.image.ref.name", "a.b/c_d-e", keys::SOURCE, "io.x.Y1"]
        {
            assert_eq!(annotation_name(name).unwrap(), name);
        }
    }

    #[test]
    fn other_names_have_a_domain_and_plain_characters() {
        for (name, expected) in [
            ("", "it has no domain in front, as in `com.example.team`"),
            ("team", "it has no domain in front, as in `com.example.team`"),
            ("com.example.my team", "` `, character 15 of it, has no place in a name"),
            ("com.exämple", "`ä`, character 7 of it, has no place in a name"),
            (".com", "a name begins and ends with a letter or digit, and has one `.` at a time"),
            ("com..x", "a name begins and ends with a letter or digit, and has one `.` at a time"),
            (
                "org.opencontainers.image.team",
                "the OCI specification has no such name, and keeps the prefix to itself",
            ),
        ] {
            let error = annotation_name(name).unwrap_err();
            assert_eq!(error.to_string(), format!("failed to parse annotation `{name}`: {expected}"));
        }
    }

    #[test]
    fn the_word_that_was_meant_is_told() {
        for (typed, meant) in
            [("license", "licenses"), ("author", "authors"), ("org.opencontainers.image.licence", "licenses")]
        {
            assert_eq!(annotation_name(typed).unwrap_err().hint().unwrap(), format!("write `{meant}`"));
        }
        let words = annotation_name("team").unwrap_err().hint();
        assert!(words.is_none(), "{words:?}");
    }
}
