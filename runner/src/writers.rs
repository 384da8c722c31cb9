//! stdout and stderr of a service. Whoever reads them may be slow, or not read at all, and requests that share a thread must not wait
//! for that: each stream has a thread of its own that writes, and a guest that waits for it lets others go on.

use std::io::{self, Write};
use std::mem;
use std::sync::mpsc;
use std::thread;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::sync::oneshot;
use wasmtime_wasi::{
    async_trait, cli,
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

/// Who writes what the guests of a service say. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Writers {
    pub(crate) stdout: Writer,
    pub(crate) stderr: Writer,
}

/// Who writes to one of the streams.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    parts: mpsc::Sender<Part>,
    is_terminal: bool,
    /// The stream itself, as Wasmtime has it.
    stream: fn() -> Box<dyn AsyncWrite + Send + Sync>,
}

/// What is to be written, and who waits for that.
#[derive(Debug)]
struct Part {
    bytes: Bytes,
    written: oneshot::Sender<io::Result<()>>,
}

/// So much of each guest's waits to be written.
const MOST_BYTES: usize = 64 << 10;

impl Writers {
    /// Starts both.
    pub(crate) fn new() -> io::Result<Self> {
        let [is_out_terminal, is_err_terminal] = [io::stdout().is_terminal(), io::stderr().is_terminal()];
        Ok(Self {
            stdout: Writer::new("stdout", io::stdout(), is_out_terminal, || cli::stdout().async_stream())?,
            stderr: Writer::new("stderr", io::stderr(), is_err_terminal, || cli::stderr().async_stream())?,
        })
    }

    /// Waits until all is written.
    pub(crate) async fn finish(&self) {
        for writer in [&self.stdout, &self.stderr] {
            let _ = writer.write(Bytes::new()).await;
        }
    }
}

impl Writer {
    fn new(
        name: &str,
        mut to: impl Write + Send + 'static,
        is_terminal: bool,
        stream: fn() -> Box<dyn AsyncWrite + Send + Sync>,
    ) -> io::Result<Self> {
        let (parts, told) = mpsc::channel::<Part>();
        let write = move || {
            for Part { bytes, written } in told {
                let ended = to.write_all(&bytes).and_then(|()| to.flush());
                // A guest that was stopped waits no more.
                let _ = written.send(ended);
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(write)?;
        Ok(Self { parts, is_terminal, stream })
    }

    /// Has this written, and says when that is done.
    fn write(&self, bytes: Bytes) -> oneshot::Receiver<io::Result<()>> {
        let (written, is_written) = oneshot::channel();
        // There is somebody as long as there are guests.
        let _ = self.parts.send(Part { bytes, written });
        is_written
    }
}

impl IsTerminal for Writer {
    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

impl StdoutStream for Writer {
    // WASI 0.2 writes through the other one only.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        (self.stream)()
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Stream { writer: self.clone(), state: State::Ready })
    }
}

/// The stream of one guest.
struct Stream {
    writer: Writer,
    state: State,
}

/// What has become of the last that it wrote.
enum State {
    Ready,
    Waiting(oneshot::Receiver<io::Result<()>>),
    Failed(io::Error),
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.check_write()? {
            return Err(StreamError::trap("it wrote more than it was allowed to"));
        }
        self.state = State::Waiting(self.writer.write(bytes));
        Ok(())
    }

    // All is flushed when it is written.
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if let State::Waiting(written) = &mut self.state {
            match written.try_recv() {
                Ok(ended) => self.state = State::of(ended),
                Err(oneshot::error::TryRecvError::Empty) => return Ok(0),
                Err(oneshot::error::TryRecvError::Closed) => return Err(StreamError::Closed),
            }
        }
        match mem::replace(&mut self.state, State::Ready) {
            State::Failed(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(StreamError::Closed),
            State::Failed(error) => Err(StreamError::LastOperationFailed(error.into())),
            State::Ready | State::Waiting(_) => Ok(MOST_BYTES),
        }
    }
}

impl State {
    fn of(ended: io::Result<()>) -> Self {
        ended.map_or_else(Self::Failed, |()| Self::Ready)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {
        if let State::Waiting(written) = &mut self.state {
            let ended = written.await;
            self.state = State::of(ended.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream whose reader takes what is written when it is told to.
    struct Slow(mpsc::Receiver<()>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_writes_waits_for_the_reader_and_keeps_nobody_waiting() {
        let (take, taken) = mpsc::channel();
        let writer = Writer::new("slow", Slow(taken), false, || cli::stdout().async_stream()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut stream = writer.p2_stream();
        assert_eq!(stream.check_write().unwrap(), MOST_BYTES);
        stream.write(Bytes::from_static(b"one")).unwrap();
        assert_eq!(stream.check_write().unwrap(), 0);
        assert!(matches!(stream.write(Bytes::from_static(b"two")), Err(StreamError::Trap(_))));
        take.send(()).unwrap();
        runtime.block_on(stream.ready());
        assert_eq!(stream.check_write().unwrap(), MOST_BYTES);
        stream.write(Bytes::from_static(b"three")).unwrap();
        drop(take);
        runtime.block_on(stream.ready());
        assert!(matches!(stream.check_write(), Err(StreamError::Closed)));
    }
}
