//! Another place for the same build: what must not make a difference, and is another there.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::environment::Environment;
use crate::plan::Plan;
use crate::user_config;
use camino::Utf8Path;

/// What is different besides the folder.
#[derive(Debug)]
pub struct Elsewhere {
    variables: Vec<(&'static str, OsString)>,
    /// How many compilers run at once, there and here.
    jobs: [usize; 2],
    /// What makes programs see another time, if it is there.
    clock: Option<PathBuf>,
}

/// What is found by the home of a user, unless a variable says where it is: of toolchains and what they have fetched, and who may
/// ask git. To have it again would take a network.
const OF_HOME: [(&str, &str); 6] = [
    ("CARGO_HOME", ".cargo"),
    ("RUSTUP_HOME", ".rustup"),
    ("GIT_CONFIG_GLOBAL", ".gitconfig"),
    ("GOPATH", "go"),
    ("PYTHONUSERBASE", ".local"),
    ("ZIG_GLOBAL_CACHE_DIR", ".cache/zig"),
];

const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// Another year, another month and another day of the week.
const AHEAD: &str = "+400d";

/// Runs rustc with the right clock: its allocator waits for ever where the clock is another. So procedural macros have it, and build
/// scripts have not. It is no `RUSTC_WRAPPER`, because build scripts run rustc without that.
const RUSTC: &str = "#!/bin/sh\nunset LD_PRELOAD\nexec \"$WASMPACK_RUSTC\" \"$@\"\n";

impl Elsewhere {
    /// With an empty home in the folder `place`.
    ///
    /// # Errors
    /// When something cannot be written in that folder.
    pub fn in_place(place: &Utf8Path, plan: &Plan, environment: &Environment) -> io::Result<Self> {
        let workers = plan.workers();
        let home = place.join("home");
        fs::create_dir(&home)?;
        let mut variables = vec![(HOME, home.into_os_string())];
        let here = environment.get(HOME).map(Utf8Path::new);
        variables.extend(OF_HOME.into_iter().filter_map(|(variable, path)| {
            let path = here?.join(path);
            (environment.get(variable).is_none() && path.exists()).then(|| (variable, path.into()))
        }));
        // What the user says is part of what is built.
        let said = user_config::file(environment).filter(|file| file.is_file());
        variables.extend(said.map(|file| (user_config::VARIABLE, file.into())));
        let zone = if environment.get("TZ") == Some("Asia/Kathmandu") {
            "America/Caracas"
        } else {
            "Asia/Kathmandu"
        };
        let locale = if environment.get("LC_ALL") == Some("C") { "C.UTF-8" } else { "C" };
        variables.extend([("TZ", zone.into()), ("LC_ALL", locale.into())]);
        let clock = cfg!(target_os = "linux").then(|| plan.machine.find_program("faketime")).flatten();
        let rustc = wasmpack_builder::replaceable_rustc(&plan.project, &plan.settings[0], &plan.machine);
        let clock = clock.filter(|_| rustc.is_some() || plan.project.packages.is_empty());
        if clock.is_some() {
            if let Some(rustc) = rustc {
                let with_clock = place.join("rustc");
                fs::write(&with_clock, RUSTC)?;
                make_executable(with_clock.as_std_path())?;
                // Whatever else is put before it would have the other clock.
                variables.extend([("RUSTC_WRAPPER", OsString::new()), ("WASMPACK_RUSTC", rustc.into())]);
                variables.push(("RUSTC", with_clock.into()));
            }
            // Cargo removes what nobody has used for months, and that is all it has by this clock.
            variables.push(("CARGO_CACHE_AUTO_CLEAN_FREQUENCY", "never".into()));
            // Waiting takes as long as it does, and files are as old as they are.
            variables.extend(["FAKETIME_DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"].map(|name| (name, "1".into())));
        }
        Ok(Self { variables, jobs: [if workers > 1 { 1 } else { 2 }, workers], clock })
    }

    /// How many compilers are to run at once.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.jobs[0]
    }

    /// The command that runs a program like that.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut words: Vec<OsString> = match &self.clock {
            Some(faketime) => vec![faketime.into(), "-f".into(), AHEAD.into()],
            None => Vec::new(),
        };
        words.push(program.into());
        let mut command = with_umask(&words);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl std::fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [there, here] = self.jobs;
        let umask = if cfg!(unix) { ", umask" } else { "" };
        write!(
            f,
            "another folder, target directory, home, time zone, locale{umask}, {there} at once and not {here}"
        )?;
        f.write_str(match &self.clock {
            Some(_) => ", and a clock that is 400 days ahead, but for rustc",
            None => {
                "; the clock is the same, for there is no `faketime`, or cargo's configuration names a rustc"
            }
        })
    }
}

#[cfg(unix)]
fn with_umask(words: &[OsString]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 027; exec \"$0\" \"$@\""]).args(words);
    command
}

#[cfg(not(unix))]
fn with_umask(words: &[OsString]) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}
