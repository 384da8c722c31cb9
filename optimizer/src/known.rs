//! The imports that standards have, and what each gives.
//!
//! An import is a request: whoever asks for `path_open` may open files, and whoever does not cannot. WASI 0.1 names
//! functions (<https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>), WASI 0.2 interfaces
//! (<https://github.com/WebAssembly/WASI/tree/main/wasip2>).
//!
//! No row says less than an import can give, whatever a program makes of it:
//! - `path_open` and `open-at` open for reading or for writing as their arguments say, and make and empty files without
//!   another function. So they give both, and nothing that opens files gives only one.
//! - Of an interface a component is handed all, so it counts as a whole: `wasi:filesystem/types` gives both, too.
//! - An open file, a folder and stdout are the same to most functions that take a descriptor. Without one that opens
//!   files there are but the three that a program begins with, and its folders: these can be looked at and dated, and no more.
//! - What asks for addresses reaches out, if only to the server that knows them.

use crate::{Capability, Import, Kind};

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// What it gives; of a name that no standard has, what one of its package might.
    pub(crate) gives: &'static [Capability],
    /// Whether a standard has it.
    pub(crate) is_standard: bool,
}

impl Known {
    const NOTHING: Self = Self { gives: &[], is_standard: false };

    /// What an import of a module gives.
    pub(crate) fn of_import(import: &Import) -> Self {
        let Import { module, name, kind } = import;
        match (module.as_str(), name.as_str(), kind) {
            ("wasi_snapshot_preview1" | "wasi_unstable", name, kind) if row(FUNCTIONS, name).is_some() => {
                Self { gives: row(FUNCTIONS, name).unwrap_or_default(), is_standard: *kind == Kind::Function }
            }
            ("wasi", "thread-spawn", Kind::Function) => Self::standard(&[Capability::Threads]),
            // The memory that threads share comes from the host and gives nothing of it.
            ("env", "memory", Kind::Memory) => Self::standard(&[]),
            // Runtimes have functions of their own there, such as `sock_connect`.
            (module, ..) if module.to_ascii_lowercase().starts_with("wasi") && !module.contains(':') => {
                Self { gives: ANY, is_standard: false }
            }
            (interface, _, Kind::Function) => Self::of_interface(interface),
            (interface, ..) => Self { is_standard: false, ..Self::of_interface(interface) },
        }
    }

    /// What an interface gives. Versions of 0.2 are the same to what is asked here; of another one, and of an
    /// interface that the package is not known to have, it may be anything the package is for.
    pub(crate) fn of_interface(name: &str) -> Self {
        let (name, version) =
            name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)));
        let is_read = version.is_some_and(is_version_0_2);
        match row(INTERFACES, name) {
            Some(gives) => Self { gives, is_standard: is_read },
            None => {
                let package = name.split_once('/').and_then(|(package, _)| row(PACKAGES, package));
                package.map_or(Self::NOTHING, |gives| Self { gives, is_standard: false })
            }
        }
    }

    fn standard(gives: &'static [Capability]) -> Self {
        Self { gives, is_standard: true }
    }
}

/// `0.2`, `0.2.9` or `0.2.0-rc-2023-11-10`.
fn is_version_0_2(version: &str) -> bool {
    let Some(rest) = version.strip_prefix("0.2") else { return false };
    let Some(patch) = rest.strip_prefix('.') else { return rest.is_empty() };
    let end = patch.find(|c: char| !c.is_ascii_digit()).unwrap_or(patch.len());
    let (patch, more) = patch.split_at(end);
    let is_inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    !patch.is_empty() && (more.is_empty() || (more.starts_with(['-', '+']) && more.chars().all(is_inside)))
}

fn row(table: &[Row], name: &str) -> Option<&'static [Capability]> {
    table.iter().find(|(names, _)| names.contains(&name)).map(|(_, gives)| *gives)
}

/// Reading and writing files.
const FILES: &[Capability] = &[Capability::FilesRead, Capability::FilesWrite];

/// Both ways over the network.
const SOCKETS: &[Capability] = &[Capability::Listen, Capability::Connect];

/// Both sides of HTTP.
const HTTP: &[Capability] = &[Capability::HttpServer, Capability::HttpClient];

/// Names, and what they give.
type Row = (&'static [&'static str], &'static [Capability]);

/// What a function of WASI may give that is none of those below.
const ANY: &[Capability] = &[
    Capability::FilesRead,
    Capability::FilesWrite,
    Capability::Clock,
    Capability::Random,
    Capability::Environment,
    Capability::Arguments,
    Capability::Stdio,
    Capability::Listen,
    Capability::Connect,
    Capability::Exit,
    Capability::Threads,
];

/// All functions of WASI 0.1.
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
            "fd_filestat_set_size",
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
    // Of a folder that it was given, a program can so ask and set the dates, without opening anything.
    (&["fd_filestat_get"], &[Capability::Stdio, Capability::FilesRead]),
    (&["fd_filestat_set_times"], &[Capability::Stdio, Capability::FilesWrite]),
    (&["path_open"], FILES),
    (
        &["fd_prestat_dir_name", "fd_prestat_get", "fd_readdir", "path_filestat_get", "path_readlink"],
        &[Capability::FilesRead],
    ),
    (
        &[
            "path_create_directory",
            "path_filestat_set_times",
            "path_link",
            "path_remove_directory",
            "path_rename",
            "path_symlink",
            "path_unlink_file",
        ],
        &[Capability::FilesWrite],
    ),
    // There is no function that connects: what is sent and received goes over connections that others made.
    (&["sock_accept", "sock_recv", "sock_send", "sock_shutdown"], &[Capability::Listen]),
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
    (&["wasi:filesystem/types", "wasi:filesystem/preopens"], FILES),
    (&["wasi:sockets/ip-name-lookup"], &[Capability::Connect]),
    (
        &[
            "wasi:sockets/network",
            "wasi:sockets/instance-network",
            "wasi:sockets/tcp",
            "wasi:sockets/tcp-create-socket",
            "wasi:sockets/udp",
            "wasi:sockets/udp-create-socket",
        ],
        SOCKETS,
    ),
    // Requests and answers as such; a handler beside them says which of the two it is.
    (&["wasi:http/types"], HTTP),
    (&["wasi:http/outgoing-handler"], &[Capability::HttpClient]),
    // Whoever imports it hands requests on to another program.
    (&["wasi:http/incoming-handler"], HTTP),
];

/// What an interface of a package may give that is none of those above.
const PACKAGES: &[Row] = &[
    (&["wasi:cli"], &[Capability::Environment, Capability::Arguments, Capability::Stdio, Capability::Exit]),
    (&["wasi:clocks"], &[Capability::Clock]),
    (&["wasi:random"], &[Capability::Random]),
    (&["wasi:filesystem"], FILES),
    (&["wasi:sockets"], SOCKETS),
    (&["wasi:http"], HTTP),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_name_is_in_one_row() {
        for table in [FUNCTIONS, INTERFACES, PACKAGES] {
            let names: Vec<&str> = table.iter().flat_map(|(names, _)| *names).copied().collect();
            let distinct: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(names.len(), distinct.len());
        }
        // As many as the standard lists.
        assert_eq!(FUNCTIONS.iter().map(|(names, _)| names.len()).sum::<usize>(), 46);
        assert_eq!(INTERFACES.iter().map(|(names, _)| names.len()).sum::<usize>(), 31);
    }

    #[test]
    fn an_interface_gives_no_less_than_another_of_its_package_could() {
        for (names, gives) in INTERFACES {
            for name in *names {
                let (package, _) = name.split_once('/').unwrap();
                let most = row(PACKAGES, package);
                assert!(gives.iter().all(|one| most.is_some_and(|most| most.contains(one))), "{name}");
            }
        }
    }

    #[test]
    fn only_versions_that_are_read_are_standard() {
        let known = |name: &str| Known::of_interface(name);
        assert!(known("wasi:clocks/wall-clock@0.2.9").is_standard);
        assert!(known("wasi:clocks/wall-clock@0.2").is_standard);
        assert!(known("wasi:clocks/wall-clock@0.2.0-rc-2023-11-10").is_standard);
        for version in ["", "@", "@0.20.0", "@0.2.", "@0.2.x", "@0.2.0@", "@0.2.0 ", "@10.2.0", "@0.3.0"] {
            assert!(!known(&format!("wasi:clocks/wall-clock{version}")).is_standard, "{version}");
        }
        for name in ["wasi:clocks/wall-clock", "wasi:clocks/wall-clock@0.20.0", "wasi:clocks/wall@0.2.0"] {
            assert_eq!(known(name), Known { gives: &[Capability::Clock], is_standard: false }, "{name}");
        }
        assert_eq!(known("wasix:clocks/wall-clock@0.2.0"), Known::NOTHING);
    }
}
