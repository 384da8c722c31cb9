//! D1: a process that is killed, wherever it is, leaves the old image or the new one.

use crate::installed::installed;
use crate::reliability::fault::{self, Fault};
use crate::reliability::image::{Form, Overwriting};
use crate::tried;

/// Those that change files, or come right before and after such.
const CALLS: [&str; 12] = [
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "rename",
    "renameat2",
    "unlink",
    "mkdir",
    "close",
];

#[test]
fn a_process_that_is_killed_leaves_the_old_image_or_the_new_one() {
    let Some(strace) = installed("strace") else { return };
    let (mut kills, mut renewed) = (0, 0);
    for form in Form::ALL {
        let image = Overwriting::new(form);
        for call in CALLS {
            kills += fault::at_every(16, |nth| {
                let landed = fault::run(&strace, &image.overwrite(), call, Fault::Kill, nth).landed;
                let when = format!("{form:?}, killed at {call} {nth}");
                renewed += usize::from(landed && image.assert_whole(&when));
                image.assert_healed(&when);
                image.restore();
                landed
            });
        }
    }
    assert!(kills > renewed && renewed > 0, "{renewed} of {kills}");
    tried::tell(
        "D1",
        format_args!(
            "killed at {kills} calls of the system: {renewed} times the new image, else the old one, always whole"
        ),
    );
}
