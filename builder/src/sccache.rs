//! sccache: a launcher that takes rustc's command lines as it takes those of C compilers, and finds what was compiled before, here or
//! on another machine.

use std::borrow::Cow;
use std::process::Command;

use camino::Utf8Path;
use serde_json::{Map, Value};

use crate::machine::SECRETS;
use crate::{Machine, Settings};

/// The launcher, if it is this one.
pub(crate) fn launcher(settings: &Settings) -> Option<&str> {
    settings.c.launcher.as_deref().filter(|program| Utf8Path::new(program).file_stem() == Some("sccache"))
}

/// What makes cargo start rustc through it. `RUSTC_WRAPPER` is stronger.
pub(crate) fn cargo_config(settings: &Settings) -> Option<String> {
    launcher(settings).map(|program| format!("build.rustc-wrapper={program:?}"))
}

/// The settings by which is built, and what it has counted before: where it does not start, because the machine that keeps what was
/// compiled cannot be reached, it would fail whatever is compiled, and so nothing goes through it. `on_failure` is told why.
pub(crate) fn started<'a>(
    settings: &'a Settings,
    machine: &Machine,
    on_failure: impl FnOnce(&str, &str),
) -> (Cow<'a, Settings>, Option<Counts>) {
    let Some(program) = launcher(settings) else { return (Cow::Borrowed(settings), None) };
    match Counts::of(program, machine) {
        Ok(counts) => (Cow::Borrowed(settings), counts),
        Err(reason) => {
            on_failure(program, &reason);
            let mut without = settings.clone();
            without.c.launcher = None;
            (Cow::Owned(without), None)
        }
    }
}

/// What it has counted since it was started. Others may use it at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Compilations that it found.
    pub(crate) hits: u64,
    /// Those it had to do.
    pub(crate) misses: u64,
}

impl Counts {
    /// Nothing where it does not tell. It is started by that, if it was not.
    ///
    /// # Errors
    /// The last line of what it says where it has failed. That there is none is told by whoever needs it.
    pub(crate) fn of(launcher: &str, machine: &Machine) -> Result<Option<Self>, String> {
        let mut command = Command::new(launcher);
        command.current_dir(&machine.current_dir).env("PATH", &machine.search_path);
        // It may stay, and whatever it was given with it.
        for name in SECRETS {
            command.env_remove(name);
        }
        let Ok(output) = command.args(["--show-stats", "--stats-format=json"]).output() else {
            return Ok(None);
        };
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rev().find(|line| !line.trim().is_empty());
            return Err(last.map_or_else(|| output.status.to_string(), |line| line.trim().to_owned()));
        }
        Ok(serde_json::from_slice(&output.stdout).ok().and_then(|told| Self::parse(&told)))
    }

    fn parse(told: &Value) -> Option<Self> {
        // One number for each language.
        let sum = |name: &str| {
            let counts = told["stats"][name]["counts"].as_object().map(Map::values)?;
            Some(counts.filter_map(Value::as_u64).sum())
        };
        Some(Self { hits: sum("cache_hits")?, misses: sum("cache_misses")? })
    }

    /// What came to it after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            hits: self.hits.saturating_sub(before.hits),
            misses: self.misses.saturating_sub(before.misses),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_languages_count() {
        let told = |rust: u64| {
            json!({"stats": {
                "compile_requests": 99,
                "cache_hits": {"counts": {"Rust": rust, "C/C++": 2}, "adv_counts": {"rust": rust}},
                "cache_misses": {"counts": {"Rust": 1}},
            }})
        };
        let counts = Counts::parse(&told(5)).unwrap();
        assert_eq!(counts, Counts { hits: 7, misses: 1 });
        assert_eq!(Counts::parse(&told(9)).unwrap().since(counts), Counts { hits: 4, misses: 0 });
        assert_eq!(Counts::parse(&json!({"stats": {}})), None);
    }

    /// What is said of a launcher that does this, and whether it is used.
    #[cfg(unix)]
    fn tried(script: &str) -> (Option<String>, bool) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sccache");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut settings = Settings::default();
        settings.c.launcher = program.to_str().map(ToOwned::to_owned);
        let mut said = None;
        let machine = Machine::bare("/".into());
        let (settings, _) = started(&settings, &machine, |_, reason| said = Some(reason.to_owned()));
        (said, settings.c.launcher.is_some())
    }

    #[cfg(unix)]
    #[test]
    fn one_that_does_not_start_is_left_out() {
        let failing = tried("echo 'sccache: error: no connection to the cache' >&2; echo >&2; exit 2");
        assert_eq!(failing, (Some("sccache: error: no connection to the cache".to_owned()), false));
        assert_eq!(tried("exit 3"), (Some("exit status: 3".to_owned()), false));
        assert_eq!(tried("echo '{}'"), (None, true));
    }

    #[test]
    fn one_that_is_not_there_is_missed_by_who_needs_it() {
        let mut settings = Settings::default();
        settings.c.launcher = Some("/nonexistent/sccache".to_owned());
        let (settings, counts) =
            started(&settings, &Machine::bare("/".into()), |_, _| panic!("it was not started"));
        assert_eq!((settings.c.launcher.as_deref(), counts), (Some("/nonexistent/sccache"), None));
    }

    #[test]
    fn it_is_known_by_its_name_wherever_it_is() {
        let mut settings = Settings::default();
        for (program, config) in [
            ("sccache", Some(r#"build.rustc-wrapper="sccache""#)),
            ("/opt/bin/sccache", Some(r#"build.rustc-wrapper="/opt/bin/sccache""#)),
            ("ccache", None),
        ] {
            settings.c.launcher = Some(program.to_owned());
            assert_eq!(cargo_config(&settings).as_deref(), config);
        }
    }
}
