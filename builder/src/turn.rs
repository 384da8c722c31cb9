//! One build at a time in a folder: compilers and build systems would write over each other's files.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::systems::fingerprint;
use crate::{Error, Step, target_directory};

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
        Self::wait(&Utf8PathBuf::from(format!("{folder}.lock")), folder, on_step)
    }

    /// Waits for whoever has cargo build there with the same profile. Cargo has a lock of its own, but its modules are read after
    /// it has ended, and those of another build with other features would have the same paths.
    pub(crate) fn with_cargo(
        target_directory: &Utf8Path,
        profile: &str,
        on_step: &mut dyn FnMut(Step<'_>),
    ) -> Result<Self, Error> {
        let folder = target_directory.join("wasmpack/.turns");
        target_directory::make(target_directory)
            .and_then(|()| fs::create_dir_all(&folder))
            .map_err(|source| Error::Write { path: folder.clone(), source })?;
        // What is typed may be no name of a file; cargo will say so.
        let lock = folder.join(format!("{:08x}.lock", fingerprint(profile)));
        Self::wait(&lock, target_directory, on_step)
    }

    fn wait(path: &Utf8Path, folder: &Utf8Path, on_step: &mut dyn FnMut(Step<'_>)) -> Result<Self, Error> {
        let failed = |source| Error::Write { path: path.to_owned(), source };
        let lock = File::options().write(true).create(true).truncate(false).open(path).map_err(failed)?;
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

    #[test]
    fn only_who_builds_with_the_same_profile_in_the_same_target_directory_is_waited_for() {
        let folder = Folder::with(&[]);
        let [one, other] = ["one/target", "other/target"].map(|path| folder.root.join(path));
        let mut is_told = false;
        let mut alone = |step: Step<'_>| panic!("{step:?}");
        let first = Turn::with_cargo(&one, "wasmpack", &mut alone).unwrap();
        let _profile = Turn::with_cargo(&one, "a/b", &mut alone).unwrap();
        let _place = Turn::with_cargo(&other, "wasmpack", &mut alone).unwrap();
        let mut first = Some(first);
        Turn::with_cargo(&one, "wasmpack", &mut |_| (is_told, first) = (true, None)).unwrap();
        assert!(is_told);
    }
}
