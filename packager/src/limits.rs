//! How much of a stranger's image is read before it is refused.
//!
//! Sizes in an image are claims of whoever made it. These bounds keep memory and time small whatever is
//! claimed.

/// A manifest, config or index may have this many bytes: 4 MiB, the bound that registries and containerd use.
pub const DOCUMENT_LIMIT_BYTES: u64 = 4 << 20;

/// The layers read for one answer may have this many bytes as plain tars, 1 GiB. They are streamed: this
/// bounds time.
pub const INFLATE_LIMIT_BYTES: u64 = 1 << 30;

/// An archive that is compressed as a whole may have this many bytes as a plain tar, 64 MiB. It is held in
/// memory.
pub const ARCHIVE_LIMIT_BYTES: u64 = 64 << 20;

/// A module may have this many bytes, 128 MiB. It is held in memory.
pub const MODULE_LIMIT_BYTES: u64 = 128 << 20;

/// A tar's extended header (a long name, say) may have this many bytes. It is held in memory.
pub(crate) const TAR_HEADER_LIMIT_BYTES: u64 = 64 << 10;

/// A tar may have this many entries.
pub(crate) const TAR_ENTRIES_LIMIT: usize = 100_000;
