//! How somebody asks a service to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC, ctrl_c};

use crate::Exit;

/// Ctrl-C, and what those send who stop containers. From the beginning on, neither ends the process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
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
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            Exit::Interrupted
        }
    }
}
