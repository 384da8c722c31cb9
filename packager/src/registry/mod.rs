//! Images in registries: a small client of the OCI distribution specification 1.1.
//!
//! ```text
//! Remote::open(reference, access, settings)     one repository of one registry; nothing is asked yet
//! plan / push(remote, image, tags)              what it lacks; brings it there
//! pull(remote, reference, folder)               into a layout, every digest and size checked
//! put_value / take_value(remote, tag, ...)      bytes that are no image, by a tag
//! tags(remote), referrers(remote, digest)       what is there
//! ```
//!
//! Registries differ, networks fail and strangers answer, and each rule about that has one place:
//!
//! | rule | place |
//! |---|---|
//! | which address a reference has, and where http is spoken | `endpoint` |
//! | where an answer may send us, and who is told the credentials | `origin` |
//! | how a registry is shown who asks, and for how long | `challenge`, `token`, `credentials` |
//! | what is remembered of a registry | `habits` |
//! | how one request is sent, and what is never done | `transport`, `certificates` |
//! | how a repository is asked: 401, redirects | `remote` |
//! | what is tried again, and when | `retry` |
//! | what a refusal says, and the way out | `answer`, `failure` |
//! | what is taken for a manifest | `manifests` |
//! | one piece, chunks, mounts, cancelling | `upload` |
//! | in which order things go | `plan`, `push` |
//! | what is taken from a stranger | `pull`, `value`, `receive` |
//! | lists that others add to at the same time | `referrers` |

mod answer;
mod certificates;
mod challenge;
mod credentials;
mod endpoint;
mod failure;
mod habits;
mod link;
mod manifests;
mod no_proxy;
mod origin;
mod parallel;
mod plan;
mod progress;
mod pull;
mod push;
mod receive;
mod referrers;
mod remote;
mod retry;
mod settings;
mod tags;
mod token;
mod transport;
mod upload;
mod value;

pub use credentials::{Credentials, Secret};
pub use failure::{Cause, Distrust, Failure};
pub use habits::Habits;
pub use plan::{Plan, Tally, plan};
pub use progress::{Progress, Tell};
pub use pull::{PullOptions, Pulled, Referring, pull};
pub use push::{PushOptions, Pushed, push};
pub use referrers::referrers;
pub use remote::{Access, Remote};
pub use settings::{ClientCertificate, Clock, Effort, PlainHttp, Proxies, Settings};
pub use tags::tags;
pub use value::{Label, put_value, take_value};

/// How many challenges are understood of what a registry says. Only fuzzers ask, who give the compiler this condition.
#[cfg(fuzzing)]
#[must_use]
pub fn challenges(headers: &[&str]) -> usize {
    challenge::parse(headers.iter().copied()).len()
}
