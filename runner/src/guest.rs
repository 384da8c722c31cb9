//! All that is needed to start a guest, but for its code.

use crate::audit::Audit;
use crate::deadline::Until;
use crate::host::Surroundings;
use crate::meter::Meter;
use crate::writers::Writers;
use crate::{Invocation, Limits, Stop};

/// One guest that is about to be started; of a service, each request starts another.
#[derive(Debug, Clone)]
pub(crate) struct Guest<'a> {
    pub(crate) invocation: &'a Invocation,
    pub(crate) limits: &'a Limits,
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) meter: Meter,
    pub(crate) stop: Option<&'a Stop>,
    /// Who writes its output, where it shares its thread with others, which neither that nor a file must block.
    pub(crate) writers: Option<&'a Writers>,
    /// Where it is written down what it uses.
    pub(crate) audit: Option<Audit>,
}

impl<'a> Guest<'a> {
    /// Does this where it is seen what it calls.
    pub(crate) fn seen<T>(audit: Option<&Audit>, work: impl FnOnce() -> T) -> T {
        match audit {
            Some(audit) => tracing::dispatcher::with_default(&audit.dispatch(), work),
            None => work(),
        }
    }

    /// How long it may run.
    pub(crate) fn until(&self) -> Until<'a> {
        Until { limit: self.limits.time, stop: self.stop }
    }
}
