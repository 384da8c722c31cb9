//! From places in an image's code back to functions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use crate::lines::{self, Lines};
use crate::{Error, census, debug, function_names, is_component, parts};

/// The functions and lines of a module or component that tells them, such as a debug module.
#[derive(Debug)]
pub struct Symbols(Vec<Module>);

/// A module, which may be inside a component.
#[derive(Debug)]
struct Module {
    names: BTreeMap<u32, String>,
    /// Where each function's body is, in bytes from the start of the file; in order.
    bodies: Vec<(Range<usize>, u32)>,
    lines: Lines,
    /// Where the code begins from which lines are counted, in bytes from the start of the file.
    code: usize,
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
    /// The line it comes from, if anything is known of that.
    pub line: Option<Line>,
}

/// A line of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The path, as the compiler was told.
    pub file: String,
    /// From 1.
    pub number: u32,
    /// Whether the place itself comes from there. Otherwise it is only the last place before, in the same function,
    /// whose line is known: optimizers make up code, and libraries without lines are inlined.
    pub is_exact: bool,
}

/// `at src/main.rs:40`, or `near` it.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, number, is_exact } = self;
        // `/rustc/<commit>/library/core/src/option.rs`
        let rust = file.strip_prefix("/rustc/").and_then(|path| Some(path.split_once('/')?.1));
        write!(f, "{} {}:{number}", if *is_exact { "at" } else { "near" }, rust.unwrap_or(file))
    }
}

impl Symbols {
    /// Reads them from a module or component.
    ///
    /// # Errors
    /// Where the bytes are neither.
    pub fn of(debug: &[u8]) -> Result<Self, Error> {
        if !is_component(debug) {
            return Ok(Self(vec![Module::of(debug, 0, debug)?]));
        }
        let modules = parts::modules(debug)?;
        let known = debug::inside(debug)?;
        // What says nothing of its modules may have modules that do.
        let known = if known.is_empty() { modules.clone() } else { known };
        let told = known.into_iter().filter_map(|(start, told)| {
            let (_, module) = modules.iter().find(|(other, _)| *other == start)?;
            Some(Module::of(module, start, told))
        });
        Ok(Self(told.collect::<Result<_, _>>()?))
    }

    /// The function at an offset in the file, as runtimes tell it when a program traps.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<Place> {
        self.0.iter().find_map(|module| module.at(offset))
    }

    /// The name of a function, as one reads it, if the number can mean only one.
    #[must_use]
    pub fn name(&self, function: u32) -> Option<String> {
        match &self.0[..] {
            [module] => module.name(function),
            _ => None,
        }
    }
}

impl Module {
    /// What `told` tells of a module that begins at `start`.
    fn of(wasm: &[u8], start: usize, told: &[u8]) -> Result<Self, Error> {
        let (code, bytes) = lines::code(wasm)?.map_or((0, 0), |(offset, code)| (offset, code.len()));
        let mut bodies = census::bodies(wasm)?;
        for (body, _) in &mut bodies {
            *body = body.start + start..body.end + start;
        }
        let lines = Lines::of_code(told, bytes)?;
        Ok(Self { names: function_names(told)?, bodies, lines, code: code + start })
    }

    fn at(&self, offset: usize) -> Option<Place> {
        let after = self.bodies.partition_point(|(body, _)| body.start <= offset);
        let (body, function) = self.bodies[..after].last().filter(|(body, _)| body.contains(&offset))?;
        let place = offset - self.code;
        let start = body.start - self.code;
        let name = self.name(*function);
        // What optimizers have put in of a standard library says where that panics, and this helps nobody: what counts
        // is who called it.
        let is_own = name.as_deref().is_none_or(|name| !is_of_standard_library(name));
        let near =
            if is_own { self.lines.last_own_in(start, place) } else { self.lines.last_in(start, place) };
        let found = self.lines.at(place);
        let exact = found.filter(|_| !is_own || near.is_none() || near == found);
        let line = exact.or(near);
        let line =
            line.map(|(file, number)| Line { file: file.to_owned(), number, is_exact: exact.is_some() });
        Some(Place { function: *function, name, offset: offset - body.start, line })
    }

    fn name(&self, function: u32) -> Option<String> {
        self.names.get(&function).map(|name| demangled(name).into_owned())
    }
}

/// Whether a function is Rust's own, such as `<core::fmt::Formatter>::pad`.
fn is_of_standard_library(name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&']);
    ["std::", "core::", "alloc::"].iter().any(|start| path.starts_with(start))
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
    use crate::lines::{Row, Source};

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
    fn only_functions_of_a_library_are_near_a_line_of_it() {
        let line_at_trap = |function: &str, file: &str| {
            let wasm = wat::parse_str(format!("(module (func ${function} nop unreachable))")).unwrap();
            let code = lines::code(&wasm).unwrap().unwrap().0;
            // Count of functions, length and locals of the first, `nop`, `unreachable`.
            let row = |offset, source| Row { offset, source };
            let rows = vec![row(3, Some(Source { file: 0, line: 94 })), row(4, None)];
            let with_lines = Lines::new(vec![file.to_owned()], rows).put_into(&wasm).unwrap();
            let place = Symbols::of(&with_lines).unwrap().at(code + 4).unwrap();
            place.line.map(|line| line.to_string())
        };
        assert_eq!(line_at_trap("_start", "main.c").as_deref(), Some("near main.c:94"));
        assert_eq!(line_at_trap("_start", "libc-top-half/musl/src/env/__init_tls.c"), None);
        let library = "library/core/src/result.rs";
        assert_eq!(
            line_at_trap("core::result::unwrap_failed", library).unwrap(),
            format!("near {library}:94")
        );
    }

    #[test]
    fn names_are_as_in_the_source() {
        assert_eq!(demangled("_ZN4core9panicking5panic17h0123456789abcdefE"), "core::panicking::panic");
        assert_eq!(demangled("_ZNSt6vectorIiE4sizeEv"), "std::vector<int>::size()");
        assert_eq!(demangled("printf_core"), "printf_core");
    }
}
