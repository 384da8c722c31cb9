//! D2: a disk that is full or broken is named, leaves the old image, and hinders nobody afterwards.

use std::process::Command;

use crate::installed::installed;
use crate::reliability::fault::{self, Ended, Fault};
use crate::reliability::image::{Form, Overwriting};
use crate::support::said;
use crate::tried;

/// Errors, and calls that have them. Closing is none of those: Rust's own library ends a program that cannot close a folder.
const FAULTS: [(&str, &[&str]); 3] = [
    ("ENOSPC", &["openat", "write", "pwrite64", "fsync", "ftruncate", "rename", "mkdir"]),
    ("EIO", &["openat", "read", "write", "pwrite64", "fsync", "ftruncate", "rename"]),
    ("EINTR", &["openat", "read", "write", "pwrite64", "fsync", "flock"]),
];

/// What is said by the loader of programs, before there is anything of ours.
const LOADER: &str = "error while loading shared libraries";

#[test]
fn a_disk_that_fails_is_named_and_leaves_the_old_image_or_the_new_one() {
    let Some(strace) = installed("strace") else { return };
    let (mut faults, mut failed) = (0, 0);
    for form in Form::ALL {
        let image = Overwriting::new(form);
        for (error, calls) in FAULTS {
            for call in calls {
                faults += fault::at_every(24, |nth| {
                    let Ended { output, landed } =
                        fault::run(&strace, &image.overwrite(), call, Fault::Error(error), nth);
                    let when = format!("{form:?}, {error} of {call} {nth}: {}", said(&output));
                    let is_new = image.assert_whole(&when);
                    if output.status.success() {
                        assert!(is_new, "{when}");
                    } else if !said(&output).contains(LOADER) {
                        failed += 1;
                        assert!(output.status.code().is_some(), "{when}");
                        assert!(!said(&output).contains("panicked"), "{when}");
                        let is_named = said(&output).contains("error[") || call == &"write";
                        assert!(is_named && !said(&output).contains("error[unexpected]"), "{when}");
                    }
                    image.assert_healed(&when);
                    image.restore();
                    landed
                });
            }
        }
    }
    assert!(faults > failed && failed > 0, "{failed} of {faults}");
    tried::tell(
        "D2",
        format_args!(
            "{faults} failed calls of the system: {failed} times an error that names what failed, else done all the same"
        ),
    );
}

/// A disk of so many KiB, where this is root.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of(kib: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|mounted| mounted.status.success()).then_some(Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0.path()).output());
    }
}

#[test]
fn a_disk_without_room_is_told_and_left_as_it_was() {
    use crate::support::wasmpack;
    let sources = tempfile::tempdir().unwrap();
    let module = sources.path().join("app.wat");
    std::fs::write(&module, crate::reliability::image::module("app", 60_000)).unwrap();
    let (mut disks, mut full) = (0, 0);
    for kib in (4..=240).step_by(tried::few_or_all(60, 4)) {
        for form in ["oci-layout", "oci-archive"] {
            let Some(disk) = Disk::of(kib) else { return };
            let dest = disk.0.path().join("image");
            let mut pack = wasmpack();
            pack.arg("pack")
                .arg(&module)
                .args(["--quiet", "--output"])
                .arg(format!("type={form},dest={}", dest.display()));
            let output = pack.output().unwrap();
            disks += 1;
            if output.status.success() {
                wasmpack_packager::validate(&dest).unwrap();
                continue;
            }
            full += 1;
            let when = format!("{form} on {kib} KiB: {}", said(&output));
            assert_eq!(output.status.code(), Some(1), "{when}");
            assert!(
                said(&output).contains("failed to write `") && said(&output).contains("No space left"),
                "{when}"
            );
            assert_eq!(std::fs::read_dir(disk.0.path()).unwrap().count(), 0, "{when}");
        }
    }
    assert!(disks > full && full > 0, "{full} of {disks}");
    tried::tell("D2", format_args!("{disks} small disks: {full} too small, told, with nothing left on them"));
}
