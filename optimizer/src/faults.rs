//! What Binaryen is known to get wrong, and by what a module is recognized that has it.
//!
//! A module that one of its faults could change is not given to it; newer ones, which a machine may have, have fewer of them. One fault
//! is gone around instead, because every compiler's modules have what it takes: see [`crate::embedded`].

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{
    BinaryReader, BlockType, CodeSectionReader, ElementItems, ElementKind, ElementSectionReader, FuncType,
    Operator, TypeSectionReader, WasmFeatures,
};

use crate::section::{self, CODE, ELEMENT, TYPE};
use crate::{Engine, Error, Features, Kind, interface};

/// What a module has of what is dangerous.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Of each, by the first version of Binaryen that does it right, what it is called.
    faults: BTreeMap<u32, &'static str>,
    /// Whether functions are called by nobody but the module itself, unless they are exported.
    is_closed: bool,
}

impl Seen {
    /// Looks through a module that has these features.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub(crate) fn in_module(wasm: &[u8], features: Features) -> Result<Self, Error> {
        let invalid = |error: wasmparser::Error| Error::invalid(&error);
        let mut found = Found::default();
        for section in section::walk(wasm)? {
            let read = match section.id {
                TYPE => found.types(section.reader()),
                ELEMENT => found.elements(section.reader()),
                CODE => found.code(section.reader()),
                _ => Ok(()),
            };
            read.map_err(invalid)?;
        }
        let (imports, exports) = (interface::imports(wasm)?, interface::exports(wasm)?);
        let mut kinds =
            imports.iter().map(|import| import.kind).chain(exports.iter().map(|export| export.kind));
        let is_closed = !found.has_references && !kinds.any(|kind| matches!(kind, Kind::Table | Kind::Tag));
        let mut seen = Self { faults: BTreeMap::new(), is_closed };
        for (is_there, first, what) in [
            // 116 ends the process where it meets these.
            (found.has_new_exceptions, 117, "`try_table`"),
            // It takes no notice of the parameters.
            (found.has_block_parameters, 117, "parameters of blocks"),
            // What is called goes into the place of the call, and a `try` around that catches what was thrown after it had been left.
            (found.has_try && found.has_tail_call, 118, "tail calls beside `try`"),
            // An address and its offset wrap around.
            (features.needs(WasmFeatures::MEMORY64, wasm), 121, "64-bit memories"),
            // Constants are computed with operands in another order, and as on one kind of processor.
            (features.needs(WasmFeatures::RELAXED_SIMD, wasm), 124, "relaxed SIMD"),
            // Places are known as they were at first.
            (!found.grown.is_disjoint(&found.called), 130, "calls through a table that grows"),
            (found.has_null_elements, 131, "nulls among the elements of a table"),
        ] {
            if is_there {
                seen.faults.insert(first, what);
            }
        }
        Ok(seen)
    }

    /// Refuses the module for a Binaryen that does not do right all that it has.
    ///
    /// # Errors
    /// What it is that would be wrong.
    pub(crate) fn refuse(&self, engine: &Engine) -> Result<(), Error> {
        match self.faults.iter().find(|(first, _)| !engine.is_from(**first)) {
            Some((_, feature)) => Err(Error::NotForBinaryen { feature }),
            None => Ok(()),
        }
    }

    /// Whether the module has functions to itself, but for those that it exports: gufa up to version 131 takes for unreachable what the
    /// host calls through a table, and for known what it puts there, or throws.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

/// What has been found so far.
#[derive(Debug, Default)]
struct Found {
    /// By the index of the type, whether it has parameters.
    types: Vec<bool>,
    has_references: bool,
    has_new_exceptions: bool,
    has_block_parameters: bool,
    has_try: bool,
    has_tail_call: bool,
    has_null_elements: bool,
    grown: BTreeSet<u32>,
    called: BTreeSet<u32>,
}

impl Found {
    fn types(&mut self, reader: BinaryReader<'_>) -> wasmparser::Result<()> {
        let has_parameters = |ty: &FuncType| !ty.params().is_empty();
        for group in TypeSectionReader::new(reader)? {
            let types = group?.into_types();
            self.types.extend(types.map(|ty| match ty.composite_type.inner {
                wasmparser::CompositeInnerType::Func(ty) => has_parameters(&ty),
                _ => false,
            }));
        }
        Ok(())
    }

    fn elements(&mut self, reader: BinaryReader<'_>) -> wasmparser::Result<()> {
        for segment in ElementSectionReader::new(reader)? {
            let segment = segment?;
            let ElementItems::Expressions(_, expressions) = segment.items else { continue };
            for expression in expressions {
                for operator in expression?.get_operators_reader() {
                    match operator? {
                        Operator::RefNull { .. } if matches!(segment.kind, ElementKind::Active { .. }) => {
                            self.has_null_elements = true;
                        }
                        Operator::GlobalGet { .. } => self.has_references = true,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn code(&mut self, reader: BinaryReader<'_>) -> wasmparser::Result<()> {
        for body in CodeSectionReader::new(reader)? {
            for operator in body?.get_operators_reader()? {
                self.operator(&operator?);
            }
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
                self.block(*blockty);
            }
            Operator::Try { blockty } => {
                self.has_try = true;
                self.block(*blockty);
            }
            Operator::TryTable { .. } | Operator::ThrowRef => self.has_new_exceptions = true,
            Operator::ReturnCall { .. } => self.has_tail_call = true,
            Operator::CallIndirect { table_index, .. } => drop(self.called.insert(*table_index)),
            Operator::ReturnCallIndirect { table_index, .. } => {
                self.has_tail_call = true;
                self.called.insert(*table_index);
            }
            Operator::TableGrow { table } => {
                self.has_references = true;
                self.grown.insert(*table);
            }
            // References may go anywhere, and come from there. Compilers call through tables, and have no use for them otherwise.
            Operator::RefFunc { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableFill { .. } => self.has_references = true,
            _ => {}
        }
    }

    fn block(&mut self, ty: BlockType) {
        if let BlockType::FuncType(index) = ty {
            self.has_block_parameters |= self.types.get(index as usize).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::features;

    fn seen(fields: &str) -> Seen {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        Seen::in_module(&wasm, features(&wasm).unwrap()).unwrap()
    }

    /// From which version on it is done right.
    fn first(fields: &str) -> Option<u32> {
        seen(fields).faults.keys().next_back().copied()
    }

    #[test]
    fn each_fault_is_recognized_by_what_it_takes() {
        let (catches, leaves) = ("(tag $e) (func try throw $e catch $e end)", "(func $f return_call $f)");
        let calls =
            "(table $t 1 9 funcref) (type $v (func)) (func (call_indirect $t (type $v) (i32.const 0)))";
        let grows = "(drop (table.grow $t (ref.null func) (i32.const 1)))";
        for (expected, fields) in [
            (None, "(func (param i32) (result i32) (local.get 0))"),
            (None, catches),
            (None, leaves),
            (Some(118), &format!("{catches} {leaves}")),
            (Some(118), &format!("{catches} (table 1 funcref) (func (return_call_indirect (i32.const 0)))")),
            (Some(117), "(tag $e) (func (block $c (try_table (catch_all $c) (throw $e))))"),
            (None, "(func (result i32 i32) (block (result i32 i32) i32.const 1 i32.const 2))"),
            (Some(117), "(func i32.const 1 (block (param i32) drop))"),
            (Some(117), "(func i32.const 1 (loop (param i32) drop))"),
            (Some(117), "(func i32.const 1 i32.const 1 (if (param i32) (then drop) (else drop)))"),
            (Some(121), "(memory i64 1)"),
            (
                Some(124),
                "(func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))",
            ),
            (None, calls),
            (Some(130), &format!("{calls} (func {grows})")),
            (None, &format!("(table $t 1 9 funcref) (func {grows})")),
            (None, "(table 1 funcref) (elem (i32.const 0) funcref (ref.func 0)) (func)"),
            (Some(131), "(table 1 funcref) (elem (i32.const 0) funcref (ref.null func))"),
            (None, "(table 1 funcref) (elem funcref (ref.null func))"),
        ] {
            assert_eq!(first(fields), expected, "{fields}");
        }
    }

    #[test]
    fn who_does_it_right_is_given_it() {
        let seen = seen("(memory i64 1)");
        let program = |number: u32| Engine::Program {
            path: "/bin/wasm-opt".into(),
            version: format!("wasm-opt version {number}"),
            digest: String::new(),
        };
        let embedded = Engine::Embedded { executable: "/bin/a".into(), arguments: Vec::new() };
        for (engine, expected) in [(program(120), false), (program(121), true), (embedded, false)] {
            assert_eq!(seen.refuse(&engine).is_ok(), expected, "{engine:?}");
        }
    }

    #[test]
    fn what_the_host_has_to_do_with_functions_is_open() {
        for (fields, expected) in [
            ("(table 1 funcref) (elem (i32.const 0) $f)", true),
            (r#"(table (export "t") 1 funcref)"#, false),
            (r#"(import "host" "t" (table 1 funcref))"#, false),
            (r#"(import "host" "e" (tag))"#, false),
            ("(elem declare func $f) (func (drop (ref.func $f)))", false),
            ("(table $t 1 funcref) (func (param funcref) (table.set $t (i32.const 0) (local.get 0)))", false),
            (
                r#"(import "host" "g" (global $g funcref)) (table 1 funcref) (elem (i32.const 0) funcref (global.get $g))"#,
                false,
            ),
        ] {
            assert_eq!(seen(&format!("{fields} (func $f)")).is_closed(), expected, "{fields}");
        }
    }
}
