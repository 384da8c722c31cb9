//! Where two runs differ, in words.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

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
    let same = alike(before, after);
    if same == before.len().max(after.len()) {
        return None;
    }
    Some(differs(name, same, lines(&before[..same]), &before[same..], &after[same..]))
}

/// The same of two files, of which a part is in memory at a time.
///
/// # Errors
/// When one cannot be read.
pub fn in_files(name: &str, before: &Path, after: &Path) -> io::Result<Option<String>> {
    let (mut before, mut after) = (BufReader::new(File::open(before)?), BufReader::new(File::open(after)?));
    let (mut same, mut ended) = (0, 0);
    loop {
        let (was, is) = (before.fill_buf()?, after.fill_buf()?);
        if was.is_empty() && is.is_empty() {
            return Ok(None);
        }
        let count = alike(was, is);
        let is_different = count < was.len().min(is.len()) || count == 0;
        same += count;
        ended += lines(&was[..count]);
        before.consume(count);
        after.consume(count);
        if is_different {
            return Ok(Some(differs(name, same, ended, &shown_of(before)?, &shown_of(after)?)));
        }
    }
}

/// How many bytes are the same at the beginning.
fn alike(before: &[u8], after: &[u8]) -> usize {
    before.iter().zip(after).take_while(|(one, other)| one == other).count()
}

/// How many lines end in it.
fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

fn differs(name: &str, same: usize, ended: usize, was: &[u8], is: &[u8]) -> String {
    let line = 1 + ended;
    let [was, is] = [was, is].map(beginning);
    format!("{name} differs at byte {same}, in line {line}: {was} before, {is} after")
}

/// So many bytes are shown.
const LONGEST: usize = 40;

fn shown_of(rest: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    rest.take(LONGEST as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The rest of the line, fit for a terminal.
fn beginning(bytes: &[u8]) -> String {
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
    fn files_differ_as_their_bytes_do_wherever_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        let long = b"a line\n".repeat(5_000);
        for (place, end) in [(0, 1), (7, 90), (8_192, 8_193), (30_000, 35_000), (35_000, 35_000)] {
            let mut changed = long[..end].to_vec();
            if let Some(byte) = changed.get_mut(place) {
                *byte = b'?';
            }
            for (before, after) in [(&long, &changed), (&changed, &long), (&changed, &changed)] {
                std::fs::write(&one, before).unwrap();
                std::fs::write(&other, after).unwrap();
                let expected = in_bytes("a", before, after);
                assert_eq!(in_files("a", &one, &other).unwrap(), expected, "{place} {end}");
            }
        }
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
