//! What users are promised, tried on the built command.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod architecture;
mod beside;
mod bill;
mod compare;
mod compression;
mod consumers_page;
mod contents;
mod crates;
#[path = "../packager/tests/registry/support/debian.rs"]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "what is skipped is named, unless CI must skip nothing"
)]
mod debian;
mod debug_module;
mod destinations;
mod documented;
#[cfg(unix)]
mod errors;
#[cfg(target_os = "linux")]
mod forges;
#[cfg(unix)]
#[path = "../packager/tests/registry/support/http.rs"]
#[expect(dead_code, reason = "a test of the client's asks it for more")]
mod http;
mod hundred;
mod init;
mod installed;
#[cfg(target_os = "linux")]
mod instructions;
mod interrupted;
mod kinds;
mod links;
#[cfg(target_os = "linux")]
mod load;
mod machines;
#[cfg(unix)]
mod manual;
mod markdown;
#[cfg(unix)]
mod matches;
mod meaning;
mod memory;
mod migrate;
mod native;
mod optimize;
mod partition;
#[cfg(unix)]
mod places;
mod policy;
#[path = "../cli/program.rs"]
mod program;
mod registries;
#[cfg(target_os = "linux")]
mod reliability;
mod reproducible;
mod run;
mod schemas;
mod scripts;
mod service;
#[cfg(unix)]
mod shared_cache;
mod signatures;
mod support;
#[cfg(unix)]
mod terminal;
mod toolchain;
mod transcripts;
#[path = "../packager/tests/registry/support/tried.rs"]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "most of it is tried on Linux"))]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "what was tried is told, and how much there is time for"
)]
mod tried;
mod unchanged;
mod user_config;
mod watch;
