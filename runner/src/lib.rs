//! Runs WebAssembly modules inside bounds: MODULE -> EXIT CODE.
//!
//! A *command* (a core module for `wasm32-wasip1` that exports `_start`, or a component that exports
//! `wasi:cli/run`) or a *service* (a component that exports `wasi:http/incoming-handler`) is compiled by Wasmtime, given what
//! its [`Invocation`] names, and run inside its [`Limits`]; the [`Exit`] says how it ended. This is the only
//! crate that knows Wasmtime, and no type of Wasmtime appears in its interface.
//!
//! # What the guest gets
//!
//! Without being asked, the host gives a guest exactly this:
//!
//! - stdin, stdout and stderr of this process, as they are;
//! - the clocks (time of day and monotonic, and with them sleeping) and random numbers;
//! - its arguments.
//!
//! It sees no file, no environment variable and no network. Directories and variables are given one by one in
//! the [`Invocation`]; a path cannot leave its directory, neither by `..` nor by a symbolic link. A
//! service is asked through a socket that is ours, and can open none itself.
//!
//! # What runs
//!
//! WebAssembly 3.0, exceptions and garbage collection included. Threads are compiled out, so that a module which needs
//! them is refused before it runs.
//!
//! # Example
//!
//! ```
//! use wasmpack_runner::{Exit, Invocation, Limits, Runtime};
//!
//! let wasm = wat::parse_str(
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!         (memory (export "memory") 1)
//!         (func (export "_start") (call $exit (i32.const 7))))"#,
//! )?;
//! let invocation = Invocation { arguments: vec!["app".into()], ..Invocation::default() };
//! let ended = Runtime::default().run(&wasm, &invocation, &Limits::default(), &mut |_| {})?;
//! assert_eq!(ended.exit, Exit::Code(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

/// The version of Wasmtime that is compiled in.
pub const WASMTIME: &str = "48.0.8";

mod answer;
mod audit;
mod audit_call;
mod audit_paths;
mod call;
mod component;
mod component_call;
mod deadline;
mod elsewhere;
mod engine;
mod error;
mod event;
mod exit;
mod guest;
mod host;
mod input;
mod invocation;
mod limits;
mod memory;
mod meter;
mod module;
mod output;
mod patience;
mod recording;
mod request;
mod runtime;
mod service;
mod signals;
mod snapshot;
mod stop;
mod used;
mod writers;

pub use error::Error;
pub use event::{Answered, Event};
pub use exit::{Exit, Trap};
pub use invocation::{Access, Call, Directory, Invocation};
pub use limits::{Bound, Limits};
pub use meter::Spent;
pub use recording::{Recording, record};
pub use runtime::{Ended, Runtime};
pub use signals::is_hangup_ignored;
pub use snapshot::snapshot;
pub use stop::Stop;
pub use used::{Subject, Used};

#[cfg(test)]
mod tests {
    #[test]
    fn wasmtime_is_the_one_that_is_compiled_in() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap().replace("\r\n", "\n");
        assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{}\"\n", super::WASMTIME)));
    }
}
