//! One build at a time in a folder: compilers and build systems would write over each other's files.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Error, Step};

/// The right to build in a folder, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Turn {
    _lock: File,
}

/// Who has to wait for less than a second is not told of it: a process that another thread has just begun to start may hold
/// a lock of ours a moment longer than we do.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

impl Turn {
    /// Makes the folder, and waits for whoever builds in it.
    pub(crate) fn take(folder: &Utf8Path, on_step: &mut dyn FnMut(Step<'_>)) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.to_owned(), source })?;
        // Beside the folder: what is in it may be a copy of somebody's sources.
        let path = Utf8PathBuf::from(format!("{folder}.lock"));
        let failed = |source| Error::Write { path: path.clone(), source };
        let lock = File::options().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        let mut tried = lock.try_lock();
        for _ in 0..TRIES {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(PAUSE);
            tried = lock.try_lock();
        }
        match tried {
            Err(TryLockError::WouldBlock) => {
                on_step(Step::Waiting { folder });
                lock.lock().map_err(failed)?;
            }
            // Some network filesystems have no locks; one build at a time is the user's care there.
            Err(TryLockError::Error(cause)) if cause.kind() != ErrorKind::Unsupported => {
                return Err(failed(cause));
            }
            _ => {}
        }
        Ok(Self { _lock: lock })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_second_waits_for_the_first_and_says_so() {
        let folder = Folder::with(&[]);
        let place = folder.root.join("a/b");
        let first = Turn::take(&place, &mut |step| panic!("{step:?}")).unwrap();
        let (said, waits) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| {
                let mut on_step = |step: Step<'_>| {
                    assert!(matches!(step, Step::Waiting { folder } if folder == place), "{step:?}");
                    said.send(()).unwrap();
                };
                Turn::take(&place, &mut on_step).unwrap();
            });
            waits.recv().unwrap();
            drop(first);
            second.join().unwrap();
        });
        Turn::take(&place, &mut |step| panic!("{step:?}")).unwrap();
    }
}
