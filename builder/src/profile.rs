//! The `wasmpack` profile: small modules without an edit to the user's manifest.

use std::collections::BTreeMap;

use toml::Table;

use crate::{CargoSettings, Goal};

/// The name of the profile.
pub(crate) const NAME: &str = "wasmpack";

/// Its keys and values, as TOML, but for `opt-level`. Symbols are not stripped: that takes `target_features` away, which the
/// optimizer needs, and the function names, which go into the debug module. Debug information is the affair of [`LINES`].
const KEYS: [(&str, &str); 5] = [
    ("inherits", r#""release""#),
    ("lto", r#""fat""#),
    ("codegen-units", "1"),
    ("panic", r#""abort""#),
    ("strip", r#""debuginfo""#),
];

/// Flags for rustc that make debug information that says lines, and nothing else. As flags and not as keys, because the
/// keys of a profile are a part of every symbol's hash, which orders the code: it is to be the same with lines and
/// without. And build scripts are not told that somebody debugs.
const LINES: [&str; 2] = ["-Cdebuginfo=line-tables-only", "-Cstrip=none"];

/// The folder in which cargo puts what it builds with the profile that is chosen: some have one together.
pub(crate) fn folder(cargo: &CargoSettings) -> &str {
    match cargo.profile.as_deref().unwrap_or(NAME) {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    }
}

/// The flags for lines, unless the user has said something about debug information.
pub(crate) fn line_flags(
    manifest: &Table,
    config: &[Table],
    variables: &BTreeMap<String, String>,
) -> &'static [&'static str] {
    let is_given = |key| is_given(key, manifest, config, variables);
    if is_given("debug") || is_given("strip") { &[] } else { &LINES }
}

/// The values of `--config` that complete the profile. `--config` beats whatever the user has written, so only those
/// keys are passed that are neither in the workspace manifest, nor in cargo's configuration, nor in its variables.
pub(crate) fn missing_keys(
    goal: Goal,
    manifest: &Table,
    config: &[Table],
    variables: &BTreeMap<String, String>,
) -> Vec<String> {
    let level = match goal {
        Goal::Size => r#""z""#,
        Goal::Speed => "3",
    };
    KEYS.into_iter()
        .chain([("opt-level", level)])
        // Where the user asks for debug information, cargo does not strip it, and without it does so by itself.
        .filter(|(key, _)| *key != "strip" || !is_given("debug", manifest, config, variables))
        .filter(|(key, _)| !is_given(key, manifest, config, variables))
        .map(|(key, value)| format!("profile.{NAME}.{key}={value}"))
        .collect()
}

fn is_given(key: &str, manifest: &Table, config: &[Table], variables: &BTreeMap<String, String>) -> bool {
    let variable = format!("CARGO_PROFILE_WASMPACK_{}", key.replace('-', "_").to_uppercase());
    variables.contains_key(&variable) || std::iter::once(manifest).chain(config).any(|table| has(table, key))
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
            missing_keys(Goal::Size, &manifest, &[], &BTreeMap::new()),
            [
                r#"profile.wasmpack.inherits="release""#,
                r#"profile.wasmpack.lto="fat""#,
                "profile.wasmpack.codegen-units=1",
                r#"profile.wasmpack.panic="abort""#,
                r#"profile.wasmpack.strip="debuginfo""#,
                r#"profile.wasmpack.opt-level="z""#,
            ]
        );
        let for_speed = missing_keys(Goal::Speed, &manifest, &[], &BTreeMap::new());
        assert_eq!(for_speed.last().unwrap(), "profile.wasmpack.opt-level=3");
    }

    #[test]
    fn debug_information_that_was_asked_for_is_not_stripped() {
        let manifest = toml::from_str("[profile.wasmpack]\ndebug = true").unwrap();
        let keys = missing_keys(Goal::Size, &manifest, &[], &BTreeMap::new());
        assert!(keys.iter().all(|key| !key.contains("strip")), "{keys:?}");
    }

    #[test]
    fn lines_are_made_unless_the_user_has_said_something_of_debug_information() {
        let manifest = |text: &str| toml::from_str(text).unwrap();
        let flags = |text, variable: Option<&str>| {
            let set = variable.map(|name| (name.to_owned(), "1".to_owned()));
            line_flags(&manifest(text), &[], &set.into_iter().collect())
        };
        assert_eq!(flags("[profile.release]\ndebug = true", None), LINES);
        assert!(flags("[profile.wasmpack]\ndebug = false", None).is_empty());
        assert!(flags("[profile.wasmpack]\nstrip = true", None).is_empty());
        assert!(flags("", Some("CARGO_PROFILE_WASMPACK_DEBUG")).is_empty());
    }

    #[test]
    fn what_the_user_has_written_is_not_passed() {
        let manifest = toml::from_str("[profile.wasmpack]\ninherits = \"dev\"\nopt-level = 3").unwrap();
        let config = toml::from_str("[profile.wasmpack]\nlto = false").unwrap();
        let variables = [("CARGO_PROFILE_WASMPACK_CODEGEN_UNITS".to_owned(), "2".to_owned())].into();
        assert_eq!(
            missing_keys(Goal::Speed, &manifest, &[config], &variables),
            [r#"profile.wasmpack.panic="abort""#, r#"profile.wasmpack.strip="debuginfo""#]
        );
    }
}
