//! Several requests at a time.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// As many at once: more does not help one client, and registries count.
const WORKERS: usize = 4;

/// Does the same for each, several at a time. After a failure no other one is begun.
pub(super) fn each<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    if let [one] = items {
        return work(one).map(|result| vec![result]);
    }
    let next = Mutex::new(items.iter().enumerate());
    let done: Mutex<Vec<(usize, Result<R, E>)>> = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let Some((at, item)) = next.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
            let result = work(item);
            if result.is_err() {
                // Nobody finds anything more to do.
                next.lock().unwrap_or_else(PoisonError::into_inner).by_ref().for_each(drop);
            }
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(items.len()) {
            scope.spawn(worker);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Does two things at the same time.
pub(super) fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_the_order_of_what_they_are_for() {
        let numbers: Vec<usize> = (0..100).collect();
        assert_eq!(
            each(&numbers, |number| Ok::<_, ()>(number * 2)).unwrap(),
            (0..200).step_by(2).collect::<Vec<_>>()
        );
        assert_eq!(each(&[] as &[u8], |_| Ok::<_, ()>(())).unwrap(), []);
    }

    #[test]
    fn two_things_are_done_at_the_same_time() {
        let meeting = std::sync::Barrier::new(2);
        let come = || meeting.wait().is_leader();
        let (one, other) = both(come, come);
        assert!(one != other);
    }

    #[test]
    fn after_a_failure_nothing_is_begun() {
        let begun = AtomicUsize::new(0);
        let result = each(&[(); 1000], |()| {
            begun.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>("no")
        });
        assert!(result.is_err());
        assert!(begun.load(Ordering::Relaxed) <= WORKERS);
    }
}
