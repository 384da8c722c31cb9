//! Which WebAssembly features a module uses, and what each is called elsewhere.
//!
//! A module must come out of the optimizer with the features it went in with: a runtime that ran it before must
//! run it after. The toolchain names them in the custom section `target_features`
//! (<https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md#target-features-section>).

use std::fmt;

use wasm_opt::Feature as Known;
use wasmparser::{BinaryReader, WasmFeatures};

use crate::check::validate_with;
use crate::{Error, section};

/// What the embedded Binaryen makes of a feature.
enum Binaryen {
    /// It has a switch for it.
    Knows(Known),
    /// It needs none: the feature is about how bytes are read, and Binaryen reads them anyway.
    NeedsNothing,
    /// It is older than the feature as standardised, and might take its opcodes for others.
    Predates,
}

/// One row of the table.
struct Feature {
    /// As `target_features` names it.
    name: &'static str,
    flag: WasmFeatures,
    binaryen: Binaryen,
    /// As the switches of `wasm-opt` name it, behind `--enable-`.
    switch: &'static str,
}

const fn row(name: &'static str, flag: WasmFeatures, binaryen: Binaryen) -> Feature {
    Feature { name, flag, binaryen, switch: name }
}

const fn called(switch: &'static str, row: Feature) -> Feature {
    Feature { switch, ..row }
}

/// Every feature the optimizer knows. One that is part of another stands before it, because [`asked_for`] takes
/// the first row that fits. The rows down to `sign-ext` are what LLVM 22 turns on by itself.
const TABLE: [Feature; 18] = [
    // Binaryen 116 has one switch for both; the check of its output tells them apart.
    called(
        "bulk-memory",
        row("bulk-memory-opt", WasmFeatures::BULK_MEMORY_OPT, Binaryen::Knows(Known::BulkMemory)),
    ),
    row("bulk-memory", WasmFeatures::BULK_MEMORY, Binaryen::Knows(Known::BulkMemory)),
    row("call-indirect-overlong", WasmFeatures::CALL_INDIRECT_OVERLONG, Binaryen::NeedsNothing),
    row("reference-types", WasmFeatures::REFERENCE_TYPES, Binaryen::Knows(Known::ReferenceTypes)),
    row("extended-const", WasmFeatures::EXTENDED_CONST, Binaryen::Knows(Known::ExtendedConst)),
    row("multivalue", WasmFeatures::MULTI_VALUE, Binaryen::Knows(Known::Multivalue)),
    row("mutable-globals", WasmFeatures::MUTABLE_GLOBAL, Binaryen::Knows(Known::MutableGlobals)),
    called(
        "nontrapping-float-to-int",
        row("nontrapping-fptoint", WasmFeatures::SATURATING_FLOAT_TO_INT, Binaryen::Knows(Known::TruncSat)),
    ),
    row("sign-ext", WasmFeatures::SIGN_EXTENSION, Binaryen::Knows(Known::SignExt)),
    called("simd", row("simd128", WasmFeatures::SIMD, Binaryen::Knows(Known::Simd))),
    row("relaxed-simd", WasmFeatures::RELAXED_SIMD, Binaryen::Knows(Known::RelaxedSimd)),
    called("threads", row("atomics", WasmFeatures::THREADS, Binaryen::Knows(Known::Atomics))),
    row("tail-call", WasmFeatures::TAIL_CALL, Binaryen::Knows(Known::TailCall)),
    row("memory64", WasmFeatures::MEMORY64, Binaryen::Knows(Known::Memory64)),
    row("multimemory", WasmFeatures::MULTI_MEMORY, Binaryen::Knows(Known::MultiMemory)),
    // LLVM has one name for both kinds. Binaryen knows the legacy one and stops at `try_table`.
    row(
        "exception-handling",
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS),
        Binaryen::Knows(Known::ExceptionHandling),
    ),
    row("gc", WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES), Binaryen::Predates),
    row("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC, Binaryen::Predates),
];

/// A set of WebAssembly features, on top of the first version of WebAssembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features(WasmFeatures);

/// The features a module declares, completed by those it needs to be valid. Validates the module on the way.
///
/// # Errors
/// Where the bytes are no module, are truncated, or are valid with no set of features known here.
pub fn features(wasm: &[u8]) -> Result<Features, Error> {
    let mut features = declared(wasm)?;
    while let Err(error) = features.check(wasm) {
        let missing = asked_for(&error).or_else(|| silently_missing(features, &error, wasm));
        match missing {
            Some(feature) if !features.has(feature) => features.0 |= feature.flag,
            _ => return Err(Error::invalid(&error)),
        }
    }
    Ok(features)
}

impl Features {
    /// What the first version of WebAssembly can do.
    const NONE: Self = Self(WasmFeatures::MVP);

    /// The names of the features, as `target_features` spells them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.rows().map(|feature| feature.name)
    }

    /// The set of the named features; `None` where a name is unknown.
    pub(crate) fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let rows = names.into_iter().map(|name| TABLE.iter().find(|feature| feature.name == name));
        rows.map(|feature| feature.map(|feature| feature.flag))
            .try_fold(Self::NONE, |features, flag| Some(Self(features.0 | flag?)))
    }

    /// Checks a module against the specification with these features and no other.
    pub(crate) fn validate(self, wasm: &[u8]) -> Result<(), Error> {
        self.check(wasm).map_err(|error| Error::invalid(&error))
    }

    /// The features as Binaryen calls them; an error names one it must not be trusted with.
    pub(crate) fn to_binaryen(self) -> Result<Vec<Known>, Error> {
        let mut known = Vec::new();
        for feature in self.rows() {
            match feature.binaryen {
                Binaryen::Knows(feature) => known.push(feature),
                Binaryen::NeedsNothing => {}
                Binaryen::Predates => return Err(Error::NotForBinaryen { feature: feature.name }),
            }
        }
        Ok(known)
    }

    /// Whether the module, which has these features, is invalid without this one.
    pub(crate) fn needs(self, feature: WasmFeatures, wasm: &[u8]) -> bool {
        self.0.contains(feature) && Self(self.0.difference(feature)).check(wasm).is_err()
    }

    /// The switches of `wasm-opt` that allow these features, and nothing more.
    pub(crate) fn flags(self) -> Vec<String> {
        let needed = self.rows().filter(|feature| !matches!(feature.binaryen, Binaryen::NeedsNothing));
        let mut flags: Vec<String> = needed.map(|feature| format!("--enable-{}", feature.switch)).collect();
        flags.dedup();
        flags
    }

    fn rows(self) -> impl Iterator<Item = &'static Feature> {
        TABLE.iter().filter(move |feature| self.has(feature))
    }

    fn has(self, feature: &Feature) -> bool {
        self.0.contains(feature.flag)
    }

    fn check(self, wasm: &[u8]) -> Result<(), wasmparser::Error> {
        validate_with(self.0, wasm)
    }
}

/// As `target_features` names them, separated by commas.
impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(","))
    }
}

/// The known features that the section `target_features` says are used; none where there is no such section.
fn declared(wasm: &[u8]) -> Result<Features, Error> {
    let customs = section::walk(wasm)?.into_iter().filter_map(|section| section.as_custom());
    let mut features = Features::NONE;
    for custom in customs.filter(|custom| custom.name() == "target_features") {
        for (prefix, name) in read_entries(custom.data_reader()).unwrap_or_default() {
            let known = TABLE.iter().find(|feature| feature.name == name);
            // `-` means "must not be linked with"; `=`, no longer written, means "used by every object".
            if let Some(feature) = known.filter(|_| matches!(prefix, b'+' | b'=')) {
                features.0 |= feature.flag;
            }
        }
    }
    Ok(features)
}

/// The section's vector of prefix and name. A custom section may be malformed without harm to the module.
fn read_entries(mut reader: BinaryReader<'_>) -> wasmparser::Result<Vec<(u8, &str)>> {
    let count = reader.read_var_u32()?;
    (0..count).map(|_| Ok((reader.read_u8()?, reader.read_string()?))).collect()
}

/// The smallest feature that wasmparser names in its error.
fn asked_for(error: &wasmparser::Error) -> Option<&'static Feature> {
    let missing = error.missing_wasm_feature()?;
    TABLE.iter().find(|feature| feature.flag.contains(missing))
}

/// The first feature that gets validation further, for errors that name none: a second table, a second memory.
fn silently_missing(features: Features, error: &wasmparser::Error, wasm: &[u8]) -> Option<&'static Feature> {
    let gets_further = |feature: &&Feature| match Features(features.0 | feature.flag).check(wasm) {
        Ok(()) => true,
        Err(next) => next.offset() > error.offset(),
    };
    TABLE.iter().filter(|feature| !features.has(feature)).find(gets_further)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wat: &str) -> String {
        features(&wat::parse_str(wat).unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_plain_module_needs_no_feature() {
        assert_eq!(found("(module (func (result i32) i32.const 1))"), "");
    }

    #[test]
    fn the_smallest_set_is_found_where_none_is_declared() {
        let cases = [
            ("bulk-memory-opt", "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))"),
            ("bulk-memory-opt,bulk-memory", r#"(data "x") (func (data.drop 0))"#),
            ("call-indirect-overlong,reference-types", "(table 1 externref)"),
            ("call-indirect-overlong,reference-types", "(table 1 funcref) (table 1 funcref)"),
            ("extended-const", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
            ("multivalue", "(func (result i32 i32) i32.const 1 i32.const 2)"),
            ("mutable-globals", r#"(global (export "g") (mut i32) (i32.const 0))"#),
            ("nontrapping-fptoint", "(func (param f32) (drop (i32.trunc_sat_f32_s (local.get 0))))"),
            ("sign-ext", "(func (param i32) (drop (i32.extend8_s (local.get 0))))"),
            ("simd128", "(func (param v128))"),
            ("atomics", "(memory 1 1 shared)"),
            ("tail-call", "(func $f return_call $f)"),
            ("memory64", "(memory i64 1)"),
            ("multimemory", "(memory 1) (memory 1)"),
            ("exception-handling", "(tag) (func throw 0)"),
            ("gc", "(type (struct))"),
        ];
        for (expected, fields) in cases {
            assert_eq!(found(&format!("(module {fields})")), expected, "{fields}");
        }
    }

    #[test]
    fn a_declared_feature_counts_though_it_is_not_needed() {
        assert_eq!(found(r#"(module (@custom "target_features" "\01+\08sign-ext"))"#), "sign-ext");
        assert_eq!(found(r#"(module (@custom "target_features" "\01=\08sign-ext"))"#), "sign-ext");
        assert_eq!(found(r#"(module (@custom "target_features" "\01-\08sign-ext"))"#), "");
        assert_eq!(found(r#"(module (@custom "target_features" "\02+\04fp99+\08sign-ext"))"#), "sign-ext");
    }

    #[test]
    fn a_section_that_lies_or_is_broken_is_completed() {
        let simd = "(func (param v128))";
        assert_eq!(
            found(&format!(r#"(module {simd} (@custom "target_features" "\01+\08sign-ext"))"#)),
            "sign-ext,simd128"
        );
        assert_eq!(found(&format!(r#"(module {simd} (@custom "target_features" "\63"))"#)), "simd128");
    }

    #[test]
    fn an_invalid_module_is_an_error_with_its_offset() {
        let wasm = wat::parse_str("(module (func (result i32)))").unwrap();
        let error = features(&wasm).unwrap_err();
        assert!(matches!(&error, Error::Invalid { offset: 24, .. }), "{error}");
    }

    #[test]
    fn names_survive_the_way_to_the_child() {
        let all = Features::from_names(TABLE.iter().map(|feature| feature.name)).unwrap();
        assert_eq!(Features::from_names(all.to_string().split(',')).unwrap(), all);
        assert!(Features::from_names(["nonsense"]).is_none());
    }

    #[test]
    fn switches_are_spelled_as_wasm_opt_spells_them() {
        let features = "bulk-memory-opt,bulk-memory,call-indirect-overlong,nontrapping-fptoint,atomics,gc";
        assert_eq!(
            Features::from_names(features.split(',')).unwrap().flags(),
            ["--enable-bulk-memory", "--enable-nontrapping-float-to-int", "--enable-threads", "--enable-gc"]
        );
    }

    #[test]
    fn binaryen_is_not_trusted_with_what_is_newer() {
        let gc = Features::from_names(["gc"]).unwrap();
        assert!(matches!(gc.to_binaryen(), Err(Error::NotForBinaryen { feature: "gc" })));
        let overlong = Features::from_names(["call-indirect-overlong", "sign-ext"]).unwrap();
        assert_eq!(overlong.to_binaryen().unwrap(), [Known::SignExt]);
    }
}
