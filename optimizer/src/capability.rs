//! What a host gives a program, in plain words.
//!
//! The same words are in what `inspect` says, in JSON, in the annotation of an image and in a policy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something a host gives a program, or keeps from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Reading files, folders and what is said of them, in folders it is given.
    FilesRead,
    /// Making, changing and removing files and folders there.
    FilesWrite,
    /// Telling the time, and waiting.
    Clock,
    /// Random numbers.
    Random,
    /// Variables of the environment.
    Environment,
    /// Arguments of the command line.
    Arguments,
    /// Standard input, output and errors.
    Stdio,
    /// Being reached over the network, on ports.
    Listen,
    /// Reaching others over the network, and asking for their addresses.
    Connect,
    /// Answering requests of HTTP, which the host takes in.
    HttpServer,
    /// Making requests of HTTP, which the host sends.
    HttpClient,
    /// Ending with an exit code.
    Exit,
    /// Threads of its own.
    Threads,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::FilesRead,
        Self::FilesWrite,
        Self::Clock,
        Self::Random,
        Self::Environment,
        Self::Arguments,
        Self::Stdio,
        Self::Listen,
        Self::Connect,
        Self::HttpServer,
        Self::HttpClient,
        Self::Exit,
        Self::Threads,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FilesRead => "files-read",
            Self::FilesWrite => "files-write",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Environment => "environment",
            Self::Arguments => "arguments",
            Self::Stdio => "stdio",
            Self::Listen => "listen",
            Self::Connect => "connect",
            Self::HttpServer => "http-server",
            Self::HttpClient => "http-client",
            Self::Exit => "exit",
            Self::Threads => "threads",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
