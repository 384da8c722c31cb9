//! What `size --diff` tells: what grew and what shrank from one image or module to another.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::breakdown::{Breakdown, markdown, text, way};
use crate::printable::printable;
use crate::size::{grouped, percent, signed};

/// Everything `size --diff` knows. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// What was there before.
    pub old: Side,
    /// What is there now.
    pub new: Side,
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

/// One of the two that are compared.
#[derive(Debug, Serialize)]
pub struct Side {
    /// The image's name or digest, or the file's name.
    pub name: String,
    /// The digest of its manifest, if it is an image.
    pub digest: Option<String>,
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
    /// By how much that is more.
    pub change_bytes: i64,
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
            old: Side::of(old),
            new: Side::of(new),
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

    /// For people at a terminal, with the `top` largest changes of what there may be many of.
    #[must_use]
    pub fn to_text(&self, top: usize) -> String {
        let mut text = format!("old        {}\nnew        {}\n", self.old, self.new);
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
            (markdown::code(&self.new.name), if self.stored.is_some() { "as stored" } else { "bytes" });
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
        let grown = changes.iter().filter(|change| change.change_bytes > 0).take(top);
        let told = |change: &Change| {
            let (old, new) = change.bytes();
            (signed(old, new), way::shortened(&change.name, way::NAME))
        };
        grown.map(told).collect()
    }

    /// What is compared first: the layers as stored, or, where one of the two has none, the modules.
    #[must_use]
    pub fn total(&self) -> &Change {
        self.stored.as_ref().unwrap_or(&self.module)
    }
}

impl Side {
    fn of(breakdown: &Breakdown) -> Self {
        let digest = breakdown.image.as_ref().and_then(|image| image.digest.clone());
        Self { name: breakdown.name.clone(), digest }
    }
}

/// `hello:latest, sha256:…`: two images of one name are what is compared most.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.name))?;
        self.digest
            .iter()
            .filter(|digest| **digest != self.name)
            .try_for_each(|digest| write!(f, ", {digest}"))
    }
}

impl Change {
    fn new(name: String, old_bytes: Option<u64>, new_bytes: Option<u64>) -> Self {
        let (old, new) = (old_bytes.unwrap_or_default(), new_bytes.unwrap_or_default());
        let change_bytes = new.cast_signed() - old.cast_signed();
        Self { name, old_bytes, new_bytes, change_bytes }
    }

    fn of(name: &str, old: u64, new: u64) -> Self {
        Self::new(name.to_owned(), Some(old), Some(new))
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
fn changes(old: &Breakdown, new: &Breakdown, named: fn(&Breakdown) -> Vec<(String, u64)>) -> Vec<Change> {
    let mut both: BTreeMap<String, [Option<u64>; 2]> = BTreeMap::new();
    for (side, breakdown) in [old, new].into_iter().enumerate() {
        for (name, bytes) in named(breakdown) {
            *both.entry(name).or_default()[side].get_or_insert(0) += bytes;
        }
    }
    let all = both.into_iter().map(|(name, [old, new])| Change::new(name, old, new));
    let mut changes: Vec<_> = all.filter(|change| change.old_bytes != change.new_bytes).collect();
    changes.sort_by_key(|change| Reverse(change.change_bytes.unsigned_abs()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmpack_optimizer::{Anatomy, Function};

    use crate::breakdown::Kept;

    fn breakdown(functions: &[(&str, u64)]) -> Breakdown {
        let symbols: String = functions.iter().map(|(symbol, _)| format!("(func ${symbol})")).collect();
        let wasm = wat::parse_str(format!("(module {symbols})")).unwrap();
        let anatomy = Anatomy::of(&wasm).unwrap();
        let sized = anatomy.functions().iter().zip(functions).map(|(function, (_, bytes))| Kept {
            module: None,
            part: Function { bytes: *bytes, ..function.clone() },
            kept_by: None,
        });
        Breakdown {
            name: "app.wasm".into(),
            image: None,
            bytes: functions.iter().map(|(_, bytes)| bytes).sum(),
            component: false,
            named: true,
            modules: Vec::new(),
            sections: Vec::new(),
            groups: anatomy.groups(),
            functions: sized.collect(),
            segments: Vec::new(),
            tree: anatomy.tree("app.wasm"),
        }
    }

    fn changed(old: &[(&str, u64)], new: &[(&str, u64)]) -> Vec<(String, Option<u64>, Option<u64>)> {
        let changes = Difference::between(&breakdown(old), &breakdown(new)).functions;
        changes.into_iter().map(|change| (change.name, change.old_bytes, change.new_bytes)).collect()
    }

    #[test]
    fn the_largest_change_comes_first_and_what_is_the_same_not_at_all() {
        assert_eq!(
            changed(&[("same", 9), ("gone", 30), ("grown", 10)], &[("new", 5), ("same", 9), ("grown", 20)]),
            [
                ("gone".to_owned(), Some(30), None),
                ("grown".to_owned(), Some(10), Some(20)),
                ("new".to_owned(), None, Some(5)),
            ]
        );
    }

    #[test]
    fn a_hash_at_the_end_of_a_name_makes_no_difference() {
        let old = [("_ZN4core3fmt5write17h0123456789abcdefE", 7), ("tick.llvm.1234", 5)];
        let new = [("_ZN4core3fmt5write17hfedcba9876543210E", 7), ("tick.llvm.5678", 5)];
        assert_eq!(changed(&old, &new), []);
    }

    #[test]
    fn functions_of_one_name_count_together() {
        let old = [("_ZN3app3get17h0123456789abcdefE", 7), ("_ZN3app3get17h1123456789abcdefE", 5)];
        let new = [("_ZN3app3get17h2123456789abcdefE", 20)];
        assert_eq!(changed(&old, &new), [("app::get".to_owned(), Some(12), Some(20))]);
    }
}
