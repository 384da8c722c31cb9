//! Stopping a guest from another thread.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Asks a guest to stop: for whoever started it, and can wait no longer.
///
/// A clone is the same.
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_asked: bool,
    actions: Vec<Box<dyn FnOnce() + Send>>,
}

impl Stop {
    /// Asks. A guest that is started afterwards is stopped at once.
    pub fn ask(&self) {
        let actions = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.is_asked = true;
            std::mem::take(&mut state.actions)
        };
        actions.into_iter().for_each(|act| act());
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_asked
    }

    /// Does this when somebody asks, or at once.
    pub(crate) fn then(&self, act: impl FnOnce() + Send + 'static) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_asked {
            drop(state);
            act();
        } else {
            state.actions.push(Box::new(act));
        }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("is_asked", &self.is_asked()).finish()
    }
}
