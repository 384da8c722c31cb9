//! Why something is in a module: by whom it is kept, from what the host may call on.

use std::collections::BTreeMap;

use crate::graph::{Item, Root, Way, Ways};
use crate::{Anatomy, Error, Graph, Kind, check, exports, imports};

/// Why each function and segment of a module is there.
#[derive(Debug)]
pub struct Reasons {
    ways: Ways,
    functions: BTreeMap<u32, String>,
    segments: BTreeMap<u32, String>,
}

impl Reasons {
    /// Reads them from a module, and the names from what was found in it. All its exports are roots.
    ///
    /// # Errors
    /// Where the bytes are no valid module.
    pub fn of(wasm: &[u8], anatomy: &Anatomy) -> Result<Self, Error> {
        check::validate(wasm)?;
        let roots = exports(wasm)?.into_iter().map(|export| export.name).collect();
        let imported = imports(wasm)?.into_iter().filter(|import| import.kind == Kind::Function);
        let imported = (0..).zip(imported.map(|import| format!("{}.{}", import.module, import.name)));
        let own = anatomy.functions().iter().map(|function| (function.index, function.to_string()));
        let segments = anatomy.segments().iter().map(|segment| (segment.index, segment.to_string()));
        Ok(Self {
            ways: Graph::of(wasm, &roots)?.ways(),
            functions: imported.chain(own).collect(),
            segments: segments.collect(),
        })
    }

    /// The names on the shortest way from a root to whoever holds on to `item` itself; none for what is exported under
    /// its own name. Nothing at all if no root leads there.
    ///
    /// A function that is called by a pointer is held by the table. `…` stands for what [`Way`] leaves out.
    pub fn kept_by(&self, item: Item) -> Option<Vec<String>> {
        let Way { root, start, end } = self.ways.to(item)?;
        let root = match root {
            Root::Export(name) => name.clone(),
            Root::Start => "(start)".to_owned(),
        };
        let gap = (!end.is_empty()).then(|| "…".to_owned());
        let named = |items: Vec<Item>| items.into_iter().map(|item| self.name(item));
        let mut names: Vec<String> = Vec::new();
        for name in std::iter::once(root).chain(named(start)).chain(gap).chain(named(end)) {
            // Most exports have the name of their function, and an element segment is the table's filling.
            if names.last() != Some(&name) {
                names.push(name);
            }
        }
        names.pop();
        Some(names)
    }

    fn name(&self, item: Item) -> String {
        match item {
            Item::Function(index) => {
                self.functions.get(&index).cloned().unwrap_or_else(|| format!("function {index}"))
            }
            Item::Data(index) => {
                self.segments.get(&index).cloned().unwrap_or_else(|| format!("segment {index}"))
            }
            Item::Table(_) | Item::Element(_) => "(table)".to_owned(),
            Item::Memory(_) => "memory".to_owned(),
            Item::Global(index) => format!("global {index}"),
            Item::Tag(index) => format!("tag {index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_way_from_a_root() {
        let wasm = wat::parse_str(
            r#"(module (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) $virtual)
                 (data (i32.const 0) "text") (type $t (func))
                 (func $_start (export "_start") call $main) (func $main (call_indirect (type $t) (i32.const 0)))
                 (func $virtual) (func $greet_impl (export "greet")) (func $dead))"#,
        )
        .unwrap();
        let reasons = Reasons::of(&wasm, &Anatomy::of(&wasm).unwrap()).unwrap();
        let kept_by = |item| reasons.kept_by(item).map(|names| names.join(" "));
        assert_eq!(kept_by(Item::Function(0)).unwrap(), "");
        assert_eq!(kept_by(Item::Function(1)).unwrap(), "_start");
        assert_eq!(kept_by(Item::Function(2)).unwrap(), "_start main (table)");
        assert_eq!(kept_by(Item::Function(3)).unwrap(), "greet");
        assert_eq!(kept_by(Item::Function(4)), None);
        assert_eq!(kept_by(Item::Data(0)).unwrap(), "memory");
    }

    #[test]
    fn of_a_long_way_the_middle_is_left_out() {
        let chain: String = (0..99).map(|n| format!("(func $f{n} (call $f{}))", n + 1)).collect();
        let wasm =
            wat::parse_str(format!(r#"(module {chain} (func $f99) (export "_start" (func $f0)))"#)).unwrap();
        let reasons = Reasons::of(&wasm, &Anatomy::of(&wasm).unwrap()).unwrap();
        let kept_by = |function| reasons.kept_by(Item::Function(function)).unwrap();
        assert!((1..32).all(|function| !kept_by(function).contains(&"…".to_owned())));
        for function in [32, 33, 99] {
            let names = kept_by(function);
            assert_eq!(names.len(), 1 + 16 + 1 + 15);
            assert_eq!([&names[1], &names[16], &names[17]], ["f0", "f15", "…"]);
            assert_eq!(names[32], format!("f{}", function - 1));
        }
    }
}
