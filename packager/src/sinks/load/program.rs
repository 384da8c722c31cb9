//! Running an engine's own program: with bounds on its time and on what of its words is kept.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{CommandLine, Engine, Error};

/// For a question. Docker may go to another machine for the answer, and containerd's ctr waits ten seconds for a socket.
const QUESTION_LIMIT: Duration = Duration::from_secs(30);

/// A program need not close what it writes to when it ends: it may leave a child behind.
const CLOSING_LIMIT: Duration = Duration::from_secs(2);

/// Of each stream this much is kept, its end.
const KEPT_BYTES: usize = 1 << 20;

/// Of what a program says before it fails, this much is shown.
const SHOWN_LINES: usize = 12;
const SHOWN_COLUMNS: usize = 400;

/// A program that was found, and the words that every call begins with.
#[derive(Debug, Clone)]
pub(super) struct Program {
    path: PathBuf,
    name: &'static str,
    words: Vec<OsString>,
}

/// How a call went wrong.
#[derive(Debug)]
pub(super) struct Failure {
    /// As one would type it.
    pub(super) command: String,
    /// `exit status: 1`, or what the system said.
    pub(super) ended: String,
    /// The end of what it said on stderr.
    pub(super) said: String,
}

impl Program {
    /// As the search path has it.
    pub(super) fn find(name: &'static str, search_path: &OsStr) -> Option<Self> {
        let path = which::which_in_global(name, Some(search_path)).ok()?.next()?;
        Some(Self { path, name, words: Vec::new() })
    }

    /// The program of an engine.
    pub(super) fn of(engine: &Engine, search_path: &OsStr) -> Result<Self, Error> {
        let missing = || Error::Missing { program: engine.program(), engine: engine.clone() };
        Self::find(engine.program(), search_path).ok_or_else(missing)
    }

    /// The same, with further words that every call begins with.
    pub(super) fn with<W: Into<OsString>>(&self, words: impl IntoIterator<Item = W>) -> Self {
        let words = self.words.iter().cloned().chain(words.into_iter().map(Into::into)).collect();
        Self { words, ..self.clone() }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A call, for somebody else to make.
    pub(super) fn line<W: Into<OsString>>(&self, words: impl IntoIterator<Item = W>) -> CommandLine {
        CommandLine { program: self.path.clone(), words: self.with(words).words }
    }

    /// What it prints, as soon as may be.
    pub(super) fn ask<W: AsRef<OsStr>>(&self, words: &[W]) -> Result<String, Failure> {
        self.run(words, Some(QUESTION_LIMIT))
    }

    /// What it prints, however long it takes.
    pub(super) fn order<W: AsRef<OsStr>>(&self, words: &[W]) -> Result<String, Failure> {
        self.run(words, None)
    }

    fn run<W: AsRef<OsStr>>(&self, words: &[W], limit: Option<Duration>) -> Result<String, Failure> {
        let failed = |ended: String, said: &[u8]| {
            let words = self.words.iter().map(OsString::as_os_str).chain(words.iter().map(AsRef::as_ref));
            let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
            Failure { command: format!("{} {}", self.name, words.join(" ")), ended, said: shown(said) }
        };
        let mut command = Command::new(&self.path);
        command.args(&self.words).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|cause| failed(cause.to_string(), &[]))?;
        let out = Kept::of(child.stdout.take());
        let err = Kept::of(child.stderr.take());
        let status = wait(&mut child, limit).map_err(|cause| failed(cause.to_string(), &[]))?;
        let (out, err) = (out.bytes(), err.bytes());
        match status {
            Some(status) if status.success() => Ok(String::from_utf8_lossy(&out).into_owned()),
            Some(status) => Err(failed(status.to_string(), &err)),
            None => {
                let seconds = limit.unwrap_or_default().as_secs();
                Err(failed(format!("no answer in {seconds} seconds"), &err))
            }
        }
    }
}

/// Its status, or nothing if it had to be ended.
fn wait(child: &mut Child, limit: Option<Duration>) -> io::Result<Option<ExitStatus>> {
    let Some(limit) = limit else { return child.wait().map(Some) };
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// The end of what comes out of a pipe, read by a thread of its own so that neither pipe fills up.
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: thread::JoinHandle<()>,
}

impl Kept {
    fn of(pipe: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let thread = thread::spawn(move || {
            let mut buffer = [0; 8192];
            let mut pipe = pipe.into_iter().next();
            while let Some(count) = pipe.as_mut().and_then(|pipe| pipe.read(&mut buffer).ok()) {
                if count == 0 {
                    break;
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&buffer[..count]);
                let too_many = kept.len().saturating_sub(KEPT_BYTES);
                kept.drain(..too_many);
            }
        });
        Self { bytes, thread }
    }

    fn bytes(self) -> Vec<u8> {
        let start = Instant::now();
        while !self.thread.is_finished() && start.elapsed() < CLOSING_LIMIT {
            thread::sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The last lines, without what would steer a terminal.
fn shown(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    let line = |line: &&str| {
        let end = line.char_indices().nth(SHOWN_COLUMNS).map_or(line.len(), |(end, _)| end);
        crate::error::printable(&line[..end])
    };
    last.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_the_end_and_steers_no_terminal() {
        let many: String = (0..100).map(|number| format!("line {number}\r\n\n")).collect();
        let shown = super::shown(format!("{many}\u{1b}[31m{}", "x".repeat(1000)).as_bytes());
        assert_eq!(shown.lines().count(), SHOWN_LINES);
        assert!(shown.starts_with("line 89\n"), "{shown}");
        assert!(shown.ends_with(&format!("\u{fffd}[31m{}", "x".repeat(SHOWN_COLUMNS - 5))), "{shown}");
    }

    #[cfg(unix)]
    fn shell() -> Program {
        Program { path: "/bin/sh".into(), name: "sh", words: vec!["-c".into()] }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_never_answers_is_ended() {
        let failure =
            shell().run(&["echo waiting >&2; sleep 60"], Some(Duration::from_millis(300))).unwrap_err();
        assert_eq!((&*failure.ended, &*failure.said), ("no answer in 0 seconds", "waiting"));
        assert_eq!(failure.command, "sh -c echo waiting >&2; sleep 60");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_leaves_a_child_behind_has_answered() {
        assert_eq!(shell().ask(&["sleep 5 & echo yes"]).unwrap(), "yes\n");
        let failure = shell().ask(&["echo no >&2; exit 3"]).unwrap_err();
        assert_eq!((&*failure.ended, &*failure.said), ("exit status: 3", "no"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_says_much_is_read_to_its_end() {
        let said = shell().order(&["head -c 3000000 /dev/zero | tr '\\0' a; echo end"]).unwrap();
        assert_eq!(said.len(), KEPT_BYTES);
        assert!(said.ends_with("aend\n"));
    }
}
