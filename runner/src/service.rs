//! Services: they are asked, and answer many at a time, until they are stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
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
use crate::patience::Patience;
use crate::signals::Signals;
use crate::writers::Writers;
use crate::{Error, Exit, Invocation, Limits, Stop, component, engine, request};

/// How long a loop computes before others have their turn.
const TICK: Duration = Duration::from_millis(10);

/// How long requests that were begun may take when the service is stopped; somebody who stops a container waits as long.
const GRACE: Duration = Duration::from_secs(10);

/// How long lines of the log may wait for each other: waking somebody for each costs more than small guests do.
const REST: Duration = Duration::from_millis(5);

/// So many lines of the log wait for whoever reads them; after that, requests go on without.
const LINES: usize = 10_000;

/// How long the end of a service may be put off by lines of its log, and by what its guests wrote.
const LAST: Duration = Duration::from_secs(2);

/// What all requests share.
pub(crate) struct Service {
    pub(crate) pre: ProxyPre<Host>,
    pub(crate) limits: Limits,
    pub(crate) events: mpsc::Sender<Event>,
    /// Room for so many requests at once.
    pub(crate) free: Arc<Semaphore>,
    room: usize,
    invocation: Invocation,
    meter: Meter,
    writers: Writers,
    pub(crate) audit: Option<Audit>,
}

impl Service {
    /// Where it is asked.
    pub(crate) fn address(&self) -> SocketAddr {
        self.invocation.listen
    }

    /// What each request starts.
    pub(crate) fn guest(&self) -> Guest<'_> {
        Guest {
            invocation: &self.invocation,
            limits: &self.limits,
            surroundings: &Surroundings::Process,
            meter: self.meter.clone(),
            stop: None,
            writers: Some(&self.writers),
            audit: self.audit.as_ref().map(|audit| audit.again(&self.invocation.directories)),
        }
    }
}

/// Serves until the time is up, or somebody stops it. What is told is told from this thread, which does nothing else: whoever
/// reads it may be slow.
pub(crate) fn serve(
    engine: &Engine,
    component: &Component,
    guest: &Guest<'_>,
    on_event: &mut dyn FnMut(Event),
) -> Result<Exit, Error> {
    let pre = prepare(engine, component)?;
    let room = engine::requests(guest.limits, component).min(Semaphore::MAX_PERMITS);
    let (events, mut told) = mpsc::channel(LINES);
    let writers = Writers::new().map_err(|source| Error::Thread { source })?;
    let service = Service {
        pre,
        limits: guest.limits.clone(),
        events: events.clone(),
        free: Arc::new(Semaphore::new(room)),
        room,
        invocation: guest.invocation.clone(),
        meter: guest.meter.clone(),
        writers: writers.clone(),
        audit: guest.audit.clone(),
    };
    tick(engine)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Thread { source })?;
    let mut listening = runtime.spawn(listen(Arc::new(service), events, guest.stop.cloned()));
    let (mut lines, mut ending) = (Vec::new(), None);
    let ended = loop {
        let ended = runtime.block_on(async {
            tokio::select! {
                biased;
                ended = &mut listening => Some(ended),
                _ = told.recv_many(&mut lines, LINES) => None,
            }
        });
        if let Some(ended) = ended {
            break ended;
        }
        for event in lines.drain(..) {
            if listening.is_finished() && ending.get_or_insert_with(Instant::now).elapsed() > LAST {
                break;
            }
            on_event(event);
        }
        thread::sleep(REST);
    };
    // The log of the last of them, as far as whoever reads it keeps up: nobody hears now who wants us to end.
    let ending = ending.unwrap_or_else(Instant::now);
    while ending.elapsed() < LAST
        && let Ok(event) = told.try_recv()
    {
        on_event(event);
    }
    // The same of what guests wrote and did not wait for.
    let _ = runtime.block_on(async { tokio::time::timeout(LAST, writers.finish()).await });
    // A guest that waits in a system call would keep it for ever.
    runtime.shutdown_background();
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
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
    events: mpsc::Sender<Event>,
    stop: Option<Stop>,
) -> Result<Exit, Error> {
    let address = service.invocation.listen;
    let refused = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    // Before anybody is told that it is there, so that nobody can stop it the hard way. Where somebody else stops it, signals
    // are that one's affair.
    let signals = if stop.is_none() { Some(Signals::new()) } else { None };
    let mut signals = signals.transpose().map_err(|source| Error::Thread { source })?;
    let tell = async |event| drop(events.send(event).await);
    tell(Event::Listening { address: listener.local_addr().map_err(refused)? }).await;
    let end = tokio::time::sleep(service.limits.time.unwrap_or(Duration::MAX));
    tokio::pin!(end);
    let asked = asked(stop);
    tokio::pin!(asked);
    let (stop, stopping) = watch::channel(());
    let mut clients = JoinSet::new();
    let exit = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, address)) => {
                    clients.spawn(converse(client, address, service.clone(), stopping.clone()));
                }
                // A client that went away before it was heard is nobody's failure; where there is no room for more, the system
                // says so again at once.
                Err(_) => tokio::time::sleep(TICK).await,
            },
            Some(_) = clients.join_next() => {}
            exit = next(&mut signals) => break exit,
            () = &mut asked => return Ok(Exit::Terminated),
            () = &mut end => return Ok(Exit::TimedOut),
        }
    };
    drop((listener, stop));
    if !clients.is_empty() {
        tell(Event::Stopping { clients: clients.len(), grace: GRACE }).await;
    }
    // Those that are answered, and what guests do after they have answered.
    let finished = async {
        while clients.join_next().await.is_some() {}
        let all = service.free.acquire_many(u32::try_from(service.room).unwrap_or(u32::MAX)).await;
        drop(all);
    };
    tokio::select! {
        () = finished => {}
        () = tokio::time::sleep(GRACE) => {}
        _ = next(&mut signals) => {}
    }
    Ok(exit)
}

/// The next signal; none ever, where nobody listens to them.
async fn next(signals: &mut Option<Signals>) -> Exit {
    match signals {
        Some(signals) => signals.next().await,
        None => std::future::pending().await,
    }
}

/// Ends when somebody asks it to stop.
async fn asked(stop: Option<Stop>) {
    let Some(stop) = stop else { return std::future::pending().await };
    let (asked, is_asked) = oneshot::channel::<()>();
    stop.then(move || drop(asked));
    let _ = is_asked.await;
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
    let patience = Patience::new(service.limits.request_time);
    let waiting = patience.clone();
    let answer = service_fn(move |request| {
        let (service, patience) = (service.clone(), patience.clone());
        async move { Ok::<_, hyper::Error>(request::answer(&service, address, &patience, request).await) }
    });
    let conversation = http1::Builder::new().serve_connection(TokioIo::new(client), answer);
    tokio::pin!(conversation);
    // A client that breaks off has no use for an answer, and one that does not go on gets none.
    tokio::select! {
        _ = &mut conversation => return,
        () = waiting.over() => return,
        _ = stopping.changed() => conversation.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = &mut conversation => {}
        () = waiting.over() => {}
    }
}
