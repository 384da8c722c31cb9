//! What is installed, and running it.

use std::path::PathBuf;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// Where a program is, as the search path has it.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// What to say if one of these programs is not there.
pub fn missing(programs: &[&str]) -> Option<String> {
    let program = programs.iter().find(|program| find(program).is_none())?;
    Some(format!("{program} is missing; `cargo xtask test` installs it"))
}

/// Gives a process that may hang its time, then ends it.
pub fn wait(mut child: Child, limit: Duration) -> Output {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() && start.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(20));
    }
    // One that has ended by itself cannot be ended again.
    let _ = child.kill();
    child.wait_with_output().unwrap()
}

/// Whether this process may make containers.
pub fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
