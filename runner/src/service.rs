//! Services: each request gets an instance of its own, so that nothing of one is left for the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p2;
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::p2::bindings::{ProxyPre, http::types::Scheme};
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

use crate::component::{Host, store};
use crate::host::Surroundings;
use crate::{Error, Exit, Invocation, Limits, Trap, exit};

/// Something that happens while a service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It can be asked from now on.
    Listening {
        /// Where.
        address: SocketAddr,
    },
    /// It has answered a request.
    Answered {
        /// The method, such as `GET`.
        method: String,
        /// The path and the query.
        path: String,
        /// The status of the answer.
        status: u16,
        /// Why the guest gave none, if it did not; below it the calls that led there, one per line.
        failure: Option<String>,
    },
}

/// What all requests share.
struct Service {
    pre: ProxyPre<Host>,
    invocation: Invocation,
    limits: Limits,
    events: mpsc::UnboundedSender<Event>,
}

/// Serves until the time is up, or somebody presses Ctrl-C.
pub(crate) fn serve(
    engine: &Engine,
    component: &Component,
    invocation: &Invocation,
    limits: &Limits,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    let pre = prepare(engine, component)?;
    let (events, told) = mpsc::unbounded_channel();
    let (invocation, limits) = (invocation.clone(), limits.clone());
    let service = Service { pre, invocation, limits, events };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|source| Error::Thread { source })?.block_on(listen(Arc::new(service), told, on_event))
}

fn prepare(engine: &Engine, component: &Component) -> Result<ProxyPre<Host>, Error> {
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker)
        .and_then(|()| wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker))
        .map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })?;
    linker
        .instantiate_pre(component)
        .and_then(ProxyPre::new)
        .map_err(|error| Error::ImportType { source: error.into_boxed_dyn_error() })
}

async fn listen(
    service: Arc<Service>,
    mut told: mpsc::UnboundedReceiver<Event>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    let address = service.invocation.listen;
    let refused = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    on_event(Event::Listening { address: listener.local_addr().map_err(refused)? });
    let end = tokio::time::sleep(service.limits.time.unwrap_or(Duration::MAX));
    tokio::pin!(end);
    loop {
        tokio::select! {
            Some(event) = told.recv() => on_event(event),
            // A client that went away before it was heard is nobody's failure.
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                tokio::spawn(converse(client, service.clone()));
            },
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
            () = &mut end => return Ok(Exit::TimedOut),
        }
    }
}

/// All requests of one client.
async fn converse(client: TcpStream, service: Arc<Service>) {
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, hyper::Error>(answer(&service, request).await) }
    });
    // A client that breaks off has no use for an answer.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(client), answer).await;
}

async fn answer(service: &Service, request: Request<Incoming>) -> Response<HyperOutgoingBody> {
    let method = request.method().to_string();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let (response, failure) = match ask(service, request).await {
        Ok(response) => (response, None),
        Err(reason) => (failed(), Some(reason)),
    };
    let status = response.status().as_u16();
    // Nobody listens any more only at the very end.
    let _ = service.events.send(Event::Answered { method, path, status, failure });
    response
}

/// Has a new instance answer.
async fn ask(service: &Service, request: Request<Incoming>) -> Result<Response<HyperOutgoingBody>, String> {
    let reason = |error: wasmtime::Error| error.root_cause().to_string();
    let Service { pre, invocation, limits, .. } = service;
    let mut store =
        store(pre.engine(), invocation, limits, &Surroundings::Process).map_err(|error| error.to_string())?;
    let (sender, receiver) = oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request).map_err(reason)?;
    let out = store.data_mut().http().new_response_outparam(sender).map_err(reason)?;
    let pre = pre.clone();
    // The guest may go on writing the body after it has answered.
    let guest = tokio::spawn(async move {
        let proxy = pre.instantiate_async(&mut store).await?;
        proxy.wasi_http_incoming_handler().call_handle(store, request, out).await
    });
    match receiver.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(code)) => Err(format!("it answered with the error {code:?}")),
        // It ended without an answer.
        Err(_) => match guest.await {
            Ok(Ok(())) => Err("it gave no answer".to_owned()),
            Ok(Err(error)) => Err(trapped(&error)),
            Err(_) => Err("it was stopped".to_owned()),
        },
    }
}

/// The reason, and below it the calls that led there, one per line.
fn trapped(error: &wasmtime::Error) -> String {
    match exit::from_error(error, None) {
        Exit::Trap(Trap { message, backtrace, .. }) if !backtrace.is_empty() => {
            format!("{message}\n{backtrace}")
        }
        Exit::Trap(Trap { message, .. }) => message,
        _ => error.root_cause().to_string(),
    }
}

/// What a client gets when the guest has failed; why is not its concern.
fn failed() -> Response<HyperOutgoingBody> {
    let body = Full::new(Bytes::from_static(b"internal server error\n"));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
