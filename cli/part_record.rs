//! What the metadata of a part says of it, besides its images: enough to make one whole of all parts.

use serde::{Deserialize, Serialize};

/// Its key, among those of the images.
pub const KEY: &str = "wasmpack.partition";

/// The newest form, which is the one that is written.
pub const VERSION: u32 = 1;

/// Which part it is, and what is in it. The field names are keys in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    /// Of which form this is.
    pub version: u32,
    /// Which one, counted from 1.
    pub part: usize,
    /// Of how many.
    pub parts: usize,
    /// How many images all parts have together.
    pub images: usize,
    /// The commit they are of, where git knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The images of this part.
    pub made: Vec<MadeRecord>,
}

/// An image of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeRecord {
    /// The key of its entry.
    pub name: String,
    /// Its place among the images of all parts, counted from 0, in the order of a whole build.
    pub place: usize,
    /// What stdout names it by.
    pub references: Vec<String>,
}
