//! Where and when figures were measured.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use crate::{Result, process};

/// Date, processor, system and compiler in one sentence.
pub(crate) fn description() -> Result<String> {
    let date = process::stdout_of(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = after(&cpus, "model name").unwrap_or(std::env::consts::ARCH);
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = after(&release, "PRETTY_NAME").unwrap_or(std::env::consts::OS);
    let cores = available_parallelism()?;
    let rustc = version("rustc", "--version")?;
    Ok(format!("Measured on {} on {cores} cores of {cpu}, {system}, {rustc}.", date.trim_end()))
}

/// The first line a program says of itself.
fn version(program: &str, argument: &str) -> Result<String> {
    let said = process::stdout_of(Command::new(program).arg(argument))?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}

/// The value behind a key, whether `key : value` or `key="value"`.
fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(value.trim_start_matches([' ', '\t', ':', '=']).trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_both_spellings() {
        assert_eq!(after("processor\t: 0\nmodel name\t: A CPU\n", "model name"), Some("A CPU"));
        assert_eq!(after("PRETTY_NAME=\"An OS 12\"\n", "PRETTY_NAME"), Some("An OS 12"));
        assert_eq!(after("", "model name"), None);
    }
}
