//! Removes all custom sections.

use std::borrow::Cow;

use crate::{Error, Pass, Settings, section};

/// Removes all custom sections and copies the rest byte for byte.
///
/// The specification lets no custom section change what a module does
/// (<https://webassembly.github.io/spec/core/appendix/custom.html>).
#[derive(Debug)]
pub(crate) struct Sections;

impl Pass for Sections {
    fn name(&self) -> &'static str {
        "sections"
    }

    fn run(&self, wasm: &[u8], _settings: &Settings) -> Result<Vec<u8>, Error> {
        Ok(section::join(wasm, section::without_custom(wasm)?.map(Cow::Borrowed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    #[test]
    fn the_rest_is_copied_byte_for_byte() {
        // The size of the type section is written in five bytes, as linkers do.
        let type_section = b"\x01\x84\x80\x80\x80\x00\x01\x60\x00\x00";
        let custom = b"\x00\x05\x04note";
        let wasm = [b"\0asm\x01\0\0\0", custom.as_slice(), type_section, custom].concat();
        let settings = Settings::resolve(&wasm, &Pipeline::for_tests()).unwrap();
        let stripped = Sections.run(&wasm, &settings).unwrap();
        assert_eq!(stripped, [b"\0asm\x01\0\0\0", type_section.as_slice()].concat());
    }
}
