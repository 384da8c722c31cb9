//! From places in an image's code back to functions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::{Error, census, function_names};

/// The functions of a module that has their names, such as a debug module.
#[derive(Debug)]
pub struct Symbols {
    names: BTreeMap<u32, String>,
    /// Where each function's body is, in bytes from the start of the module; in order.
    bodies: Vec<(Range<usize>, u32)>,
}

/// A place in a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The function, by its index.
    pub function: u32,
    /// Its name as one reads it, if it has one.
    pub name: Option<String>,
    /// How far from the beginning of its body, in bytes.
    pub offset: usize,
}

impl Symbols {
    /// Reads them from a module.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub fn of(debug: &[u8]) -> Result<Self, Error> {
        Ok(Self { names: function_names(debug)?, bodies: census::bodies(debug)? })
    }

    /// The function at an offset in the module, as runtimes tell it when a program traps.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<Place> {
        let after = self.bodies.partition_point(|(body, _)| body.start <= offset);
        let (body, function) = self.bodies[..after].last().filter(|(body, _)| body.contains(&offset))?;
        Some(Place { function: *function, name: self.name(*function), offset: offset - body.start })
    }

    /// The name of a function, as one reads it.
    #[must_use]
    pub fn name(&self, function: u32) -> Option<String> {
        self.names.get(&function).map(|name| demangled(name).into_owned())
    }
}

/// A name as it stands in the source, for names of Rust and C++.
#[must_use]
pub fn demangled(name: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // Without the hash at its end.
        return Cow::Owned(format!("{rust:#}"));
    }
    let cpp = name.starts_with("_Z").then(|| cpp_demangle::Symbol::new(name).ok()?.demangle().ok()).flatten();
    cpp.map_or(Cow::Borrowed(name), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_the_function_that_holds_it() {
        let wasm = wat::parse_str(
            r#"(module (import "host" "print" (func $print)) (func $first nop nop unreachable) (func $second unreachable))"#,
        )
        .unwrap();
        let symbols = Symbols::of(&wasm).unwrap();
        // The first `nop`, after the count of locals.
        const NOP: u8 = 1;
        let all: Vec<_> = (0..wasm.len()).filter(|offset| wasm[*offset] == NOP).collect();
        let nop = all.into_iter().find_map(|offset| symbols.at(offset)).unwrap();
        assert_eq!((nop.function, nop.name.as_deref(), nop.offset), (1, Some("first"), 1));
        let second = (0..wasm.len()).rev().find_map(|offset| symbols.at(offset)).unwrap();
        assert_eq!((second.function, second.name.as_deref()), (2, Some("second")));
        assert_eq!(symbols.at(0), None);
        assert_eq!(symbols.name(0).as_deref(), Some("print"));
    }

    #[test]
    fn names_are_as_in_the_source() {
        assert_eq!(demangled("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
        assert_eq!(demangled("_ZNSt6vectorIiE4sizeEv"), "std::vector<int>::size()");
        assert_eq!(demangled("printf_core"), "printf_core");
    }
}
