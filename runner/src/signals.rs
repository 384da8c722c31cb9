//! How somebody asks a service to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

use crate::Exit;

/// Ctrl-C, what those send who stop containers, and what a terminal does that is closed. From the beginning on, none of them ends the
/// process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    /// None, where it is ignored.
    #[cfg(unix)]
    hangup: Option<Signal>,
    #[cfg(windows)]
    interrupt: CtrlC,
}

impl Signals {
    /// Begins to wait for them.
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        return Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: (!is_hangup_ignored()).then(|| signal(SignalKind::hangup())).transpose()?,
        });
        #[cfg(windows)]
        return Ok(Self { interrupt: ctrl_c()? });
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> Exit {
        #[cfg(unix)]
        {
            let Self { interrupt, terminate, hangup } = self;
            tokio::select! {
                _ = interrupt.recv() => Exit::Interrupted,
                _ = terminate.recv() => Exit::Terminated,
                Some(()) = async { hangup.as_mut()?.recv().await } => Exit::Terminated,
            }
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            Exit::Interrupted
        }
    }
}

/// Whether who started this process wants it to outlive its terminal, as `nohup` does: whoever listens to `SIGHUP` then defeats that.
/// Only Linux tells.
#[must_use]
pub fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|signals| u64::from_str_radix(signals.trim(), 16).ok());
    // It is the first of them.
    ignored.is_some_and(|signals| signals & 1 == 1)
}
