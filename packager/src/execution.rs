//! The words by which an image says how it is run: each is read where it was written, so that what breaks a rule is
//! told with its place and before anything is built.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Where a module stands in an image, by the rules that all runtimes share: an absolute path that ends in `.wasm`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModulePath(String);

/// Whom a program runs as, `uid` or `uid:gid`. Numbers only: an image from scratch has no `/etc/passwd` to look names
/// up in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(String);

/// A port that a program listens on: `8080`, `8080/tcp`, `53/udp` or `9/sctp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port(String);

/// A folder that outlives a container: an absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume(String);

/// The signal that asks a program to end: `SIGTERM`, `SIGRTMIN+3`, or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopSignal(String);

impl ModulePath {
    /// What it is called unless something else is asked for.
    #[must_use]
    pub fn app() -> Self {
        Self("/app.wasm".to_owned())
    }

    /// The path as text, with its leading `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModulePath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |problem, instead| Error::wrong_word("entrypoint", text, problem, instead);
        if !text.ends_with(".wasm") {
            return Err(wrong("it does not end in `.wasm`, by which runtimes know a module", None));
        }
        if !text.starts_with('/') {
            return Err(wrong("it is not an absolute path", Some(format!("/{text}"))));
        }
        if !is_plain_path(text) || text.ends_with("/.wasm") {
            return Err(wrong("it is not the plain path of a file", None));
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for User {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_numeric(text) {
            return Ok(Self(text.to_owned()));
        }
        let problem = "it is not `uid` or `uid:gid` in numbers; an image from scratch knows no names";
        Err(Error::wrong_word("user", text, problem, None))
    }
}

/// Whether a user is `uid` or `uid:gid`.
pub(crate) fn is_numeric(user: &str) -> bool {
    let (uid, gid) = user.split_once(':').unwrap_or((user, "0"));
    // The bound of a Linux uid, so that no runtime wraps a large number round to root.
    [uid, gid].iter().all(|id| {
        id.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<u32>().is_ok_and(|id| id != u32::MAX)
    })
}

impl FromStr for Port {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse::<u16>() {
            Ok(1..) if digits && matches!(protocol, "tcp" | "udp" | "sctp") => {
                Ok(Self(format!("{}/{protocol}", number.trim_start_matches('0'))))
            }
            _ => {
                let problem =
                    "it is not a number from 1 to 65535, with `/tcp`, `/udp` or `/sctp` behind if any";
                Err(Error::wrong_word("port", text, problem, None))
            }
        }
    }
}

impl FromStr for Volume {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let folder = text.strip_suffix('/').unwrap_or(text);
        if is_plain_path(folder) {
            return Ok(Self(folder.to_owned()));
        }
        let problem = if text.contains(':') {
            "it is not the absolute path of a folder in the image; what is mounted there is said when it is run"
        } else {
            "it is not the absolute path of a folder in the image"
        };
        Err(Error::wrong_word("volume", text, problem, None))
    }
}

impl FromStr for StopSignal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if SIGNALS.contains(&name) || is_real_time(name) {
            return Ok(Self(format!("SIG{name}")));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u8>().is_ok_and(|n| (1..=64).contains(&n))
        {
            return Ok(Self(text.to_owned()));
        }
        let problem =
            "there is no such signal; signals are called as in `SIGTERM`, or by a number from 1 to 64";
        Err(Error::wrong_word("stop signal", text, problem, None))
    }
}

/// As `kill -l` lists them on Linux, without what comes in front.
const SIGNALS: [&str; 33] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "IOT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "POLL", "PWR", "SYS",
];

/// `RTMIN`, `RTMIN+3`, `RTMAX-1`: there are 31 of them on Linux.
fn is_real_time(name: &str) -> bool {
    let number = match name.strip_prefix("RTMIN") {
        Some(rest) => rest.strip_prefix('+').or(rest.is_empty().then_some("0")),
        None => name
            .strip_prefix("RTMAX")
            .and_then(|rest| rest.strip_prefix('-').or(rest.is_empty().then_some("0"))),
    };
    number.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()) && n.parse::<u8>().is_ok_and(|n| n <= 30))
}

/// An absolute path with none of the spellings that name another place.
fn is_plain_path(path: &str) -> bool {
    let is_plain = |component: &str| !matches!(component, "" | "." | "..");
    let has_strange = path.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'));
    !has_strange && path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_plain))
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

shown_as_text!(ModulePath, User, Port, Volume, StopSignal);

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: FromStr<Err = Error>>(text: &str) -> String {
        text.parse::<T>().map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn modules_stand_at_absolute_paths_that_end_in_wasm() {
        for path in ["/app.wasm", "/plugin.wasm", "/bin/a b.wasm"] {
            assert_eq!(path.parse::<ModulePath>().unwrap().as_str(), path);
        }
        let relative = "plugin.wasm".parse::<ModulePath>().unwrap_err();
        assert_eq!(
            relative.to_string(),
            "failed to parse entrypoint `plugin.wasm`: it is not an absolute path"
        );
        assert_eq!(relative.hint().unwrap(), "write `/plugin.wasm`");
        assert!(problem::<ModulePath>("/app").contains("does not end in `.wasm`"));
        for path in ["/../app.wasm", "/./app.wasm", "//app.wasm", "/.wasm", "/a\\b.wasm", "/a\n.wasm"] {
            assert!(problem::<ModulePath>(path).contains("not the plain path"), "{path}");
        }
    }

    #[test]
    fn users_are_numbers() {
        for user in ["0", "65532", "1000:1000", "4294967294"] {
            assert_eq!(user.parse::<User>().unwrap().to_string(), user);
        }
        for user in ["", "root", "1:", ":1", "+1", "-1", "1:2:3", "4294967295", "4294967296"] {
            assert!(user.parse::<User>().is_err(), "{user}");
        }
    }

    #[test]
    fn ports_have_a_protocol() {
        for (typed, port) in
            [("8080", "8080/tcp"), ("53/udp", "53/udp"), ("1/sctp", "1/sctp"), ("080", "80/tcp")]
        {
            assert_eq!(typed.parse::<Port>().unwrap().to_string(), port);
        }
        for port in ["", "0", "65536", "-1", "+1", "http", "80/", "80/TCP", "80/icmp", "8080:80", "1-3"] {
            assert!(port.parse::<Port>().is_err(), "{port}");
        }
    }

    #[test]
    fn volumes_are_absolute_folders() {
        for (typed, volume) in [("/data", "/data"), ("/var/lib/", "/var/lib")] {
            assert_eq!(typed.parse::<Volume>().unwrap().to_string(), volume);
        }
        for volume in ["", "/", "data", "/../data", "/a//b", "/a/./b"] {
            assert!(volume.parse::<Volume>().is_err(), "{volume}");
        }
        assert!(problem::<Volume>("./data:/data").ends_with("is said when it is run"));
    }

    #[test]
    fn signals_have_a_name_or_a_number() {
        for (typed, signal) in [
            ("SIGTERM", "SIGTERM"),
            ("int", "SIGINT"),
            ("15", "15"),
            ("rtmin+3", "SIGRTMIN+3"),
            ("RTMAX", "SIGRTMAX"),
        ] {
            assert_eq!(typed.parse::<StopSignal>().unwrap().to_string(), signal);
        }
        for signal in ["", "SIG", "SIGFOO", "0", "65", "-9", "RTMIN-1", "RTMIN+31", "RTMAX+1"] {
            assert!(signal.parse::<StopSignal>().is_err(), "{signal}");
        }
    }
}
