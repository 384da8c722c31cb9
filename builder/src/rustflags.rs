//! Flags for rustc that make bytes independent of where the checkout is, added to the user's own flags.

use toml::{Table, Value};

use crate::{Machine, Project, Target, remap};

/// How flags reach rustc. Cargo takes them from the first of these that is there, and from no other: the variable
/// `CARGO_ENCODED_RUSTFLAGS`, the variable `RUSTFLAGS`, `target` tables, the `build` table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rustflags {
    /// The value of `CARGO_ENCODED_RUSTFLAGS` to give to cargo.
    Variable(String),
    /// Values of `--config`; cargo joins these lists with those of the user's files.
    Config(Vec<String>),
}

/// What separates flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\x1f";

/// The flags for `project`.
pub(crate) fn remapping(project: &Project, machine: &Machine) -> Vec<String> {
    let roots = remap::roots(project, machine);
    roots.into_iter().map(|(from, to)| format!("--remap-path-prefix={from}={to}")).collect()
}

/// Adds `flags` to what the user has set, at the place where cargo will look, whichever that is.
pub(crate) fn add(flags: &[String], target: Target, machine: &Machine, config: &[Table]) -> Rustflags {
    let own = || flags.iter().map(String::as_str);
    if let Some(encoded) = &machine.encoded_rustflags {
        let theirs = encoded.split(SEPARATOR).filter(|flag| !flag.is_empty());
        return Rustflags::Variable(theirs.chain(own()).collect::<Vec<_>>().join(SEPARATOR));
    }
    if let Some(plain) = &machine.rustflags {
        let theirs = plain.split(' ').filter(|flag| !flag.is_empty());
        return Rustflags::Variable(theirs.chain(own()).collect::<Vec<_>>().join(SEPARATOR));
    }
    // Which `cfg(..)` tables hold for our target is cargo's to decide. So the flags go to every table that has any,
    // and to `build`, which cargo reads only if no `target` table holds. Having them twice does no harm.
    let values = tables(target, machine, config).into_iter().map(|path| {
        let theirs = config.iter().find_map(|table| lookup(table, &path));
        format!("{}={}", dotted(&path), joined(theirs, flags))
    });
    Rustflags::Config(values.collect())
}

/// The paths of the tables with `rustflags`, each once: `build` always, `target` tables where the user has any there.
fn tables(target: Target, machine: &Machine, config: &[Table]) -> Vec<Vec<String>> {
    let path = |parts: &[&str]| parts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut paths = vec![path(&["build", "rustflags"])];
    let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", target.in_variables().to_uppercase());
    if machine.cargo_variables.contains_key(&variable) {
        paths.push(path(&["target", target.name(), "rustflags"]));
    }
    for targets in config.iter().filter_map(|table| table.get("target")?.as_table()) {
        for (name, _) in targets.iter().filter(|(_, target)| target.get("rustflags").is_some()) {
            let known = path(&["target", name, "rustflags"]);
            // Other targets' tables are not ours to fill.
            if (name == target.name() || name.starts_with("cfg(")) && !paths.contains(&known) {
                paths.push(known);
            }
        }
    }
    paths
}

fn lookup<'a>(table: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(table.get(first)?, |value, key| value.get(key))
}

/// `target."cfg(unix)".rustflags`, with whichever quotes fit.
fn dotted(path: &[String]) -> String {
    let is_bare = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let quoted =
        |key: &String| if is_bare(key) { key.clone() } else { Value::String(key.clone()).to_string() };
    path.iter().map(quoted).collect::<Vec<_>>().join(".")
}

/// Lists are joined by cargo, so ours is enough. A string is replaced, so it has to hold both; and as it is split at
/// spaces, flags with a space in them cannot be in it.
fn joined(theirs: Option<&Value>, flags: &[String]) -> Value {
    match theirs {
        Some(Value::String(theirs)) => {
            let own = flags.iter().map(String::as_str).filter(|flag| !flag.contains(' '));
            Value::String(std::iter::once(theirs.as_str()).chain(own).collect::<Vec<_>>().join(" "))
        }
        _ => Value::Array(flags.iter().cloned().map(Value::String).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rustc::Rustc;
    use crate::{Settings, Source};

    const OURS: &str = "--remap-path-prefix=/a=.";

    fn added(machine: &Machine, config: &[&str]) -> Rustflags {
        let config: Vec<Table> = config.iter().map(|text| text.parse().unwrap()).collect();
        add(&[OURS.to_owned()], Target::Wasip1, machine, &config)
    }

    fn machine() -> Machine {
        Machine::bare("/".into())
    }

    fn config(values: &[&str]) -> Rustflags {
        Rustflags::Config(values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_flags_of_the_users_they_go_to_the_build_table() {
        assert_eq!(added(&machine(), &[]), config(&[r#"build.rustflags=["--remap-path-prefix=/a=."]"#]));
    }

    #[test]
    fn flags_in_variables_are_kept_and_come_first() {
        let mut machine = machine();
        machine.rustflags = Some(" -C  debuginfo=1".into());
        assert_eq!(added(&machine, &[]), Rustflags::Variable(format!("-C\x1fdebuginfo=1\x1f{OURS}")));
        machine.encoded_rustflags = Some("--cfg\x1fa b".into());
        assert_eq!(added(&machine, &[]), Rustflags::Variable(format!("--cfg\x1fa b\x1f{OURS}")));
    }

    #[test]
    fn an_empty_variable_still_hides_the_configuration() {
        let mut machine = machine();
        machine.rustflags = Some(String::new());
        assert_eq!(added(&machine, &["build.rustflags = ['-Cx']"]), Rustflags::Variable(OURS.into()));
    }

    #[test]
    fn every_target_table_that_may_hold_gets_them_too() {
        let text = r#"
            [target.wasm32-wasip1]
            rustflags = ["-Ctarget-feature=+simd128"]
            [target.'cfg(target_os = "wasi")']
            rustflags = ["--cfg", "a"]
            [target.'cfg(unix)']
            linker = "ld"
            [target.x86_64-unknown-linux-gnu]
            rustflags = ["-Ctarget-cpu=native"]
        "#;
        assert_eq!(
            added(&machine(), &[text]),
            config(&[
                r#"build.rustflags=["--remap-path-prefix=/a=."]"#,
                r#"target.'cfg(target_os = "wasi")'.rustflags=["--remap-path-prefix=/a=."]"#,
                r#"target.wasm32-wasip1.rustflags=["--remap-path-prefix=/a=."]"#,
            ])
        );
    }

    #[test]
    fn a_string_of_flags_is_continued_because_cargo_would_replace_it() {
        assert_eq!(
            added(&machine(), &["build.rustflags = '-C debuginfo=1'", "build.rustflags = '-C weaker=1'"]),
            config(&[r#"build.rustflags="-C debuginfo=1 --remap-path-prefix=/a=.""#])
        );
    }

    #[test]
    fn the_standard_library_is_renamed_only_if_its_sources_are_there() {
        let mut machine = machine();
        machine.cargo_home = Some("/home/me/.cargo".into());
        let source = Source::C { dir: "/data/a".into() };
        let mut project = Project::open(source, &Settings::default(), &machine).unwrap();
        let start = [
            "--remap-path-prefix=/data=..",
            "--remap-path-prefix=/data/a=.",
            "--remap-path-prefix=/data/a/target=/target",
            "--remap-path-prefix=/home/me/.cargo=/cargo",
        ];
        project.rustc = Some(Rustc { sysroot: "/rust".into(), commit: None });
        assert_eq!(remapping(&project, &machine), start);
        project.rustc = Some(Rustc { sysroot: "/rust".into(), commit: Some("abc".into()) });
        let all = remapping(&project, &machine);
        assert_eq!(all[..4], start);
        assert_eq!(all[4], "--remap-path-prefix=/rust/lib/rustlib/src/rust=/rustc/abc");
    }
}
