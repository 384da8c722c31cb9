//! One request to a service: an instance of its own, so that nothing of it is left for the next, inside bounds of its own.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::answer::Answer;
use crate::audit::Audit;
use crate::component::{Host, store};
use crate::event::{Answered, Event};
use crate::guest::Guest;
use crate::patience::Patience;
use crate::service::Service;
use crate::{Exit, Trap, exit};

/// How a guest answers: with a response, or the code of an error.
type Outcome = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// A guest at work. Whoever drops it stops it.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What a guest failed in: what the client is told, and what the log is.
pub(crate) struct Failure {
    status: StatusCode,
    pub(crate) reason: String,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, reason: reason.into() }
    }
}

/// A request, which is logged when it is dropped.
pub(crate) struct Asked {
    told: Answered,
    begun: Instant,
    is_over: bool,
    events: mpsc::Sender<Event>,
    patience: Patience,
}

impl Asked {
    fn new(service: &Service, client: SocketAddr, patience: &Patience, request: &Request<Incoming>) -> Self {
        patience.wait();
        let told = Answered {
            client,
            method: cut(request.method().as_str()),
            path: cut(request.uri().path_and_query().map_or("/", |path| path.as_str())),
            status: None,
            body_bytes: 0,
            time: Duration::ZERO,
            failure: None,
        };
        let (events, patience) = (service.events.clone(), patience.clone());
        Self { told, begun: Instant::now(), is_over: false, events, patience }
    }

    /// So much more of the body was sent.
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.told.body_bytes += bytes;
    }

    /// The guest has failed; what came first counts.
    pub(crate) fn fail(&mut self, reason: String) {
        self.told.failure.get_or_insert(reason);
    }

    /// The answer is over.
    pub(crate) fn end(&mut self) {
        self.told.time = self.begun.elapsed();
        self.is_over = true;
        self.patience.end();
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.is_over {
            self.end();
        }
        // Whoever reads the log may be too slow for it, or gone at the very end.
        let _ = self.events.try_send(Event::Answered(Box::new(self.told.clone())));
    }
}

/// So many bytes of a path are logged: thousands of lines may wait for whoever reads them.
const LOGGED_BYTES: usize = 2_000;

/// What is logged of a word that somebody has sent.
fn cut(word: &str) -> String {
    let end = word.floor_char_boundary(LOGGED_BYTES);
    if end == word.len() { word.to_owned() } else { format!("{}…", &word[..end]) }
}

/// Has a new instance answer.
pub(crate) async fn answer(
    service: &Arc<Service>,
    client: SocketAddr,
    patience: &Patience,
    mut request: Request<Incoming>,
) -> Response<Answer> {
    let mut asked = Asked::new(service, client, patience, &request);
    let is_head = request.method() == Method::HEAD;
    if let Err(failure) = complete(&mut request, service) {
        let response = failed(failure, &mut asked);
        // The client's fault, not the guest's.
        asked.told.failure = None;
        asked.told.status = Some(response.status().as_u16());
        return Answer::of(response, None, is_head, asked);
    }
    let free = service.free.clone().acquire_owned().await.expect("nobody closes it");
    patience.begin();
    let (sender, mut receiver) = oneshot::channel();
    // In the task of its client, which waits for nothing else: handing it to another would take longer than small guests do.
    let mut guest: Work = Box::pin(work(service.clone(), request, sender, free));
    let outcome = poll_fn(|context| {
        let ended = guest.as_mut().poll(context);
        match (Pin::new(&mut receiver).poll(context), ended) {
            (Poll::Ready(Ok(outcome)), Poll::Ready(ended)) => Poll::Ready((Ok(outcome), Some(ended))),
            (Poll::Ready(Ok(outcome)), Poll::Pending) => Poll::Ready((Ok(outcome), None)),
            // It ended without an answer.
            (_, Poll::Ready(ended)) => Poll::Ready((
                Err(ended.err().unwrap_or_else(|| Failure::new("it gave no answer"))),
                Some(Ok(())),
            )),
            // It goes on, and has given up what it could have answered by.
            (Poll::Ready(Err(_)), Poll::Pending) => {
                Poll::Ready((Err(Failure::new("it gave no answer")), Some(Ok(()))))
            }
            (Poll::Pending, Poll::Pending) => Poll::Pending,
        }
    });
    let (outcome, ended) = outcome.await;
    let guest = if ended.is_none() { Some(guest) } else { None };
    if let Some(Err(failure)) = ended {
        asked.fail(failure.reason);
    }
    let response = match outcome {
        // What follows such a status is the answer, and guests cannot give two.
        Ok(Ok(response)) if response.status().is_informational() => {
            let status = response.status().as_u16();
            failed(
                Failure::new(format!("it answered with the status {status}, which is no answer")),
                &mut asked,
            )
        }
        Ok(Ok(response)) => response,
        Ok(Err(code)) => failed(Failure::new(format!("it answered with the error {code:?}")), &mut asked),
        Err(failure) => failed(failure, &mut asked),
    };
    asked.told.status = Some(response.status().as_u16());
    Answer::of(response, guest, is_head, asked)
}

/// A guest is told the host that was asked for, as text. Old clients do not say it.
fn complete(request: &mut Request<Incoming>, service: &Service) -> Result<(), Failure> {
    let refused = |reason: &str| Failure { status: StatusCode::BAD_REQUEST, reason: reason.to_owned() };
    match (request.headers().get(HOST), request.version()) {
        _ if request.uri().authority().is_some() => Ok(()),
        (Some(host), _) => host.to_str().map(drop).map_err(|_| refused("the host that it names is no text")),
        (None, Version::HTTP_09 | Version::HTTP_10) => {
            let host = service.address().to_string();
            let host = HeaderValue::from_str(&host).map_err(|error| Failure::new(error.to_string()))?;
            request.headers_mut().insert(HOST, host);
            Ok(())
        }
        (None, _) => Err(refused("it names no host")),
    }
}

/// The work of a guest, in its time.
async fn work(
    service: Arc<Service>,
    request: Request<Incoming>,
    sender: oneshot::Sender<Outcome>,
    _free: OwnedSemaphorePermit,
) -> Result<(), Failure> {
    let limit = service.limits.request_time;
    let guest = service.guest();
    let seen = guest.audit.as_ref().map_or_else(Dispatch::none, Audit::dispatch);
    let work = call(&service, &guest, request, sender);
    let work = work.with_subscriber(seen);
    match tokio::time::timeout(limit.unwrap_or(Duration::MAX), work).await {
        Ok(ended) => ended,
        Err(_) => {
            let seconds = limit.unwrap_or_default().as_secs_f64();
            let reason = format!("it had not finished after {seconds} seconds, which is the limit");
            Err(Failure { status: StatusCode::GATEWAY_TIMEOUT, reason })
        }
    }
}

async fn call(
    service: &Service,
    guest: &Guest<'_>,
    request: Request<Incoming>,
    sender: oneshot::Sender<Outcome>,
) -> Result<(), Failure> {
    let reason = |error: wasmtime::Error| Failure::new(error.root_cause().to_string());
    let mut store: Store<Host> =
        store(service.pre.engine(), guest).map_err(|error| Failure::new(error.to_string()))?;
    // A loop lets others go on at each tick.
    store.epoch_deadline_async_yield_and_update(1);
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request).map_err(reason)?;
    let out = store.data_mut().http().new_response_outparam(sender).map_err(reason)?;
    let proxy = service.pre.instantiate_async(&mut store).await.map_err(reason)?;
    let called = proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await;
    called.map_err(|error| Failure::new(trapped(&error, &store)))
}

/// The reason, and below it the calls that led there, one per line.
fn trapped(error: &wasmtime::Error, store: &Store<Host>) -> String {
    match exit::from_error(error, store.data().memory.refused()) {
        Exit::Trap(Trap { message, backtrace, .. }) if !backtrace.is_empty() => {
            format!("{message}\n{backtrace}")
        }
        Exit::Trap(Trap { message, .. }) => message,
        Exit::Code(code) => format!("it ended the program with exit code {code}"),
        _ => error.root_cause().to_string(),
    }
}

/// What a client gets when the guest has failed; why is not its concern.
fn failed(failure: Failure, asked: &mut Asked) -> Response<HyperOutgoingBody> {
    let Failure { status, reason } = failure;
    asked.fail(reason);
    let text = status.canonical_reason().unwrap_or_default().to_ascii_lowercase() + "\n";
    let body = Full::new(Bytes::from(text));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_cut_for_the_log() {
        let long = "é".repeat(LOGGED_BYTES);
        assert_eq!(cut(&long), format!("{}…", "é".repeat(LOGGED_BYTES / 2)));
        assert_eq!(cut("/x?y"), "/x?y");
    }
}
