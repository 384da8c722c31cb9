//! The guest's stdout and stderr: those of this process, and the end of the guest when their reader is gone.
//!
//! WASI has no signals, so a guest whose reader has gone would see an error it rarely looks at: C programs
//! would write on for ever, Rust programs would panic. Here the write ends the guest, as `SIGPIPE` ends a
//! native one.

use bytes::Bytes;
use thiserror::Error;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    async_trait, cli,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

/// Ends the guest: what it writes nobody reads.
#[derive(Debug, Error)]
#[error("nobody reads the output any more")]
pub(crate) struct OutputClosed;

/// One of the two output streams, which is Wasmtime's but for its end.
pub(crate) struct Output<S>(pub(crate) S);

/// The guest's stdout.
pub(crate) fn stdout() -> Output<cli::Stdout> {
    Output(cli::stdout())
}

/// The guest's stderr.
pub(crate) fn stderr() -> Output<cli::Stderr> {
    Output(cli::stderr())
}

impl<S: IsTerminal> IsTerminal for Output<S> {
    fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

impl<S: StdoutStream> StdoutStream for Output<S> {
    // WASI preview 1 writes through the other one only.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        self.0.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Stream(self.0.p2_stream()))
    }
}

struct Stream(Box<dyn OutputStream>);

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.write(bytes).map_err(end)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.0.flush().map_err(end)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.check_write().map_err(end)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

/// Makes the one error that means "the reader is gone" one that no guest can overlook.
fn end(error: StreamError) -> StreamError {
    match error {
        StreamError::Closed => StreamError::Trap(OutputClosed.into()),
        other => other,
    }
}
