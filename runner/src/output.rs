//! The guest's stdout and stderr: those of this process, and the end of the guest when their reader is gone or too much is written.
//!
//! WASI has no signals, so a guest whose reader has gone would see an error it rarely looks at: C programs
//! would write on for ever, Rust programs would panic. Here the write ends the guest, as `SIGPIPE` ends a
//! native one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use thiserror::Error;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    async_trait, cli,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

use crate::meter::Meter;

/// Ends the guest: what it writes nobody reads.
#[derive(Debug, Error)]
#[error("nobody reads the output any more")]
pub(crate) struct OutputClosed;

/// Ends the guest: it wrote more than it may.
#[derive(Debug, Error)]
#[error("the limit for output is reached")]
pub(crate) struct OutputLimit;

/// The bytes that a guest may still write, to both streams together.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    left_bytes: Arc<AtomicU64>,
    meter: Meter,
}

impl Allowance {
    pub(crate) fn new(limit_bytes: Option<u64>, meter: &Meter) -> Self {
        let left_bytes = Arc::new(AtomicU64::new(limit_bytes.unwrap_or(u64::MAX)));
        Self { left_bytes, meter: meter.clone() }
    }

    /// Whether there was room for so many more.
    fn take(&self, bytes: u64) -> bool {
        let less = |left: u64| left.checked_sub(bytes);
        self.left_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// One of the two output streams, which is Wasmtime's but for its ends.
pub(crate) struct Output<S> {
    stream: S,
    allowance: Allowance,
}

impl<S> Output<S> {
    pub(crate) fn new(stream: S, allowance: &Allowance) -> Self {
        Self { stream, allowance: allowance.clone() }
    }
}

/// The guest's stdout.
pub(crate) fn stdout(allowance: &Allowance) -> Output<cli::Stdout> {
    Output::new(cli::stdout(), allowance)
}

/// The guest's stderr.
pub(crate) fn stderr(allowance: &Allowance) -> Output<cli::Stderr> {
    Output::new(cli::stderr(), allowance)
}

impl<S: IsTerminal> IsTerminal for Output<S> {
    fn is_terminal(&self) -> bool {
        self.stream.is_terminal()
    }
}

impl<S: StdoutStream> StdoutStream for Output<S> {
    // WASI preview 1 writes through the other one only.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        self.stream.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Stream { stream: self.stream.p2_stream(), allowance: self.allowance.clone() })
    }
}

struct Stream {
    stream: Box<dyn OutputStream>,
    allowance: Allowance,
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !self.allowance.take(bytes.len() as u64) {
            return Err(StreamError::Trap(OutputLimit.into()));
        }
        self.stream.write(bytes).map_err(end)?;
        self.allowance.meter.written();
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush().map_err(end)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write().map_err(end)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

/// Makes the one error that means "the reader is gone" one that no guest can overlook.
fn end(error: StreamError) -> StreamError {
    match error {
        StreamError::Closed => StreamError::Trap(OutputClosed.into()),
        other => other,
    }
}
