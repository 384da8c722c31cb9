//! How long a client is waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// What a client that asks for nothing is given: between requests, and until the head of one is whole.
const IDLE: Duration = Duration::from_secs(60);

/// How much longer than its guest a client has: the guest's own end is the better answer, and may be late where a machine is busy.
const MORE: Duration = Duration::from_secs(5);

/// When a conversation is over, whatever the client does. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    until: Arc<watch::Sender<Option<Instant>>>,
    request: Option<Duration>,
}

impl Patience {
    /// For a client whose requests may take so long.
    pub(crate) fn new(request: Option<Duration>) -> Self {
        let (until, _) = watch::channel(after(Some(IDLE)));
        Self { until: Arc::new(until), request }
    }

    /// A request waits until there is room for it, which is not the client's fault.
    pub(crate) fn wait(&self) {
        self.until.send_replace(None);
    }

    /// A request has begun: to the last byte of its answer it has its time.
    pub(crate) fn begin(&self) {
        self.until.send_replace(after(self.request.map(|request| request.saturating_add(MORE))));
    }

    /// A request is over.
    pub(crate) fn end(&self) {
        self.until.send_replace(after(Some(IDLE)));
    }

    /// Ends when the time is up.
    pub(crate) async fn over(&self) {
        let mut changes = self.until.subscribe();
        loop {
            let until = *changes.borrow_and_update();
            let is_over = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = is_over => return,
                _ = changes.changed() => {}
            }
        }
    }
}

fn after(time: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(time?)
}
