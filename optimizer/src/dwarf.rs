//! Lines as DWARF says them, the only file that knows it.
//!
//! Code of a library that was taken into a function of the program's own (`Option::unwrap`, `std::vector`) is told as
//! the line that calls it, since that is the one to look at; what is left of other inlined calls is their innermost line.
//!
//! <https://dwarfstd.org/dwarf5std.html>, section 6.2, and <https://yurydelendik.github.io/webassembly-dwarf/>: an address is an offset
//! in the contents of the code section.

use std::collections::BTreeMap;
use std::ops::Range;

use gimli::write::{self, Address, AttributeValue, DwarfUnit, EndianVec, LineProgram, LineString};
use gimli::{
    DW_AT_call_file, DW_AT_call_line, DW_AT_comp_dir, DW_AT_high_pc, DW_AT_low_pc, DW_AT_name,
    DW_TAG_inlined_subroutine, DebuggingInformationEntry, Dwarf, Encoding, EndianSlice, Format, LineEncoding,
    LineProgramHeader, LittleEndian, SectionId, Unit,
};
use wasm_encoder::{CustomSection, Encode as _, Section as _};

use crate::lines::{Lines, Row, Source};
use crate::source_path::{is_library, joined, told};
use crate::{Error, section};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The lines in a module's debug information. A unit that cannot be read has none.
pub(crate) fn read(wasm: &[u8], code_bytes: usize) -> Result<Lines, Error> {
    let sections = section::walk(wasm)?;
    let customs: BTreeMap<_, _> = sections
        .iter()
        .filter_map(section::Section::as_custom)
        .map(|custom| (custom.name(), custom.data()))
        .collect();
    if !customs.contains_key(SectionId::DebugLine.name()) {
        return Ok(Lines::default());
    }
    let load = |id: SectionId| -> Result<Slice<'_>, gimli::Error> {
        Ok(EndianSlice::new(customs.get(id.name()).copied().unwrap_or_default(), LittleEndian))
    };
    let Ok(dwarf) = Dwarf::load(load) else { return Ok(Lines::default()) };
    let mut read = Read { code_bytes, ..Read::default() };
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        if let Ok(unit) = dwarf.unit(header) {
            read.unit(&dwarf, &unit);
        }
    }
    Ok(read.lines())
}

/// What has been read so far.
#[derive(Default)]
struct Read {
    code_bytes: usize,
    files: Paths,
    /// Rows that follow each other: those of a function, with an end.
    sequences: Vec<Vec<Row>>,
    /// Code that stands where the program's own code calls a function, and where that is; the innermost last.
    calls: Vec<(Range<usize>, Source)>,
}

impl Read {
    fn unit<'a>(&mut self, dwarf: &Dwarf<Slice<'a>>, unit: &Unit<Slice<'a>>) {
        let Some(program) = unit.line_program.clone() else { return };
        let mut files = Files { dwarf, unit, known: BTreeMap::new() };
        self.calls(&mut files, program.header());
        let mut sequence = Vec::new();
        let mut rows = program.rows();
        while let Ok(Some((header, row))) = rows.next_row() {
            let Ok(offset) = usize::try_from(row.address()) else { continue };
            if row.end_sequence() {
                sequence.push(Row { offset, source: None });
                self.keep(std::mem::take(&mut sequence));
                continue;
            }
            let file = files.number(row.file_index(), header, &mut self.files);
            // What the compiler has made up has line 0, which gimli takes for none.
            let line = row.line().and_then(|line| u32::try_from(line.get()).ok());
            let source = file.zip(line).map(|(file, line)| Source { file, line });
            sequence.push(Row { offset, source });
        }
    }

    fn calls<'a>(&mut self, files: &mut Files<'_, 'a>, header: &LineProgramHeader<Slice<'a>>) {
        let (dwarf, unit) = (files.dwarf, files.unit);
        let mut entries = unit.entries();
        while let Ok(Some(entry)) = entries.next_dfs() {
            let is_call = entry.tag() == DW_TAG_inlined_subroutine;
            let Some((file, line)) = is_call.then(|| call_site(entry)).flatten() else { continue };
            let Some(file) = files.number(file, header, &mut self.files) else { continue };
            let Ok(mut ranges) = dwarf.die_ranges(unit, entry) else { continue };
            while let Ok(Some(range)) = ranges.next() {
                let range = usize::try_from(range.begin).ok().zip(usize::try_from(range.end).ok());
                let call = range.map(|(start, end)| (start..end, Source { file, line }));
                self.calls.extend(call.filter(|(range, _)| range.start > 0 && range.end <= self.code_bytes));
            }
        }
    }

    /// Code that the linker has removed is still told of, at addresses where no code is: 0 or the greatest ones.
    fn keep(&mut self, sequence: Vec<Row>) {
        if sequence.iter().all(|row| (1..=self.code_bytes).contains(&row.offset)) {
            self.sequences.push(sequence);
        }
    }

    fn lines(mut self) -> Lines {
        self.sequences.sort_by_key(|sequence| sequence[0].offset);
        let mut end = 0;
        self.sequences.retain(|sequence| {
            let follows = sequence[0].offset >= end;
            end = if follows { sequence[sequence.len() - 1].offset } else { end };
            follows
        });
        let files = self.files.in_order();
        let is_library: Vec<bool> = files.iter().map(|path| is_library(path)).collect();
        let mut rows = self.sequences.concat();
        let mut callers = vec![None; rows.len()];
        let mut left = MOST_CALLED;
        for (range, source) in self.calls.iter().filter(|(_, source)| !is_library[source.file]) {
            let start = rows.partition_point(|row| row.offset < range.start);
            let end = rows.partition_point(|row| row.offset < range.end).max(start);
            let Some(rest) = left.checked_sub(end - start) else { break };
            left = rest;
            // What is inlined into it comes later.
            callers[start..end].fill(Some(*source));
        }
        for (row, caller) in rows.iter_mut().zip(callers) {
            if row.source.is_some_and(|source| is_library[source.file]) {
                row.source = caller.or(row.source);
            }
        }
        Lines::new(files.iter().map(|path| told(path)).collect(), rows)
    }
}

/// So many rows are told by their callers, counted once for each call that they are in. A large program has some millions; where
/// somebody has written as many calls of all the code as fit into a file, the rest stays as it is.
const MOST_CALLED: usize = 1 << 28;

/// No system has longer paths.
const LONGEST_PATH_BYTES: usize = 4096;

/// All paths together. Those of a large program have some hundred kilobytes; in a file each may be made of a few bytes.
const ALL_PATHS_BYTES: usize = 64 << 20;

/// The numbers of files by their paths.
#[derive(Default)]
struct Paths {
    numbers: BTreeMap<String, usize>,
    bytes: usize,
}

impl Paths {
    /// Nothing for what is too much.
    fn number(&mut self, path: String) -> Option<usize> {
        let next = self.numbers.len();
        if let Some(number) = self.numbers.get(&path) {
            return Some(*number);
        }
        self.bytes += path.len();
        if self.bytes > ALL_PATHS_BYTES {
            return None;
        }
        self.numbers.insert(path, next);
        Some(next)
    }

    fn in_order(self) -> Vec<String> {
        let mut files: Vec<_> = self.numbers.into_iter().collect();
        files.sort_by_key(|(_, number)| *number);
        files.into_iter().map(|(path, _)| path).collect()
    }
}

/// Where an inlined function is called: the number of the file in its unit, and the line.
fn call_site(entry: &DebuggingInformationEntry<Slice<'_>>) -> Option<(u64, u32)> {
    let file = match entry.attr_value(DW_AT_call_file)? {
        gimli::AttributeValue::FileIndex(index) => index,
        other => other.udata_value()?,
    };
    let line = entry.attr_value(DW_AT_call_line)?.udata_value()?;
    Some((file, u32::try_from(line).ok().filter(|line| *line > 0)?))
}

/// The files of a unit, which has numbers of its own for them.
struct Files<'d, 'a> {
    dwarf: &'d Dwarf<Slice<'a>>,
    unit: &'d Unit<Slice<'a>>,
    known: BTreeMap<u64, Option<usize>>,
}

impl<'a> Files<'_, 'a> {
    fn number(
        &mut self,
        index: u64,
        header: &LineProgramHeader<Slice<'a>>,
        all: &mut Paths,
    ) -> Option<usize> {
        let path = || path(self.dwarf, self.unit, header, index);
        *self.known.entry(index).or_insert_with(|| all.number(path()?))
    }
}

/// The path of a file: relative to where the compiler was run, if it is.
fn path<'a>(
    dwarf: &Dwarf<Slice<'a>>,
    unit: &Unit<Slice<'a>>,
    header: &LineProgramHeader<Slice<'a>>,
    index: u64,
) -> Option<String> {
    let file = header.file(index)?;
    let text = |value| Some(dwarf.attr_string(unit, value).ok()?.to_string_lossy().into_owned());
    let is_long = |text: &str| text.len() > LONGEST_PATH_BYTES;
    let name = text(file.path_name()).filter(|name| !name.is_empty() && !name.contains('\0'))?;
    let folder = file.directory(header).and_then(text).unwrap_or_default();
    let above = unit.comp_dir.map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default();
    if [&name, &folder, &above].iter().any(|part| is_long(part)) {
        return None;
    }
    Some(joined(&joined(&above, &folder), &name)).filter(|path| !path.is_empty())
}

/// Custom sections with these lines, for a code section with contents of this length; none where there are no lines.
pub(crate) fn sections(lines: &Lines, code_bytes: usize) -> Vec<u8> {
    if lines.is_empty() {
        return Vec::new();
    }
    // The last version that every reader knows.
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
    let mut unit = DwarfUnit::new(encoding);
    unit.unit.line_program = program(lines, code_bytes, encoding);
    let (name, here) = (unit.strings.add("wasm"), unit.strings.add("."));
    let root = unit.unit.get_mut(unit.unit.root());
    root.set(DW_AT_name, AttributeValue::StringRef(name));
    root.set(DW_AT_comp_dir, AttributeValue::StringRef(here));
    root.set(DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
    root.set(DW_AT_high_pc, AttributeValue::Udata(code_bytes as u64));
    let mut sections = write::Sections::new(EndianVec::new(LittleEndian));
    unit.write(&mut sections).expect("one unit is written, all of whose parts were made here");
    let mut bytes = Vec::new();
    let written = sections.for_each(|id, data| {
        if !data.slice().is_empty() {
            let section = CustomSection { name: id.name().into(), data: data.slice().into() };
            bytes.push(section.id());
            section.encode(&mut bytes);
        }
        Ok::<_, gimli::Error>(())
    });
    written.expect("what is appended to memory cannot fail");
    bytes
}

fn program(lines: &Lines, code_bytes: usize, encoding: Encoding) -> LineProgram {
    let text = |text: &str| LineString::String(text.into());
    let mut program =
        LineProgram::new(encoding, LineEncoding::default(), text("."), None, text("wasm"), None);
    let folder = program.default_directory();
    let files: Vec<_> = lines.files().iter().map(|file| program.add_file(text(file), folder, None)).collect();
    let mut start = 0;
    // Another Binaryen may tell of places where no code is.
    for row in lines.rows().iter().take_while(|row| row.offset <= code_bytes) {
        match row.source {
            Some(source) => {
                if !program.in_sequence() {
                    start = row.offset;
                    program.begin_sequence(Some(Address::Constant(start as u64)));
                }
                let next = program.row();
                next.address_offset = (row.offset - start) as u64;
                (next.file, next.line) = (files[source.file], u64::from(source.line));
                program.generate_row();
            }
            None if program.in_sequence() => program.end_sequence((row.offset - start) as u64),
            None => {}
        }
    }
    if program.in_sequence() {
        program.end_sequence(code_bytes.saturating_sub(start) as u64);
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inlined_from_a_library_is_told_as_the_call() {
        let row = |offset, file| Row { offset, source: Some(Source { file, line: 1 }) };
        let paths = ["src/main.rs", "/rustc/1/core.rs", "/rustc/1/alloc.rs"];
        let call = |range: Range<usize>, file, line| (range, Source { file, line });
        let read = Read {
            code_bytes: 99,
            files: Paths { numbers: paths.iter().map(ToString::to_string).zip(0..).collect(), bytes: 0 },
            sequences: vec![vec![row(10, 0), row(20, 1), row(30, 2), row(40, 0), row(50, 1), row(60, 1)]],
            // Of the library into the program, of that into itself, and of the program into the library again.
            calls: vec![call(20..60, 0, 7), call(30..40, 1, 8), call(50..55, 0, 9)],
        };
        let lines = read.lines();
        let at = |offset| lines.at(offset).unwrap();
        assert_eq!(
            [10, 20, 30, 40, 50, 60].map(at),
            [(paths[0], 1), (paths[0], 7), (paths[0], 7), (paths[0], 1), (paths[0], 9), (paths[1], 1)]
        );
    }

    #[test]
    fn paths_have_numbers_as_long_as_there_is_room() {
        let mut paths = Paths { bytes: ALL_PATHS_BYTES - 5, ..Paths::default() };
        let mut number = |path: &str| paths.number(path.to_owned());
        assert_eq!(
            [number("a.c"), number("bc"), number("d"), number("a.c")],
            [Some(0), Some(1), None, Some(0)]
        );
        assert_eq!(paths.in_order(), ["a.c", "bc"]);
    }

    #[test]
    fn places_behind_the_code_have_no_lines() {
        let wasm = wat::parse_str("(module (func nop nop nop))").unwrap();
        let row = |offset| Row { offset, source: Some(Source { file: 0, line: offset as u32 }) };
        let lines =
            |rows: &[usize]| Lines::new(vec!["a.c".to_owned()], rows.iter().map(|at| row(*at)).collect());
        assert_eq!(lines(&[3, 70_000]).put_into(&wasm).unwrap(), lines(&[3]).put_into(&wasm).unwrap());
    }

    #[test]
    fn damaged_debug_information_says_nothing() {
        let wasm = wat::parse_str("(module (func nop nop nop))").unwrap();
        let source = Some(Source { file: 0, line: 7 });
        let lines = Lines::new(vec!["a.c".to_owned()], vec![Row { offset: 3, source }]);
        let whole = lines.put_into(&wasm).unwrap();
        for place in wasm.len()..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 0xff;
            // Whatever it says, nothing panics, and a section's header may break.
            drop(Lines::of(&damaged));
        }
    }
}
