//! Tables for people at a terminal: one thing a line, with its bytes before its name.

use crate::breakdown::difference::Change;
use crate::breakdown::table::{Row, Table};
use crate::printable::printable;
use crate::size::{grouped, percent, signed};

/// Everything in the table, with its share of the whole.
pub fn table(table: &Table, whole: u64) -> String {
    table.rows.iter().map(|each| row(table.label, each, Some(whole))).collect()
}

/// A line for a thing, and one for what there is to say about it.
pub fn row(label: &str, row: &Row, whole: Option<u64>) -> String {
    let Row { name, bytes, count, about } = row;
    let share = whole.map(|whole| percent(*bytes, whole)).unwrap_or_default();
    let count = count.map(|count| plural(count, "function")).unwrap_or_default();
    let comma = if name.is_empty() || count.is_empty() { "" } else { ", " };
    let name = printable(name);
    let mut text = format!("{label:<10} {:>11} {share:>7}  {name}{comma}{count}\n", grouped(*bytes));
    if let Some(about) = about {
        text += &format!("{:>30}    {}\n", "", printable(about));
    }
    text
}

/// A line for what became of something.
pub fn change(label: &str, change: &Change, name: &str) -> String {
    let side = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), grouped);
    let (old, new) = change.bytes();
    let (from, to, by) = (side(change.old_bytes), side(change.new_bytes), signed(old, new));
    format!("{label:<10} {from:>11} {to:>11} {by:>9}  {}\n", printable(name))
}

/// `1 function`, `2 functions`.
fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}
