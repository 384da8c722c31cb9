//! Made-up folders and machines for unit tests.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::Machine;

/// A temporary folder, and a machine that has nothing but it: it is the current directory and the system's root,
/// and only its `bin` is searched for programs.
pub(crate) struct Folder {
    pub(crate) root: Utf8PathBuf,
    pub(crate) machine: Machine,
    _guard: TempDir,
}

impl Folder {
    /// A folder with these files: empty, except for those in a `bin`, which can be started but do nothing.
    pub(crate) fn with(files: &[&str]) -> Self {
        let guard = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(guard.path()).unwrap().canonicalize_utf8().unwrap();
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            if path.parent().unwrap().file_name() == Some("bin") {
                make_executable(&path);
            }
        }
        let machine = Machine::bare(&root);
        Self { root, machine, _guard: guard }
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) -> Utf8PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

#[cfg(unix)]
fn make_executable(path: &Utf8Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_path: &Utf8Path) {}
