//! What the bytes of a file are: sections, and in these functions, data segments and the modules of a component.
//!
//! Everything adds up: what is in a part, and the part's own header, are the bytes of the part, up to the whole file.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use wasmparser::{CodeSectionReader, DataSectionReader};

use crate::group::{self, UNNAMED};
use crate::names::{data_names, module_names};
use crate::section::{self, CODE, COMPONENT, CORE_MODULE, CUSTOM, DATA, Section};
use crate::{Error, Kind, debug, demangled, function_names, interface, is_component};

/// What the bytes of a module or component are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anatomy {
    /// Where it begins, in bytes from the start of the file: 0, or further on in a component.
    pub offset: usize,
    /// Its length.
    pub bytes: u64,
    /// Whether it is a component.
    pub component: bool,
    /// Its sections, in file order. They and a header of 8 bytes make the whole.
    pub parts: Vec<Part>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As the specification spells it; a custom section's own name; a module's name, if its component tells it.
    pub name: String,
    /// Whether it is a custom section.
    pub custom: bool,
    /// Length in the file with its header.
    pub bytes: u64,
    /// What is in it.
    pub contents: Contents,
}

/// What is in a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Nothing that is told apart.
    Whole,
    /// Functions, in the order of their indices.
    Code(Vec<Function>),
    /// Segments, in the order of their indices.
    Data(Vec<Segment>),
    /// A module or component in a component.
    Inner(Anatomy),
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Its index; imported functions come first.
    pub index: u32,
    /// Its name as it stands in the source; that of its export, if it has no other.
    pub name: Option<String>,
    /// Its name as compilers write it, if it has one.
    pub symbol: Option<String>,
    /// Where it comes from: a crate, a namespace, a package, or a language in parentheses.
    pub group: String,
    /// Length of its body, with the number before it that tells this length.
    pub bytes: u64,
}

/// A data segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// Its index.
    pub index: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Length in the file with its header.
    pub bytes: u64,
}

/// What functions of one origin weigh together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Their origin, as [`Function::group`] tells it.
    pub name: String,
    /// How many there are.
    pub functions: u32,
    /// Their bytes.
    pub bytes: u64,
}

impl Anatomy {
    /// Takes a module or component apart. The names of functions are those it has itself.
    ///
    /// # Errors
    /// Where the bytes are neither, or a section that is looked into cannot be read.
    pub fn of(wasm: &[u8]) -> Result<Self, Error> {
        whole(wasm, &[])
    }

    /// Takes a module or component apart whose functions have their names in its debug module.
    ///
    /// # Errors
    /// As [`Anatomy::of`].
    pub fn named_by(debug: &[u8], wasm: &[u8]) -> Result<Self, Error> {
        let known = if is_component(debug) { debug::inside(debug)? } else { vec![(0, debug)] };
        whole(wasm, &known)
    }

    /// The modules in a component, also those further in; of a module, itself.
    pub fn modules(&self) -> Vec<&Self> {
        if self.component { self.inner().flat_map(Self::modules).collect() } else { vec![self] }
    }

    /// The functions of this module; a component has them in its modules.
    pub fn functions(&self) -> &[Function] {
        let code = |part: &Part| matches!(part.contents, Contents::Code(_));
        match self.parts.iter().find(|part| code(part)).map(|part| &part.contents) {
            Some(Contents::Code(functions)) => functions,
            _ => &[],
        }
    }

    /// The data segments of this module; a component has them in its modules.
    pub fn segments(&self) -> &[Segment] {
        let data = |part: &Part| matches!(part.contents, Contents::Data(_));
        match self.parts.iter().find(|part| data(part)).map(|part| &part.contents) {
            Some(Contents::Data(segments)) => segments,
            _ => &[],
        }
    }

    /// The groups of the functions of all modules, the largest first.
    pub fn groups(&self) -> Vec<Group> {
        let modules = self.modules();
        grouped(modules.iter().flat_map(|module| module.functions()))
            .into_iter()
            .map(|(name, functions)| Group {
                name: name.to_owned(),
                functions: functions.len() as u32,
                bytes: functions.iter().map(|function| function.bytes).sum(),
            })
            .collect()
    }

    fn inner(&self) -> impl Iterator<Item = &Self> {
        self.parts.iter().filter_map(|part| match &part.contents {
            Contents::Inner(inner) => Some(inner),
            _ => None,
        })
    }
}

/// `main::parse`, or `function 12` for one without a name.
impl std::fmt::Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "function {}", self.index),
        }
    }
}

/// `.rodata`, or `segment 1` for one without a name.
impl std::fmt::Display for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "segment {}", self.index),
        }
    }
}

/// Functions by their group, the largest group first.
pub(crate) fn grouped<'a>(
    functions: impl IntoIterator<Item = &'a Function>,
) -> Vec<(&'a str, Vec<&'a Function>)> {
    let mut groups: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in functions {
        groups.entry(&function.group).or_default().push(function);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    let bytes = |functions: &[&Function]| functions.iter().map(|function| function.bytes).sum::<u64>();
    groups.sort_by_key(|(_, functions)| Reverse(bytes(functions)));
    groups
}

fn whole(wasm: &[u8], known: &[(usize, &[u8])]) -> Result<Anatomy, Error> {
    if is_component(wasm) {
        section::check_depth(wasm)?;
    }
    read(wasm, 0, known)
}

/// `known` says for modules, by where they begin, which have the names of their functions.
fn read(wasm: &[u8], offset: usize, known: &[(usize, &[u8])]) -> Result<Anatomy, Error> {
    let is_component = is_component(wasm);
    let parts = if is_component {
        component(wasm, offset, known)?
    } else {
        let named = known.iter().find(|(start, _)| *start == offset);
        module(wasm, &function_names(named.map_or(wasm, |(_, named)| named))?)?
    };
    Ok(Anatomy { offset, bytes: wasm.len() as u64, component: is_component, parts })
}

fn component(wasm: &[u8], offset: usize, known: &[(usize, &[u8])]) -> Result<Vec<Part>, Error> {
    let sections = section::walk_component(wasm)?;
    let names = module_names(&sections);
    let mut modules = 0..;
    let part = |section: &Section<'_>| {
        let mut name = section.component_name().into_owned();
        let contents = match section.id {
            CORE_MODULE | COMPONENT => {
                if section.id == CORE_MODULE
                    && let Some(own) = modules.next().and_then(|index| names.get(&index))
                {
                    name = format!("{name} {own}");
                }
                Contents::Inner(read(section.contents, offset + section.offset, known)?)
            }
            _ => Contents::Whole,
        };
        Ok(Part { name, custom: section.id == CUSTOM, bytes: section.whole.len() as u64, contents })
    };
    sections.iter().map(part).collect()
}

fn module(wasm: &[u8], names: &BTreeMap<u32, String>) -> Result<Vec<Part>, Error> {
    let part = |section: &Section<'_>| {
        let contents = match section.id {
            CODE => Contents::Code(functions(section, wasm, names)?),
            DATA => Contents::Data(segments(section, wasm)?),
            _ => Contents::Whole,
        };
        let (name, bytes) = (section.name().into_owned(), section.whole.len() as u64);
        Ok(Part { name, custom: section.id == CUSTOM, bytes, contents })
    };
    section::walk(wasm)?.iter().map(part).collect()
}

fn functions(
    section: &Section<'_>,
    wasm: &[u8],
    names: &BTreeMap<u32, String>,
) -> Result<Vec<Function>, Error> {
    let invalid = |error| Error::invalid(&error);
    let imports = interface::imports(wasm)?;
    let first = imports.iter().filter(|import| import.kind == Kind::Function).count() as u32;
    let exported = interface::exported_functions(wasm)?;
    let reader = CodeSectionReader::new(section.reader()).map_err(invalid)?;
    let mut end = reader.original_position();
    let function = |(index, body): (u32, wasmparser::Result<wasmparser::FunctionBody<'_>>)| {
        let start = std::mem::replace(&mut end, body.map_err(invalid)?.range().end);
        let symbol = names.get(&index).cloned();
        let name = symbol.as_deref().map(|symbol| demangled(symbol).into_owned());
        Ok(Function {
            index,
            // What a host calls it says nothing of where it comes from.
            group: name.as_deref().map_or(UNNAMED, group::of).to_owned(),
            name: name.or_else(|| exported.get(&index).cloned()),
            symbol,
            bytes: (end - start) as u64,
        })
    };
    (first..).zip(reader).map(function).collect()
}

fn segments(section: &Section<'_>, wasm: &[u8]) -> Result<Vec<Segment>, Error> {
    let names = data_names(wasm)?;
    let reader = DataSectionReader::new(section.reader()).map_err(|error| Error::invalid(&error))?;
    let segment = |(index, segment): (u32, wasmparser::Result<wasmparser::Data<'_>>)| {
        let bytes = segment.map_err(|error| Error::invalid(&error))?.range.len() as u64;
        Ok(Segment { index, name: names.get(&index).cloned(), bytes })
    };
    (0..).zip(reader).map(segment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;
    use crate::section::HEADER_BYTES;

    const MODULE: &str = r#"(module
        (import "host" "print" (func $print))
        (memory 1) (table 2 funcref) (elem (i32.const 0) $_ZN4core3fmt5write17h0123456789abcdefE)
        (data $.rodata (i32.const 0) "constant") (data (i32.const 100) "x")
        (func $main (export "_start") call $print)
        (func $_ZN4core3fmt5write17h0123456789abcdefE nop nop nop)
        (func (export "spare")) (func)
        (@custom "note" "hello"))"#;

    /// Fails unless each byte of the file is counted, and counted once.
    fn assert_adds_up(anatomy: &Anatomy, wasm: &[u8]) {
        assert_eq!(anatomy.bytes, wasm.len() as u64);
        let parts: u64 = anatomy.parts.iter().map(|part| part.bytes).sum();
        assert_eq!(parts + HEADER_BYTES as u64, anatomy.bytes);
        for part in &anatomy.parts {
            let inside = match &part.contents {
                Contents::Whole => continue,
                Contents::Code(functions) => functions.iter().map(|function| function.bytes).sum(),
                Contents::Data(segments) => segments.iter().map(|segment| segment.bytes).sum(),
                Contents::Inner(inner) => {
                    let start = inner.offset - anatomy.offset;
                    assert_adds_up(inner, &wasm[start..start + inner.bytes as usize]);
                    inner.bytes
                }
            };
            // The id, the size, which linkers pad to five bytes, and the count.
            assert!(
                (2..=1 + 5 + 5).contains(&(part.bytes - inside)),
                "{}: {inside} of {}",
                part.name,
                part.bytes
            );
        }
        assert_is_sum(&anatomy.tree("file"));
    }

    fn assert_is_sum(node: &Node) {
        let children: u64 = node.children.iter().map(|child| child.bytes).sum();
        assert!(node.children.is_empty() || children == node.bytes, "{}: {children}", node.name);
        node.children.iter().for_each(assert_is_sum);
    }

    #[test]
    fn every_byte_of_a_module_is_counted_once() {
        let wasm = wat::parse_str(MODULE).unwrap();
        let anatomy = Anatomy::of(&wasm).unwrap();
        assert_adds_up(&anatomy, &wasm);
        let names: Vec<_> = anatomy.functions().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["main", "core::fmt::write", "spare", "function 4"]);
        // Length, no locals, three times `nop`, `end`.
        assert_eq!(anatomy.functions()[1].bytes, 1 + 1 + 3 + 1);
        let segments: Vec<_> = anatomy.segments().iter().map(ToString::to_string).collect();
        assert_eq!(segments, [".rodata", "segment 1"]);
        let custom = anatomy.parts.iter().filter(|part| part.custom).map(|part| part.name.as_str());
        assert_eq!(custom.collect::<Vec<_>>(), ["note", "name"]);
    }

    #[test]
    fn every_byte_of_a_component_is_counted_once() {
        let inner = MODULE.replacen("(module", "(core module $main", 1);
        let wat = format!(r#"(component {inner} (component {inner} (core module)) (@custom "note" "x"))"#);
        let wasm = wat::parse_str(wat).unwrap();
        let anatomy = Anatomy::of(&wasm).unwrap();
        assert_adds_up(&anatomy, &wasm);
        assert_eq!(anatomy.parts[0].name, "core module main");
        let functions: Vec<_> = anatomy.modules().iter().map(|module| module.functions().len()).collect();
        assert_eq!(functions, [4, 4, 0]);
        let empty = wat::parse_str("(component)").unwrap();
        assert!(Anatomy::of(&empty).unwrap().modules().is_empty());
    }

    #[test]
    fn groups_and_the_tree_have_the_largest_first() {
        let anatomy = Anatomy::of(&wat::parse_str(MODULE).unwrap()).unwrap();
        let group = |name: &str, functions, bytes| Group { name: name.into(), functions, bytes };
        assert_eq!(anatomy.groups(), [group("(no name)", 2, 6), group("core", 1, 6), group("(c)", 1, 5)]);
        let tree = anatomy.tree("app.wasm");
        assert_eq!((tree.name.as_str(), tree.children[0].name.as_str()), ("app.wasm", "name"));
        let code = tree.children.iter().find(|child| child.name == "code").unwrap();
        let names: Vec<_> = code.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!(names, ["(no name)", "core", "(c)", "(header)"]);
        assert_eq!(code.children[1].children[0].name, "core::fmt::write");
    }

    #[test]
    fn the_names_may_be_in_another_module() {
        let debug = wat::parse_str("(module (func $a) (func $b nop))").unwrap();
        let wasm = wat::parse_str("(module (func) (func nop))").unwrap();
        let anatomy = Anatomy::named_by(&debug, &wasm).unwrap();
        assert_adds_up(&anatomy, &wasm);
        assert_eq!(anatomy.functions()[1].name.as_deref(), Some("b"));
        assert!(Anatomy::of(b"text").is_err());
    }
}
