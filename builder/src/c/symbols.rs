//! What objects and modules say of themselves in custom sections.
//!
//! Objects follow <https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md>.

use wasmparser::{BinaryReaderError, KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo};

/// What clang makes of `main`: by its parameters, and by clang's version.
const MAIN: [&str; 4] = ["main", "__main_void", "__main_argc_argv", "__original_main"];

/// Whether an object defines `main`; `None` if it is not a wasm file.
pub(super) fn defines_main(object: &[u8]) -> Result<Option<bool>, BinaryReaderError> {
    if !Parser::is_core_wasm(object) {
        return Ok(None);
    }
    for payload in Parser::new(0).parse_all(object) {
        let Payload::CustomSection(section) = payload? else { continue };
        let KnownCustom::Linking(linking) = section.as_known() else { continue };
        for subsection in linking.subsections() {
            let Linking::SymbolTable(symbols) = subsection? else { continue };
            for symbol in symbols {
                if is_main(&symbol?) {
                    return Ok(Some(true));
                }
            }
        }
    }
    Ok(Some(false))
}

/// Defined here, and to be seen from other objects.
fn is_main(symbol: &SymbolInfo<'_>) -> bool {
    let hidden = SymbolFlags::UNDEFINED | SymbolFlags::BINDING_LOCAL;
    matches!(symbol, SymbolInfo::Func { flags, name: Some(name), .. } if MAIN.contains(name) && !flags.intersects(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        section(0, &[&[u8::try_from(name.len()).unwrap()], name.as_bytes(), content].concat())
    }

    /// An object whose symbol table has one function: kind 0, its flags, its index and its name.
    fn object(flags: u8, name: &str) -> Vec<u8> {
        let name_and_length = [&[u8::try_from(name.len()).unwrap()], name.as_bytes()].concat();
        let symbols = [&[1, 0, flags, 0], name_and_length.as_slice()].concat();
        // Version 2, and subsection 8, the symbol table.
        let linking = [&[2], section(8, &symbols).as_slice()].concat();
        [HEADER, &custom("linking", &linking)].concat()
    }

    #[test]
    fn main_is_known_by_all_its_names() {
        for name in ["main", "__main_void", "__main_argc_argv", "__original_main"] {
            assert_eq!(defines_main(&object(0, name)).unwrap(), Some(true), "{name}");
        }
        assert_eq!(defines_main(&object(0, "domain")).unwrap(), Some(false));
    }

    #[test]
    fn a_main_that_nobody_else_sees_is_none() {
        const LOCAL: u8 = 2;
        assert_eq!(defines_main(&object(LOCAL, "main")).unwrap(), Some(false));
    }

    #[test]
    fn what_is_not_wasm_is_not_judged() {
        assert_eq!(defines_main(b"BC\xc0\xde").unwrap(), None);
    }

    #[test]
    fn a_cut_object_is_an_error() {
        let object = object(0, "main");
        assert!(defines_main(&object[..object.len() - 3]).is_err());
    }
}
