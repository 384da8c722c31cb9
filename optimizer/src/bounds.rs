//! Whether a module can start: its active segments lie inside of its memories and tables.
//!
//! Where one does not, the module traps before its first instruction
//! (<https://webassembly.github.io/spec/core/exec/modules.html#instantiation>). Binaryen removes segments that hold nothing, and
//! memories that nobody reads, and walrus tables; such a module would start after that, and so do something else.

use wasmparser::{
    BinaryReader, ConstExpr, DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader,
    MemorySectionReader, Operator, TableSectionReader,
};

use crate::section::{self, DATA, ELEMENT, MEMORY, TABLE};
use crate::{Error, Kind, interface};

/// Refuses a module that cannot start. What only its host knows (imported memories and tables, offsets that are
/// globals) is taken to be right.
pub(crate) fn check(wasm: &[u8]) -> Result<(), Error> {
    let imports = interface::imports(wasm)?;
    let imported = |kind| imports.iter().filter(|import| import.kind == kind).map(|_| u64::MAX).collect();
    let (mut memories, mut tables): (Vec<u64>, Vec<u64>) = (imported(Kind::Memory), imported(Kind::Table));
    for section in section::walk(wasm)? {
        let checked = match section.id {
            MEMORY => add_memories(section.reader(), &mut memories).map(|()| None),
            TABLE => add_tables(section.reader(), &mut tables).map(|()| None),
            ELEMENT => elements_fit(section.reader(), &tables),
            DATA => data_fits(section.reader(), &memories),
            _ => Ok(None),
        };
        if let Some(why) = checked.map_err(|error| Error::invalid(&error))? {
            return Err(Error::NeverStarts { why });
        }
    }
    Ok(())
}

/// Why the module never starts, if it does not.
type Checked = Result<Option<String>, wasmparser::Error>;

fn add_memories(reader: BinaryReader<'_>, sizes: &mut Vec<u64>) -> Result<(), wasmparser::Error> {
    for memory in MemorySectionReader::new(reader)? {
        let memory = memory?;
        sizes.push(memory.initial.saturating_mul(1 << memory.page_size_log2.unwrap_or(16)));
    }
    Ok(())
}

fn add_tables(reader: BinaryReader<'_>, sizes: &mut Vec<u64>) -> Result<(), wasmparser::Error> {
    for table in TableSectionReader::new(reader)? {
        sizes.push(table?.ty.initial);
    }
    Ok(())
}

fn elements_fit(reader: BinaryReader<'_>, tables: &[u64]) -> Checked {
    for (number, segment) in ElementSectionReader::new(reader)?.into_iter().enumerate() {
        let segment = segment?;
        let ElementKind::Active { table_index, offset_expr } = segment.kind else { continue };
        let length = match segment.items {
            ElementItems::Functions(functions) => functions.count(),
            ElementItems::Expressions(_, expressions) => expressions.count(),
        };
        if !fits(&offset_expr, length.into(), tables, table_index.unwrap_or(0)) {
            return Ok(Some(format!("element segment {number} lies outside of its table")));
        }
    }
    Ok(None)
}

fn data_fits(reader: BinaryReader<'_>, memories: &[u64]) -> Checked {
    for (number, segment) in DataSectionReader::new(reader)?.into_iter().enumerate() {
        let segment = segment?;
        let DataKind::Active { memory_index, offset_expr } = segment.kind else { continue };
        if !fits(&offset_expr, segment.data.len() as u64, memories, memory_index) {
            return Ok(Some(format!("data segment {number} lies outside of its memory")));
        }
    }
    Ok(None)
}

/// Whether a segment lies inside of the memory or table of this index, as far as that can be known here.
fn fits(offset: &ConstExpr<'_>, length: u64, sizes: &[u64], index: u32) -> bool {
    let size = sizes.get(index as usize).copied().unwrap_or(u64::MAX);
    let mut operators = offset.get_operators_reader();
    let begin = match operators.read() {
        Ok(Operator::I32Const { value }) => u64::from(value.cast_unsigned()),
        Ok(Operator::I64Const { value }) => value.cast_unsigned(),
        _ => return true,
    };
    let is_alone = matches!(operators.read(), Ok(Operator::End));
    !is_alone || begin.checked_add(length).is_some_and(|end| end <= size)
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
