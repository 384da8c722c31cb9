//! `run --report`: what a run was, in a file, because stdout is the program's.

use camino::Utf8Path;
use serde_json::json;
use wasmpack_runner::{Exit, Limits, Spent, Used};

use crate::error::Error;
use crate::{audit, bounds, document};

/// Writes it.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    path: &Utf8Path,
    name: &str,
    exit: &Exit,
    limits: &Limits,
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
    let told = json!({
        "name": name,
        "ending": word(exit),
        "code": code,
        "values": values,
        "reason": reason(exit, limits),
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

/// Why it ended, where it did not end by itself.
fn reason(exit: &Exit, limits: &Limits) -> Option<String> {
    match exit {
        Exit::Code(_) | Exit::Returned { .. } => None,
        Exit::Trap(trap) => Some(trap.message.clone()),
        Exit::TimedOut => Some("its time was up".to_owned()),
        Exit::Stopped(bound) => Some(bounds::reason(*bound, limits)),
        Exit::Interrupted => Some("Ctrl-C".to_owned()),
        Exit::Terminated => Some("it was asked to end".to_owned()),
        Exit::OutputClosed => Some("nobody reads its output any more".to_owned()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use wasmpack_runner::Bound;

    #[test]
    fn a_limit_is_told_by_what_there_was_too_much_of() {
        let limits = Limits { output_bytes: Some(12), ..Limits::default() };
        assert_eq!(reason(&Exit::Stopped(Bound::Output), &limits).unwrap(), "it wrote more than 12 B");
        assert_eq!(reason(&Exit::OutputClosed, &limits).unwrap(), "nobody reads its output any more");
        assert_eq!(reason(&Exit::Code(1), &limits), None);
    }
}
