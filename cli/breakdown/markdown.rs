//! Tables in Markdown, as GitHub and GitLab show it in comments.

use crate::breakdown::difference::Change;
use crate::breakdown::table::Table;
use crate::printable::printable;
use crate::size::{grouped, percent, signed};

/// Everything in the table, with its share of the whole.
pub fn table(table: &Table, whole: u64) -> String {
    let has_count = table.rows.iter().any(|row| row.count.is_some());
    let has_about = table.rows.iter().any(|row| row.about.is_some());
    let mut head = vec![table.label, "bytes", "share"];
    if has_count {
        head.push("functions");
    }
    if has_about {
        head.push("kept by");
    }
    let rows = table.rows.iter().map(|row| {
        let mut cells = vec![code(&row.name), grouped(row.bytes), percent(row.bytes, whole)];
        if has_count {
            cells.push(row.count.map(grouped).unwrap_or_default());
        }
        if has_about {
            cells.push(row.about.as_deref().map(code).unwrap_or_default());
        }
        cells
    });
    aligned(&head, rows)
}

/// What became of each of several things.
pub fn changes<'a>(label: &str, changes: impl IntoIterator<Item = (&'a Change, String)>) -> String {
    let side = |bytes: Option<u64>| bytes.map(grouped).unwrap_or_default();
    let rows = changes.into_iter().map(|(change, name)| {
        let (old, new) = change.bytes();
        vec![name, side(change.old_bytes), side(change.new_bytes), signed(old, new)]
    });
    aligned(&[label, "old", "new", "change"], rows)
}

/// Text as it is, in a cell too: in there a `|` ends the cell even between backticks.
pub fn code(text: &str) -> String {
    format!("`{}`", printable(text).replace('`', "'").replace('|', "\\|"))
}

/// The table; all columns but the first and `kept by` are numbers.
fn aligned(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mark =
        |(column, name): (usize, &&str)| if column == 0 || *name == "kept by" { "---" } else { "---:" };
    let marks: Vec<_> = head.iter().enumerate().map(mark).collect();
    let mut text = format!("| {} |\n|{}|\n", head.join(" | "), marks.join("|"));
    rows.for_each(|cells| text += &format!("| {} |\n", cells.join(" | ")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breakdown::table::Row;

    #[test]
    fn a_name_cannot_leave_its_cell() {
        assert_eq!(code("a | b `c`\n"), "`a \\| b 'c'\\n`");
    }

    #[test]
    fn there_are_columns_for_what_there_is() {
        let rows = vec![Row { count: Some(2), ..Row::new("core", 1_500) }, Row::new("(1 more)", 500)];
        assert_eq!(
            table(&Table { label: "group", rows }, 2_000),
            "| group | bytes | share | functions |\n|---|---:|---:|---:|\n\
             | `core` | 1,500 | 75.0 % | 2 |\n| `(1 more)` | 500 | 25.0 % |  |\n"
        );
    }
}
