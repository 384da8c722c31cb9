//! Real projects, built with the real toolchains of this machine, become modules that run.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on dies, and says what it skips"
)]

mod c;
mod cargo;
mod support;
mod systems;
