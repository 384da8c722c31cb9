//! What a module needs of its host, in plain words, told by its imports.
//!
//! An import is a request: whoever asks for `path_open` may open files, and whoever does not cannot. WASI 0.1 names
//! functions (<https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>), WASI 0.2 interfaces
//! (<https://github.com/WebAssembly/WASI/tree/main/wasip2>).

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::{Error, World, imports, is_component};

/// Something a host gives a program, or keeps from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Reading and writing files, in folders it is given.
    Files,
    /// Telling the time, and waiting.
    Clock,
    /// Random numbers.
    Random,
    /// Variables of the environment.
    Environment,
    /// Arguments of the command line.
    Arguments,
    /// Standard input, output and errors.
    Stdio,
    /// Connections.
    Network,
    /// Requests of HTTP, asked or answered.
    Http,
    /// Ending with an exit code.
    Exit,
    /// Threads of its own.
    Threads,
}

/// What a module or component needs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Capabilities {
    /// What is known, and standardised.
    pub needed: BTreeSet<Capability>,
    /// Imports that no standard known here has: an interface, or a module and a name.
    pub unknown: BTreeSet<String>,
}

impl Capabilities {
    /// Reads them from a module or component.
    ///
    /// # Errors
    /// Where the bytes are neither.
    pub fn of(wasm: &[u8]) -> Result<Self, Error> {
        let mut found = Self::default();
        if is_component(wasm) {
            let world = World::of(wasm)?;
            for import in &world.imports {
                found.add(interface(import), || import.clone());
            }
            // Who answers requests needs somebody who takes them in.
            if world.exports.iter().any(|export| export.starts_with("wasi:http/incoming-handler@")) {
                found.needed.insert(Capability::Http);
            }
        } else {
            for import in imports(wasm)? {
                let known = match import.module.as_str() {
                    "wasi_snapshot_preview1" | "wasi_unstable" => function(&import.name),
                    "wasi" if import.name == "thread-spawn" => Some(&[Capability::Threads][..]),
                    // The memory that threads share comes from the host and gives nothing of it.
                    "env" if import.name == "memory" => Some(&[][..]),
                    module => interface(module),
                };
                found.add(known, || format!("{}.{}", import.module, import.name));
            }
        }
        Ok(found)
    }

    /// What one function of the host gives, of a module such as `wasi_snapshot_preview1` or of an interface.
    #[must_use]
    pub fn of_import(module: &str, function_name: &str) -> Self {
        let known =
            if module == "wasi_snapshot_preview1" { function(function_name) } else { interface(module) };
        let mut found = Self::default();
        found.add(known, || format!("{module}.{function_name}"));
        found
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needed.is_empty() && self.unknown.is_empty()
    }

    fn add(&mut self, known: Option<&[Capability]>, name: impl FnOnce() -> String) {
        match known {
            Some(capabilities) => self.needed.extend(capabilities),
            None => drop(self.unknown.insert(name())),
        }
    }
}

impl Capability {
    /// Its name, as `--json` writes it too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Environment => "environment",
            Self::Arguments => "arguments",
            Self::Stdio => "stdio",
            Self::Network => "network",
            Self::Http => "http",
            Self::Exit => "exit",
            Self::Threads => "threads",
        }
    }
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

/// What a function of WASI 0.1 gives.
fn function(name: &str) -> Option<&'static [Capability]> {
    FUNCTIONS.iter().find(|(names, _)| names.contains(&name)).map(|(_, gives)| *gives)
}

/// What an interface of WASI 0.2 gives, in whatever version.
fn interface(name: &str) -> Option<&'static [Capability]> {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    INTERFACES.iter().find(|(names, _)| names.contains(&name)).map(|(_, gives)| *gives)
}

/// Names, and what they give.
type Row = (&'static [&'static str], &'static [Capability]);

/// All functions of WASI 0.1. An open file and stdout are the same to most of those that take a descriptor; but without
/// one that opens files there are no others than the three a program begins with.
const FUNCTIONS: &[Row] = &[
    (&["args_get", "args_sizes_get"], &[Capability::Arguments]),
    (&["environ_get", "environ_sizes_get"], &[Capability::Environment]),
    (&["clock_res_get", "clock_time_get", "poll_oneoff"], &[Capability::Clock]),
    (&["random_get"], &[Capability::Random]),
    (&["proc_exit", "proc_raise"], &[Capability::Exit]),
    (&["sched_yield"], &[]),
    (
        &[
            "fd_advise",
            "fd_allocate",
            "fd_close",
            "fd_datasync",
            "fd_fdstat_get",
            "fd_fdstat_set_flags",
            "fd_fdstat_set_rights",
            "fd_filestat_get",
            "fd_filestat_set_size",
            "fd_filestat_set_times",
            "fd_pread",
            "fd_pwrite",
            "fd_read",
            "fd_renumber",
            "fd_seek",
            "fd_sync",
            "fd_tell",
            "fd_write",
        ],
        &[Capability::Stdio],
    ),
    (
        &[
            "fd_prestat_dir_name",
            "fd_prestat_get",
            "fd_readdir",
            "path_create_directory",
            "path_filestat_get",
            "path_filestat_set_times",
            "path_link",
            "path_open",
            "path_readlink",
            "path_remove_directory",
            "path_rename",
            "path_symlink",
            "path_unlink_file",
        ],
        &[Capability::Files],
    ),
    (&["sock_accept", "sock_recv", "sock_send", "sock_shutdown"], &[Capability::Network]),
];

/// All interfaces of WASI 0.2. Streams and polls give nothing by themselves: what they are of is asked for elsewhere.
const INTERFACES: &[Row] = &[
    (&["wasi:io/error", "wasi:io/poll", "wasi:io/streams"], &[]),
    (&["wasi:cli/environment"], &[Capability::Environment, Capability::Arguments]),
    (&["wasi:cli/exit"], &[Capability::Exit]),
    (
        &[
            "wasi:cli/stdin",
            "wasi:cli/stdout",
            "wasi:cli/stderr",
            "wasi:cli/terminal-input",
            "wasi:cli/terminal-output",
            "wasi:cli/terminal-stdin",
            "wasi:cli/terminal-stdout",
            "wasi:cli/terminal-stderr",
        ],
        &[Capability::Stdio],
    ),
    (
        &["wasi:clocks/monotonic-clock", "wasi:clocks/wall-clock", "wasi:clocks/timezone"],
        &[Capability::Clock],
    ),
    (&["wasi:random/random", "wasi:random/insecure", "wasi:random/insecure-seed"], &[Capability::Random]),
    (&["wasi:filesystem/types", "wasi:filesystem/preopens"], &[Capability::Files]),
    (
        &[
            "wasi:sockets/network",
            "wasi:sockets/instance-network",
            "wasi:sockets/ip-name-lookup",
            "wasi:sockets/tcp",
            "wasi:sockets/tcp-create-socket",
            "wasi:sockets/udp",
            "wasi:sockets/udp-create-socket",
        ],
        &[Capability::Network],
    ),
    (&["wasi:http/types", "wasi:http/outgoing-handler", "wasi:http/incoming-handler"], &[Capability::Http]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(imports: &str) -> String {
        Capabilities::of(&wat::parse_str(format!("(module {imports})")).unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_module_needs_what_it_imports() {
        assert_eq!(needed(""), "none");
        for (function, expected) in
            [("fd_write", "stdio"), ("path_open", "files"), ("sock_send", "network"), ("sched_yield", "none")]
        {
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
    fn each_name_is_in_one_row() {
        for table in [FUNCTIONS, INTERFACES] {
            let names: Vec<&str> = table.iter().flat_map(|(names, _)| *names).copied().collect();
            let distinct: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(names.len(), distinct.len());
        }
        // As many as the standard lists.
        assert_eq!(FUNCTIONS.iter().map(|(names, _)| names.len()).sum::<usize>(), 46);
        assert_eq!(INTERFACES.iter().map(|(names, _)| names.len()).sum::<usize>(), 31);
    }
}
