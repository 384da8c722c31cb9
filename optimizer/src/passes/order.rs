//! Puts functions into an order in which they are stored in fewer bytes.

use std::collections::BTreeMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module, NameMap, NameSection};
use wasmparser::{CodeSectionReader, CustomSectionReader, FunctionSectionReader, Parser};

use crate::lines::Lines;
use crate::passes::Changed;
use crate::{Engine, Error, Level, Pass, Settings, align, census, names, similarity};

/// Puts functions that are alike beside each other, if the module is lighter as it will be stored then. What it does
/// stays the same, and so does its length but for a few bytes: the higher its index, the longer is a call.
#[derive(Debug)]
pub(crate) struct Order;

impl Pass for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    /// Where speed counts, functions stay beside those they call; who does without Binaryen wants to be done at once.
    fn runs_at(&self, settings: &Settings) -> bool {
        matches!(settings.level, Level::S | Level::Z | Level::Size) && settings.binaryen.engine != Engine::Off
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error> {
        let weigh = |wasm: &[u8]| Ok((settings.weigh)(&names::without(wasm)?));
        let bodies = census::bodies(wasm)?;
        let code: Vec<&[u8]> = bodies.iter().map(|(body, _)| &wasm[body.clone()]).collect();
        let Some((_, first)) = bodies.first() else { return Ok(wasm.to_vec().into()) };
        let order = similarity::order(&code);
        let ordered = reordered(wasm, *first, &order)?;
        let weights = (weigh(wasm)?, weigh(&ordered)?);
        if weights.1 >= weights.0 {
            return Ok(wasm.to_vec().into());
        }
        let mut lines = Lines::of(wasm)?;
        if !lines.is_empty() {
            lines = lines.moved(align::reordered(wasm, &ordered, &order)?);
        }
        Ok(Changed { weights: Some(weights), ..Changed::from(lines.put_into(&ordered)?) })
    }
}

/// The module with its functions in this order; `first` is the index of the first that is not imported.
fn reordered(wasm: &[u8], first: u32, order: &[usize]) -> Result<Vec<u8>, Error> {
    let mut indices: Vec<u32> = (0..first + order.len() as u32).collect();
    for (new, old) in (first..).zip(order) {
        indices[first as usize + old] = new;
    }
    let names = names::function_names(wasm)?;
    // Names are not validated, and may be those of functions that there are not.
    let named = names.into_iter().filter_map(|(old, name)| Some((*indices.get(old as usize)?, name)));
    let named: BTreeMap<u32, String> = named.collect();
    let mut module = Module::new();
    let read = Renumbering { order, indices }.parse_core_module(&mut module, Parser::new(0), wasm);
    read.map_err(Error::reading)?;
    if !named.is_empty() {
        let mut functions = NameMap::new();
        named.iter().for_each(|(index, name)| functions.append(*index, name));
        let mut section = NameSection::new();
        section.functions(&functions);
        module.section(&section);
    }
    Ok(module.finish())
}

/// Copies a module, and gives functions new indices on the way: whatever refers to one, in code, tables or exports,
/// is asked for.
struct Renumbering<'a> {
    /// What is at each place, of the functions that are not imported.
    order: &'a [usize],
    /// The new index of each function.
    indices: Vec<u32>,
}

impl Reencode for Renumbering<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Read<u32> {
        Ok(self.indices[function as usize])
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Read {
        let types = section.into_iter().collect::<wasmparser::Result<Vec<u32>>>()?;
        for place in self.order {
            functions.function(self.type_index(types[*place])?);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Read {
        let bodies = section.into_iter().collect::<wasmparser::Result<Vec<_>>>()?;
        for place in self.order {
            self.parse_function_body(code, bodies[*place].clone())?;
        }
        Ok(())
    }

    /// The only ones there are at this point are names and lines, which go where their functions go.
    fn parse_custom_section(&mut self, _module: &mut Module, _section: CustomSectionReader<'_>) -> Read {
        Ok(())
    }
}

type Read<T = ()> = Result<T, reencode::Error<Infallible>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_where_their_functions_go() {
        let text = "(module\n(func $a\nunreachable)\n(func $b (call $a)\nunreachable))";
        let dwarf = wat::GenerateDwarf::Lines;
        let wasm = wat::Parser::new().generate_dwarf(dwarf).parse_str(Some("a.wat".as_ref()), text).unwrap();
        let ordered = reordered(&wasm, 0, &[1, 0]).unwrap();
        let lines = Lines::of(&wasm).unwrap().moved(align::reordered(&wasm, &ordered, &[1, 0]).unwrap());
        let told = lines.put_into(&ordered).unwrap();
        let symbols = crate::Symbols::of(&told).unwrap();
        let traps = (0..told.len()).filter(|place| told[*place..].starts_with(b"\x00\x0b"));
        let traps = traps.filter_map(|place| symbols.at(place)).map(|place| (place.name, place.line));
        let traps: Vec<_> =
            traps.map(|(name, line)| format!("{} {}", name.unwrap(), line.unwrap())).collect();
        assert_eq!(traps, ["b at a.wat:5", "a at a.wat:3"]);
    }

    #[test]
    fn whatever_refers_to_a_function_still_does() {
        let wat = |first: &str, second: &str| {
            let text = format!(
                r#"(module (import "host" "print" (func $print)) (table 2 funcref) (elem (i32.const 0) $a $b)
                     (global funcref (ref.func $b)) (export "a" (func $a)) (start $b) {first} {second})"#
            );
            wat::parse_str(text).unwrap()
        };
        let (a, b) = ("(func $a (call $b))", "(func $b (call $print) (drop (ref.func $a)))");
        let ordered = reordered(&wat(a, b), 1, &[1, 0]).unwrap();
        assert_eq!(wasmprinter::print_bytes(ordered).unwrap(), wasmprinter::print_bytes(wat(b, a)).unwrap());
    }
}
