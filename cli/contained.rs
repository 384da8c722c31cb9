//! A container while it runs: it ends by itself, in time, or because somebody wants it to, and leaves nothing behind.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use wasmpack_packager::sinks::load::{CommandLine, Commands};

use crate::exit_code::ExitCode;
use crate::interrupt;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code; none where a signal ended what ran it.
    Code(Option<i32>),
    /// It took too long.
    TimedOut,
    /// Because we were asked to end, with this exit code.
    Asked(ExitCode),
}

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// Engines take some time to end a container, and more to begin one.
const ENDING_LIMIT: Duration = Duration::from_secs(15);
const ENDING_PAUSE: Duration = Duration::from_millis(200);

/// So long an engine is waited for that does not answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Runs it, with our own standard streams, for as long as it may take.
///
/// # Errors
/// When the engine's program cannot be started or waited for.
pub fn run(commands: &Commands, limit: Option<Duration>) -> std::io::Result<Ended> {
    // Before there is anything to be left behind.
    let interrupts = interrupt::listen()?;
    let mut child = command(&commands.run).spawn()?;
    let ended = wait(&mut child, &interrupts, limit)?;
    if !matches!(ended, Ended::Code(Some(_))) {
        end(&mut child, commands)?;
    }
    Ok(ended)
}

fn command(line: &CommandLine) -> Command {
    let mut command = Command::new(&line.program);
    command.args(&line.words);
    command
}

fn wait(
    child: &mut Child,
    interrupts: &Receiver<ExitCode>,
    limit: Option<Duration>,
) -> std::io::Result<Ended> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            // Ctrl-C at a terminal is for the engine's program, too.
            return Ok(interrupts.try_recv().map_or(Ended::Code(status.code()), Ended::Asked));
        }
        if limit.is_some_and(|limit| start.elapsed() >= limit) {
            return Ok(Ended::TimedOut);
        }
        match interrupts.recv_timeout(PAUSE) {
            Ok(code) => return Ok(Ended::Asked(code)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(PAUSE),
        }
    }
}

/// Has it ended until it is: it may be only about to begin.
fn end(child: &mut Child, commands: &Commands) -> std::io::Result<()> {
    let start = Instant::now();
    while start.elapsed() < ENDING_LIMIT {
        quietly(&commands.end, ANSWER_LIMIT);
        let asked = Instant::now();
        while asked.elapsed() < ENDING_PAUSE {
            if let Some(status) = child.try_wait()? {
                // What was killed itself has removed nothing.
                if status.code().is_none() {
                    clear(commands);
                }
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }
    // It may have ended just now.
    let _ = child.kill();
    child.wait()?;
    clear(commands);
    Ok(())
}

fn clear(commands: &Commands) {
    commands.clear.iter().for_each(|line| quietly(line, ANSWER_LIMIT));
}

/// What it says of a container that is gone already is of no use to anybody. If it does not end, it is given up.
fn quietly(line: &CommandLine, limit: Duration) {
    let [stdin, stdout, stderr] = [Stdio::null(), Stdio::null(), Stdio::null()];
    let Ok(mut child) = command(line).stdin(stdin).stdout(stdout).stderr(stderr).spawn() else { return };
    let start = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if start.elapsed() >= limit {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: String) -> CommandLine {
        CommandLine { program: "/bin/sh".into(), words: vec!["-c".into(), script.into()] }
    }

    #[test]
    fn what_takes_too_long_is_ended_by_the_engines_own_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (pid, left) = (path("pid"), path("left"));
        let commands = Commands {
            run: shell(format!("sleep 0.3; trap 'kill $!; exit 9' TERM; echo $$ > {pid}; sleep 60 & wait")),
            // At first there is none, as with a container that is only about to begin.
            end: shell(format!("kill $(cat {pid})")),
            clear: vec![shell(format!("touch {left}"))],
            ends_stdin: true,
        };
        assert_eq!(run(&commands, Some(Duration::from_millis(50))).unwrap(), Ended::TimedOut);
        assert!(!folder.path().join("left").exists(), "nothing was left");
        let killed = Commands { run: shell("kill -9 $$".to_owned()), ..commands.clone() };
        assert_eq!(run(&killed, None).unwrap(), Ended::Code(None));
        assert!(folder.path().join("left").exists(), "whoever was killed left it");
        let quick = Commands { run: shell("exit 7".to_owned()), ..commands };
        assert_eq!(run(&quick, Some(Duration::from_secs(10))).unwrap(), Ended::Code(Some(7)));
    }

    #[test]
    fn whoever_asks_it_to_end_has_his_own_exit_code() {
        let (sender, interrupts) = std::sync::mpsc::channel();
        sender.send(ExitCode::Terminated).unwrap();
        let mut child = command(&shell("sleep 60".to_owned())).spawn().unwrap();
        let ended = wait(&mut child, &interrupts, None).unwrap();
        child.kill().unwrap();
        assert_eq!(ended, Ended::Asked(ExitCode::Terminated));
        // What has just ended was asked to, as well.
        child.wait().unwrap();
        sender.send(ExitCode::Terminated).unwrap();
        assert_eq!(wait(&mut child, &interrupts, None).unwrap(), Ended::Asked(ExitCode::Terminated));
    }

    #[test]
    fn an_engine_that_does_not_answer_is_given_up() {
        let begun = Instant::now();
        quietly(&shell("sleep 60".to_owned()), Duration::from_millis(50));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
