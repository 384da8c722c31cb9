//! The body of an answer, which has its guest go on writing, and says at its end how much of it was sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::request::{Asked, Work};

/// A body, and the guest that writes it. Whoever wants no more of it drops it, and the guest ends with it.
pub(crate) struct Answer {
    body: HyperOutgoingBody,
    /// None, when it has ended.
    guest: Option<Work>,
    /// Whether nobody wants the body.
    is_head: bool,
    /// None, when it has been logged.
    asked: Option<Asked>,
}

impl Answer {
    pub(crate) fn new(body: HyperOutgoingBody, guest: Option<Work>, is_head: bool, asked: Asked) -> Self {
        Self { body, guest, is_head, asked: Some(asked) }
    }

    /// The guest goes on, as far as it can.
    fn work(&mut self, context: &mut Context<'_>) {
        if let Some(guest) = &mut self.guest
            && let Poll::Ready(ended) = guest.as_mut().poll(context)
        {
            self.guest = None;
            if let (Err(failure), Some(asked)) = (ended, &mut self.asked) {
                asked.fail(failure.reason);
            }
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.work(context);
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let (Poll::Ready(Some(Ok(frame))), Some(asked)) = (&polled, &mut self.asked)
            && let Some(data) = frame.data_ref()
        {
            asked.sent(data.len() as u64);
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
        let Some(mut asked) = self.asked.take() else { return };
        asked.end();
        if let Some(guest) = self.guest.take().filter(|_| self.is_head || self.body.is_end_stream()) {
            // All is sent, and the guest has more to do: it has its time for that.
            tokio::spawn(async move {
                if let Err(failure) = guest.await {
                    asked.fail(failure.reason);
                }
                drop(asked);
            });
        }
    }
}
