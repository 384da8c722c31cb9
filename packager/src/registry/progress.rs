//! How far a transfer is.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes have gone, and how many there are in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What has gone so far. It falls when something has to be sent again.
    pub done_bytes: u64,
    /// What there is in all.
    pub total_bytes: u64,
}

/// Whom to tell, from several threads.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Sync);

/// Counts what goes, and tells.
pub(super) struct Meter<'a> {
    done_bytes: AtomicU64,
    total_bytes: u64,
    tell: Tell<'a>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(total_bytes: u64, tell: Tell<'a>) -> Self {
        Self { done_bytes: AtomicU64::new(0), total_bytes, tell }
    }

    pub(super) fn add(&self, bytes: u64) {
        let done_bytes = self.done_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.tell)(Progress { done_bytes, total_bytes: self.total_bytes });
    }

    fn take_back(&self, bytes: u64) {
        self.done_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One try at sending or receiving something: what it counted is taken back, unless it went well.
pub(super) struct Attempt<'a> {
    meter: &'a Meter<'a>,
    counted: AtomicU64,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(meter: &'a Meter<'a>) -> Self {
        Self { meter, counted: AtomicU64::new(0) }
    }

    /// The same reader, counted. It begins anew whenever this is called.
    pub(super) fn count<R>(&self, inner: R) -> Counting<'_, R> {
        self.meter.take_back(self.counted.swap(0, Ordering::Relaxed));
        Counting { inner, attempt: self }
    }

    pub(super) fn add(&self, bytes: u64) {
        self.counted.fetch_add(bytes, Ordering::Relaxed);
        self.meter.add(bytes);
    }

    /// It went well.
    pub(super) fn keep(self) {
        self.counted.store(0, Ordering::Relaxed);
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.meter.take_back(*self.counted.get_mut());
    }
}

pub(super) struct Counting<'a, R> {
    inner: R,
    attempt: &'a Attempt<'a>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.attempt.add(count as u64);
        Ok(count)
    }
}
