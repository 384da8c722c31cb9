//! Services: they are asked, and answer many at a time, until they are stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi::p2;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use crate::audit::Audit;
use crate::component::Host;
use crate::event::Event;
use crate::guest::Guest;
use crate::host::Surroundings;
use crate::meter::Meter;
use crate::signals::Signals;
use crate::{Error, Exit, Invocation, Limits, Stop, component, engine, request};

/// How long a loop computes before others have their turn.
const TICK: Duration = Duration::from_millis(10);

/// How long requests that were begun may take when the service is stopped; somebody who stops a container waits as long.
const GRACE: Duration = Duration::from_secs(10);

/// How long lines of the log may wait for each other: waking somebody for each costs more than small guests do.
const REST: Duration = Duration::from_millis(5);

/// What all requests share.
pub(crate) struct Service {
    pub(crate) pre: ProxyPre<Host>,
    pub(crate) limits: Limits,
    pub(crate) events: mpsc::UnboundedSender<Event>,
    /// Room for so many requests at once.
    pub(crate) free: Arc<Semaphore>,
    invocation: Invocation,
    meter: Meter,
    pub(crate) audit: Option<Audit>,
}

impl Service {
    /// What each request starts.
    pub(crate) fn guest(&self) -> Guest<'_> {
        Guest {
            invocation: &self.invocation,
            limits: &self.limits,
            surroundings: &Surroundings::Process,
            meter: self.meter.clone(),
            stop: None,
            audit: self.audit.clone(),
        }
    }
}

/// Serves until the time is up, or somebody stops it.
pub(crate) fn serve(
    engine: &Engine,
    component: &Component,
    guest: &Guest<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    let pre = prepare(engine, component)?;
    let room = engine::requests(guest.limits, component);
    let (events, told) = mpsc::unbounded_channel();
    let service = Service {
        pre,
        limits: guest.limits.clone(),
        events,
        free: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
        invocation: guest.invocation.clone(),
        meter: guest.meter.clone(),
        audit: guest.audit.clone(),
    };
    tick(engine)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Thread { source })?;
    let ended = runtime.block_on(listen(Arc::new(service), told, guest.stop, on_event));
    // A guest that waits in a system call would keep it for ever.
    runtime.shutdown_background();
    ended
}

/// Moves the engine's clock, from a thread of its own: the others may all be busy with guests.
fn tick(engine: &Engine) -> Result<(), Error> {
    let engine = engine.weak();
    let ticking = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    let ticking = thread::Builder::new().name("clock".to_owned()).spawn(ticking);
    ticking.map(drop).map_err(|source| Error::Thread { source })
}

fn prepare(engine: &Engine, component: &Component) -> Result<ProxyPre<Host>, Error> {
    let mut linker = Linker::new(engine);
    p2::add_to_linker_async(&mut linker)
        .and_then(|()| wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker))
        .map_err(|error| Error::Engine { source: error.into_boxed_dyn_error() })?;
    linker
        .instantiate_pre(component)
        .and_then(ProxyPre::new)
        .map_err(|error| component::not_linked(component, error))
}

async fn listen(
    service: Arc<Service>,
    mut told: mpsc::UnboundedReceiver<Event>,
    stop: Option<&Stop>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    let address = service.invocation.listen;
    let refused = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    // Before anybody is told that it is there, so that nobody can stop it the hard way.
    let mut signals = Signals::new().map_err(|source| Error::Thread { source })?;
    on_event(Event::Listening { address: listener.local_addr().map_err(refused)? });
    let end = tokio::time::sleep(service.limits.time.unwrap_or(Duration::MAX));
    tokio::pin!(end);
    let (asked, mut is_asked) = oneshot::channel::<()>();
    // Kept, where nobody can ask: it would look as if somebody had.
    let _kept = match stop {
        Some(stop) => {
            stop.then(move || drop(asked));
            None
        }
        None => Some(asked),
    };
    let (stop, stopping) = watch::channel(());
    let (mut clients, mut lines) = (JoinSet::new(), Vec::new());
    let rest = tokio::time::sleep(Duration::ZERO);
    tokio::pin!(rest);
    let exit = loop {
        tokio::select! {
            () = &mut rest, if !rest.is_elapsed() => {}
            _ = told.recv_many(&mut lines, usize::MAX), if rest.is_elapsed() => {
                lines.drain(..).for_each(&mut *on_event);
                rest.as_mut().reset(Instant::now() + REST);
            }
            // A client that went away before it was heard is nobody's failure.
            accepted = listener.accept() => if let Ok((client, address)) = accepted {
                clients.spawn(converse(client, address, service.clone(), stopping.clone()));
            },
            Some(_) = clients.join_next() => {}
            exit = signals.next() => break exit,
            _ = &mut is_asked => return Ok(Exit::Terminated),
            () = &mut end => return Ok(Exit::TimedOut),
        }
    };
    drop((listener, stop));
    if !clients.is_empty() {
        on_event(Event::Stopping { clients: clients.len(), grace: GRACE });
    }
    let end = tokio::time::sleep(GRACE);
    tokio::pin!(end);
    while !clients.is_empty() {
        tokio::select! {
            Some(event) = told.recv() => on_event(event),
            Some(_) = clients.join_next() => {}
            _ = signals.next() => break,
            () = &mut end => break,
        }
    }
    // The log of the last of them.
    tokio::task::yield_now().await;
    while let Ok(event) = told.try_recv() {
        on_event(event);
    }
    Ok(exit)
}

/// All requests of one client. When the service is stopped, it finishes the one that was begun.
async fn converse(
    client: TcpStream,
    address: SocketAddr,
    service: Arc<Service>,
    mut stopping: watch::Receiver<()>,
) {
    // Small answers go at once.
    let _ = client.set_nodelay(true);
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, hyper::Error>(request::answer(&service, address, request).await) }
    });
    let conversation = http1::Builder::new().serve_connection(TokioIo::new(client), answer);
    tokio::pin!(conversation);
    // A client that breaks off has no use for an answer.
    tokio::select! {
        _ = &mut conversation => return,
        _ = stopping.changed() => conversation.as_mut().graceful_shutdown(),
    }
    let _ = conversation.await;
}
