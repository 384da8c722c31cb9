//! What a module needs of its host, in plain words, told by its imports.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::known::Known;
use crate::{Capability, Error, Import, Kind, Request};

/// What a module or component needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// What is known, and standardised.
    pub needed: BTreeSet<Capability>,
    /// Imports that no standard known here has, by the names that [`Request`] gives them.
    pub unknown: BTreeSet<String>,
}

impl Capabilities {
    /// What decides what is read of a module: a part of any key under which that is kept. It is raised with every change to what is known
    /// of imports.
    pub const IDENTITY: &str = "capabilities 1";

    /// Reads them from a module or component.
    ///
    /// # Errors
    /// Where the bytes are neither.
    pub fn of(wasm: &[u8]) -> Result<Self, Error> {
        let mut found = Self::default();
        for request in Request::all(wasm)? {
            if request.is_standard {
                found.needed.extend(request.gives);
            } else {
                found.unknown.insert(request.name);
            }
        }
        Ok(found)
    }

    /// What one function of the host gives, of `wasi_snapshot_preview1` or of an interface of WASI 0.2 without its version.
    #[must_use]
    pub fn of_function(module: &str, name: &str) -> Self {
        let version = if module.contains(':') { "@0.2.0" } else { "" };
        let import =
            Import { module: format!("{module}{version}"), name: name.to_owned(), kind: Kind::Function };
        let known = Known::of_import(&import);
        if known.is_standard {
            Self { needed: known.gives.iter().copied().collect(), ..Self::default() }
        } else {
            Self { unknown: [import.policy_name()].into(), ..Self::default() }
        }
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needed.is_empty() && self.unknown.is_empty()
    }

    /// Adds what another one needs.
    pub fn add(&mut self, other: Self) {
        self.needed.extend(other.needed);
        self.unknown.extend(other.unknown);
    }

    /// As an image says it: `clock,stdio,env.fork`, in the form in which a policy is typed; `none` where there is nothing.
    #[must_use]
    pub fn claim(&self) -> String {
        if self.is_empty() {
            return "none".to_owned();
        }
        let known = self.needed.iter().map(|capability| capability.name().to_owned());
        // No comma and nothing that steers a terminal.
        let named = |name: &String| name.escape_default().to_string().replace(',', "\\u{2c}");
        let unknown = self.unknown.iter().take(Self::CLAIMED).map(named);
        let more = self.unknown.len().checked_sub(Self::CLAIMED).filter(|more| *more > 0);
        let more = more.map(|more| format!("+{more}"));
        known.chain(unknown).chain(more).collect::<Vec<_>>().join(",")
    }

    /// So many unknown names are claimed: an image says this several times, and a module may have any number of them.
    const CLAIMED: usize = 50;
}

/// As a list: `clock, stdio`; `none` where there is nothing.
impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let known = self.needed.iter().map(|capability| capability.name().to_owned());
        let unknown = self.unknown.iter().map(|name| format!("unknown `{name}`"));
        f.write_str(&known.chain(unknown).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(imports: &str) -> String {
        Capabilities::of(&wat::parse_str(format!("(module {imports})")).unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_module_needs_what_it_imports() {
        assert_eq!(needed(""), "none");
        for (function, expected) in [
            ("fd_write", "stdio"),
            ("path_open", "files-read, files-write"),
            ("sock_send", "listen"),
            ("sched_yield", "none"),
        ] {
            let import = format!(r#"(import "wasi_snapshot_preview1" "{function}" (func))"#);
            assert_eq!(needed(&import), expected);
        }
        assert_eq!(needed(r#"(import "wasi:clocks/wall-clock@0.2.9" "now" (func))"#), "clock");
        assert_eq!(
            needed(r#"(import "wasi" "thread-spawn" (func)) (import "env" "memory" (memory 1 1 shared))"#),
            "threads"
        );
    }

    #[test]
    fn what_no_standard_has_is_named() {
        let imports = r#"(import "env" "fork" (func)) (import "wasi_snapshot_preview1" "fd_warp" (func))
            (import "wasi_snapshot_preview1" "random_get" (func))"#;
        assert_eq!(needed(imports), "random, unknown `env.fork`, unknown `wasi_snapshot_preview1.fd_warp`");
    }

    #[test]
    fn a_component_needs_what_its_world_imports() {
        let component = wat::parse_str(
            r#"(component
                (import "wasi:cli/environment@0.2.0" (instance))
                (import "wasi:io/poll@0.2.0" (instance))
                (import "acme:store/keys@1.0.0" (instance)))"#,
        )
        .unwrap();
        let found = Capabilities::of(&component).unwrap();
        assert_eq!(found.to_string(), "environment, arguments, unknown `acme:store/keys@1.0.0`");
    }

    #[test]
    fn a_claim_has_the_words_of_a_policy_and_an_end() {
        let claim = |imports: &str| {
            Capabilities::of(&wat::parse_str(format!("(module {imports})")).unwrap()).unwrap().claim()
        };
        assert_eq!(claim(""), "none");
        let random = r#"(import "wasi_snapshot_preview1" "random_get" (func))"#;
        assert_eq!(claim(&format!(r#"{random} (import "env" "a,b\n" (func))"#)), r"random,env.a\u{2c}b\n");
        let many: String = (0..60).map(|n| format!(r#"(import "env" "f{n:02}" (func))"#)).collect();
        assert!(claim(&many).ends_with("env.f49,+10"));
    }
}
