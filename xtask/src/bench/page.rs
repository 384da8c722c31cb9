//! `benches/README.md`: a page of sections, each written by whoever measured it last.

use std::fs;

use crate::table::Table;
use crate::workspace::Workspace;
use crate::{Result, shell};

/// A part of the page.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) explanation: String,
    pub(super) table: Table,
}

impl Section {
    /// As it stands on the page, with the words of when and where it was measured.
    fn told(&self, measured: &str) -> String {
        format!("{HEADING}{}\n\n{}\n\n{measured}\n\n{}\n", self.title, self.explanation, self.table)
    }
}

const HEADING: &str = "\n## ";

const INTRO: &str = "# Figures\n\nWritten by `cargo xtask bench` and its parts. Each section says when and where it was measured: \
    machines differ, so that times of two sections are only compared where those are the same.\n";

/// Puts the sections into the page, in place of those of their titles; others stay.
pub(super) fn update(workspace: &Workspace, sections: &[Section], measured: &str) -> Result {
    let file = workspace.root.join("benches/README.md");
    let before = fs::read_to_string(&file).unwrap_or_default();
    let after = format!("{INTRO}{}", merged(&before, sections, measured).trim_end());
    fs::create_dir_all(workspace.root.join("benches"))?;
    fs::write(&file, format!("{after}\n")).map_err(|error| format!("failed to write `{file}`: {error}"))?;
    shell::line(sections.iter().map(|section| section.told(measured)).collect::<String>().trim());
    shell::status("Wrote", file);
    Ok(())
}

/// The sections of a page, with these in place of those of their titles, or behind them.
fn merged(page: &str, sections: &[Section], measured: &str) -> String {
    let mut left: Vec<&Section> = sections.iter().collect();
    let mut merged = String::new();
    for old in page.split(HEADING).skip(1) {
        let title = old.lines().next().unwrap_or_default();
        match left.iter().position(|section| section.title == title) {
            Some(position) => merged += &left.remove(position).told(measured),
            None => merged += &format!("{HEADING}{}\n", old.trim_end()),
        }
    }
    left.iter().fold(merged, |merged, section| merged + &section.told(measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_the_one_with_its_title() {
        let section =
            |title| Section { title, explanation: "New.".to_owned(), table: Table::new(["a", "b"]) };
        let page = "# Figures\n\n## One\n\nOld.\n\n| x |\n\n## Two\n\nOld.\n";
        let merged = merged(page, &[section("Three"), section("One")], "Today.");
        assert!(merged.starts_with("\n## One\n\nNew.\n\nToday.\n\n| a "));
        assert!(merged.contains("\n## Two\n\nOld.\n\n## Three\n\nNew.\n\nToday.\n"));
    }
}
