//! Registries: how they differ, how networks fail, and what strangers try. All of it on loopback, most of it in this process.

#![expect(clippy::disallowed_methods, reason = "a test may look at its own environment")]
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "what is skipped is named, and what was tried"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod credentials;
mod debian;
mod faults;
mod hostile;
mod messages;
mod push;
mod quirks;
mod referring;
mod support;
mod values;
