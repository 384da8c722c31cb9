//! Licences: what is an expression of SPDX, and what is only words.

use spdx::{Expression, LicenseItem, ParseMode};

/// As crates.io takes them: it has known `MIT/Apache-2.0` for longer than SPDX expressions.
const MODE: ParseMode =
    ParseMode { allow_slash_as_or_operator: true, allow_deprecated: true, ..ParseMode::STRICT };

/// The same as an expression of the standard; nothing, if it is none, or names a licence that only its author knows.
pub(super) fn expression(license: &str) -> Option<String> {
    let parsed = Expression::parse_mode(license, MODE).ok()?;
    let is_listed = |license: &LicenseItem| matches!(license, LicenseItem::Spdx { .. });
    if !parsed.requirements().all(|required| is_listed(&required.req.license)) {
        return None;
    }
    let spaced = license.replace('/', " OR ");
    let word = |word: &str| match word.to_ascii_uppercase() {
        operator if ["OR", "AND", "WITH"].contains(&operator.as_str()) => operator,
        _ => word.to_owned(),
    };
    Some(spaced.split_whitespace().map(word).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn what_crates_io_takes_becomes_what_the_standard_has() {
        for (license, expected) in [
            ("MIT", Some("MIT")),
            ("MIT/Apache-2.0", Some("MIT OR Apache-2.0")),
            ("Apache-2.0 WITH LLVM-exception OR MIT", Some("Apache-2.0 WITH LLVM-exception OR MIT")),
            ("(MIT OR  Apache-2.0) AND Unicode-3.0", Some("(MIT OR Apache-2.0) AND Unicode-3.0")),
            ("GPL-2.0", Some("GPL-2.0")),
            ("LicenseRef-ours", None),
            ("proprietary", None),
            ("Apache 2", None),
            ("MIT OR", None),
            ("", None),
        ] {
            assert_eq!(expression(license).as_deref(), expected, "{license}");
        }
    }
}
