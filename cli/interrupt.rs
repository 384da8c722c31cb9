//! Ctrl-C and its like, for work that has to be undone before we end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::runtime::Builder;

use crate::exit_code::ExitCode;

/// Whether somebody sees to it that all comes back to `main` when we are asked to end.
static IS_SEEN_TO: AtomicBool = AtomicBool::new(false);

/// Whether we were asked to end, known before whoever listens has heard of it.
static IS_ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on we are not ended by Ctrl-C, nor by whoever asks a process to end: it comes out here.
///
/// # Errors
/// When the system does not tell us.
pub fn listen() -> std::io::Result<Receiver<ExitCode>> {
    leave_to_others();
    heard()
}

/// From now on somebody else listens, and we end when he does.
pub fn leave_to_others() {
    IS_SEEN_TO.store(true, Ordering::Relaxed);
}

/// The same, for whoever may be kept from his end by a stream that nobody reads: when we are asked to end he has this time, and when we
/// are asked once more, [`SOON`].
///
/// # Errors
/// When the system does not tell us.
pub fn leave_to_others_for(grace: Duration, undo: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    leave_to_others();
    let heard = heard()?;
    std::thread::spawn(move || {
        let Ok(code) = heard.recv() else { return };
        if heard.recv_timeout(grace) != Err(RecvTimeoutError::Timeout) {
            std::thread::sleep(SOON);
        }
        end(code, undo);
    });
    Ok(())
}

/// So long whoever is about to end may take for his last words.
pub const SOON: Duration = Duration::from_secs(2);

/// Ends us after this time with this code, if we have not ended by then: what is told may wait for a stream that nobody reads.
pub fn end_after(time: Duration, code: ExitCode, undo: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        std::thread::sleep(time);
        end(code, undo);
    });
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "who is in the middle of something has no way back to `main`"
)]
fn end(code: ExitCode, undo: impl FnOnce()) -> ! {
    undo();
    std::process::exit(u8::from(code).into())
}

/// Has something done before we are ended, unless somebody listens then.
///
/// # Errors
/// When the system does not tell us.
pub fn before_the_end(undo: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let heard = heard()?;
    std::thread::spawn(move || {
        if let Ok(code) = heard.recv()
            && !IS_SEEN_TO.load(Ordering::Relaxed)
        {
            end(code, undo);
        }
    });
    Ok(())
}

/// Waits for the end, where it is on its way: Ctrl-C ends the programs we have started, too, and that one of them failed
/// is then neither told nor our exit code.
pub fn give_way() {
    while IS_ASKED.load(Ordering::SeqCst) && !IS_SEEN_TO.load(Ordering::Relaxed) {
        std::thread::park();
    }
}

/// Has this process end when the one that has started it is gone, by whatever: nobody waits for it any more then, nor looks at its
/// time.
#[cfg(unix)]
pub fn end_with_parent() {
    let parent = std::os::unix::process::parent_id();
    std::thread::spawn(move || {
        while std::os::unix::process::parent_id() == parent {
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        // At once: threads that are at work would not stop for what is done at an end.
        signal_hook::low_level::exit(u8::from(ExitCode::Failure).into());
    });
}

/// Elsewhere nobody tells.
#[cfg(not(unix))]
pub fn end_with_parent() {}

fn heard() -> std::io::Result<Receiver<ExitCode>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (sender, receiver) = channel();
    let asked = {
        // What listens belongs to a runtime.
        let _entered = runtime.enter();
        asked(sender)?
    };
    std::thread::spawn(move || runtime.block_on(asked));
    Ok(receiver)
}

#[cfg(unix)]
fn asked(sender: Sender<ExitCode>) -> std::io::Result<impl Future<Output = ()> + Send> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use tokio::signal::unix::{SignalKind, signal};

    // What is ignored from the beginning stays so.
    let hears_hangup = !wasmpack_runner::is_hangup_ignored();
    for number in [SIGINT, SIGTERM].into_iter().chain(hears_hangup.then_some(SIGHUP)) {
        signal_hook::flag::register(number, Arc::clone(&IS_ASKED))?;
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = hears_hangup.then(|| signal(SignalKind::hangup())).transpose()?;
    Ok(async move {
        loop {
            let code = tokio::select! {
                _ = interrupt.recv() => ExitCode::Interrupted,
                _ = terminate.recv() => ExitCode::Terminated,
                Some(()) = async { hangup.as_mut()?.recv().await } => ExitCode::Terminated,
            };
            // Nobody waits any more once the work is done.
            if sender.send(code).is_err() {
                return;
            }
        }
    })
}

#[cfg(not(unix))]
fn asked(sender: Sender<ExitCode>) -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(
        async move {
            while tokio::signal::ctrl_c().await.is_ok() && sender.send(ExitCode::Interrupted).is_ok() {}
        },
    )
}
