//! The only table of exit codes. Which one an error has, its [`Code`](crate::code::Code) says.

use clap::ValueEnum;

/// How a command ended, as the number scripts and CI jobs see. `run` is the exception: it gives the
/// guest's own code.
///
/// Compilation and metadata failures share cargo's and nextest's numbers, so that a wrapper that knows
/// those needs to learn nothing. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was done.
    Success = 0,
    /// A file could not be read or written, or something else outside our hands failed.
    Failure = 1,
    /// The command line, the configuration or the folder given cannot be understood.
    Usage = 2,
    /// The compiler refused the sources; its diagnostics have been shown.
    Compilation = 101,
    /// `cargo metadata` refused the manifest; its diagnostics have been shown.
    Metadata = 102,
    /// A compiler, target or library is not on this machine.
    ToolchainMissing = 110,
    /// The module cannot be optimized or run: it is none, or invalid. Or it was, and does not do what it did.
    Optimize = 111,
    /// The image or layout is damaged, or of a kind that is not read.
    InvalidImage = 112,
    /// A program asks its host for more than its policy allows. The image has been written, and goes no further.
    Policy = 113,
    /// An image is larger than its budget, or has grown by more. It has been written.
    Budget = 114,
    /// A registry does not know who asks, or does not allow it.
    RegistryAuthentication = 115,
    /// A registry cannot be reached, or did not do it.
    Registry = 116,
    /// What was built or written a second time is not the same. `inspect --diff`: the two are not the same.
    NotReproducible = 117,
    /// The image is not signed by the key that was given, or its signature is not right.
    Signature = 118,
    /// No Docker, podman or the like that an image could be loaded into is here and answers, or none that runs WebAssembly.
    EngineMissing = 119,
    /// A consumer does not take the image.
    Unfit = 120,
    /// Ctrl-C.
    Interrupted = 130,
    /// The guest did not finish in the time it was given, or was stopped at another limit.
    Timeout = 124,
    /// The guest trapped.
    Trap = 134,
    /// The guest was stopped, because nobody reads its output any more, as `SIGPIPE` stops a native program.
    OutputClosed = 141,
    /// `SIGTERM`, by which those stop a service who stop containers, or `SIGHUP`.
    Terminated = 143,
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code as Self
    }
}
