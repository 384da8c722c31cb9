//! A fault at the nth call of one kind that a process makes of its system, by `strace`.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::tried;

/// What comes of a call.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The process is killed when it makes it.
    Kill,
    /// It fails with this error.
    Error(&'static str),
}

/// A process that has ended, and whether the fault had its moment before.
pub struct Ended {
    pub output: Output,
    pub landed: bool,
}

/// Runs the command with a fault at the nth call of this kind in any of its threads. A thread counts for itself.
pub fn run(strace: &Path, command: &Command, call: &str, fault: Fault, nth: usize) -> Ended {
    let told = tempfile::NamedTempFile::new().unwrap();
    let effect = match fault {
        Fault::Kill => "signal=KILL".to_owned(),
        Fault::Error(name) => format!("error={name}"),
    };
    let mut strace = Command::new(strace);
    strace.args(["-f", "-qqq", "-e", "signal=none", "-o"]).arg(told.path());
    strace.args(["-e", &format!("trace={call}"), "-e", &format!("inject={call}:{effect}:when={nth}"), "--"]);
    strace.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let output = strace.output().unwrap();
    let landed = match fault {
        Fault::Kill => output.status.signal() == Some(9) || output.status.code() == Some(128 + 9),
        Fault::Error(_) => std::fs::read_to_string(told.path()).unwrap().contains("(INJECTED)"),
    };
    Ended { output, landed }
}

/// Calls `of` with 1, 2, 3 and so on, as long as it says that the fault landed; in leaps, unless all are tried. Gives
/// how many landed.
pub fn at_every(leap: usize, mut of: impl FnMut(usize) -> bool) -> usize {
    let leap = if tried::all() { 1 } else { leap };
    (1..).step_by(leap).take_while(|nth| of(*nth)).count()
}
