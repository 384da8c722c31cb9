//! The linker that cargo's configuration names for a target. Without one, rustc calls its own.

use camino::Utf8Path;
use toml::Table;

use crate::{Machine, Target};

/// The variable by which it is named.
pub(crate) fn variable(target: Target) -> String {
    format!("CARGO_TARGET_{}_LINKER", target.in_variables().to_uppercase())
}

/// The one that is named, if any: a variable goes before files.
pub(crate) fn of(target: Target, machine: &Machine, config: &[Table]) -> Option<String> {
    let in_files = || {
        let linker = |table: &Table| {
            let targets = table.get("target")?.as_table()?;
            Some(targets.get(target.name())?.get("linker")?.as_str()?.to_owned())
        };
        config.iter().find_map(linker)
    };
    machine.cargo_variables.get(&variable(target)).cloned().or_else(in_files)
}

/// The flag of rustc's that hands on an argument of a linker's. A compiler that links, such as clang, has to be told for whom it is.
pub(crate) fn flag(linker: Option<&str>, argument: &str) -> String {
    let prefix = if linker.is_some_and(is_compiler) { "-Wl," } else { "" };
    format!("-Clink-arg={prefix}{argument}")
}

/// Linkers are called `wasm-ld`, `rust-lld`, `wasm-component-ld`, with a version behind it here and there.
fn is_compiler(linker: &str) -> bool {
    let name = Utf8Path::new(linker).file_name().unwrap_or(linker).trim_end_matches(".exe");
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || "-.".contains(c));
    !plain.ends_with("ld")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_that_links_is_told_that_an_argument_is_the_linkers() {
        for linker in ["wasm-ld", "/usr/bin/wasm-ld-22", "rust-lld", "wasm-component-ld.exe"] {
            assert_eq!(flag(Some(linker), "-zstack-size=1"), "-Clink-arg=-zstack-size=1", "{linker}");
        }
        assert_eq!(flag(None, "-x"), "-Clink-arg=-x");
        for linker in ["clang", "/opt/wasi-sdk/bin/wasm32-wasip1-clang", "clang-22", "cc"] {
            assert_eq!(flag(Some(linker), "-zstack-size=1"), "-Clink-arg=-Wl,-zstack-size=1", "{linker}");
        }
    }

    #[test]
    fn a_variable_goes_before_files_and_other_targets_do_not_count() {
        let mut machine = Machine::bare("/".into());
        let config: Vec<Table> =
            ["[target.wasm32-wasip1]\nlinker = 'clang'", "[target.wasm32-wasip1]\nlinker = 'x'"]
                .map(|text| text.parse().unwrap())
                .into();
        assert_eq!(of(Target::Wasip1, &machine, &config).as_deref(), Some("clang"));
        assert_eq!(of(Target::Wasip2, &machine, &config), None);
        machine.cargo_variables.insert("CARGO_TARGET_WASM32_WASIP1_LINKER".into(), "wasm-ld".into());
        assert_eq!(of(Target::Wasip1, &machine, &config).as_deref(), Some("wasm-ld"));
    }
}
