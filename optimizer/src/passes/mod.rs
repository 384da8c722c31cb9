//! The passes. Each is one change to a module: bytes in, bytes out.
//!
//! To add one: a file here, a line in [`PASSES`], a fixture in `tests/passes/`.

mod gc;
mod order;
mod roots;
mod sections;
mod wasm_opt;

use crate::{Error, Settings};

use self::gc::Gc;
use self::order::Order;
use self::roots::Roots;
use self::sections::Sections;
use self::wasm_opt::WasmOpt;

/// What a pass made of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The module.
    pub wasm: Vec<u8>,
    /// Which of several ways it was made in, if there were several.
    pub by: Option<String>,
    /// What it weighs as it will be stored, before and after, if it was changed for the sake of that.
    pub weights: Option<Weights>,
    /// Why one of several ways was not gone to its end, if time ran out.
    pub unfinished: Option<String>,
}

/// What a module weighs before and after.
pub type Weights = (u64, u64);

impl From<Vec<u8>> for Changed {
    fn from(wasm: Vec<u8>) -> Self {
        Self { wasm, by: None, weights: None, unfinished: None }
    }
}

/// One change to a module.
///
/// A pass need not check its output: the pipeline does, and keeps the module as it was where the output is
/// invalid, lost a root, has a new import, or is larger.
pub trait Pass: Sync {
    /// The name in reports.
    fn name(&self) -> &'static str;

    /// Whether the pass is run with these settings.
    fn runs_at(&self, _settings: &Settings) -> bool {
        true
    }

    /// Makes the change.
    ///
    /// # Errors
    /// Where the pass cannot take this module. The pipeline goes on without it.
    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error>;
}

/// In running order. Sections first: debug information is often most of the file, none of the others needs more of
/// it than lines (features travel as a value), and walrus would take 40 times its size in memory.
/// Then roots, so that gc has something to remove, and gc, so that Binaryen, by far the slowest, starts from less. Order
/// last: it is about what the code has become.
pub const PASSES: &[&dyn Pass] = &[&Sections, &Roots, &Gc, &WasmOpt, &Order];
