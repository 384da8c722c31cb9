//! How much is tried, and what is told of it.

use std::fmt::Display;

/// Set to `all` by `cargo xtask reliability`.
const VARIABLE: &str = "WASMPACK_TRY";

/// Whether all is tried, or as much as every change has time for.
pub fn all() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == "all")
}

/// One of the two, by how much is tried.
pub fn few_or_all(few: usize, all_of_them: usize) -> usize {
    if all() { all_of_them } else { few }
}

/// Tells what was tried for one promise, in the line that `cargo xtask reliability` looks for.
pub fn tell(promise: &str, what: impl Display) {
    println!("tried {promise}: {what}");
}
