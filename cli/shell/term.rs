//! What is set of terminals: by flags, by cargo's variables, by cargo's own configuration
//! (<https://doc.rust-lang.org/cargo/reference/config.html#term>). Cargo itself is not asked: starting it takes longer than most verbs.

use std::str::FromStr;

use toml::{Table, Value};
use wasmpack_builder::{Machine, cargo_config};

use crate::args::{OutputArguments, When};
use crate::environment::Environment;

/// All of it; nothing where nobody has said anything.
#[derive(Debug, Default)]
pub(super) struct Term {
    pub color: Option<String>,
    pub quiet: bool,
    /// How many `-v` were given.
    pub verbose: u8,
    pub progress_when: Option<String>,
    pub progress_width: Option<u16>,
    pub hyperlinks: Option<bool>,
}

impl Term {
    /// Finds it out.
    #[must_use]
    pub(super) fn find(typed: &OutputArguments, environment: &Environment) -> Self {
        let machine = Machine::read(&environment.current_dir, environment.variables());
        let tables = cargo_config(&environment.current_dir, machine.cargo_home.as_deref());
        Self::of(typed, |name| environment.get(name).map(ToOwned::to_owned), &tables)
    }

    /// `tables` are the files of cargo's configuration, the nearest first.
    fn of(typed: &OutputArguments, variable: impl Fn(&str) -> Option<String>, tables: &[Table]) -> Self {
        let said = |path: &[&str]| -> Option<String> {
            let name = format!("CARGO_TERM_{}", path.join("_").to_uppercase());
            variable(&name).or_else(|| tables.iter().find_map(|table| at(table, path)))
        };
        let is = |key: &str| matches!(said(&[key]).as_deref(), Some("true" | "1"));
        let is_typed = typed.quiet || typed.verbose > 0;
        Self {
            color: typed.color.map(|when| When::as_str(when).to_owned()).or_else(|| said(&["color"])),
            quiet: typed.quiet || !is_typed && is("quiet") && !is("verbose"),
            verbose: if is_typed { typed.verbose } else { is("verbose").into() },
            progress_when: said(&["progress", "when"]),
            progress_width: number(said(&["progress", "width"])),
            hyperlinks: said(&["hyperlinks"]).map(|word| matches!(&*word, "true" | "1")),
        }
    }
}

/// What a file says of a key of `[term]`, as a variable would.
fn at(table: &Table, path: &[&str]) -> Option<String> {
    let (last, tables) = path.split_last()?;
    let term = table.get("term")?.as_table()?;
    let table = tables.iter().try_fold(term, |table, key| table.get(*key)?.as_table())?;
    match table.get(*last)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn number<T: FromStr>(text: Option<String>) -> Option<T> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: OutputArguments = OutputArguments { verbose: 0, quiet: false, color: None };

    fn of(typed: &OutputArguments, variables: &[(&str, &str)], files: &[&str]) -> Term {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let tables: Vec<Table> = files.iter().map(|text| text.parse().unwrap()).collect();
        Term::of(typed, variable, &tables)
    }

    #[test]
    fn flags_go_before_variables_and_those_before_files_the_nearest_first() {
        let files =
            ["term.color = 'never'", "[term]\ncolor = 'always'\nprogress = { when = 'always', width = 60 }"];
        let term = of(&NOTHING, &[], &files);
        assert_eq!(term.color.as_deref(), Some("never"));
        assert_eq!((term.progress_when.as_deref(), term.progress_width), (Some("always"), Some(60)));
        let variables = [("CARGO_TERM_COLOR", "auto"), ("CARGO_TERM_PROGRESS_WIDTH", "40")];
        let term = of(&NOTHING, &variables, &files);
        assert_eq!((term.color.as_deref(), term.progress_width), (Some("auto"), Some(40)));
        let typed = OutputArguments { color: Some(When::Always), ..NOTHING };
        assert_eq!(of(&typed, &variables, &files).color.as_deref(), Some("always"));
    }

    #[test]
    fn whoever_types_how_much_is_said_is_heard() {
        let quiet = ["term.quiet = true"];
        assert!(of(&NOTHING, &[], &quiet).quiet);
        let typed = OutputArguments { verbose: 2, ..NOTHING };
        let term = of(&typed, &[], &quiet);
        assert_eq!((term.quiet, term.verbose), (false, 2));
        let typed = OutputArguments { quiet: true, ..NOTHING };
        let term = of(&typed, &[("CARGO_TERM_VERBOSE", "true")], &[]);
        assert_eq!((term.quiet, term.verbose), (true, 0));
        assert!(!of(&NOTHING, &[("CARGO_TERM_QUIET", "false")], &quiet).quiet);
    }

    #[test]
    fn what_is_no_table_or_no_number_is_left_for_cargo_to_report() {
        let term = of(&NOTHING, &[("CARGO_TERM_PROGRESS_WIDTH", "wide")], &["term = 3"]);
        assert_eq!((term.color, term.progress_width, term.hyperlinks), (None, None, None));
        assert_eq!(of(&NOTHING, &[], &["term.hyperlinks = true"]).hyperlinks, Some(true));
    }
}
