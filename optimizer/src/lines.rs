//! Which source lines the code comes from.
//!
//! They go along through the passes in the module itself, as names do, and end up in the debug module: as DWARF that
//! says lines and nothing else, so that every debugger reads it. Places are counted from the beginning of the code
//! section's contents, as DWARF does, so that a pass that leaves the code alone need not know of them.

use crate::align::Place;
use crate::section::{self, CODE, CUSTOM};
use crate::source_path::is_of_standard_library;
use crate::{Error, dwarf};

/// From places in the code to places in the sources; none where that is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    files: Vec<String>,
    /// In order. Each holds until the next.
    rows: Vec<Row>,
}

/// What holds from a place in the code on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// In bytes from the beginning of the code section's contents.
    pub(crate) offset: usize,
    /// None where nobody knows.
    pub(crate) source: Option<Source>,
}

/// A line in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// The number of the file.
    pub(crate) file: usize,
    /// From 1.
    pub(crate) line: u32,
}

/// How the custom sections with debug information begin.
pub(crate) const SECTIONS: &str = ".debug_";

impl Lines {
    /// What the module's debug information says of lines: nothing where there is none, or it cannot be read.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub(crate) fn of(wasm: &[u8]) -> Result<Self, Error> {
        let code = code(wasm)?.map_or(0, |(_, contents)| contents.len());
        Self::of_code(wasm, code)
    }

    /// The same, where the code is elsewhere, and so long.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub(crate) fn of_code(wasm: &[u8], code_bytes: usize) -> Result<Self, Error> {
        dwarf::read(wasm, code_bytes)
    }

    /// Puts rows in order, and leaves out those that say nothing new.
    pub(crate) fn new(files: Vec<String>, mut rows: Vec<Row>) -> Self {
        rows.retain(|row| row.source.is_none_or(|source| source.file < files.len()));
        // Stable: of several for one place the last holds.
        rows.sort_by_key(|row| row.offset);
        let mut kept: Vec<Row> = Vec::new();
        for row in rows {
            while kept.last().is_some_and(|last| last.offset == row.offset) {
                kept.pop();
            }
            if kept.last().and_then(|last| last.source) != row.source {
                kept.push(row);
            }
        }
        Self { files, rows: kept }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// File and line of a place, in bytes from the beginning of the code section's contents.
    pub(crate) fn at(&self, offset: usize) -> Option<(&str, u32)> {
        self.source(offset).map(|source| self.told(source))
    }

    fn source(&self, offset: usize) -> Option<Source> {
        let after = self.rows.partition_point(|row| row.offset <= offset);
        self.rows[..after].last()?.source
    }

    /// The last line that is known between two places, the second included.
    pub(crate) fn last_in(&self, start: usize, offset: usize) -> Option<(&str, u32)> {
        self.known_back_from(offset, start).next()
    }

    /// The same, of what is no standard library's.
    pub(crate) fn last_own_in(&self, start: usize, offset: usize) -> Option<(&str, u32)> {
        self.known_back_from(offset, start).find(|(file, _)| !is_of_standard_library(file))
    }

    /// The lines that are known from one place back to another before it, both included; the last first.
    fn known_back_from(&self, offset: usize, start: usize) -> impl Iterator<Item = (&str, u32)> {
        let after = self.rows.partition_point(|row| row.offset <= offset);
        let before = self.rows[..after].iter().rev().take_while(move |row| row.offset >= start);
        before.filter_map(|row| row.source).map(|source| self.told(source))
    }

    fn told(&self, Source { file, line }: Source) -> (&str, u32) {
        (&self.files[file], line)
    }

    /// The lines of code that was made of this one, whose instructions are now at the first place of each pair, in ascending
    /// order, and were at the second. There are as many as instructions, so they are not kept.
    pub(crate) fn moved(&self, places: impl IntoIterator<Item = Place>) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        for (offset, before) in places {
            let source = before.and_then(|before| self.source(before));
            if rows.last().and_then(|last| last.source) != source {
                rows.push(Row { offset, source });
            }
        }
        Self::new(self.files.clone(), rows)
    }

    /// The module with these lines in place of its debug information.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub(crate) fn put_into(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        let mut module = without(wasm)?;
        if let Some((_, contents)) = code(wasm)? {
            module.extend(dwarf::sections(self, contents.len()));
        }
        Ok(module)
    }
}

/// The module without debug information: DWARF, not the names of functions.
///
/// # Errors
/// Where the bytes are no module.
pub fn without(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let sections = section::walk(wasm)?.into_iter().filter(|section| {
        section.id != CUSTOM || section.as_custom().is_none_or(|custom| !custom.name().starts_with(SECTIONS))
    });
    Ok(section::join(wasm, sections.map(|section| section.whole.into())))
}

/// The contents of the code section, and where they begin in the module.
///
/// # Errors
/// Where the bytes are no module.
pub(crate) fn code(wasm: &[u8]) -> Result<Option<(usize, &[u8])>, Error> {
    let code = section::walk(wasm)?.into_iter().find(|section| section.id == CODE);
    Ok(code.map(|section| (section.offset, section.contents)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_standard_library_is_not_the_programs_own() {
        let files = ["src/main.rs", "/rustc/0123abc/library/core/src/panicking.rs"].map(ToOwned::to_owned);
        let row = |offset, file, line| Row { offset, source: Some(Source { file, line }) };
        let lines = Lines::new(files.to_vec(), vec![row(1, 0, 7), row(5, 1, 271)]);
        assert_eq!(lines.at(6), Some(("/rustc/0123abc/library/core/src/panicking.rs", 271)));
        assert_eq!(lines.last_own_in(0, 6), Some(("src/main.rs", 7)));
        assert_eq!(lines.last_own_in(3, 6), None);
    }

    fn row(offset: usize, line: Option<u32>) -> Row {
        Row { offset, source: line.map(|line| Source { file: 0, line }) }
    }

    fn lines(rows: &[(usize, Option<u32>)]) -> Lines {
        Lines::new(vec!["a.c".to_owned()], rows.iter().map(|(offset, line)| row(*offset, *line)).collect())
    }

    #[test]
    fn a_line_holds_until_the_next() {
        let lines = lines(&[(9, None), (3, Some(1)), (5, Some(1)), (7, Some(5)), (7, Some(2))]);
        assert_eq!(lines.rows(), [row(3, Some(1)), row(7, Some(2)), row(9, None)]);
        let at = |offset| lines.at(offset).map(|(_, line)| line);
        assert_eq!([2, 3, 6, 7, 8, 9, 99].map(at), [None, Some(1), Some(1), Some(2), Some(2), None, None]);
    }

    #[test]
    fn instructions_take_their_lines_along() {
        let before = lines(&[(3, Some(1)), (7, Some(2)), (9, None)]);
        let after = before.moved([(4, Some(8)), (5, Some(3)), (6, None), (7, Some(4))]);
        assert_eq!(after, lines(&[(4, Some(2)), (5, Some(1)), (6, None), (7, Some(1))]));
    }

    #[test]
    fn lines_are_found_again_in_the_module_and_change_nothing_else() {
        let wasm = wat::parse_str(r#"(module (func nop nop) (func nop))"#).unwrap();
        let lines = lines(&[(3, Some(70_000)), (4, None), (7, Some(12)), (8, Some(11)), (10, None)]);
        let with = lines.put_into(&wasm).unwrap();
        assert_eq!(Lines::of(&with).unwrap(), lines);
        // The last holds to the end of the code.
        assert_eq!(code(&wasm).unwrap().unwrap().1.len(), 10);
        assert_eq!(without(&with).unwrap(), wasm);
        assert_eq!(Lines::default().put_into(&with).unwrap(), wasm);
    }
}
