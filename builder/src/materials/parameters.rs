//! What a build was asked for, in words: what else than sources and tools decides its output.

use std::collections::BTreeMap;

use super::cargo_settings;
use crate::{Goal, Machine, Project, Settings, Source, Std};

/// Every setting that is not its default and changes modules. Words with a path in them say where something is on this machine,
/// and are left out, as are the values of macros and of conditions, which may be secrets.
pub(crate) fn parameters(
    project: &Project,
    settings: &Settings,
    machine: &Machine,
) -> BTreeMap<String, Vec<String>> {
    let goal = if settings.goal == Goal::Speed { "speed" } else { "size" };
    let mut parameters = BTreeMap::new();
    let mut add = |name: &str, words: Vec<String>| {
        let words = without_paths(words);
        if !words.is_empty() {
            parameters.insert(name.to_owned(), words);
        }
    };
    add("source", vec![project.source.kind().to_owned()]);
    add("target", vec![settings.target.to_string()]);
    add("goal", vec![goal.to_owned()]);
    let is_set = |is_set: bool| if is_set { vec!["true".to_owned()] } else { Vec::new() };
    add("native-variables", machine.native_variables.keys().cloned().collect());
    if let Source::Cargo { .. } = project.source {
        let cargo = &settings.cargo;
        add("profile", vec![cargo.profile.clone().unwrap_or_else(|| crate::profile::NAME.to_owned())]);
        add("std", if cargo.std == Std::Minimal { vec!["minimal".to_owned()] } else { Vec::new() });
        // A feature of another package is written with a slash.
        add("features", cargo.features.iter().map(|feature| feature.replace('/', ":")).collect());
        add("all-features", is_set(cargo.all_features));
        add("no-default-features", is_set(cargo.no_default_features));
        add("rustflags", rustflags(machine));
        add("stack-size", settings.c.stack_size_bytes.iter().map(ToString::to_string).collect());
        add("config", cargo.config.iter().map(|word| setting(word)).collect());
        for (name, words) in cargo_settings::told(project, settings, machine) {
            add(&name, words);
        }
    } else {
        let c = &settings.c;
        let names = c.define.iter().map(|define| define.split('=').next().unwrap_or(define).to_owned());
        add("define", names.collect());
        add("standards", c.std.clone());
        add("flags", without_values(&c.flags));
        add("link", c.link.clone());
        add("exceptions", is_set(c.exceptions));
        add("lto", is_set(c.lto));
        add("stack-size", c.stack_size_bytes.iter().map(ToString::to_string).collect());
        add(
            "arguments",
            settings.system.arguments.iter().filter(|word| !word.contains('=')).cloned().collect(),
        );
    }
    // Its paths are mostly the project's own, so it is told with them.
    let command: Vec<_> = settings.system.command.iter().map(|word| shown(word)).collect();
    if !command.is_empty() {
        parameters.insert("command".to_owned(), command);
    }
    parameters
}

/// A part of a command line, which may be one for the shell, without values and without paths that begin at the root of the file
/// system or at somebody's home: they are secrets, or where something is on this machine.
fn shown(line: &str) -> String {
    let shown = |word: &str| match word.split_once('=') {
        Some((name, _)) => format!("{name}=…"),
        None if word.trim_start_matches(['"', '\'', '(']).starts_with(['/', '~', '\\']) => "…".to_owned(),
        None if word.contains(":\\") || word.contains(":/") => "…".to_owned(),
        None => word.to_owned(),
    };
    line.split_whitespace().map(shown).collect::<Vec<_>>().join(" ")
}

/// Leaves macros out, whose values may be secrets, in all the ways to write one: `-DNAME=VALUE`, `-D NAME=VALUE`,
/// `-Wp,-DNAME=VALUE`. With a value, only those flags stay that are about the language and the machine.
fn without_values(flags: &[String]) -> Vec<String> {
    const MACROS: [&str; 2] = ["-D", "-U"];
    const WITH_VALUES: [&str; 4] = ["-f", "-m", "-O", "-std"];
    let begins = |flag: &str, starts: &[&str]| starts.iter().any(|start| flag.starts_with(start));
    let is_told = |flag: &str| {
        !begins(flag, &MACROS) && !flag.contains(",-D") && (!flag.contains('=') || begins(flag, &WITH_VALUES))
    };
    let before = [""].into_iter().chain(flags.iter().map(String::as_str));
    let told = flags.iter().zip(before).filter(|(flag, before)| !MACROS.contains(before) && is_told(flag));
    told.map(|(flag, _)| flag.clone()).collect()
}

/// Leaves paths out, and the flags that stand before them.
fn without_paths(words: Vec<String>) -> Vec<String> {
    const BEFORE_PATHS: [&str; 9] =
        ["-C", "-L", "-I", "-isystem", "-iquote", "-idirafter", "-include", "--extern", "--sysroot"];
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if !word.contains(['/', '\\']) {
            kept.push(word);
        } else if kept.last().is_some_and(|last| BEFORE_PATHS.contains(&&**last)) {
            kept.pop();
        }
    }
    kept
}

/// A setting of cargo's, with its value if it is one of a profile: others may be secrets.
fn setting(word: &str) -> String {
    if word.starts_with("profile.") { word.to_owned() } else { name(word) }
}

/// What is before the value.
fn name(word: &str) -> String {
    word.split_once('=').map_or(word, |(name, _)| name).trim().to_owned()
}

/// The user's own, as the variables have them.
fn rustflags(machine: &Machine) -> Vec<String> {
    let encoded = machine.encoded_rustflags.as_deref().map(|flags| flags.split('\x1f').collect::<Vec<_>>());
    let plain = || machine.rustflags.as_deref().map(|flags| flags.split(' ').collect());
    let words = encoded.or_else(plain).unwrap_or_default();
    rustflags_told(words.into_iter().filter(|word| !word.is_empty()))
}

/// Flags for rustc without the values of conditions.
pub(super) fn rustflags_told<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut told = Vec::new();
    let mut is_condition = false;
    for word in words {
        let word = word.as_ref();
        told.push(match word.strip_prefix("--cfg=") {
            Some(condition) => format!("--cfg={}", name(condition)),
            None if is_condition => name(word),
            None => word.to_owned(),
        });
        is_condition = word == "--cfg";
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_without_their_values_and_settings_of_profiles_with_them() {
        let mut machine = Machine::bare("/".into());
        machine.encoded_rustflags = Some(
            ["--cfg", "key=\"hunter2\"", "--cfg=other=\"x\"", "-L", "/lib", "-Copt-level=3"].join("\x1f"),
        );
        let flags = without_paths(rustflags(&machine));
        assert_eq!(flags, ["--cfg", "key", "--cfg=other", "-Copt-level=3"]);
        assert_eq!(setting("profile.wasmpack.opt-level=3"), "profile.wasmpack.opt-level=3");
        assert_eq!(setting("registries.x.token='secret'"), "registries.x.token");
    }

    #[test]
    fn neither_paths_nor_the_values_of_macros_are_told() {
        let mut machine = Machine::bare("/".into());
        machine.rustflags = Some("-Copt-level=3 -L/home/me/lib".into());
        let mut settings = Settings::default();
        settings.c.define = vec!["TOKEN=secret".into(), "NDEBUG".into()];
        let flags = [
            "-ffast-math",
            "-I/home/me",
            "-DTOKEN=secret",
            "-D",
            "TOKEN=secret",
            "-D",
            "-fsecret",
            "-Wp,-DTOKEN=secret",
            "-Wp,-Dsecret",
            "-Xclang",
            "TOKEN=secret",
            "--define-macro=TOKEN=secret",
            "-std=c17",
            "-mtune=generic",
        ];
        settings.c.flags = flags.map(str::to_owned).into();
        let said = |source| {
            let project = Project::open(source, &settings, &machine).unwrap();
            format!("{:?}", parameters(&project, &settings, &machine))
        };
        let expected = r#"{"define": ["TOKEN", "NDEBUG"], "flags": ["-ffast-math", "-Xclang", "-std=c17", "-mtune=generic"], "goal": ["size"], "source": ["c"], "target": ["wasm32-wasip1"]}"#;
        assert_eq!(said(Source::C { dir: "/w/app".into() }), expected);
    }

    #[test]
    fn a_command_is_told_without_values_and_places_of_this_machine() {
        let line = "TOKEN=hunter2 npm run build -- --out=/home/me/out && cp dist/app.wasm \"$WASMPACK_OUT/\" ~/x https://me:pw@x.org";
        let expected = "TOKEN=… npm run build -- --out=… && cp dist/app.wasm \"$WASMPACK_OUT/\" … …";
        assert_eq!(shown(line), expected);
        assert_eq!(shown("/usr/bin/make"), "…");
    }
}
