//! Registries: how they differ, how networks fail, and what strangers try. All of it on loopback, most of it in this process.

mod credentials;
mod debian;
mod faults;
mod hostile;
mod messages;
mod push;
mod quirks;
mod referring;
mod support;
