//! Licences as expressions of SPDX (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>).

use spdx::{Expression, LicenseItem, ParseMode};

use crate::Error;

/// As crates.io takes them: it has known `MIT/Apache-2.0` and `GPL-2.0+` for longer than SPDX expressions.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    ..ParseMode::STRICT
};

/// A licence as the standard writes it today: `MIT/Apache-2.0` is `MIT OR Apache-2.0`, `GPL-3.0` is `GPL-3.0-only`.
///
/// # Errors
/// It is no expression, or has a word in it that is neither of the list of SPDX nor a `LicenseRef-…`.
pub fn spdx_license(typed: &str) -> Result<String, Error> {
    let today = || Expression::canonicalize(typed).ok().flatten();
    match Expression::parse_mode(typed, MODE) {
        Ok(_) => Ok(today().unwrap_or_else(|| typed.to_owned())),
        // Words that only nearly say which licence is meant are nobody's to choose but the author's.
        Err(error) => {
            let instead = today().filter(|instead| Expression::parse(instead).is_ok());
            Err(Error::wrong_word("SPDX licence expression", typed, error.reason.to_string(), instead))
        }
    }
}

/// The same; nothing, if it is none, or names a licence that only its author knows.
pub(crate) fn listed(license: &str) -> Option<String> {
    let license = spdx_license(license).ok()?;
    let is_listed = |license: &LicenseItem| matches!(license, LicenseItem::Spdx { .. });
    let parsed = Expression::parse(&license).ok()?;
    parsed.requirements().all(|required| is_listed(&required.req.license)).then_some(license)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crates_io_takes_becomes_what_the_standard_has() {
        for (license, expected) in [
            ("MIT", "MIT"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("Apache-2.0 WITH LLVM-exception OR MIT", "Apache-2.0 WITH LLVM-exception OR MIT"),
            ("(MIT OR  Apache-2.0) AND Unicode-3.0", "(MIT OR Apache-2.0) AND Unicode-3.0"),
            ("MIT or Apache-2.0", "MIT OR Apache-2.0"),
            ("GPL-2.0", "GPL-2.0-only"),
            ("GPL-3.0/LGPL-2.1", "GPL-3.0-only OR LGPL-2.1-only"),
            ("GPL-2.0+", "GPL-2.0-or-later"),
            ("GPL-3.0-or-later", "GPL-3.0-or-later"),
            ("Apache-2.0+", "Apache-2.0+"),
        ] {
            assert_eq!(spdx_license(license).unwrap(), expected);
            assert_eq!(listed(license).as_deref(), Some(expected));
        }
        assert_eq!(spdx_license("LicenseRef-ours").unwrap(), "LicenseRef-ours");
        assert_eq!(listed("MIT OR LicenseRef-ours"), None);
    }

    #[test]
    fn what_is_none_is_told_and_what_may_be_meant() {
        for (license, instead) in [
            ("GPL", Some("GPL-2.0-only")),
            ("Apache 2", None),
            ("apache-2", Some("Apache-2.0")),
            ("proprietary", None),
            ("MIT OR", None),
            ("", None),
        ] {
            let error = spdx_license(license).unwrap_err();
            let said = format!("failed to parse SPDX licence expression `{license}`: ");
            assert!(error.to_string().starts_with(&said), "{error}");
            assert_eq!(error.hint(), instead.map(|instead| format!("write `{instead}`")));
            assert_eq!(listed(license), None);
        }
    }
}
