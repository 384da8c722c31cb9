//! The guest's stdin: that of this process, until the guest is stopped.
//!
//! A guest that waits for a line would otherwise take it from the one that comes after it.

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::sync::Notify;
use wasmtime_wasi::{
    async_trait, cli,
    cli::{IsTerminal, StdinStream},
    p2::{InputStream, Pollable, StreamError, StreamResult},
};

use crate::Stop;

/// Ends the guest: it was asked to stop.
#[derive(Debug, Error)]
#[error("it was asked to stop")]
pub(crate) struct Stopped;

/// stdin, which is taken away when somebody asks the guest to stop.
pub(crate) struct Input {
    stdin: cli::Stdin,
    stop: Stop,
    stopped: Arc<Notify>,
}

impl Input {
    pub(crate) fn new(stop: &Stop) -> Self {
        let stopped = Arc::new(Notify::new());
        let told = stopped.clone();
        // Kept for whoever waits only afterwards.
        stop.then(move || told.notify_one());
        Self { stdin: cli::stdin(), stop: stop.clone(), stopped }
    }
}

impl IsTerminal for Input {
    fn is_terminal(&self) -> bool {
        self.stdin.is_terminal()
    }
}

impl StdinStream for Input {
    // WASI preview 1 reads through the other one only.
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        self.stdin.async_stream()
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(Stream {
            stream: self.stdin.p2_stream(),
            stop: self.stop.clone(),
            stopped: self.stopped.clone(),
        })
    }
}

struct Stream {
    stream: Box<dyn InputStream>,
    stop: Stop,
    stopped: Arc<Notify>,
}

impl InputStream for Stream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if self.stop.is_asked() { Err(StreamError::Trap(Stopped.into())) } else { self.stream.read(size) }
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        tokio::select! {
            () = self.stopped.notified() => {}
            () = self.stream.ready() => {}
        }
    }
}
