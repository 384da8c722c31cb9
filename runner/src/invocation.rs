//! What a guest is given: its arguments, and whatever else of the host it may see.

use std::net::{Ipv4Addr, SocketAddr};
use std::{path::PathBuf, str::FromStr};

use crate::Error;

/// One start of a module, as a value. What is not in here the guest does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The argument list; the program's own name comes first.
    pub arguments: Vec<String>,
    /// Environment variables, name and value.
    pub environment: Vec<(String, String)>,
    /// Directories of the host.
    pub directories: Vec<Directory>,
    /// The exported function that is called instead of the program's own start; none is the start.
    pub call: Option<Call>,
    /// Where a service can be asked. Default: 127.0.0.1:8080, which other machines do not reach.
    pub listen: SocketAddr,
}

impl Default for Invocation {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            environment: Vec::new(),
            directories: Vec::new(),
            call: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        }
    }
}

/// A call of an exported function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name. In a component, where several interfaces have one of that name, `interface#name`.
    pub function: String,
    /// Its arguments: numbers; for a component, values in WAVE, such as `[1, 2]`, `"text"` or `some({x: 1})`.
    pub arguments: Vec<String>,
}

/// A directory of the host and the path under which the guest sees it.
///
/// Parsed from `HOST::GUEST`, or from `HOST` alone, which has the same path on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The path on the host; the process resolves it if it is relative.
    pub host: PathBuf,
    /// The path the guest opens files below, such as `/data` or `.`.
    pub guest: String,
    /// What the guest may do there.
    pub access: Access,
}

/// What a guest may do in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    ReadWrite,
    /// Only read.
    ReadOnly,
}

impl Directory {
    /// Whether it is there, so that it is known before there is a guest.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn check(&self) -> Result<(), Error> {
        let is_there = std::fs::read_dir(&self.host).map(drop);
        is_there.map_err(|source| Error::OpenDirectory { path: self.host.clone(), source: source.into() })
    }
}

impl FromStr for Directory {
    type Err = Error;

    fn from_str(typed: &str) -> Result<Self, Error> {
        // Two colons, because one already stands in a Windows path (`C:\data`).
        let (host, guest) = typed.split_once("::").unwrap_or((typed, typed));
        if host.is_empty() || guest.is_empty() {
            return Err(Error::ParseDirectory { typed: typed.to_owned() });
        }
        Ok(Self { host: host.into(), guest: guest.to_owned(), access: Access::ReadWrite })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(host: &str, guest: &str) -> Directory {
        Directory { host: host.into(), guest: guest.to_owned(), access: Access::ReadWrite }
    }

    #[test]
    fn a_directory_is_typed_as_host_and_guest_path() {
        assert_eq!("src::/data".parse::<Directory>().unwrap(), directory("src", "/data"));
        assert_eq!(r"C:\data::/data".parse::<Directory>().unwrap(), directory(r"C:\data", "/data"));
    }

    #[test]
    fn a_single_path_is_the_same_on_both_sides() {
        assert_eq!(".".parse::<Directory>().unwrap(), directory(".", "."));
        assert_eq!(r"C:\data".parse::<Directory>().unwrap(), directory(r"C:\data", r"C:\data"));
    }

    #[test]
    fn an_empty_side_is_refused_with_the_way_it_is_spelled() {
        for typed in ["", "::", "::/data", "src::"] {
            let error = typed.parse::<Directory>().unwrap_err();
            assert_eq!(error.to_string(), format!("failed to parse directory `{typed}`: a path is empty"));
            assert!(error.hint().unwrap().contains("HOST::GUEST"));
        }
    }
}
