//! The body of an answer, which has its guest go on writing, and says at its end how much of it was sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::CONTENT_LENGTH;
use hyper::{Response, StatusCode};
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::request::{Asked, Work};

/// A body, and the guest that writes it. Whoever wants no more of it drops it, and the guest ends with it.
pub(crate) struct Answer {
    body: HyperOutgoingBody,
    /// None, when it has ended.
    guest: Option<Work>,
    /// What the client was promised, or all that there is; none, where only the end of the body tells.
    length_bytes: Option<u64>,
    given_bytes: u64,
    /// Whether all was given away, or nobody wants it.
    is_over: bool,
    /// None, when it has been logged.
    asked: Option<Asked>,
}

impl Answer {
    /// The response with this body. `is_head` says that only the rest of it was asked for.
    pub(crate) fn of(
        response: Response<HyperOutgoingBody>,
        guest: Option<Work>,
        is_head: bool,
        asked: Asked,
    ) -> Response<Self> {
        let promised = response.headers().get(CONTENT_LENGTH);
        let promised = promised.and_then(|length| length.to_str().ok()?.parse().ok());
        let has_none = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        response.map(|body| Self {
            length_bytes: promised.or(body.size_hint().exact()),
            given_bytes: 0,
            is_over: is_head || has_none,
            body,
            guest,
            asked: Some(asked),
        })
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

    /// So many more bytes are given away.
    fn give(&mut self, bytes: u64) {
        self.given_bytes += bytes;
        if let Some(asked) = &mut self.asked {
            asked.sent(bytes);
        }
    }

    /// Whether all is sent: nobody asks for the end of a body whose length is known.
    fn is_sent(&self) -> bool {
        self.is_over || self.length_bytes.is_some_and(|length| self.given_bytes >= length)
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
        match &polled {
            Poll::Ready(Some(Ok(frame))) => match frame.data_ref() {
                Some(data) => self.give(data.len() as u64),
                // Nothing follows trailers.
                None => self.is_over = true,
            },
            Poll::Ready(None) => self.is_over = true,
            Poll::Ready(Some(Err(_))) => {
                if let Some(asked) = &mut self.asked {
                    asked.fail("it broke off the body of its answer".to_owned());
                }
            }
            Poll::Pending => {}
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
        if let Some(guest) = self.guest.take().filter(|_| self.is_sent()) {
            // The guest has more to do, and its time for that.
            tokio::spawn(async move {
                if let Err(failure) = guest.await {
                    asked.fail(failure.reason);
                }
                drop(asked);
            });
        }
    }
}
