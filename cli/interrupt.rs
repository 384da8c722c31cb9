//! Ctrl-C and its like, for work that has to be undone before we end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock};

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

/// Has something done before we are ended, unless somebody listens then.
///
/// # Errors
/// When the system does not tell us.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "who is in the middle of something has no way back to `main`"
)]
pub fn before_the_end(undo: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let heard = heard()?;
    std::thread::spawn(move || {
        if let Ok(code) = heard.recv()
            && !IS_SEEN_TO.load(Ordering::Relaxed)
        {
            undo();
            std::process::exit(u8::from(code).into());
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

    for number in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(number, Arc::clone(&IS_ASKED))?;
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        let code = tokio::select! {
            _ = interrupt.recv() => ExitCode::Interrupted,
            _ = terminate.recv() => ExitCode::Terminated,
            _ = hangup.recv() => ExitCode::Terminated,
        };
        // Nobody waits any more once the work is done.
        let _ = sender.send(code);
    })
}

#[cfg(not(unix))]
fn asked(sender: Sender<ExitCode>) -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async move {
        let _ = tokio::signal::ctrl_c().await;
        let _ = sender.send(ExitCode::Interrupted);
    })
}
