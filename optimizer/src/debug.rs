//! The debug module: what was known of the code before it became an image.
//!
//! It is the image's module with the names of its functions, so that a place in one is the same place in the other.
//! What it belongs to it says in the custom section `build_id`
//! (<https://github.com/WebAssembly/tool-conventions/blob/main/BuildId.md>); the image's module has none, because its
//! own hash is its id.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasm_encoder::{CustomSection, Encode, Section as _};

use crate::{Error, section};

/// The id of a module: the beginning of its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildId([u8; BuildId::BYTES]);

/// The name of the custom section.
const SECTION: &str = "build_id";

impl BuildId {
    /// The length of an id, in bytes.
    pub const BYTES: usize = 16;

    /// The id of the module with these bytes.
    #[must_use]
    pub fn of(wasm: &[u8]) -> Self {
        let mut id = [0; Self::BYTES];
        id.copy_from_slice(&Sha256::digest(wasm)[..Self::BYTES]);
        Self(id)
    }

    /// The id itself.
    #[must_use]
    pub fn bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// The id of the module that a debug module belongs to.
    ///
    /// # Errors
    /// Where the bytes are no module.
    pub fn in_debug_module(debug: &[u8]) -> Result<Option<Self>, Error> {
        let customs = section::walk(debug)?.into_iter().filter_map(|section| section.as_custom());
        let id = customs.filter(|custom| custom.name() == SECTION).find_map(|custom| {
            let mut data = custom.data_reader();
            let bytes = data.read_var_u32().ok()? as usize;
            data.read_bytes(bytes).ok()?.try_into().ok()
        });
        Ok(id.map(Self))
    }
}

/// The debug module for the image's module `wasm`: its code as it was `named`.
pub(crate) fn module(named: &[u8], wasm: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    BuildId::of(wasm).0.as_slice().encode(&mut data);
    let section = CustomSection { name: SECTION.into(), data: data.into() };
    let mut debug = named.to_vec();
    debug.push(section.id());
    section.encode(&mut debug);
    debug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_module_says_what_it_belongs_to() {
        let named = wat::parse_str("(module (func $f))").unwrap();
        let bare = wat::parse_str("(module (func))").unwrap();
        let debug = module(&named, &bare);
        assert_eq!(BuildId::in_debug_module(&debug).unwrap(), Some(BuildId::of(&bare)));
        assert_eq!(BuildId::in_debug_module(&named).unwrap(), None);
        wasmparser::validate(&debug).unwrap();
    }
}
