//! How a guest ended.

use wasmtime::{ThrownException, WasmBacktrace};
use wasmtime_wasi::{I32Exit, ResourceTableError};

use crate::input::Stopped;
use crate::output::{OutputClosed, OutputLimit};
use crate::{Bound, Error, memory::Refused};

/// The end of a guest that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself: the argument of `proc_exit` as the guest gave it, or 0 when `_start` returned. A
    /// shell shows the low eight bits.
    Code(i32),
    /// The function that was called has returned.
    Returned {
        /// What it gave, one text for each value: numbers; of a component, in WAVE.
        values: Vec<String>,
        /// Whether that is the error of a `result`.
        is_error: bool,
    },
    /// It did what no module may do, or aborted, which in WebAssembly is the same.
    Trap(Trap),
    /// It was stopped, because its time was up.
    TimedOut,
    /// It was stopped at another limit.
    Stopped(Bound),
    /// A service was stopped by Ctrl-C.
    Interrupted,
    /// It was asked to stop: by [`Stop`](crate::Stop), or a service by `SIGTERM`, as those do who stop containers, or by `SIGHUP`, as a
    /// terminal does that is closed.
    Terminated,
    /// It was stopped, because it wrote to a stdout or stderr that nobody reads any more, as in
    /// `run | head -1`. A native program ends here by the signal `SIGPIPE`, without a word.
    OutputClosed,
}

/// Why and where a guest trapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// The reason, as a lower-case fragment: `out of bounds memory access`.
    pub message: String,
    /// The calls that led there, innermost first, one per line: number, offset in the module, function name
    /// (demangled; its index, if the module has no names). Empty if nothing is known.
    pub backtrace: String,
    /// What the reason usually means, or the way out.
    pub hint: Option<String>,
}

/// Sorts the errors by which Wasmtime says that there is no instance. Start functions have run already, so it may be the guest's own
/// end.
pub(crate) fn before_start(error: wasmtime::Error, refused: Option<Refused>) -> Result<Exit, Error> {
    match refused {
        _ if is_end(&error) => Ok(from_error(&error, refused)),
        Some(Refused { needed_bytes, limit_bytes }) => Err(Error::MemoryLimit { needed_bytes, limit_bytes }),
        None => Err(Error::Instantiate { source: error.into_boxed_dyn_error() }),
    }
}

/// Whether the guest made this error, rather than the host on its way to the guest.
fn is_end(error: &wasmtime::Error) -> bool {
    error.is::<I32Exit>()
        || error.is::<OutputClosed>()
        || error.is::<Stopped>()
        || bound(error).is_some()
        || error.is::<wasmtime::Trap>()
        || error.is::<ThrownException>()
}

/// The limit that this error says was reached.
fn bound(error: &wasmtime::Error) -> Option<Bound> {
    if error.is::<OutputLimit>() {
        return Some(Bound::Output);
    }
    // Wasmtime has a text for it and no type.
    if error.root_cause().to_string().starts_with("resource limit exceeded") {
        return Some(Bound::Instances);
    }
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(wasmtime::Trap::OutOfFuel), _) => Some(Bound::Fuel),
        (_, Some(ResourceTableError::Full)) => Some(Bound::Handles),
        _ => None,
    }
}

/// Sorts the errors by which Wasmtime says that a guest did not return.
pub(crate) fn from_error(error: &wasmtime::Error, refused: Option<Refused>) -> Exit {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Exit::Code(*code);
    }
    if error.is::<OutputClosed>() {
        return Exit::OutputClosed;
    }
    if error.is::<Stopped>() {
        return Exit::Terminated;
    }
    if let Some(bound) = bound(error) {
        return Exit::Stopped(bound);
    }
    let trap = error.downcast_ref::<wasmtime::Trap>();
    if trap == Some(&wasmtime::Trap::Interrupt) {
        return Exit::TimedOut;
    }
    let hint = match refused {
        Some(Refused { limit_bytes, .. }) => Some(format!(
            "the guest was refused more memory than {limit_bytes} bytes; give it more with `--limit memory=SIZE`"
        )),
        None => trap.and_then(meaning).map(ToOwned::to_owned),
    };
    if error.is::<ThrownException>() {
        let message = "an exception that nothing catches".to_owned();
        return Exit::Trap(Trap { message, backtrace: String::new(), hint });
    }
    // The root is the reason; what stands around it is the backtrace.
    let message = error.root_cause().to_string();
    Exit::Trap(Trap {
        message: message.strip_prefix("wasm trap: ").unwrap_or(&message).to_owned(),
        backtrace: error.downcast_ref().map(backtrace).unwrap_or_default(),
        hint,
    })
}

/// Wasmtime's text without its headline and without the module's name, which is the same everywhere.
fn backtrace(trace: &WasmBacktrace) -> String {
    let frames = trace.frames();
    let module = frames.first().and_then(|frame| frame.module().name()).unwrap_or("<unknown>");
    let prefix = format!("{module}!");
    let lines: Vec<_> = trace.to_string().lines().skip(1).map(str::to_owned).collect();
    let told = lines.iter().zip(frames).map(|(line, frame)| {
        let Some((place, name)) = line.split_once(&prefix) else { return line.clone() };
        // Wasmtime takes every name for a mangled one of C++, in which `f` is `float`.
        let plain = frame.func_name().filter(|name| !name.starts_with('_'));
        format!("{place}{}", plain.unwrap_or(name))
    });
    told.collect::<Vec<_>>().join("\n")
}

fn meaning(trap: &wasmtime::Trap) -> Option<&'static str> {
    match trap {
        wasmtime::Trap::UnreachableCodeReached => {
            Some("a program that aborts ends like this (`abort`, a failed assertion, a panic)")
        }
        wasmtime::Trap::StackOverflow => {
            Some("most likely a recursion without end; if it is none, give it more with `--limit stack=SIZE`")
        }
        wasmtime::Trap::BadSignature | wasmtime::Trap::IndirectCallToNull => {
            Some("a function was called through a pointer of another type, or through a null pointer")
        }
        _ => None,
    }
}
