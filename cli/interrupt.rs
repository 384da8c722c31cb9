//! Ctrl-C and its like, for work that has to be undone before we end.

use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::runtime::Builder;

/// From now on we are not ended by Ctrl-C, nor by whoever asks a process to end: it comes out here.
///
/// # Errors
/// When the system does not tell us.
pub fn listen() -> std::io::Result<Receiver<()>> {
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
fn asked(sender: Sender<()>) -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        // Nobody waits any more once the work is done.
        let _ = sender.send(());
    })
}

#[cfg(not(unix))]
fn asked(sender: Sender<()>) -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async move {
        let _ = tokio::signal::ctrl_c().await;
        let _ = sender.send(());
    })
}
