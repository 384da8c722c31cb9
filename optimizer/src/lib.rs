//! Makes WebAssembly modules smaller and keeps what they do.
//!
//! The arrow of this crate is MODULE → smaller MODULE: [`optimize`] takes the bytes the toolchain wrote and a
//! [`Pipeline`] (plain values), runs the passes of [`PASSES`] in order, and gives back bytes and a [`Report`] of
//! what each pass removed.
//!
//! What a caller may rely on:
//! - The result validates with the features of the input, and with nothing more.
//! - Every root is still exported, under its name and kind; no import is new.
//! - No pass makes the module larger: one that does is dropped, and the report says so. Only for a smaller layer may
//!   one give back some of what others have saved.
//! - A pass that fails (Binaryen crashes on some modules) leaves the module as it was. Only the input and the
//!   names of roots can make [`optimize`] fail.
//! - The same module and the same pipeline give the same bytes.
//!
//! A module that linkers have left as the core of a component goes through the same passes, and becomes the
//! component at the end. Of a component that is there already, the modules inside go through them.
//!
//! Binaryen runs in a child process, see [`binaryen`]. The functions below `inspect` need no pipeline.
//!
//! # Example
//!
//! Binaryen runs in a child process, which is the caller's own program or a `wasm-opt` of the system; level `none` and what is asked of a module do without.
//!
//! ```
//! use wasmpack_optimizer::{Capabilities, exports, imports};
//!
//! let wasm = wat::parse_str(
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
//!         (memory (export "memory") 1)
//!         (func (export "_start")))"#,
//! )?;
//! assert_eq!(imports(&wasm)?[0].name, "fd_write");
//! assert_eq!(exports(&wasm)?.len(), 2);
//! assert_eq!(Capabilities::of(&wasm)?.claim(), "stdio");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod align;
mod anatomy;
pub mod binaryen;
mod bounds;
mod callers;
mod capabilities;
mod capability;
mod census;
mod check;
mod child;
mod component;
mod custom;
mod debug;
mod dwarf;
mod embedded;
mod engine;
mod error;
mod faults;
mod features;
mod graph;
mod group;
mod interface;
mod known;
mod level;
mod lines;
mod names;
mod parts;
mod passes;
mod pipeline;
mod policy;
mod reasons;
mod recipe;
mod report;
mod requests;
mod roots;
mod section;
mod similarity;
mod source_map;
mod source_path;
mod symbols;
mod tree;

pub use anatomy::{Anatomy, Contents, Function, Group, Part, Segment};
pub use binaryen::Binaryen;
pub use callers::{Frame, Usage};
pub use capabilities::Capabilities;
pub use capability::Capability;
pub use census::Census;
pub use check::check_foreign;
pub use component::{World, is_component, unoptimized};
pub use debug::BuildId;
pub use engine::Engine;
pub use error::Error;
pub use features::{Features, features};
pub use graph::{Graph, Item, Root, Way, Ways};
pub use interface::{Export, Import, Kind, exports, imports};
pub use level::Level;
pub use lines::without as without_debug_information;
pub use names::function_names;
pub use passes::{Changed, PASSES, Pass, Weights};
pub use pipeline::{Optimized, Pipeline, Settings, optimize};
pub use policy::{Cause, Policy, Refusal, Rule};
pub use reasons::Reasons;
pub use report::{Outcome, PassReport, Report};
pub use requests::Request;
pub use roots::ModuleKind;
pub use section::{SectionSize, custom_section, sections};
pub use symbols::{Line, Place, Symbols, demangled};
pub use tree::Node;
