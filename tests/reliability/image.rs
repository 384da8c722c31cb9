//! An image that is written over an older one, and what is found of the two.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::{copy, stdout_of, wasmpack};

/// How an image lies in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Layout,
    Archive,
}

impl Form {
    pub const ALL: [Self; 2] = [Self::Layout, Self::Archive];

    fn output(self) -> &'static str {
        match self {
            Self::Layout => "oci-layout",
            Self::Archive => "oci-archive",
        }
    }
}

/// A folder with two modules and the image of the old one.
pub struct Overwriting {
    form: Form,
    folder: TempDir,
    before: TempDir,
    old: String,
    new: String,
    /// What lies in the folder when all went well.
    files: BTreeSet<PathBuf>,
}

impl Overwriting {
    pub fn new(form: Form) -> Self {
        let (folder, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for (name, bytes) in [("old", 10_000), ("new", 40_000)] {
            fs::write(folder.path().join(name).with_extension("wat"), module(name, bytes)).unwrap();
        }
        let mut this =
            Self { form, folder, before, old: String::new(), new: String::new(), files: BTreeSet::new() };
        this.new = stdout_of(&mut this.pack("new"));
        this.files = this.present();
        for written in ["image", "target"] {
            let path = this.folder.path().join(written);
            drop(if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) });
        }
        this.old = stdout_of(&mut this.pack("old"));
        assert_ne!(this.old, this.new);
        copy_all(this.folder.path(), this.before.path());
        this
    }

    /// The command that writes the image of the new module over that of the old one.
    pub fn overwrite(&self) -> Command {
        self.pack("new")
    }

    fn pack(&self, module: &str) -> Command {
        let mut pack = wasmpack();
        pack.args(["pack", &format!("{module}.wat"), "--quiet", "--tag", "app", "--output"]);
        pack.arg(format!("type={},dest=image", self.form.output())).current_dir(self.folder.path());
        pack
    }

    /// Everything as it was before the first attempt.
    pub fn restore(&self) {
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        copy_all(self.before.path(), self.folder.path());
    }

    /// Fails unless one of the two images is there, whole; says whether it is the new one.
    pub fn assert_whole(&self, when: &str) -> bool {
        let found = ["image", "target/wasmpack/app"].map(|place| {
            let path = self.folder.path().join(place);
            let validated = wasmpack_packager::validate(&path);
            assert!(validated.is_ok(), "{when}: {place}: {validated:?}");
            format!("app@{}\n", wasmpack_packager::open(path).unwrap().digest)
        });
        for digest in &found {
            assert!([&self.old, &self.new].contains(&digest), "{when}: {digest}");
        }
        found[0] == self.new
    }

    /// Fails unless the same command, undisturbed, makes the new image of whatever is left, and leaves nothing else in it.
    pub fn assert_healed(&self, when: &str) {
        assert_eq!(stdout_of(&mut self.overwrite()), self.new, "{when}");
        assert!(self.assert_whole(when), "{when}");
        let left: Vec<_> = self.present().difference(&self.files).cloned().collect();
        // Beside an archive nobody looks for what a killed process left, and in the cache only after a day.
        let left: Vec<_> = left.iter().filter(|path| self.is_looked_after(path)).collect();
        assert!(left.is_empty(), "{when}: {left:?}");
    }

    fn is_looked_after(&self, path: &Path) -> bool {
        self.form == Form::Layout && path.starts_with("image") || path.starts_with("target/wasmpack/app")
    }

    /// Every file in the folder.
    fn present(&self) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(self.folder.path()).unwrap().to_owned());
                }
            }
        }
        found
    }
}

/// A module with so many bytes that cannot be compressed, in text.
pub fn module(name: &str, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(bytes as u64);
    let data: String = (0..bytes).map(|_| format!("\\{:02x}", random.u8(..))).collect();
    format!(
        r#"(module ${name} (memory (export "memory") 1) (data (i32.const 0) "{data}") (func (export "_start")))"#
    )
}

/// `copy` leaves out what is built.
fn copy_all(from: &Path, to: &Path) {
    copy(from, to);
    if from.join("target").is_dir() {
        copy(&from.join("target"), &to.join("target"));
    }
}
