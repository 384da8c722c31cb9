//! What every pass's output is held to, whoever wrote the pass.

use std::collections::BTreeSet;

use rayon::prelude::*;
use wasmparser::{FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};

use crate::{Error, Export, Import, Request, Settings, component, interface, is_component, section};

/// Checks the output of a pass against its input, which is known to be valid: the output is valid with the
/// features of the original module, every root is still there, and nothing new is asked of the host.
pub(crate) fn check(before: &[u8], after: &[u8], settings: &Settings) -> Result<(), Error> {
    // Reading comes first: "is a component" says more than the rule of validation it breaks.
    let (exports, imports) = (interface::exports(after)?, interface::imports(after)?);
    // Custom sections have no part in validation, and validating is most of what a cheap pass costs.
    if !section::without_custom(before)?.eq(section::without_custom(after)?) {
        settings.features.validate(after)?;
    }
    keeps_roots(&interface::exports(before)?, &exports, &settings.roots)?;
    adds_no_import(&interface::imports(before)?, imports)
}

/// Checks what somebody else says to have made of a module or component: that it is valid, a component where it is to be one, and asks
/// its host for nothing new. Whether it does the same is not seen.
///
/// # Errors
/// When it is not, or does.
pub fn check_foreign(before: &[u8], after: &[u8]) -> Result<(), Error> {
    validate(after)?;
    // A component asks in other words than the module that becomes it.
    let before = component::unoptimized(before)?;
    match [&*before, after].map(is_component) {
        [false, false] => adds_no_import(&interface::imports(&before)?, interface::imports(after)?),
        [true, true] => adds_no_request(&Request::all(&before)?, Request::all(after)?),
        _ => Err(Error::OtherKind),
    }
}

/// Checks a module or component that may use whatever there is.
pub(crate) fn validate(wasm: &[u8]) -> Result<(), Error> {
    validate_with(WasmFeatures::all(), wasm).map_err(|error| Error::invalid(&error))
}

/// Checks a module or component that may use these features; the bodies of its functions on all cores.
pub(crate) fn validate_with(features: WasmFeatures, wasm: &[u8]) -> Result<(), wasmparser::Error> {
    let mut validator = Validator::new_with_features(features);
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
    }
    let results = functions.into_par_iter().map_init(
        FuncValidatorAllocations::default,
        |allocations, (function, body)| {
            let mut validator = function.into_validator(std::mem::take(allocations));
            let result = validator.validate(&body);
            *allocations = validator.into_allocations();
            result
        },
    );
    // The first in the file, whichever was found first.
    results.find_map_first(Result::err).map_or(Ok(()), Err)
}

fn keeps_roots(before: &[Export], after: &[Export], roots: &BTreeSet<String>) -> Result<(), Error> {
    let after: BTreeSet<_> = after.iter().collect();
    let mut kept = before.iter().filter(|export| roots.contains(&export.name));
    match kept.find(|export| !after.contains(export)) {
        Some(lost) => Err(Error::LostRoot { name: lost.name.clone() }),
        None => Ok(()),
    }
}

fn adds_no_import(before: &[Import], after: Vec<Import>) -> Result<(), Error> {
    let before: BTreeSet<_> = before.iter().collect();
    match after.into_iter().find(|import| !before.contains(import)) {
        Some(new) => Err(Error::NewImport { module: new.module, name: new.name }),
        None => Ok(()),
    }
}

fn adds_no_request(before: &[Request], after: Vec<Request>) -> Result<(), Error> {
    let before: BTreeSet<_> = before.iter().map(|request| &request.name).collect();
    match after.into_iter().find(|request| !before.contains(&request.name)) {
        Some(Request { name, .. }) => Err(Error::NewRequest { name }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    const BEFORE: &str = r#"(module (import "host" "print" (func)) (memory (export "memory") 1)
        (func (export "_start")) (func (export "spare")))"#;

    /// Checks `after` as if a pass had made it of [`BEFORE`].
    fn outcome(after: &str) -> Result<(), Error> {
        let before = wat::parse_str(BEFORE).unwrap();
        let settings = Settings::resolve(&before, &Pipeline::for_tests()).unwrap();
        check(&before, &wat::parse_str(after).unwrap(), &settings)
    }

    #[test]
    fn what_is_not_a_root_may_go() {
        outcome(r#"(module (memory (export "memory") 1) (func (export "_start")))"#).unwrap();
    }

    #[test]
    fn a_lost_root_is_found() {
        let error = outcome(r#"(module (memory (export "memory") 1))"#).unwrap_err();
        assert!(matches!(error, Error::LostRoot { name } if name == "_start"));
    }

    #[test]
    fn a_root_of_another_kind_is_lost() {
        let error =
            outcome(r#"(module (memory (export "memory") 1) (global (export "_start") i32 (i32.const 0)))"#);
        assert!(matches!(error, Err(Error::LostRoot { name }) if name == "_start"));
    }

    #[test]
    fn a_new_import_is_found() {
        let error = outcome(
            r#"(module (import "host" "open" (func)) (memory (export "memory") 1) (func (export "_start")))"#,
        );
        assert!(matches!(error, Err(Error::NewImport { name, .. }) if name == "open"));
    }

    #[test]
    fn what_a_stranger_made_asks_for_nothing_new_either() {
        let before = wat::parse_str(BEFORE).unwrap();
        let check = |after: &str| check_foreign(&before, &wat::parse_str(after).unwrap());
        check(r#"(module (import "host" "print" (func)) (func (export "_start")))"#).unwrap();
        let error = check(r#"(module (import "host" "open" (func)) (func (export "_start")))"#);
        assert!(matches!(error, Err(Error::NewImport { name, .. }) if name == "open"));
        let error = check("(module (func (result i32)))");
        assert!(matches!(error, Err(Error::Invalid { .. })));
        assert!(check_foreign(&before, b"no module").is_err());
    }

    #[test]
    fn nor_does_what_became_a_component() {
        let component = |imports: &str| wat::parse_str(format!("(component {imports})")).unwrap();
        let [open, print] = ["open", "print"].map(|name| format!(r#"(import "{name}" (func))"#));
        let before = component(&print);
        check_foreign(&before, &component("")).unwrap();
        check_foreign(&before, &before).unwrap();
        let error = check_foreign(&before, &component(&open));
        assert!(matches!(error, Err(Error::NewRequest { name }) if name == "$root.open"));
        let module = wat::parse_str("(module)").unwrap();
        for [before, after] in [[&before, &module], [&module, &before]] {
            assert!(matches!(check_foreign(before, after), Err(Error::OtherKind)));
        }
    }

    #[test]
    fn a_feature_the_input_did_not_have_is_found() {
        let error = outcome(
            r#"(module (memory (export "memory") 1)
                 (func (export "_start") (drop (i32.extend8_s (i32.const 0)))))"#,
        );
        assert!(matches!(error, Err(Error::Invalid { .. })));
    }
}
