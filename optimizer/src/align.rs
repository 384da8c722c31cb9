//! Where instructions were before some of them were left out.

use std::ops::Range;

use wasmparser::{BinaryReader, FunctionBody};

use crate::{Error, census, lines};

/// Where each instruction of `after` was in `before`, as places in the code: a module with the same functions, which
/// have the same instructions and more. None for an instruction that is not found there.
///
/// Of several that look alike the first is taken. What traps is never left out, so it is found at its own place or,
/// among its like, next to it.
pub(crate) fn align<'a>(
    before: &'a [u8],
    after: &'a [u8],
) -> Result<impl Iterator<Item = Place> + 'a, Error> {
    let (old, new) = (Functions::of(before)?, Functions::of(after)?);
    Ok((0..new.bodies.len()).flat_map(move |number| {
        let mut old = old.instructions(number).into_iter();
        let place = move |new: Instruction<'a>| {
            let found = old.find(|other| is_same(other.bytes, new.bytes));
            (new.offset, found.map(|other| other.offset))
        };
        new.instructions(number).into_iter().map(place)
    }))
}

/// Where an instruction is, and where it was.
pub(crate) type Place = (usize, Option<usize>);

/// The same for functions that are all there, in an order of which `order` says where each was, and whose instructions
/// have at most become longer or shorter.
pub(crate) fn reordered<'a>(
    before: &'a [u8],
    after: &'a [u8],
    order: &'a [usize],
) -> Result<impl Iterator<Item = Place> + 'a, Error> {
    let (old, new) = (Functions::of(before)?, Functions::of(after)?);
    Ok(order.iter().enumerate().flat_map(move |(number, place)| {
        let pairs = new.instructions(number).into_iter().zip(old.instructions(*place));
        pairs.map(|(new, old)| (new.offset, Some(old.offset)))
    }))
}

/// The functions of a module. Their instructions are read one function after the other: those of all of them take many times the
/// memory that the module does.
struct Functions<'a> {
    wasm: &'a [u8],
    /// Where the contents of the code section begin.
    code: usize,
    bodies: Vec<Range<usize>>,
}

struct Instruction<'a> {
    /// In bytes from the beginning of the code section's contents.
    offset: usize,
    bytes: &'a [u8],
}

impl<'a> Functions<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self, Error> {
        let code = lines::code(wasm)?.map_or(0, |(offset, _)| offset);
        let bodies = census::bodies(wasm)?.into_iter().map(|(range, _)| range).collect();
        Ok(Self { wasm, code, bodies })
    }

    /// Those of one function; none, if there is no such function, or it cannot be read.
    fn instructions(&self, function: usize) -> Vec<Instruction<'a>> {
        let read = self.bodies.get(function).map(|range| instructions(self.wasm, range.clone(), self.code));
        read.and_then(Result::ok).unwrap_or_default()
    }
}

fn instructions(wasm: &[u8], range: Range<usize>, code: usize) -> wasmparser::Result<Vec<Instruction<'_>>> {
    let body = FunctionBody::new(BinaryReader::new(&wasm[range.clone()], range.start));
    let mut operators = body.get_operators_reader()?;
    let mut instructions = Vec::new();
    while !operators.eof() {
        let start = operators.original_position();
        operators.read()?;
        let bytes = &wasm[start..operators.original_position()];
        instructions.push(Instruction { offset: start - code, bytes });
    }
    Ok(instructions)
}

/// Whether they are the same, but for how many blocks a branch leaves: there may be fewer of them.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    /// `rethrow`, `br`, `br_if`, `br_table`, `delegate`, `br_on_null`, `br_on_non_null`.
    const BRANCHES: [u8; 7] = [0x09, 0x0c, 0x0d, 0x0e, 0x18, 0xd5, 0xd6];
    one == other || (one[0] == other[0] && BRANCHES.contains(&one[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_found_where_it_was() {
        let parse = |body: &str| {
            wat::parse_str(format!("(module (func nop) (func $f (param i32) {body} unreachable))")).unwrap()
        };
        let before = parse("block block nop local.get 0 br_if 1 end call $f end");
        let after = parse("block local.get 0 br_if 0 call $f end");
        let opcodes = |wasm: &[u8]| {
            let (code, _) = lines::code(wasm).unwrap().unwrap();
            let places = Functions::of(wasm).unwrap().instructions(1);
            places.into_iter().map(|place| wasm[place.offset + code]).collect::<Vec<_>>()
        };
        assert_eq!(opcodes(&after), [0x02, 0x20, 0x0d, 0x10, 0x0b, 0x00, 0x0b]);
        let (code, contents) = lines::code(&before).unwrap().unwrap();
        let places: Vec<_> = align(&before, &after).unwrap().collect();
        let found: Vec<_> = places.iter().map(|(_, place)| before[place.unwrap() + code]).collect();
        assert_eq!(found[2..], opcodes(&after));
        // The call and what follows are not those of the blocks that are gone.
        let trap = places[places.len() - 2].1.unwrap();
        assert_eq!(trap, contents.len() - 2);
    }

    #[test]
    fn what_was_not_there_is_not_found() {
        let before = wat::parse_str("(module (func nop))").unwrap();
        let after = wat::parse_str("(module (func unreachable) (func))").unwrap();
        assert!(align(&before, &after).unwrap().all(|(_, place)| place.is_none()));
    }
}
