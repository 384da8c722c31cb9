//! `run --report`: what a run was, in a file, because stdout is the program's.

use camino::Utf8Path;
use serde_json::json;
use wasmpack_runner::{Exit, Spent, Used};

use crate::difference::ending;
use crate::error::Error;
use crate::{audit, document};

/// Writes it.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    path: &Utf8Path,
    name: &str,
    exit: &Exit,
    spent: &Spent,
    used: Option<&[Used]>,
) -> Result<(), Error> {
    let code = match exit {
        Exit::Code(code) => Some(*code),
        _ => None,
    };
    let values = match exit {
        Exit::Returned { values, .. } => &values[..],
        _ => &[],
    };
    let reason = match exit {
        Exit::Code(_) | Exit::Returned { .. } => None,
        Exit::Trap(trap) => Some(trap.message.clone()),
        other => Some(ending(other)),
    };
    let told = json!({
        "name": name,
        "ending": word(exit),
        "code": code,
        "values": values,
        "reason": reason,
        "time": {
            "compiled": !spent.is_kept,
            "compile_seconds": spent.compile.as_secs_f64(),
            "start_seconds": spent.instantiate.map(|span| span.as_secs_f64()),
            "first_output_seconds": spent.first_output.map(|span| span.as_secs_f64()),
            "total_seconds": spent.total.as_secs_f64(),
        },
        "memory_bytes": spent.memory_bytes,
        "used": used.map(audit::deeds),
    });
    let text = document::RUN.text(&told) + "\n";
    wasmpack_packager::write_whole(path.as_std_path(), text.as_bytes())?;
    Ok(())
}

fn word(exit: &Exit) -> &'static str {
    match exit {
        Exit::Code(_) => "code",
        Exit::Returned { .. } => "returned",
        Exit::Trap(_) => "trap",
        Exit::TimedOut => "timeout",
        Exit::Stopped(_) => "limit",
        Exit::Interrupted => "interrupted",
        Exit::Terminated => "terminated",
        Exit::OutputClosed => "output-closed",
    }
}
