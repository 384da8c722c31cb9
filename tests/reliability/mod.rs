//! What happens to an image when a process is killed, a disk is full, bits rot, or many write at once: tried in numbers.
//!
//! Every change tries a few of each; `cargo xtask reliability` tries all and writes down what came of it. A test of faults counts
//! those that landed, and fails when none did.

mod crowded;
mod ended;
mod fault;
mod faulted;
mod image;
mod killed;
mod rotten;
