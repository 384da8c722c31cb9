//! Runs whose output is kept, in surroundings that are the same each time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use crate::output::{Allowance, Output};
use crate::{Error, Exit, Invocation, Limits, Runtime, host::Surroundings};

/// What a guest did, as far as its streams and its end show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// How it ended; [`Exit::OutputClosed`] if it wrote more than was kept.
    pub exit: Exit,
    /// What it wrote to stdout.
    pub stdout: Vec<u8>,
    /// What it wrote to stderr.
    pub stderr: Vec<u8>,
}

/// Runs a command as [`Runtime::run`] does, and keeps what it writes: of each stream as much as `keep_bytes`, where the
/// guest is stopped. What it reads from stdin is `input`.
///
/// What else differs from run to run is the same here: random numbers repeat, and the clock moves by ten
/// milliseconds each time it is asked, from one moment of the year 2023 on.
///
/// # Errors
///
/// As for [`Runtime::run`]. A service is none that can be recorded: it ends only when it is stopped.
pub fn record(
    wasm: &[u8],
    invocation: &Invocation,
    limits: &Limits,
    input: &[u8],
    keep_bytes: usize,
) -> Result<Recording, Error> {
    let tape = Tape {
        input: MemoryInputPipe::new(Bytes::copy_from_slice(input)),
        stdout: MemoryOutputPipe::new(keep_bytes),
        stderr: MemoryOutputPipe::new(keep_bytes),
    };
    let surroundings = Surroundings::Recorded(tape.clone());
    let exit = Runtime::default().record(wasm, invocation, limits, &surroundings)?;
    let [stdout, stderr] = [tape.stdout, tape.stderr].map(|kept| kept.contents().to_vec());
    Ok(Recording { exit, stdout, stderr })
}

/// The streams of a recorded guest.
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    input: MemoryInputPipe,
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
}

impl Tape {
    /// Puts a guest into surroundings that are the same each time.
    pub(crate) fn surround(&self, wasi: &mut WasiCtxBuilder, allowance: &Allowance) {
        wasi.stdin(self.input.clone());
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|kept| Output::new(kept.clone(), allowance));
        wasi.stdout(stdout).stderr(stderr);
        wasi.secure_random(chance()).insecure_random(chance()).insecure_random_seed(1);
        let clock = Clock::default();
        wasi.wall_clock(clock.clone()).monotonic_clock(clock);
    }
}

/// Bytes without a pattern that a guest would stumble over, by Marsaglia's xorshift.
fn chance() -> Deterministic {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    Deterministic::new((0..1024).flat_map(|_| next()).collect())
}

/// A clock that moves by being asked: it stands still for nobody, and shows every guest the same.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    const STEP: Duration = Duration::from_millis(10);
    /// In seconds since 1970.
    const START: Duration = Duration::from_secs(1_700_000_000);

    fn elapsed(&self) -> Duration {
        let asked = self.0.fetch_add(1, Ordering::Relaxed);
        Duration::from_millis(asked * Self::STEP.as_millis() as u64)
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Self::STEP
    }

    fn now(&self) -> Duration {
        Self::START + self.elapsed()
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        Self::STEP.as_nanos() as u64
    }

    fn now(&self) -> u64 {
        self.elapsed().as_nanos() as u64
    }
}
