//! Who calls an import: the way to it from what the host may call on, with lines where they are known.

use std::collections::BTreeMap;

use serde::Serialize;
use wasmparser::{CodeSectionReader, Operator};

use crate::graph::{Root, Way};
use crate::section::{self, CODE};
use crate::{Error, Graph, Import, Item, Kind, Line, Symbols, Ways};
use crate::{check, demangled, exports, function_names, imports, interface, is_component, parts, roots};

/// How an import is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Whether anything that the host may call leads there.
    pub is_reached: bool,
    /// Who refers to it, then who refers to that, and so on to what the host calls: the shortest of all ways. Nobody, if
    /// it is not reached.
    pub frames: Vec<Frame>,
}

/// One on the way to an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// A function, as one reads its name; `(table)` for a call by a pointer, `(start)` and `(export NAME)` for what no
    /// function refers to.
    pub name: String,
    /// The line of the call, such as `at src/main.rs:40`, if it is known.
    #[serde(serialize_with = "as_text", skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
}

/// All that is known of who calls what.
pub(crate) struct Callers<'a> {
    modules: Vec<Module<'a>>,
    symbols: Option<&'a Symbols>,
}

/// A module, which may be inside a component.
struct Module<'a> {
    /// Where it begins, in bytes from the start of the file.
    start: usize,
    wasm: &'a [u8],
    /// The imports by the names of requests.
    imports: Vec<(String, Item)>,
    ways: Ways,
    names: BTreeMap<u32, String>,
}

impl<'a> Callers<'a> {
    /// Reads them from a module or component. Of a module, what its host may call counts, and what is to be kept; of those
    /// inside a component, all they export. One that cannot be read has no callers.
    pub(crate) fn of(wasm: &'a [u8], symbols: Option<&'a Symbols>, keep: &[String]) -> Self {
        let modules = if is_component(wasm) {
            let inner = parts::modules(wasm).unwrap_or_default();
            inner.into_iter().filter_map(|(start, wasm)| Module::of(start, wasm, None).ok()).collect()
        } else {
            Module::of(0, wasm, Some(keep)).into_iter().collect()
        };
        Self { modules, symbols }
    }

    /// How the import of this name is used; nothing where that is not known.
    pub(crate) fn usage(&self, name: &str) -> Option<Usage> {
        let mut known = false;
        for module in &self.modules {
            for (_, item) in module.imports.iter().filter(|(import, _)| is_same(import, name)) {
                known = true;
                if let Some(way) = module.ways.to(*item) {
                    return Some(Usage { is_reached: true, frames: module.frames(way, self.symbols) });
                }
            }
        }
        known.then(|| Usage { is_reached: false, frames: Vec::new() })
    }
}

impl<'a> Module<'a> {
    fn of(start: usize, wasm: &'a [u8], keep: Option<&[String]>) -> Result<Self, Error> {
        // Of an invalid module, the rest would be guesses.
        check::validate(wasm)?;
        let exported = exports(wasm)?;
        let roots = match keep {
            // A name to keep may be of another program in the image.
            Some(keep) => roots::resolve(&exported, keep).or_else(|_| roots::resolve(&exported, &[]))?,
            None => exported.iter().map(|export| export.name.clone()).collect(),
        };
        let ways = Graph::of(wasm, &roots)?.ways();
        let mut names = interface::exported_functions(wasm)?;
        let own = function_names(wasm)?.into_iter();
        names.extend(own.map(|(function, name)| (function, demangled(&name).into_owned())));
        Ok(Self { start, wasm, imports: items(&imports(wasm)?), ways, names })
    }

    fn frames(&self, way: Way<'_>, symbols: Option<&Symbols>) -> Vec<Frame> {
        let Way { root, start, end } = way;
        let is_cut = !end.is_empty();
        let mut frames = vec![match root {
            Root::Export(name) => frame(format!("(export {name})")),
            Root::Start => frame("(start)".to_owned()),
        }];
        for (number, items) in [start, end].into_iter().enumerate() {
            if number == 1 && is_cut {
                frames.push(frame("…".to_owned()));
            }
            for (place, item) in items.iter().enumerate() {
                frames.push(self.frame(*item, items.get(place + 1).copied(), symbols));
            }
        }
        // The import itself.
        frames.pop();
        frames.dedup_by(|next, before| next.name == before.name && next.line == before.line);
        // Most exports have the name of their function.
        if let [Frame { name: export, .. }, Frame { name, .. }, ..] = &frames[..]
            && *export == format!("(export {name})")
        {
            frames.remove(0);
        }
        frames.reverse();
        frames
    }

    /// An item, with the place where it refers to the next one.
    fn frame(&self, item: Item, next: Option<Item>, symbols: Option<&Symbols>) -> Frame {
        let Item::Function(function) = item else { return frame(name(item)) };
        let place = next.and_then(|next| self.reference(function, next));
        let place = place.and_then(|offset| symbols?.at(self.start + offset));
        let (told, line) = place.map(|place| (place.name, place.line)).unwrap_or_default();
        let name = told.or_else(|| self.names.get(&function).cloned());
        Frame { name: name.unwrap_or_else(|| format!("function {function}")), line }
    }

    /// Where the body of a function first refers to an item, in bytes from the start of the module.
    fn reference(&self, function: u32, to: Item) -> Option<usize> {
        let imported = self.imports.iter().filter(|(_, item)| matches!(item, Item::Function(_))).count();
        let body = function as usize - imported.min(function as usize);
        let sections = section::walk(self.wasm).ok()?;
        let code = sections.iter().find(|section| section.id == CODE)?;
        let body = CodeSectionReader::new(code.reader()).ok()?.into_iter().nth(body)?.ok()?;
        let mut operators = body.get_operators_reader().ok()?;
        while let Ok((operator, offset)) = operators.read_with_offset() {
            let is_it = match operator {
                Operator::Call { function_index: index }
                | Operator::ReturnCall { function_index: index }
                | Operator::RefFunc { function_index: index } => Item::Function(index) == to,
                Operator::CallIndirect { table_index: index, .. }
                | Operator::ReturnCallIndirect { table_index: index, .. } => Item::Table(index) == to,
                _ => false,
            };
            if is_it {
                return Some(offset);
            }
        }
        None
    }
}

/// Whether two names are of one interface: of several versions in its modules, a component asks for the newest.
fn is_same(import: &str, name: &str) -> bool {
    let bare =
        |name: &str| name.split_once('@').map(|(bare, _)| bare.to_owned()).filter(|bare| bare.contains(':'));
    import == name || (bare(name).is_some() && bare(import) == bare(name))
}

/// The items that the imports are, in their order.
fn items(imports: &[Import]) -> Vec<(String, Item)> {
    let mut counts = BTreeMap::<Kind, u32>::new();
    let item = |import: &Import| {
        let count = counts.entry(import.kind).or_default();
        let index = std::mem::replace(count, *count + 1);
        let item = match import.kind {
            Kind::Function => Item::Function(index),
            Kind::Table => Item::Table(index),
            Kind::Memory => Item::Memory(index),
            Kind::Global => Item::Global(index),
            Kind::Tag => Item::Tag(index),
        };
        (import.policy_name(), item)
    };
    imports.iter().map(item).collect()
}

fn frame(name: String) -> Frame {
    Frame { name, line: None }
}

/// What is no function, and leads to one.
fn name(item: Item) -> String {
    match item {
        Item::Function(index) => format!("function {index}"),
        // An element segment is the table's filling.
        Item::Table(_) | Item::Element(_) => "(table)".to_owned(),
        Item::Memory(_) => "memory".to_owned(),
        Item::Global(index) => format!("global {index}"),
        Item::Tag(index) => format!("tag {index}"),
        Item::Data(index) => format!("segment {index}"),
    }
}

fn as_text<S: serde::Serializer>(line: &Option<Line>, serializer: S) -> Result<S::Ok, S::Error> {
    line.as_ref().map(ToString::to_string).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_one_interface_are_the_same_and_nothing_else_is() {
        for (import, name, expected) in [
            ("wasi:io/streams@0.2.0", "wasi:io/streams@0.2.6", true),
            ("wasi:io/streams@0.2.0", "wasi:io/poll@0.2.0", false),
            ("wasi_snapshot_preview1", "wasi_snapshot_preview1", true),
            ("env", "wasi_snapshot_preview1", false),
            ("a@1", "a@2", false),
        ] {
            assert_eq!(is_same(import, name), expected, "{import}, {name}");
        }
    }
}
