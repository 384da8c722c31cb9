//! The `wasmpack` profile: small modules without an edit to the user's manifest.

use std::collections::BTreeSet;

use toml::Table;

use crate::Goal;

/// The name of the profile.
pub(crate) const NAME: &str = "wasmpack";

/// Its keys and values, as TOML, but for `opt-level`. Debug information is left out, but not the symbols: stripping those takes
/// `target_features` away, which the optimizer needs, and the function names, which reports need. They go last.
const KEYS: [(&str, &str); 5] = [
    ("inherits", r#""release""#),
    ("lto", r#""fat""#),
    ("codegen-units", "1"),
    ("panic", r#""abort""#),
    ("strip", r#""debuginfo""#),
];

/// The values of `--config` that complete the profile. `--config` beats whatever the user has written, so only those
/// keys are passed that are neither in the workspace manifest, nor in cargo's configuration, nor in its variables.
pub(crate) fn missing_keys(
    goal: Goal,
    manifest: &Table,
    config: &[Table],
    variables: &BTreeSet<String>,
) -> Vec<String> {
    let level = match goal {
        Goal::Size => r#""z""#,
        Goal::Speed => "3",
    };
    let is_given = |key: &str| {
        let variable = format!("CARGO_PROFILE_WASMPACK_{}", key.replace('-', "_").to_uppercase());
        variables.contains(&variable) || std::iter::once(manifest).chain(config).any(|table| has(table, key))
    };
    KEYS.into_iter()
        .chain([("opt-level", level)])
        .filter(|(key, _)| !is_given(key))
        .map(|(key, value)| format!("profile.{NAME}.{key}={value}"))
        .collect()
}

fn has(table: &Table, key: &str) -> bool {
    table
        .get("profile")
        .and_then(|profiles| profiles.get(NAME))
        .and_then(|profile| profile.get(key))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_profile_of_the_users_every_key_is_passed() {
        let manifest = toml::from_str("[profile.release]\nopt-level = 3").unwrap();
        assert_eq!(
            missing_keys(Goal::Size, &manifest, &[], &BTreeSet::new()),
            [
                r#"profile.wasmpack.inherits="release""#,
                r#"profile.wasmpack.lto="fat""#,
                "profile.wasmpack.codegen-units=1",
                r#"profile.wasmpack.panic="abort""#,
                r#"profile.wasmpack.strip="debuginfo""#,
                r#"profile.wasmpack.opt-level="z""#,
            ]
        );
        let for_speed = missing_keys(Goal::Speed, &manifest, &[], &BTreeSet::new());
        assert_eq!(for_speed.last().unwrap(), "profile.wasmpack.opt-level=3");
    }

    #[test]
    fn what_the_user_has_written_is_not_passed() {
        let manifest = toml::from_str("[profile.wasmpack]\ninherits = \"dev\"\nopt-level = 3").unwrap();
        let config = toml::from_str("[profile.wasmpack]\nlto = false").unwrap();
        let variables = ["CARGO_PROFILE_WASMPACK_CODEGEN_UNITS".to_owned()].into();
        assert_eq!(
            missing_keys(Goal::Speed, &manifest, &[config], &variables),
            [r#"profile.wasmpack.panic="abort""#, r#"profile.wasmpack.strip="debuginfo""#]
        );
    }
}
