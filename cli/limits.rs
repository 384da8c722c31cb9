//! How near a module or image is to what others take at most.
//!
//! Only limits that somebody has written down, or that a validator enforces, are here.

use std::fmt;

use serde::Serialize;
use wasmpack_optimizer::Anatomy;
use wasmpack_packager::DOCUMENT_LIMIT_BYTES;

use crate::description::line;
use crate::size::grouped;

/// One figure and its limit.
#[derive(Debug, Serialize)]
pub struct Limit {
    /// What is counted.
    pub what: &'static str,
    /// How much there is.
    pub value: u64,
    /// How much there may be.
    pub most: u64,
    /// Who says so.
    pub source: &'static str,
}

/// What engines for WebAssembly have agreed upon, browsers first; wasmparser, and so Wasmtime, keeps to it.
const ENGINES: &str = "https://webassembly.github.io/spec/js-api/#limits";
const REGISTRIES: &str =
    "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests";
const GHCR: &str = "https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry";

/// Those of a module or of the modules in a component.
#[must_use]
pub fn of_module(anatomy: &Anatomy) -> Vec<Limit> {
    let modules = anatomy.modules();
    let functions = || modules.iter().map(|module| module.functions());
    let most_functions = functions().map(|functions| functions.len() as u64).max().unwrap_or_default();
    let largest = functions().flatten().map(|function| function.bytes).max().unwrap_or_default();
    vec![
        Limit { what: "functions", value: most_functions, most: 1_000_000, source: ENGINES },
        Limit { what: "bytes of a function", value: largest, most: 7_654_321, source: ENGINES },
    ]
}

/// Those of an image; not every archive has a manifest.
pub fn of_image(
    manifest_bytes: Option<u64>,
    layer_bytes: impl Iterator<Item = u64>,
) -> impl Iterator<Item = Limit> {
    let manifest = manifest_bytes.map(|value| Limit {
        what: "bytes of a manifest",
        value,
        most: DOCUMENT_LIMIT_BYTES,
        source: REGISTRIES,
    });
    let value = layer_bytes.max().unwrap_or_default();
    let layer = Limit { what: "bytes of a layer, for ghcr.io", value, most: 10_000_000_000, source: GHCR };
    manifest.into_iter().chain([layer])
}

/// Says it only where it matters: more than half of it is used.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value <= self.most / 2 {
            return Ok(());
        }
        line(f, "limit", &format!("{} of {} {}", grouped(self.value), grouped(self.most), self.what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_its_limit_is_told() {
        let limit = |value| Limit { what: "functions", value, most: 10, source: ENGINES };
        assert_eq!(limit(5).to_string(), "");
        assert_eq!(limit(6).to_string(), "limit       6 of 10 functions\n");
    }

    #[test]
    fn the_largest_function_counts() {
        let wasm = wat::parse_str("(module (func) (func nop nop nop))").unwrap();
        let [functions, bytes] = &of_module(&Anatomy::of(&wasm).unwrap())[..] else { panic!("two limits") };
        assert_eq!((functions.value, bytes.value), (2, 6));
    }
}
