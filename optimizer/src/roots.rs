//! Which exports must stay alive.
//!
//! Linkers run their own gc, so the export list is what keeps the rest: each export that nobody calls holds on to
//! all it can reach. What a host calls is fixed by the kind of the module
//! (<https://github.com/WebAssembly/WASI/blob/main/legacy/application-abi.md>).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, Export, Kind};

/// A program or a library, in the words of WASI's application ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleKind {
    /// Exports the function `_start`: runs once, from there.
    Command,
    /// Does not: its host may call whatever it exports.
    Reactor,
    /// The core of a component: it exports what the component's interface takes.
    Component,
}

/// What the host of a command uses, where the module exports it: the entry point, the memory that system calls
/// point into, and the entry point of further threads (<https://github.com/WebAssembly/wasi-threads>).
const COMMAND_ROOTS: [&str; 3] = [START, "memory", "wasi_thread_start"];

const START: &str = "_start";

impl ModuleKind {
    /// The kind of the module with these exports.
    pub fn of(exports: &[Export]) -> Self {
        let is_start = |export: &Export| export.name == START && export.kind == Kind::Function;
        if exports.iter().any(is_start) { Self::Command } else { Self::Reactor }
    }
}

/// The exports that must stay alive: what the kind of module asks for and what the caller wants to keep.
pub(crate) fn resolve(exports: &[Export], keep: &[String]) -> Result<BTreeSet<String>, Error> {
    let exported: BTreeSet<_> = exports.iter().map(|export| &export.name).collect();
    if let Some(name) = keep.iter().find(|name| !exported.contains(name)) {
        return Err(Error::UnknownRoot { name: name.clone(), nearest: nearest(name, exports) });
    }
    let (kind, keep) = (ModuleKind::of(exports), keep.iter().map(String::as_str).collect::<BTreeSet<_>>());
    let is_root = |name: &str| match kind {
        ModuleKind::Command => COMMAND_ROOTS.contains(&name) || keep.contains(name),
        ModuleKind::Reactor | ModuleKind::Component => true,
    };
    Ok(exports.iter().map(|export| export.name.clone()).filter(|name| is_root(name)).collect())
}

/// The export a mistyped name probably means.
fn nearest(name: &str, exports: &[Export]) -> Option<String> {
    nearest_of(name, exports.iter().map(|export| &*export.name)).map(str::to_owned)
}

/// The name that a mistyped one probably means.
pub(crate) fn nearest_of<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this two names have little in common; the value other command lines use for suggestions.
    const ALIKE: f64 = 0.7;
    let lower = name.to_ascii_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(name, known).max(strsim::jaro_winkler(&lower, known));
    let best = known.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > ALIKE).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports(names: &[&str]) -> Vec<Export> {
        names.iter().map(|name| Export { name: (*name).into(), kind: Kind::Function }).collect()
    }

    fn roots(names: &[&str], keep: &[&str]) -> Result<Vec<String>, Error> {
        let keep: Vec<String> = keep.iter().map(ToString::to_string).collect();
        resolve(&exports(names), &keep).map(|roots| roots.into_iter().collect())
    }

    #[test]
    fn a_command_keeps_what_its_host_uses() {
        assert_eq!(roots(&["memory", "_start", "sqlite3_open"], &[]).unwrap(), ["_start", "memory"]);
        assert_eq!(roots(&["_start", "wasi_thread_start"], &[]).unwrap(), ["_start", "wasi_thread_start"]);
    }

    #[test]
    fn a_command_keeps_what_it_is_told_to() {
        assert_eq!(roots(&["_start", "a", "b"], &["b"]).unwrap(), ["_start", "b"]);
    }

    #[test]
    fn a_reactor_keeps_everything() {
        assert_eq!(roots(&["_initialize", "a", "b"], &["b"]).unwrap(), ["_initialize", "a", "b"]);
    }

    #[test]
    fn a_start_that_is_no_function_makes_no_command() {
        let global = Export { name: "_start".into(), kind: Kind::Global };
        assert_eq!(ModuleKind::of(&[global]), ModuleKind::Reactor);
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest() {
        let error = roots(&["_start", "sqlite3_open", "sqlite3_close"], &["sqlite_open"]).unwrap_err();
        assert_eq!(error.hint().unwrap(), "did you mean `sqlite3_open`?");
        let error = roots(&["_start"], &["xyz"]).unwrap_err();
        assert!(matches!(error, Error::UnknownRoot { nearest: None, .. }));
    }
}
