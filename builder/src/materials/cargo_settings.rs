//! What a manifest, cargo's configuration and its variables say that changes modules.
//!
//! Values are told of what is known to be harmless: keys of profiles, and flags for rustc. Of the rest that takes part, only the
//! names are, because an `[env]` table may well have a token in it.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::parameters::rustflags_told;
use crate::{Machine, Project, Settings, cargo, cargo_config, profile};

/// The keys of profiles (<https://doc.rust-lang.org/cargo/reference/profiles.html>).
const PROFILE_KEYS: [&str; 12] = [
    "codegen-units",
    "debug",
    "debug-assertions",
    "incremental",
    "inherits",
    "lto",
    "opt-level",
    "overflow-checks",
    "panic",
    "rpath",
    "split-debuginfo",
    "strip",
];

/// Tables of the configuration that change modules, and how many of the names in a key are told: those below may have addresses
/// with passwords in them.
const TABLES: [(&str, usize); 5] = [("env", 2), ("host", 1), ("patch", 1), ("source", 1), ("unstable", 2)];

/// Keys of other tables, by their last name.
const KEYS: [&str; 4] = ["linker", "rustc", "rustc-workspace-wrapper", "rustc-wrapper"];

/// Settings by their names, dotted as on the command line of cargo; and under `cargo-config` the names of those whose values are
/// not told.
pub(super) fn told(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> BTreeMap<String, Vec<String>> {
    let given = cargo_config::read_given(&cargo::given_config(&settings.cargo, machine));
    let files = cargo_config::read_files(project.source.dir(), machine.cargo_home.as_deref());
    let manifest = cargo::manifest_of(project);
    let of_manifest: Table = manifest.into_iter().filter(|(name, _)| name == "profile").collect();
    // From the weakest to the strongest, so that what is said last counts.
    let mut values = BTreeMap::new();
    for table in [&of_manifest].into_iter().chain(files.iter().rev()) {
        flatten(table, &mut Vec::new(), &mut values);
    }
    values.extend(machine.cargo_variables.iter().filter_map(|(name, value)| of_variable(name, value)));
    for table in given.iter().rev() {
        flatten(table, &mut Vec::new(), &mut values);
    }
    let hides_flags = machine.rustflags.is_some() || machine.encoded_rustflags.is_some();
    let profiles = chain(settings.cargo.profile.as_deref().unwrap_or(profile::NAME), &values);
    let (mut told, mut names) = (BTreeMap::new(), BTreeSet::new());
    for (path, value) in values {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match &path[..] {
            ["profile", profile, .., key] if profiles.iter().any(|one| one == profile) => {
                if PROFILE_KEYS.contains(key) {
                    told.insert(path.join("."), vec![plain(&value)]);
                } else {
                    names.insert(path.join("."));
                }
            }
            ["build", "rustflags"] | ["target", _, "rustflags"] if !hides_flags && is_of(&path, settings) => {
                told.insert(path.join("."), rustflags_told(words(&value)));
            }
            ["build", .., key] | ["target", _, key] if KEYS.contains(key) && is_of(&path, settings) => {
                names.insert(path.join("."));
            }
            [first, ..] => {
                let table = TABLES.iter().find(|(name, _)| name == first);
                names.extend(table.map(|(_, length)| path[..path.len().min(*length)].join(".")));
            }
            [] => {}
        }
    }
    told.insert("cargo-config".to_owned(), names.into_iter().collect());
    told
}

/// Every value in a table, by the names on the way to it. Lists of flags are joined, as cargo does it.
fn flatten(table: &Table, path: &mut Vec<String>, values: &mut BTreeMap<Vec<String>, Value>) {
    for (name, value) in table {
        path.push(name.clone());
        match (value, values.get_mut(path)) {
            (Value::Table(inner), _) => flatten(inner, path, values),
            (Value::Array(more), Some(Value::Array(there))) => there.extend(more.iter().cloned()),
            (value, _) => drop(values.insert(path.clone(), value.clone())),
        }
        path.pop();
    }
}

/// The same of a variable, whose name does not tell where names of profiles and packages end: keys are known.
fn of_variable(name: &str, value: &str) -> Option<(Vec<String>, Value)> {
    let value = Value::String(value.to_owned());
    let path = |parts: &[&str]| parts.iter().map(ToString::to_string).collect::<Vec<_>>();
    if name == "CARGO_BUILD_RUSTFLAGS" {
        return Some((path(&["build", "rustflags"]), value));
    }
    let lower = |name: &str| name.to_lowercase().replace('_', "-");
    let of_target = |end: &str, key: &str| {
        let target = name.strip_prefix("CARGO_TARGET_")?.strip_suffix(end)?;
        Some(path(&["target", &lower(target), key]))
    };
    if let Some(path) = of_target("_RUSTFLAGS", "rustflags").or_else(|| of_target("_LINKER", "linker")) {
        return Some((path, value));
    }
    let rest = lower(name.strip_prefix("CARGO_PROFILE_")?);
    let ends = PROFILE_KEYS.iter().filter_map(|key| Some((rest.strip_suffix(key)?.strip_suffix('-')?, *key)));
    let (profile, key) = ends.min_by_key(|(rest, _)| rest.len())?;
    let parts = match (profile.strip_suffix("-build-override"), profile.split_once("-package-")) {
        (Some(profile), _) => path(&["profile", profile, "build-override", key]),
        (None, Some((profile, package))) => path(&["profile", profile, "package", package, key]),
        (None, None) => path(&["profile", profile, key]),
    };
    Some((parts, value))
}

/// A profile and those it inherits from.
fn chain(name: &str, values: &BTreeMap<Vec<String>, Value>) -> Vec<String> {
    let mut profiles = vec![name.to_owned()];
    loop {
        let last = profiles.last().expect("there is one at least").clone();
        let key = ["profile", &last, "inherits"].map(ToOwned::to_owned);
        let inherited = values.get(&key[..]).and_then(Value::as_str);
        let by_default = (last == profile::NAME).then_some("release");
        match inherited.or(by_default).filter(|next| profiles.iter().all(|known| known != next)) {
            Some(next) => profiles.push(next.to_owned()),
            None => return profiles,
        }
    }
}

/// Whether a key concerns the target that is built for, as far as its name tells.
fn is_of(path: &[&str], settings: &Settings) -> bool {
    match path {
        ["target", target, ..] => *target == settings.target.name() || target.starts_with("cfg("),
        _ => true,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Flags are a list, or a text that is split at its spaces.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(words) => words.iter().map(plain).collect(),
        value => plain(value).split_whitespace().map(ToOwned::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::testing::Folder;

    fn said(folder: &Folder, settings: &Settings) -> String {
        let project =
            Project::open(Source::C { dir: folder.root.join("app") }, settings, &folder.machine).unwrap();
        let told = told(&project, settings, &folder.machine);
        let lines = told.iter().filter(|(_, words)| !words.is_empty());
        lines.map(|(name, words)| format!("{name}: {}\n", words.join(" "))).collect()
    }

    #[test]
    fn the_strongest_value_of_the_profile_and_those_it_inherits_from_is_told() {
        let mut folder = Folder::with(&[]);
        folder.write(
            "app/Cargo.toml",
            "[profile.wasmpack]\nlto = 'thin'\ncodegen-units = 4\nopt-level = 1\n[profile.release.package.big]\nopt-level = 3\n\
             [profile.release]\nrustflags = ['--cfg', 'secret']\n[profile.dev]\nopt-level = 0\n[profile.wasmpack.build-override]\nopt-level = 2",
        );
        folder.write("app/.cargo/config.toml", "[profile.wasmpack]\nlto = 'fat'\ncodegen-units = 2");
        folder.machine.cargo_variables = [
            ("CARGO_PROFILE_WASMPACK_CODEGEN_UNITS", "8"),
            ("CARGO_PROFILE_WASMPACK_DEBUG_ASSERTIONS", "true"),
            ("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_DEBUG", "1"),
            ("CARGO_PROFILE_RELEASE_PACKAGE_BIG_STRIP", "none"),
            ("CARGO_PROFILE_OTHER_LTO", "off"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let mut settings = Settings::default();
        settings.cargo.config = vec!["profile.wasmpack.opt-level=2".to_owned()];
        let expected = "\
cargo-config: profile.release.rustflags
profile.release.build-override.debug: 1
profile.release.package.big.opt-level: 3
profile.release.package.big.strip: none
profile.wasmpack.build-override.opt-level: 2
profile.wasmpack.codegen-units: 8
profile.wasmpack.debug-assertions: true
profile.wasmpack.lto: fat
profile.wasmpack.opt-level: 2
";
        assert_eq!(said(&folder, &settings), expected);
    }

    #[test]
    fn of_the_configuration_flags_are_told_and_of_the_rest_names() {
        let mut folder = Folder::with(&["app/Cargo.toml"]);
        folder.write(
            "app/.cargo/config.toml",
            "build.rustflags = ['-Ctarget-feature=+simd128', '--cfg', 'token=\"hunter2\"', '-L', '/home/me']\n\
             build.rustc-wrapper = '/home/me/wrapper'\nbuild.jobs = 2\n\
             target.wasm32-wasip1.linker = 'ld'\ntarget.x86_64-unknown-linux-gnu.linker = 'ld'\n\
             [env]\nTOKEN = 'hunter2'\n[patch.'https://me:hunter2@example.com/x']\na.path = '/home/me'\n\
             [registries.x]\ntoken = 'hunter2'\n[unstable]\nbuild-std = ['std']",
        );
        let expected = "\
build.rustflags: -Ctarget-feature=+simd128 --cfg token
cargo-config: build.rustc-wrapper env.TOKEN patch target.wasm32-wasip1.linker unstable.build-std
";
        let settings = Settings::default();
        let without_paths = |text: String| text.replace(" -L /home/me", "");
        assert_eq!(without_paths(said(&folder, &settings)), expected);
        // What is in a variable hides what is in files.
        folder.machine.rustflags = Some(String::new());
        assert!(!said(&folder, &settings).contains("rustflags:"));
    }
}
