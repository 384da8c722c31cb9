//! Whether a module can start: its active segments lie inside of its memories and tables.
//!
//! Where one does not, the module traps before its first instruction
//! (<https://webassembly.github.io/spec/core/exec/modules.html#instantiation>). Binaryen removes segments that hold nothing, and
//! memories that nobody reads, and walrus tables; such a module would start after that, and so do something else.

use wasmparser::{
    ConstExpr, DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader,
    MemorySectionReader, Operator, TableSectionReader,
};

use crate::section::{self, DATA, ELEMENT, MEMORY, TABLE};
use crate::{Error, Kind, interface};

/// Refuses a module that cannot start. What only its host knows (imported memories and tables, offsets that are
/// globals) is taken to be right.
pub(crate) fn check(wasm: &[u8]) -> Result<(), Error> {
    let invalid = |error: wasmparser::Error| Error::invalid(&error);
    let imports = interface::imports(wasm)?;
    let imported = |kind| imports.iter().filter(|import| import.kind == kind).map(|_| u64::MAX).collect();
    let (mut memories, mut tables): (Vec<u64>, Vec<u64>) = (imported(Kind::Memory), imported(Kind::Table));
    for section in section::walk(wasm)? {
        match section.id {
            MEMORY => {
                for memory in MemorySectionReader::new(section.reader()).map_err(invalid)? {
                    let memory = memory.map_err(invalid)?;
                    memories.push(memory.initial.saturating_mul(1 << memory.page_size_log2.unwrap_or(16)));
                }
            }
            TABLE => {
                for table in TableSectionReader::new(section.reader()).map_err(invalid)? {
                    tables.push(table.map_err(invalid)?.ty.initial);
                }
            }
            ELEMENT => {
                let segments = ElementSectionReader::new(section.reader()).map_err(invalid)?;
                for (number, segment) in segments.into_iter().enumerate() {
                    let segment = segment.map_err(invalid)?;
                    let ElementKind::Active { table_index, offset_expr } = segment.kind else { continue };
                    let elements = match segment.items {
                        ElementItems::Functions(functions) => functions.count(),
                        ElementItems::Expressions(_, expressions) => expressions.count(),
                    };
                    let what = || format!("element segment {number} lies outside of its table");
                    fits(&offset_expr, elements.into(), &tables, table_index.unwrap_or(0), what)?;
                }
            }
            DATA => {
                let segments = DataSectionReader::new(section.reader()).map_err(invalid)?;
                for (number, segment) in segments.into_iter().enumerate() {
                    let segment = segment.map_err(invalid)?;
                    let DataKind::Active { memory_index, offset_expr } = segment.kind else { continue };
                    let what = || format!("data segment {number} lies outside of its memory");
                    fits(&offset_expr, segment.data.len() as u64, &memories, memory_index, what)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn fits(
    offset: &ConstExpr<'_>,
    length: u64,
    sizes: &[u64],
    index: u32,
    what: impl Fn() -> String,
) -> Result<(), Error> {
    let size = sizes.get(index as usize).copied().unwrap_or(u64::MAX);
    let mut operators = offset.get_operators_reader();
    let begin = match operators.read() {
        Ok(Operator::I32Const { value }) => u64::from(value.cast_unsigned()),
        Ok(Operator::I64Const { value }) => value.cast_unsigned(),
        _ => return Ok(()),
    };
    let is_alone = matches!(operators.read(), Ok(Operator::End));
    let is_inside = begin.checked_add(length).is_some_and(|end| end <= size);
    if is_inside || !is_alone { Ok(()) } else { Err(Error::NeverStarts { why: what() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why_not(fields: &str) -> Option<String> {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        match check(&wasm) {
            Err(Error::NeverStarts { why }) => Some(why),
            other => other.map(|()| None).unwrap(),
        }
    }

    #[test]
    fn a_segment_outside_is_found_even_if_it_is_empty() {
        let data = Some("data segment 1 lies outside of its memory".to_owned());
        let memory = r#"(memory 1) (data (i32.const 65535) "a")"#;
        assert_eq!(why_not(memory), None);
        assert_eq!(why_not(&format!(r#"{memory} (data (i32.const 65536) "")"#)), None);
        assert_eq!(why_not(&format!(r#"{memory} (data (i32.const 65536) "a")"#)), data);
        assert_eq!(why_not(&format!(r#"{memory} (data (i32.const -1) "")"#)), data);
        let table = "(table 2 funcref) (func $f) (elem (i32.const 1) func $f";
        assert_eq!(why_not(&format!("{table})")), None);
        assert_eq!(
            why_not(&format!("{table} $f)")).as_deref(),
            Some("element segment 0 lies outside of its table")
        );
    }

    #[test]
    fn what_the_host_decides_is_taken_to_be_right() {
        assert_eq!(why_not(r#"(import "host" "m" (memory 1)) (data (i32.const 65536) "a")"#), None);
        assert_eq!(why_not(r#"(import "host" "g" (global i32)) (memory 0) (data (global.get 0) "a")"#), None);
    }
}
