//! `snapshot`: a program begins with what its initializer left.

use wasmpack_runner::Limits;

use crate::error::Error;
use crate::report;
use crate::shell::Shell;

/// Runs the initializer of a module, and gives the module that begins after it.
///
/// # Errors
/// When there is no such function, or the program would be another afterwards.
pub fn of(wasm: &[u8], initializer: &str, name: &str, shell: &mut Shell) -> Result<Vec<u8>, Error> {
    let snapshot = wasmpack_runner::snapshot(wasm, initializer, &Limits::default())
        .map_err(|source| Error::Snapshot { name: name.to_owned(), source })?;
    let bytes = report::shrunk(wasm.len() as u64, snapshot.len() as u64);
    shell.status("Initialized", format_args!("{name} by `{initializer}`, {bytes}"));
    Ok(snapshot)
}
