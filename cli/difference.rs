//! Where two runs differ, in words.

use wasmpack_runner::{Exit, Recording};

/// All that is different between two runs but for their files: of each thing where it begins. Two traps are the same,
/// whatever their reasons: a program cannot tell them apart, and optimizers may put one before the other.
#[must_use]
pub fn between(before: &Recording, after: &Recording) -> Vec<String> {
    let is_same = match (&before.exit, &after.exit) {
        (Exit::Trap(_), Exit::Trap(_)) => true,
        (before, after) => before == after,
    };
    let end = (!is_same).then(|| format!("{} before, {} after", ending(&before.exit), ending(&after.exit)));
    let stdout = in_bytes("stdout", &before.stdout, &after.stdout);
    let stderr = in_bytes("stderr", &before.stderr, &after.stderr);
    [end, stdout, stderr].into_iter().flatten().collect()
}

/// Where two texts begin to differ, and how they go on there.
#[must_use]
pub fn in_bytes(name: &str, before: &[u8], after: &[u8]) -> Option<String> {
    let same = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    if same == before.len().max(after.len()) {
        return None;
    }
    let line = 1 + before[..same].iter().filter(|byte| **byte == b'\n').count();
    let [was, is] = [&before[same..], &after[same..]].map(beginning);
    Some(format!("{name} differs at byte {same}, in line {line}: {was} before, {is} after"))
}

/// The rest of the line, fit for a terminal.
fn beginning(bytes: &[u8]) -> String {
    const LONGEST: usize = 40;
    if bytes.is_empty() {
        return "the end".to_owned();
    }
    let line = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let shown = String::from_utf8_lossy(&line[..line.len().min(LONGEST)]);
    let shown = if shown == "\n" { &shown } else { shown.trim_end_matches('\n') };
    format!("`{}`", shown.escape_debug())
}

/// How a program ended: `exit code 3`.
#[must_use]
pub fn ending(exit: &Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Returned { .. } => "a result".to_owned(),
        Exit::Trap(trap) => format!("a trap ({})", trap.message),
        Exit::TimedOut => "no end in time".to_owned(),
        Exit::Stopped(_) => "no end inside its limits".to_owned(),
        Exit::Interrupted => "Ctrl-C".to_owned(),
        Exit::Terminated => "SIGTERM".to_owned(),
        Exit::OutputClosed => "more output than is kept".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmpack_runner::Trap;

    fn run(exit: Exit, stdout: &str) -> Recording {
        Recording { exit, stdout: stdout.into(), stderr: Vec::new() }
    }

    fn trap(message: &str) -> Exit {
        Exit::Trap(Trap { message: message.into(), backtrace: String::new(), hint: None })
    }

    #[test]
    fn each_thing_that_differs_is_told() {
        let before = run(Exit::Code(0), "one\ntwo\n");
        assert_eq!(between(&before, &before), [""; 0]);
        assert_eq!(
            between(&before, &run(trap("unreachable"), "one\n")),
            [
                "exit code 0 before, a trap (unreachable) after",
                "stdout differs at byte 4, in line 2: `two` before, the end after"
            ]
        );
    }

    #[test]
    fn a_trap_is_a_trap_and_no_exit_code() {
        assert_eq!(between(&run(trap("a"), ""), &run(trap("b"), "")), [""; 0]);
        assert_eq!(between(&run(trap("a"), ""), &run(Exit::Code(134), "")).len(), 1);
    }

    #[test]
    fn what_no_terminal_should_see_is_escaped() {
        assert_eq!(
            in_bytes("stdout", b"a\x1b[31m\n", b"a\n\n").unwrap(),
            r"stdout differs at byte 1, in line 1: `\u{1b}[31m` before, `\n` after"
        );
        assert!(in_bytes("stdout", &[b'x'; 1000], b"").unwrap().len() < 120);
    }
}
