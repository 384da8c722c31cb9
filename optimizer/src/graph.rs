//! What keeps what alive: who refers to whom inside a module.
//!
//! From the roots everything that is used can be reached along the references; what cannot be reached can go, and
//! the way to something is the reason why it is there.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;

use wasm_encoder::reencode::{Error as Reencoding, Reencode};
use wasm_encoder::{CodeSection, ElementSection, GlobalSection, TableSection};
use wasmparser::{DataKind, Element, ElementItems, ElementKind, ExternalKind, Parser, Payload, TypeRef};

use crate::Error;

/// Something in a module that others refer to by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A function; imported ones come first.
    Function(u32),
    /// A table.
    Table(u32),
    /// A memory.
    Memory(u32),
    /// A global.
    Global(u32),
    /// A tag of the exception handling proposal.
    Tag(u32),
    /// An element segment.
    Element(u32),
    /// A data segment.
    Data(u32),
}

impl Item {
    /// The kinds of items, in the order in which they are counted through.
    const KINDS: [fn(u32) -> Self; 7] =
        [Self::Function, Self::Table, Self::Memory, Self::Global, Self::Tag, Self::Element, Self::Data];

    fn kind_and_index(self) -> (usize, u32) {
        match self {
            Self::Function(index) => (0, index),
            Self::Table(index) => (1, index),
            Self::Memory(index) => (2, index),
            Self::Global(index) => (3, index),
            Self::Tag(index) => (4, index),
            Self::Element(index) => (5, index),
            Self::Data(index) => (6, index),
        }
    }

    fn external(kind: ExternalKind, index: u32) -> Self {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => Self::Function(index),
            ExternalKind::Table => Self::Table(index),
            ExternalKind::Memory => Self::Memory(index),
            ExternalKind::Global => Self::Global(index),
            ExternalKind::Tag => Self::Tag(index),
        }
    }
}

/// What holds on to an item from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// An export, by its name.
    Export(String),
    /// The module is instantiated, and this function run.
    Start,
}

/// The references of a module.
#[derive(Debug)]
pub struct Graph {
    /// How many items of each kind there are.
    counts: [u32; Item::KINDS.len()],
    roots: Vec<(Root, Item)>,
    /// Who refers to whom, sorted, each pair once.
    references: Vec<(Item, Item)>,
}

impl Graph {
    /// Reads the references of a valid module. Of its exports, those named in `roots` count.
    ///
    /// # Errors
    /// Where the bytes are no module, or cannot be read to their end.
    pub fn of(wasm: &[u8], roots: &BTreeSet<String>) -> Result<Self, Error> {
        let graph = Self { counts: Default::default(), roots: Vec::new(), references: Vec::new() };
        let mut reader = Reader { graph, bodies: 0, found: Vec::new() };
        for payload in Parser::new(0).parse_all(wasm) {
            let read = payload.map_err(Into::into).and_then(|payload| reader.read(payload, roots));
            read.map_err(Error::reading)?;
        }
        let mut graph = reader.graph;
        graph.references.sort_unstable();
        graph.references.dedup();
        Ok(graph)
    }

    /// What no root holds on to.
    pub fn unreached(&self) -> Vec<Item> {
        let reached = self.walk(|_, _| {});
        let all = Item::KINDS.iter().zip(self.counts).flat_map(|(kind, count)| (0..count).map(kind));
        all.filter(|item| !reached[self.number(*item)]).collect()
    }

    /// The shortest ways from the roots to everything that is used.
    pub fn ways(self) -> Ways {
        let mut steps: Vec<Option<Step>> = vec![None; self.len()];
        self.walk(|from, to| {
            let before = from.and_then(|from| steps[self.number(from)]);
            let depth = before.map_or(0, |before| before.depth + 1);
            let beginning = before.filter(|_| depth >= Way::HALF).map_or(to, |before| before.beginning);
            steps[self.number(to)] = Some(Step { from, depth, beginning });
        });
        Ways { graph: self, steps }
    }

    /// Visits everything that can be reached, the nearest first, and says which items those are.
    fn walk(&self, mut visit: impl FnMut(Option<Item>, Item)) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut waiting: VecDeque<_> = self.roots.iter().map(|(_, item)| (None, *item)).collect();
        while let Some((from, item)) = waiting.pop_front() {
            if !std::mem::replace(&mut reached[self.number(item)], true) {
                visit(from, item);
                waiting.extend(self.references_of(item).map(|to| (Some(item), to)));
            }
        }
        reached
    }

    fn references_of(&self, item: Item) -> impl Iterator<Item = Item> {
        let start = self.references.partition_point(|(from, _)| *from < item);
        self.references[start..].iter().take_while(move |(from, _)| *from == item).map(|(_, to)| *to)
    }

    fn len(&self) -> usize {
        self.counts.iter().sum::<u32>() as usize
    }

    /// The place of an item when all kinds are counted through.
    fn number(&self, item: Item) -> usize {
        let (kind, index) = item.kind_and_index();
        (self.counts[..kind].iter().sum::<u32>() + index) as usize
    }
}

/// The shortest ways from the roots to everything that is used.
#[derive(Debug)]
pub struct Ways {
    graph: Graph,
    /// How one comes to each item; none where no root leads there.
    steps: Vec<Option<Step>>,
}

/// How one comes to an item.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// Whence; none from a root.
    from: Option<Item>,
    /// How many items are before it.
    depth: usize,
    /// The last item of the first half of the way, so that it need not be gone back to its start.
    beginning: Item,
}

/// A way to an item. Of a long one the middle is left out: where each function calls the next, all ways together would
/// take the square of what the module does.
#[derive(Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// What holds on to the first item.
    pub root: &'a Root,
    /// The items from there on.
    pub start: Vec<Item>,
    /// Those after what is left out, up to the item itself; none, if `start` leads there.
    pub end: Vec<Item>,
}

impl Way<'_> {
    /// How many items of a long way are told before what is left out, and as many after it.
    const HALF: usize = 16;
}

impl Ways {
    /// The way from a root to `item`, the item included. Nothing if no root holds on to it.
    pub fn to(&self, item: Item) -> Option<Way<'_>> {
        let Step { depth, beginning, .. } = self.step(item)?;
        let is_long = depth >= 2 * Way::HALF;
        let start = self.back_from(if is_long { beginning } else { item }, usize::MAX);
        let end = if is_long { self.back_from(item, Way::HALF) } else { Vec::new() };
        let (root, _) = self.graph.roots.iter().find(|(_, first)| *first == start[0])?;
        Some(Way { root, start, end })
    }

    /// The last items of the way to one, at most so many.
    fn back_from(&self, item: Item, most: usize) -> Vec<Item> {
        let back = std::iter::successors(Some(item), |item| self.step(*item)?.from);
        let mut items: Vec<_> = back.take(most).collect();
        items.reverse();
        items
    }

    fn step(&self, item: Item) -> Option<Step> {
        self.steps[self.graph.number(item)]
    }
}

/// Collects references. It copies what it reads, is asked for the new index of everything on the way, and throws the
/// copy away: so nobody has to list here which instruction has an index of what.
struct Reader {
    graph: Graph,
    /// How many function bodies were read.
    bodies: u32,
    /// To what the thing that is being read refers.
    found: Vec<Item>,
}

type Read = Result<(), Reencoding<Infallible>>;

impl Reader {
    fn read(&mut self, payload: Payload<'_>, roots: &BTreeSet<String>) -> Read {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.count(match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => Item::Function,
                        TypeRef::Table(_) => Item::Table,
                        TypeRef::Memory(_) => Item::Memory,
                        TypeRef::Global(_) => Item::Global,
                        TypeRef::Tag(_) => Item::Tag,
                    });
                }
            }
            Payload::FunctionSection(section) => {
                self.bodies = self.graph.counts[0];
                self.count_more(section.count(), Item::Function);
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.parse_table(&mut TableSection::new(), table?)?;
                    let from = self.count(Item::Table);
                    self.refer(from);
                }
            }
            Payload::MemorySection(section) => self.count_more(section.count(), Item::Memory),
            Payload::TagSection(section) => self.count_more(section.count(), Item::Tag),
            Payload::GlobalSection(section) => {
                for global in section {
                    self.parse_global(&mut GlobalSection::new(), global?)?;
                    let from = self.count(Item::Global);
                    self.refer(from);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if roots.contains(export.name) {
                        let root = Root::Export(export.name.to_owned());
                        self.graph.roots.push((root, Item::external(export.kind, export.index)));
                    }
                }
            }
            Payload::StartSection { func, .. } => self.graph.roots.push((Root::Start, Item::Function(func))),
            Payload::ElementSection(section) => {
                for element in section {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let from = self.count(Item::Data);
                    if let DataKind::Active { memory_index, offset_expr } = data?.kind {
                        self.graph.references.push((Item::Memory(memory_index), from));
                        self.const_expr(offset_expr)?;
                    }
                    self.refer(from);
                }
            }
            Payload::CodeSectionEntry(body) => {
                self.parse_function_body(&mut CodeSection::new(), body)?;
                self.refer(Item::Function(self.bodies));
                self.bodies += 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// A table is filled when it is used; a segment that only declares goes with the functions it declares.
    fn element(&mut self, element: Element<'_>) -> Read {
        let from = self.count(Item::Element);
        if let ElementKind::Active { table_index, .. } = &element.kind {
            self.graph.references.push((Item::Table(table_index.unwrap_or(0)), from));
        }
        match (&element.kind, &element.items) {
            (ElementKind::Declared, ElementItems::Functions(functions)) => {
                for function in functions.clone() {
                    self.graph.references.push((Item::Function(function?), from));
                }
            }
            _ => self.parse_element(&mut ElementSection::new(), element)?,
        }
        self.refer(from);
        Ok(())
    }

    /// Counts another item, and says which one that is.
    fn count(&mut self, kind: fn(u32) -> Item) -> Item {
        let (number, _) = kind(0).kind_and_index();
        let index = self.graph.counts[number];
        self.graph.counts[number] += 1;
        kind(index)
    }

    fn count_more(&mut self, count: u32, kind: fn(u32) -> Item) {
        self.graph.counts[kind(0).kind_and_index().0] += count;
    }

    /// Notes what was found since the last call as references of `from`.
    fn refer(&mut self, from: Item) {
        // Most functions call the same few others again and again.
        self.found.sort_unstable();
        self.found.dedup();
        self.graph.references.extend(self.found.drain(..).map(|to| (from, to)));
    }

    fn find(&mut self, item: Item) -> Result<u32, Reencoding<Infallible>> {
        self.found.push(item);
        Ok(item.kind_and_index().1)
    }
}

impl Reencode for Reader {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Function(index))
    }

    fn table_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Table(index))
    }

    fn memory_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Memory(index))
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Global(index))
    }

    fn tag_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Tag(index))
    }

    fn element_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Element(index))
    }

    fn data_index(&mut self, index: u32) -> Result<u32, Reencoding<Infallible>> {
        self.find(Item::Data(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(wat: &str, roots: &[&str]) -> Graph {
        let roots = roots.iter().map(ToString::to_string).collect();
        Graph::of(&wat::parse_str(wat).unwrap(), &roots).unwrap()
    }

    const MODULE: &str = r#"(module
        (import "host" "used" (func $used)) (import "host" "idle" (func $idle))
        (memory 1) (table 2 funcref) (global $g i32 (i32.const 0)) (global $lonely i32 (i32.const 0))
        (data (i32.const 0) "text")
        (elem (i32.const 0) $virtual)
        (type $t (func))
        (func $main (export "_start") call $step)
        (func $step (call_indirect (type $t) (i32.const 0)))
        (func $virtual (drop (i32.load (i32.const 0))) (drop (global.get $g)) call $used)
        (func $dead (export "spare") call $deader)
        (func $deader call $idle))"#;

    #[test]
    fn what_no_root_reaches_is_found() {
        assert_eq!(
            graph(MODULE, &["_start"]).unreached(),
            [Item::Function(1), Item::Function(5), Item::Function(6), Item::Global(1)]
        );
        assert_eq!(graph(MODULE, &["_start", "spare"]).unreached(), [Item::Global(1)]);
    }

    #[test]
    fn the_way_from_the_root_is_the_reason() {
        let graph = graph(MODULE, &["_start"]);
        let ways = graph.ways();
        let way = ways.to(Item::Function(0)).unwrap();
        assert_eq!(*way.root, Root::Export("_start".into()));
        assert_eq!(
            way.start,
            [
                Item::Function(2),
                Item::Function(3),
                Item::Table(0),
                Item::Element(0),
                Item::Function(4),
                Item::Function(0)
            ]
        );
        assert_eq!(ways.to(Item::Function(6)), None);
        assert_eq!(ways.to(Item::Data(0)).unwrap().start.len(), 7);
    }

    #[test]
    fn a_start_function_is_a_root_and_a_declared_one_is_none() {
        let wat = "(module (func $s) (func $d) (elem declare func $d) (start $s))";
        assert_eq!(graph(wat, &[]).unreached(), [Item::Function(1), Item::Element(0)]);
    }
}
