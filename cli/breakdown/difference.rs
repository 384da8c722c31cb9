//! What `size --diff` tells: what grew and what shrank from one image or module to another.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::breakdown::{Breakdown, markdown, text, way};
use crate::printable::printable;
use crate::size::{grouped, percent, signed};

/// Everything `size --diff` knows. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// What the old one is called.
    pub old: String,
    /// What the new one is called.
    pub new: String,
    /// All layers together, as stored, if both are images.
    pub stored: Option<Change>,
    /// The module or component.
    pub module: Change,
    /// Whether the functions of both have names. Otherwise groups and functions cannot be compared, and there are none.
    pub named: bool,
    /// The sections that changed, by how much.
    pub sections: Vec<Change>,
    /// The groups of functions that changed, by how much.
    pub groups: Vec<Change>,
    /// The functions that changed, by how much. Several of one name count as one, as do all without a name.
    pub functions: Vec<Change>,
}

/// What became of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is called.
    pub name: String,
    /// What it was; nothing if it is new.
    pub old_bytes: Option<u64>,
    /// What it is; nothing if it is gone.
    pub new_bytes: Option<u64>,
}

impl Difference {
    /// Compares two images or modules.
    #[must_use]
    pub fn between(old: &Breakdown, new: &Breakdown) -> Self {
        let stored = match (&old.image, &new.image) {
            (Some(old), Some(new)) => Some(Change::of("layers", old.stored_bytes, new.stored_bytes)),
            _ => None,
        };
        let named = old.named && new.named;
        let (mut groups, mut functions) = (Vec::new(), Vec::new());
        if named {
            groups = changes(old, new, |breakdown| {
                breakdown.groups.iter().map(|group| (group.name.clone(), group.bytes)).collect()
            });
            functions = changes(old, new, |breakdown| {
                let functions = breakdown.functions.iter();
                functions.map(|function| (key(function.part.name.as_deref()), function.part.bytes)).collect()
            });
        }
        Self {
            old: old.name.clone(),
            new: new.name.clone(),
            stored,
            module: Change::of(new.kind(), old.bytes, new.bytes),
            named,
            sections: changes(old, new, |breakdown| {
                breakdown.sections.iter().map(|section| (breakdown.title(section), section.bytes)).collect()
            }),
            groups,
            functions,
        }
    }

    /// One JSON object, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a difference is plain data")
    }

    /// For people at a terminal, with the `top` largest changes of what there may be many of.
    #[must_use]
    pub fn to_text(&self, top: usize) -> String {
        let mut text = format!("old        {}\nnew        {}\n", printable(&self.old), printable(&self.new));
        for total in self.totals() {
            text += &text::change(&total.name, total, &total.percent());
        }
        for (label, changes) in self.lists(top) {
            changes.iter().for_each(|change| text += &text::change(label, change, &change.name));
        }
        text
    }

    /// For a comment on a pull request.
    #[must_use]
    pub fn to_markdown(&self, top: usize) -> String {
        let (old, new) = self.total().bytes();
        let (name, noun) =
            (markdown::code(&self.new), if self.stored.is_some() { "as stored" } else { "bytes" });
        let title = format!(
            "### {name}: {} → {} {noun} ({}, {})\n",
            grouped(old),
            grouped(new),
            signed(old, new),
            self.total().percent()
        );
        let lists = self.lists(top);
        let tables = std::iter::once(("", self.totals().cloned().collect()))
            .chain(lists)
            .filter(|(_, changes): &(_, Vec<Change>)| !changes.is_empty())
            .map(|(label, changes)| {
                markdown::changes(label, changes.iter().map(|change| (change, markdown::code(&change.name))))
            });
        std::iter::once(title).chain(tables).collect::<Vec<_>>().join("\n")
    }

    fn totals(&self) -> impl Iterator<Item = &Change> {
        self.stored.iter().chain([&self.module])
    }

    /// The largest changes of each kind, with names that fit into a line, and the sum of the others.
    fn lists(&self, top: usize) -> [(&'static str, Vec<Change>); 3] {
        let largest = |changes: &[Change]| {
            let (shown, rest) = changes.split_at(top.min(changes.len()));
            let shortened =
                |change: &Change| Change { name: way::shortened(&change.name, way::NAME), ..change.clone() };
            let mut largest: Vec<_> = shown.iter().map(shortened).collect();
            if !rest.is_empty() {
                let sum = |side: fn(&Change) -> Option<u64>| rest.iter().filter_map(side).sum();
                let (old, new) = (sum(|change| change.old_bytes), sum(|change| change.new_bytes));
                largest.push(Change::of(&format!("({} more)", rest.len()), old, new));
            }
            largest
        };
        [
            ("section", largest(&self.sections)),
            ("group", largest(&self.groups)),
            ("function", largest(&self.functions)),
        ]
    }

    /// What grew by the most bytes: functions, or sections where functions have no names.
    #[must_use]
    pub fn grown(&self, top: usize) -> Vec<(String, String)> {
        let changes = if self.named { &self.functions } else { &self.sections };
        let grown =
            changes.iter().map(|change| (change.bytes(), &change.name)).filter(|((old, new), _)| new > old);
        grown
            .take(top)
            .map(|((old, new), name)| (signed(old, new), way::shortened(name, way::NAME)))
            .collect()
    }

    /// What is compared first: the layers as stored, or, where one of the two has none, the modules.
    #[must_use]
    pub fn total(&self) -> &Change {
        self.stored.as_ref().unwrap_or(&self.module)
    }
}

impl Change {
    fn of(name: &str, old: u64, new: u64) -> Self {
        Self { name: name.to_owned(), old_bytes: Some(old), new_bytes: Some(new) }
    }

    /// The lengths, 0 where there is nothing.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.old_bytes.unwrap_or_default(), self.new_bytes.unwrap_or_default())
    }

    /// `+1.5 %`.
    fn percent(&self) -> String {
        let (old, new) = self.bytes();
        format!("{}{}", if new < old { '-' } else { '+' }, percent(new.abs_diff(old), old))
    }
}

/// The name of a function by which it is found again. Link-time optimization puts a hash behind the names of what was
/// private to a source file.
fn key(name: Option<&str>) -> String {
    let Some(name) = name else { return "(no name)".to_owned() };
    match name.rsplit_once(".llvm.") {
        Some((name, hash)) if hash.chars().all(|c| c.is_ascii_digit()) => name.to_owned(),
        _ => name.to_owned(),
    }
}

/// What changed, that by the most bytes first. Several things of one name count as one.
fn changes<N: FnOnce(&Breakdown) -> Vec<(String, u64)> + Copy>(
    old: &Breakdown,
    new: &Breakdown,
    named: N,
) -> Vec<Change> {
    let mut both: BTreeMap<String, [Option<u64>; 2]> = BTreeMap::new();
    for (side, breakdown) in [old, new].into_iter().enumerate() {
        for (name, bytes) in named(breakdown) {
            *both.entry(name).or_default()[side].get_or_insert(0) += bytes;
        }
    }
    let change =
        |(name, [old_bytes, new_bytes]): (_, [Option<u64>; 2])| Change { name, old_bytes, new_bytes };
    let mut changes: Vec<_> =
        both.into_iter().map(change).filter(|change| change.old_bytes != change.new_bytes).collect();
    changes.sort_by_key(|change| {
        let (old, new) = change.bytes();
        Reverse(old.abs_diff(new))
    });
    changes
}
