//! `cargo info`: which version of a crate is published.

use std::process::Command;

use crate::{Error, Machine, cargo};

/// The newest version of a crate on crates.io. Cargo asks it by the network, where its own configuration lets it.
///
/// # Errors
/// When there is no cargo, or it cannot say: crates.io is out of reach, or has no such crate.
pub fn newest(name: &str, machine: &Machine) -> Result<String, Error> {
    let program = cargo::program(machine).ok_or_else(|| cargo::missing("cargo", machine))?;
    let mut command = Command::new(program);
    command.current_dir(&machine.current_dir).env("PATH", &machine.search_path);
    // A workspace's own package of this name is none that is published.
    command.args(["info", "--color=never", "--registry=crates-io", name]);
    let output = command.output().map_err(|source| cargo::could_not_run(&command, source))?;
    let unpublished = |text: &str| Error::Unpublished { name: name.to_owned(), text: text.to_owned() };
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let said = text.lines().find_map(|line| line.strip_prefix("error: "));
        return Err(unpublished(said.unwrap_or("cargo does not say why")));
    }
    version(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| unpublished("cargo does not tell a version"))
}

/// `version: 1.0.0`, or `version: 1.0.0 (latest 2.0.0)` where this Rust is too old for the latest.
fn version(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("version: "))?;
    let latest = line.split_once("(latest ").and_then(|(_, rest)| rest.split([')', ' ']).next());
    Some(latest.or(line.split(' ').next())?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_version_is_the_newest() {
        assert_eq!(version("serde #serde\nversion: 1.0.2\nlicense: MIT\n").as_deref(), Some("1.0.2"));
        assert_eq!(version("version: 1.0.2 (latest 2.1.0)\n").as_deref(), Some("2.1.0"));
        assert_eq!(version("version: 1.0.2 (latest 2.1.0 from somewhere)\n").as_deref(), Some("2.1.0"));
        assert_eq!(version("license: MIT\n"), None);
    }
}
