//! Scripts by which shells complete our command line, from the definitions that read it: as `cargo-wasmpack`, and as
//! cargo's subcommand, which each shell is told in another way.

mod offered;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use crate::commands::Arguments;

/// The name of our executable.
const NAME: &str = "cargo-wasmpack";

/// The script for this shell.
#[must_use]
pub fn script(shell: Shell) -> String {
    let own = generated(shell, shown(NAME), NAME);
    match shell {
        Shell::Bash => bash() + include_str!("completions/of_cargo.bash"),
        Shell::Fish => own + include_str!("completions/of_cargo.fish"),
        // What a shell completes is one command; theirs is cargo with one subcommand.
        Shell::PowerShell | Shell::Elvish => {
            let cargo = Command::new("cargo").subcommand(shown("wasmpack"));
            own + "\n" + &without_imports(&generated(shell, cargo, "cargo"))
        }
        // Cargo's own script calls the function of this name.
        _ => own,
    }
}

/// A hyphen in the name of a command is one thing in one part of this script and another in the next, so that the words of
/// verbs are never found: it is made for another name, and said to be for ours.
fn bash() -> String {
    const PLAIN: &str = "cargo_wasmpack";
    let script = generated(Shell::Bash, shown(PLAIN), PLAIN);
    script.replace(&format!(" -o default {PLAIN}\n"), &format!(" -o default {NAME}\n"))
}

/// Our command line under this name alone, without the verb that is nobody's to type.
fn shown(name: &'static str) -> Command {
    let whole = offered::offering(Arguments::command());
    let verbs = whole.get_subcommands().filter(|verb| !verb.is_hide_set()).cloned();
    Command::new(name)
        .disable_help_subcommand(true)
        .about(whole.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .args(whole.get_arguments().cloned())
        .subcommands(verbs)
}

fn generated(shell: Shell, mut command: Command, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// PowerShell takes `using` at the beginning of a script only, and elvish needs it but once.
fn without_imports(script: &str) -> String {
    let lines = script.lines().filter(|line| !(line.starts_with("use ") || line.starts_with("using ")));
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish];

    #[test]
    fn every_shell_knows_every_verb_and_none_the_hidden_one() {
        let command = Arguments::command();
        for shell in SHELLS {
            let script = script(shell);
            for verb in command.get_subcommands() {
                let is_known = script.contains(verb.get_name());
                assert_eq!(is_known, !verb.is_hide_set(), "{shell}: {}", verb.get_name());
            }
        }
    }

    #[test]
    fn bash_finds_the_words_of_every_verb() {
        let script = script(Shell::Bash);
        assert_eq!(script.matches("-o default cargo-wasmpack\n").count(), 2);
        for verb in shown(NAME).get_subcommands() {
            let state = format!("cargo_wasmpack__subcmd__{}", verb.get_name());
            assert!(script.contains(&format!("cmd=\"{state}\"")), "{state}");
            assert!(script.contains(&format!("\n        {state})\n")), "{state}");
        }
    }

    #[test]
    fn powershell_is_told_of_names_at_the_beginning_only() {
        let script = script(Shell::PowerShell);
        let after = script
            .lines()
            .skip_while(|line| line.is_empty() || line.starts_with("using "))
            .collect::<Vec<_>>();
        assert!(after.iter().all(|line| !line.starts_with("using ")));
    }
}
