//! What is told of a service while it runs.

use std::net::SocketAddr;
use std::time::Duration;

/// Something that happens while a service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It can be asked from now on.
    Listening {
        /// Where.
        address: SocketAddr,
    },
    /// A request is over.
    Answered(Box<Answered>),
    /// It takes no more requests, and those that it has begun are finished.
    Stopping {
        /// How many clients it still has.
        clients: usize,
        /// How long they may take.
        grace: Duration,
    },
}

/// A request that is over, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Who asked.
    pub client: SocketAddr,
    /// The method, such as `GET`.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The status of the answer; none, if the client went away before there was one.
    pub status: Option<u16>,
    /// How much of the body was sent.
    pub body_bytes: u64,
    /// From the request to the last byte of the answer.
    pub time: Duration,
    /// What the guest failed in, if it did; below it the calls that led there, one per line.
    pub failure: Option<String>,
}
