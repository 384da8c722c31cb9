//! A child process with a time limit.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// How a child ended.
pub(crate) enum End {
    /// By itself, or by a signal that was not ours.
    Exited(ExitStatus),
    /// By us, because its time was over.
    Killed,
}

/// Runs a command to its end, or kills it when `limit` is over.
///
/// The standard library cannot wait with a limit, so this looks again and again: soon at first, for small modules,
/// and then at an interval nobody notices beside the seconds a large module takes.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<End> {
    const SHORTEST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(20);
    let started = Instant::now();
    let mut child = KillOnDrop(command.spawn()?);
    let mut pause = SHORTEST;
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(End::Exited(status));
        }
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(End::Killed);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST);
    }
}

/// Leaves no process behind, whichever way the function above is left.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Both fail only where the child has ended already, which is what is wanted. Waiting frees the files it
        // held open, so that Windows lets the caller delete them.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
