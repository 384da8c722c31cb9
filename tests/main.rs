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
#[cfg(target_os = "linux")]
mod forges;
mod hundred;
mod init;
mod installed;
mod interrupted;
#[cfg(target_os = "linux")]
mod load;
mod meaning;
mod memory;
mod native;
mod optimize;
#[cfg(unix)]
mod places;
mod policy;
#[path = "../cli/program.rs"]
mod program;
mod registries;
mod reproducible;
mod run;
mod scripts;
mod service;
mod signatures;
mod support;
mod toolchain;
mod transcripts;
mod watch;
