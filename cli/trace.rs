//! What runtimes say of a trap, with the names and lines that the image has not.

use wasmpack_optimizer::{Line, Place, Symbols};

/// How runtimes write a function without a name: Wasmtime, V8 and Safari.
const FUNCTIONS: [(&str, &str); 3] =
    [("<wasm function ", ">"), ("wasm-function[", "]"), ("wasm function: ", "")];

/// What stands before and after an offset in the module: Wasmtime, V8 and `WasmEdge`.
const OFFSETS: [(&str, &str); 3] = [("", " - "), ("]:", ""), (WASMEDGE, "")];
const WASMEDGE: &str = "Bytecode offset: ";

/// The text with names for numbers, and with lines behind offsets, where they are known.
#[must_use]
pub fn told(text: &str, symbols: &Symbols) -> String {
    text.split_inclusive('\n').map(|line| told_line(line, symbols)).collect()
}

fn told_line(line: &str, symbols: &Symbols) -> String {
    let place = offset(line).and_then(|offset| symbols.at(offset));
    let named =
        FUNCTIONS.iter().fold(line.to_owned(), |line, form| named(&line, *form, place.as_ref(), symbols));
    let text = named.trim_end();
    let end = &named[text.len()..];
    match place {
        // WasmEdge says no function.
        Some(Place { name: Some(name), line, .. }) if text.contains(WASMEDGE) => {
            format!("{text} in {name}{}{end}", at(line.as_ref()))
        }
        Some(Place { line, .. }) => format!("{text}{}{end}", at(line.as_ref())),
        None => named,
    }
}

/// ` at src/main.rs:40`, or nothing.
#[must_use]
pub fn at(line: Option<&Line>) -> String {
    line.map(|line| format!(" {line}")).unwrap_or_default()
}

/// The offset of a frame in a line of a backtrace. Other numbers in it are codes and addresses.
fn offset(line: &str) -> Option<usize> {
    line.match_indices("0x").find_map(|(start, prefix)| {
        let digits = &line[start + prefix.len()..];
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let is_frame = OFFSETS
            .iter()
            .any(|(before, after)| line[..start].ends_with(before) && digits[end..].starts_with(after));
        is_frame.then(|| usize::from_str_radix(&digits[..end], 16).ok()).flatten()
    })
}

/// The line with names for the numbers in one form.
fn named(line: &str, (before, after): (&str, &str), place: Option<&Place>, symbols: &Symbols) -> String {
    let mut parts = line.split(before);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let name = number.parse().ok().and_then(|number| match place {
            // In a component, numbers begin anew in each module, and offsets do not.
            Some(place) if place.function == number => place.name.clone(),
            _ => symbols.name(number),
        });
        match (name, rest.strip_prefix(after)) {
            (Some(name), Some(rest)) => result += &format!("{name}{rest}"),
            _ => result += &format!("{before}{part}"),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runtime_gets_names_in_its_own_words() {
        let wasm = wat::parse_str("(module (func $first nop) (func $second unreachable))").unwrap();
        let symbols = Symbols::of(&wasm).unwrap();
        let place = wasm.windows(2).position(|bytes| bytes == b"\x00\x0b").unwrap();
        let told = |text: &str| told(&text.replace("PLACE", &format!("{place:#06x}")), &symbols);
        let place = format!("{place:#06x}");
        for (said, expected) in [
            ("0: PLACE - <unknown>!<wasm function 1>\n", "0: PLACE - <unknown>!second\n"),
            (
                "at wasm-function[1]:PLACE\nat wasm-function[7]:0x1",
                "at second:PLACE\nat wasm-function[7]:0x1",
            ),
            ("Bytecode offset: PLACE\r\n", "Bytecode offset: PLACE in second\r\n"),
            ("wasm function: 0", "first"),
            ("no frame: PLACE, <wasm function x>", "no frame: PLACE, <wasm function x>"),
        ] {
            assert_eq!(told(said), expected.replace("PLACE", &place));
        }
    }

    #[test]
    fn an_offset_is_told_from_other_numbers() {
        assert_eq!(offset("    0:   0x1a2b - <unknown>!<wasm function 12>"), Some(0x1a2b));
        assert_eq!(offset("    at wasm://wasm/0x12ab:wasm-function[3]:0x4f"), Some(0x4f));
        assert_eq!(
            offset("[error]     In instruction: unreachable (0x00) , Bytecode offset: 0x0000115c"),
            Some(0x115c)
        );
        assert_eq!(offset("[error] execution failed: unreachable, Code: 0x40a"), None);
        assert_eq!(offset("memory fault at wasm address 0x100000 in linear memory of size 0x20000"), None);
        assert_eq!(offset("0xzz - "), None);
    }
}
