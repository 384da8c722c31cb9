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
    #[cfg(unix)]
    hangup: Signal,
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
            hangup: signal(SignalKind::hangup())?,
        });
        #[cfg(windows)]
        return Ok(Self { interrupt: ctrl_c()? });
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> Exit {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = self.hangup.recv() => Exit::Terminated,
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            Exit::Interrupted
        }
    }
}
