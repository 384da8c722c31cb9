//! Rows of things and their bytes, before they are text or Markdown.

/// Things of one kind.
#[derive(Debug)]
pub struct Table {
    /// What they are.
    pub label: &'static str,
    /// One for each.
    pub rows: Vec<Row>,
}

/// One thing.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// How many functions it has.
    pub count: Option<u64>,
    /// Something more about it.
    pub about: Option<String>,
}

impl Row {
    /// A row with nothing but bytes.
    pub fn new(name: impl Into<String>, bytes: u64) -> Self {
        Self { name: name.into(), bytes, count: None, about: None }
    }
}

impl Table {
    /// The first `top` of what is sorted already, and how many more there are.
    pub fn of_largest(label: &'static str, sorted: impl Iterator<Item = Row>, top: usize) -> Self {
        let mut sorted = sorted.into_iter();
        let mut rows: Vec<_> = sorted.by_ref().take(top).collect();
        let (count, bytes) = sorted.fold((0, 0), |(count, bytes), row| (count + 1, bytes + row.bytes));
        if count > 0 {
            rows.push(Row::new(format!("({count} more)"), bytes));
        }
        Self { label, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_summed_up() {
        let all = || [5, 3, 2, 1].map(|bytes| Row::new("name", bytes)).into_iter();
        let table = Table::of_largest("data", all(), 2);
        assert_eq!(table.rows[2], Row::new("(2 more)", 3));
        assert_eq!(Table::of_largest("data", all(), 4).rows.len(), 4);
    }
}
