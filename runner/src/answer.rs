//! The body of an answer, which says at its end how much of it was sent.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

/// How much of a body was sent, and when that was over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    pub(crate) bytes: u64,
    pub(crate) ended: Instant,
}

/// A body, told of when it is dropped: when all of it has been sent, or nobody wants more.
pub(crate) struct Answer {
    body: HyperOutgoingBody,
    bytes: u64,
    sent: Option<oneshot::Sender<Sent>>,
}

impl Answer {
    pub(crate) fn new(body: HyperOutgoingBody, sent: oneshot::Sender<Sent>) -> Self {
        Self { body, bytes: 0, sent: Some(sent) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.bytes += data.len() as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(sent) = self.sent.take() {
            // Nobody listens any more only at the very end.
            let _ = sent.send(Sent { bytes: self.bytes, ended: Instant::now() });
        }
    }
}
