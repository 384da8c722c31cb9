//! Removes custom sections.

use crate::lines::Lines;
use crate::{Error, Pass, Settings, names, passes::Changed};

/// Removes all custom sections but the names of functions and what debug information says of lines, and copies the rest
/// byte for byte. What is to stay in the end has been set aside before.
#[derive(Debug)]
pub(crate) struct Sections;

impl Pass for Sections {
    fn name(&self) -> &'static str {
        "sections"
    }

    fn run(&self, wasm: &[u8], _settings: &Settings) -> Result<Changed, Error> {
        let lines = Lines::of(wasm)?;
        lines.put_into(&names::only_names(wasm)?).map(Changed::from)
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
        let stripped = Sections.run(&wasm, &settings).unwrap().wasm;
        assert_eq!(stripped, [b"\0asm\x01\0\0\0", type_section.as_slice()].concat());
    }
}
