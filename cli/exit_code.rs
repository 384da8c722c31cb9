//! The only table of exit codes.

/// How a command ended, as the number scripts and CI jobs see. `run` is the exception: it gives the
/// guest's own code.
///
/// Compilation and metadata failures share cargo's and nextest's numbers, so that a wrapper that knows
/// those needs to learn nothing. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The image or layout is damaged or not one.
    InvalidImage = 112,
    /// An image is larger than its budget, or has grown by more. It has been written.
    Budget = 114,
    /// What was built or written a second time is not the same. `inspect --diff`: the two are not the same.
    NotReproducible = 117,
    /// No Docker, podman or the like that an image could be loaded into is here and answers.
    EngineMissing = 119,
    /// A consumer does not take the image.
    Unfit = 120,
    /// Ctrl-C.
    Interrupted = 130,
    /// The guest did not finish in the time it was given.
    Timeout = 124,
    /// The guest trapped.
    Trap = 134,
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code as Self
    }
}
