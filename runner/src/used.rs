//! What a guest has used of its host.

/// A function of the host that was called, on one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// `wasi_snapshot_preview1`, or an interface such as `wasi:filesystem/types`.
    pub interface: String,
    /// The function of it.
    pub function: String,
    /// What it was about.
    pub subject: Subject,
    /// Whether it changes files: of a function that opens one, whether it was opened for that.
    pub is_write: bool,
    /// How often it was called.
    pub calls: u64,
    /// How many of these the host refused.
    pub refused: u64,
}

/// What a function of the host is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Nothing that has a name.
    None,
    /// `stdin`, `stdout` or `stderr`.
    Stream(&'static str),
    /// A file or folder, by its path as the guest sees it. A component that is given several folders tells the path below one of them.
    File(String),
    /// An address, or the name of a host.
    Address(String),
}
