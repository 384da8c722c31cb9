//! What users are promised, tried on the built command.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod architecture;
mod bill;
mod compare;
mod compression;
mod consumers_page;
mod contents;
mod debug_module;
mod destinations;
mod hundred;
mod installed;
mod interrupted;
mod meaning;
mod native;
mod optimize;
#[cfg(unix)]
mod places;
mod reproducible;
mod run;
mod service;
mod support;
mod toolchain;
mod transcripts;
