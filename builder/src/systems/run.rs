//! Running a build system: what it says is handed on line by line, and looked through if it fails.

use std::io::{self, BufRead, BufReader, PipeReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::c::lack::Lack;
use crate::{Error, Machine, Settings, Step};

/// How much of the end is looked through for what WASI lacks: what explains a failure stands near it.
const TAIL_BYTES: usize = 64 * 1024;

/// How long something may be on its way that was said before the end, and for how long it is listened to what a
/// command left running has to say.
const LAST_WORDS: Duration = Duration::from_millis(200);
const ENOUGH: Duration = Duration::from_secs(2);

/// What build systems hand on to compilers, and pkg-config looks up: said of the host, it does not hold for modules. And what a
/// make that has called us says to those it calls.
const OF_THE_HOST: [&str; 9] = [
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "PKG_CONFIG_PATH",
    "MAKEFLAGS",
    "MFLAGS",
    "GNUMAKEFLAGS",
    "MAKELEVEL",
];

/// A folder without libraries, as there are none for modules.
const NO_LIBRARIES: &str = "/none";

/// Runs `command` to its end. If the settings ask for quiet, what it says is handed on only if it fails.
pub(super) fn run(
    command: &mut Command,
    settings: &Settings,
    machine: &Machine,
    on_step: &mut dyn FnMut(Step<'_>),
) -> Result<(), Error> {
    let program =
        Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    on_step(Step::Running { command: &shown(command) });
    // As it was named: a path is what may be wrong.
    let named = command.get_program().to_string_lossy().into_owned();
    let could_not = |source| Error::Run { program: named.clone(), source };
    machine.isolate(command);
    for name in OF_THE_HOST {
        command.env_remove(name);
    }
    command.env("PKG_CONFIG_LIBDIR", NO_LIBRARIES);
    // One pipe for both, so that lines stay in order.
    let (said, pipe) = io::pipe().map_err(could_not)?;
    command.stdin(Stdio::null()).stdout(pipe.try_clone().map_err(could_not)?).stderr(pipe);
    let mut child = command.spawn().map_err(could_not)?;
    // The command keeps our ends of the pipe open, and with them the pipe.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let mut text = String::new();
    let mut on_line = |line: &[u8]| {
        let said = String::from_utf8_lossy(line);
        if !settings.quiet {
            on_step(Step::Diagnostics(&said));
            // What was handed on is kept only to be looked through.
            if text.len() > 2 * TAIL_BYTES {
                text.drain(..tail(&text));
            }
        }
        text.push_str(&said);
    };
    let status = listen(&mut child, &lines(said), &mut on_line).map_err(could_not)?;
    if status.success() {
        return Ok(());
    }
    if settings.quiet {
        on_step(Step::Diagnostics(&text));
    }
    Err(Error::BuildSystem { program, code: status.code(), lack: Lack::of(&text[tail(&text)..]) })
}

/// Where the last part of a text begins.
fn tail(text: &str) -> usize {
    text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES))
}

/// The lines of a pipe, read beside whatever else there is to do. Nobody waits for the reader: the pipe stays open as
/// long as anybody has it, also somebody who was left running.
fn lines(said: PipeReader) -> Receiver<Vec<u8>> {
    let (teller, told) = mpsc::sync_channel(1024);
    thread::spawn(move || {
        let mut said = BufReader::new(said);
        let mut line = Vec::new();
        while said.read_until(b'\n', &mut line).is_ok_and(|size| size > 0) {
            if teller.send(std::mem::take(&mut line)).is_err() {
                break;
            }
        }
    });
    told
}

/// Hands on lines until the child has ended and has nothing more to say.
fn listen(
    child: &mut Child,
    told: &Receiver<Vec<u8>>,
    on_line: &mut dyn FnMut(&[u8]),
) -> io::Result<ExitStatus> {
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        let line = told.recv_timeout(LAST_WORDS);
        match (&line, ended) {
            (Ok(line), _) => on_line(line),
            (Err(RecvTimeoutError::Disconnected), _) => return child.wait(),
            (Err(RecvTimeoutError::Timeout), Some((status, _))) => return Ok(status),
            (Err(RecvTimeoutError::Timeout), None) => {}
        }
        match ended {
            Some((status, at)) if at.elapsed() > ENOUGH => return Ok(status),
            Some(_) => {}
            None => ended = child.try_wait()?.map(|status| (status, Instant::now())),
        }
    }
}

/// The command line without what is set for it, which is long and always the same.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).filter(|word| !is_setting(word)).collect();
    words.join(" ")
}

/// `CC=…` and `-DCMAKE_…=…`
fn is_setting(word: &str) -> bool {
    let (name, _) = word.split_once('=').unwrap_or_default();
    let is_variable = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    is_variable || name.starts_with("-DCMAKE_")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::machine::SECRETS;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn said(mut command: Command) -> (Result<(), Error>, String) {
        let mut said = String::new();
        let result = run(&mut command, &Settings::default(), &Machine::bare("/".into()), &mut |step| {
            if let Step::Diagnostics(text) = step {
                said.push_str(text);
            }
        });
        (result, said)
    }

    #[test]
    fn who_is_left_running_is_not_waited_for() {
        let begun = Instant::now();
        let (result, text) = said(sh("sleep 20 & echo done; exit 3"));
        assert!(matches!(result, Err(Error::BuildSystem { .. })), "{result:?}");
        assert_eq!(text, "done\n");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let (result, _) = said(sh("(while sleep 0.05; do echo again || exit; done) & exit 0"));
        assert!(result.is_ok() && begun.elapsed() < Duration::from_secs(15), "{result:?}");
    }

    #[test]
    fn everything_is_handed_on_and_the_end_is_looked_through() {
        let (result, text) = said(sh("seq 100000; echo \"fatal error: 'setjmp.h' file not found\"; exit 1"));
        assert_eq!(text.lines().count(), 100_001);
        assert!(matches!(result, Err(Error::BuildSystem { lack: Some(Lack::Setjmp), .. })), "{result:?}");
    }

    #[test]
    fn what_is_shown_is_what_differs_from_build_to_build() {
        let mut command = Command::new("/usr/bin/make");
        command.args(["CC=clang --target=wasm32", "-j2", "-DCMAKE_AR=ar", "-DWITH=ON", "all", "=a"]);
        assert_eq!(shown(&command), "make -j2 -DWITH=ON all =a");
    }

    #[test]
    fn flags_and_folders_of_the_host_are_not_handed_on() {
        let mut command =
            sh("echo \"$CPATH$CFLAGS$LDFLAGS$MAKEFLAGS$PKG_CONFIG_PATH$WASMPACK_REGISTRY_TOKEN$CC\"");
        command.envs([("CPATH", "a"), ("CFLAGS", "b"), ("LDFLAGS", "c"), ("CC", "ours")]);
        command.envs([("MAKEFLAGS", "CC=theirs"), ("PKG_CONFIG_PATH", "/usr/lib/pkgconfig")]);
        command.envs(SECRETS.map(|name| (name, "secret")));
        assert_eq!(said(command).1, "ours\n");
        assert_eq!(said(sh("echo $SOURCE_DATE_EPOCH $PKG_CONFIG_LIBDIR")).1, "0 /none\n");
    }
}
