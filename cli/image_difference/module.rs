//! Why two files are not the same: of modules, which section, function or name; of everything else, which byte.

use std::collections::BTreeSet;

use camino::Utf8Path;
use wasmpack_optimizer::{Anatomy, Contents, Part};
use wasmpack_packager::Survey;

use super::Found;
use crate::around::around;
use crate::debug_module;
use crate::size::grouped;

impl Found {
    /// Two files; modules by their sections, everything else by its first byte that differs.
    pub(super) fn files(&mut self, place: &str, pair: [&[u8]; 2], surveys: [Option<&Survey>; 2]) {
        let anatomy = |number: usize| {
            let wasm: &[u8] = pair[number];
            let layout = surveys[number].and_then(|survey| Utf8Path::from_path(&survey.path));
            match layout.and_then(|layout| debug_module::beside(layout, wasm)) {
                Some(debug) => Anatomy::named_by(&debug, wasm),
                None => Anatomy::of(wasm),
            }
        };
        match (anatomy(0), anatomy(1)) {
            (Ok(old), Ok(new)) if old.component == new.component => self.modules(place, pair, [&old, &new]),
            _ => self.bytes(place, pair),
        }
    }

    /// One difference for each section; what is behind the first one may only have moved.
    fn modules(&mut self, place: &str, pair: [&[u8]; 2], anatomies: [&Anatomy; 2]) {
        let names = anatomies.map(|anatomy| {
            anatomy.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(", ")
        });
        if names[0] != names[1] {
            let [old, new] = names;
            self.add(format!("{place} sections"), Some(old), Some(new));
            return;
        }
        let mut starts = [HEADER_BYTES; 2];
        for (old, new) in anatomies[0].parts.iter().zip(&anatomies[1].parts) {
            let [one, other] = [(old, 0), (new, 1)].map(|(part, side)| {
                let end = starts[side] + usize::try_from(part.bytes).expect("a part of what is in memory");
                let section = &pair[side][starts[side]..end];
                starts[side] = end;
                section
            });
            if one == other {
                continue;
            }
            let is_told = !old.custom && !anatomies[0].component && self.names(place, &old.name, pair);
            if !is_told {
                self.section(&format!("{place} section `{}`", old.name), [one, other], [old, new]);
            }
        }
    }

    /// Imports and exports by their names; whether there was something to tell.
    fn names(&mut self, place: &str, section: &str, pair: [&[u8]; 2]) -> bool {
        let names = |wasm: &[u8]| -> Option<BTreeSet<String>> {
            match section {
                "import" => {
                    let imports = wasmpack_optimizer::imports(wasm).ok()?.into_iter();
                    Some(
                        imports
                            .map(|import| format!("{} {}.{}", import.kind, import.module, import.name))
                            .collect(),
                    )
                }
                "export" => {
                    let exports = wasmpack_optimizer::exports(wasm).ok()?.into_iter();
                    Some(exports.map(|export| format!("{} {}", export.kind, export.name)).collect())
                }
                _ => None,
            }
        };
        let [Some(old), Some(new)] = pair.map(names) else { return false };
        for name in old.difference(&new) {
            self.add(format!("{place} {section}"), Some(name), None::<&str>);
        }
        for name in new.difference(&old) {
            self.add(format!("{place} {section}"), None::<&str>, Some(name));
        }
        old != new
    }

    fn section(&mut self, place: &str, pair: [&[u8]; 2], parts: [&Part; 2]) {
        let named = match [&parts[0].contents, &parts[1].contents] {
            [Contents::Inner(old), Contents::Inner(new)] => {
                // What is inside is the end of the section, behind its header.
                let inner = |side: usize, anatomy: &Anatomy| {
                    let bytes = usize::try_from(anatomy.bytes).expect("a part of what is in memory");
                    &pair[side][pair[side].len() - bytes..]
                };
                return self.modules(place, [inner(0, old), inner(1, new)], [old, new]);
            }
            [Contents::Code(old), Contents::Code(new)] => first_item(
                pair,
                &[old, new].map(|functions| {
                    functions.iter().map(|function| (function.to_string(), function.bytes)).collect()
                }),
            ),
            [Contents::Data(old), Contents::Data(new)] => first_item(
                pair,
                &[old, new].map(|segments| {
                    segments.iter().map(|segment| (segment.to_string(), segment.bytes)).collect()
                }),
            ),
            _ => None,
        };
        match named {
            Some([old, new]) => self.add(place.to_owned(), old, new),
            None => self.bytes(place, pair),
        }
    }

    pub(super) fn bytes(&mut self, place: &str, [old, new]: [&[u8]; 2]) {
        let same = old.iter().zip(new).take_while(|(one, other)| one == other).count();
        if same == old.len().max(new.len()) {
            return;
        }
        let byte =
            |bytes: &[u8]| format!("{}, {} bytes in all", around(bytes, same), grouped(bytes.len() as u64));
        self.add(format!("{place} byte {same}"), Some(byte(old)), Some(byte(new)));
    }
}

/// Length of what is before the sections of a module, in bytes.
const HEADER_BYTES: usize = 8;

/// What of two lists of functions or segments differs first: its name and length on both sides.
fn first_item(pair: [&[u8]; 2], items: &[Vec<(String, u64)>; 2]) -> Option<[Option<String>; 2]> {
    // They are the end of the section, one after the other.
    let mut starts = [0, 1].map(|side| {
        let bytes: u64 = items[side].iter().map(|(_, bytes)| bytes).sum();
        pair[side].len().saturating_sub(usize::try_from(bytes).unwrap_or(usize::MAX))
    });
    for number in 0..items[0].len().max(items[1].len()) {
        let sides = [0, 1].map(|side| {
            let item = items[side].get(number)?;
            let end = starts[side] + usize::try_from(item.1).ok()?;
            let bytes = pair[side].get(starts[side]..end)?;
            starts[side] = end;
            Some((item, bytes))
        });
        let [old, new] = sides.map(|side| side.map_or(&[][..], |(_, bytes)| bytes));
        if old != new || sides[0].is_some() != sides[1].is_some() {
            let same = old.iter().zip(new).take_while(|(one, other)| one == other).count();
            return Some(sides.map(|side| {
                side.map(|((name, size), bytes)| {
                    let there = around(bytes, same);
                    format!("{name}, {} bytes, {there} at byte {same}", grouped(*size))
                })
            }));
        }
    }
    None
}
