//! One request to a service: an instance of its own, so that nothing of it is left for the next, inside bounds of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::JoinHandle;
use wasmtime::Store;
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::answer::{Answer, Sent};
use crate::component::{Host, store};
use crate::event::{Answered, Event};
use crate::service::Service;
use crate::{Exit, Trap, exit};

/// How a guest answers: with a response, or the code of an error.
type Outcome = Result<Response<HyperOutgoingBody>, ErrorCode>;

/// Why there is no answer of the guest's: what the client is told, and what the log is.
struct Failure {
    status: StatusCode,
    reason: String,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, reason: reason.into() }
    }
}

/// A request, for the log. Where it is dropped without an end, the client has gone away.
struct Asked {
    told: Option<Answered>,
    begun: Instant,
    events: mpsc::UnboundedSender<Event>,
}

impl Asked {
    fn end(mut self, end: impl FnOnce(&mut Answered)) {
        if let Some(mut answered) = self.told.take() {
            end(&mut answered);
            // Nobody listens any more only at the very end.
            let _ = self.events.send(Event::Answered(Box::new(answered)));
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(mut answered) = self.told.take() {
            answered.time = self.begun.elapsed();
            let _ = self.events.send(Event::Answered(Box::new(answered)));
        }
    }
}

/// A guest at work, which is stopped where nobody waits for it any more.
struct Working(JoinHandle<Result<(), Failure>>);

impl Working {
    async fn ended(&mut self) -> Result<(), Failure> {
        (&mut self.0).await.unwrap_or_else(|_| Err(Failure::new("it was stopped")))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Has a new instance answer.
pub(crate) async fn answer(
    service: &Arc<Service>,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Response<Answer> {
    let asked = asked(service, client, &request);
    // It ends with the service, which is asked.
    let free = service.free.clone().acquire_owned().await.expect("nobody closes it");
    let (sender, receiver) = oneshot::channel();
    let mut guest = Working(tokio::spawn(work(service.clone(), request, sender, free)));
    let (response, failure) = match receiver.await {
        Ok(Ok(response)) => (response, None),
        Ok(Err(code)) => failed(Failure::new(format!("it answered with the error {code:?}"))),
        // It ended without an answer.
        Err(_) => failed(match guest.ended().await {
            Ok(()) => Failure::new("it gave no answer"),
            Err(failure) => failure,
        }),
    };
    let (head, body) = response.into_parts();
    let (sender, sent) = oneshot::channel();
    let status = head.status.as_u16();
    tokio::spawn(async move {
        let Ok(Sent { bytes, ended }) = sent.await else { return };
        // It may go on with other work after it has answered.
        let failure = match failure {
            None => guest.ended().await.err().map(|failure| failure.reason),
            failure => failure,
        };
        let begun = asked.begun;
        asked.end(|answered| {
            *answered = Answered {
                status: Some(status),
                body_bytes: bytes,
                time: ended.duration_since(begun),
                failure,
                ..answered.clone()
            };
        });
    });
    Response::from_parts(head, Answer::new(body, sender))
}

fn asked(service: &Service, client: SocketAddr, request: &Request<Incoming>) -> Asked {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let told = Answered {
        client,
        method: request.method().to_string(),
        path,
        status: None,
        body_bytes: 0,
        time: Duration::ZERO,
        failure: None,
    };
    Asked { told: Some(told), begun: Instant::now(), events: service.events.clone() }
}

/// The work of a guest, in its time.
async fn work(
    service: Arc<Service>,
    request: Request<Incoming>,
    sender: oneshot::Sender<Outcome>,
    _free: OwnedSemaphorePermit,
) -> Result<(), Failure> {
    let limit = service.limits.request_time;
    let work = call(&service, request, sender);
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
    request: Request<Incoming>,
    sender: oneshot::Sender<Outcome>,
) -> Result<(), Failure> {
    let reason = |error: wasmtime::Error| Failure::new(error.root_cause().to_string());
    let mut store: Store<Host> =
        store(service.pre.engine(), &service.guest()).map_err(|error| Failure::new(error.to_string()))?;
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
fn failed(failure: Failure) -> (Response<HyperOutgoingBody>, Option<String>) {
    let Failure { status, reason } = failure;
    let text = status.canonical_reason().unwrap_or_default().to_ascii_lowercase() + "\n";
    let body = Full::new(Bytes::from(text));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    (response, Some(reason))
}
