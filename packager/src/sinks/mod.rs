//! Where images go. One file each.

mod archive;
mod claim;
mod layout;
pub mod load;
mod recent;
mod registry;

pub use archive::Archive;
pub use layout::Layout;
pub(crate) use layout::{Listed, Others};
pub use load::Load;
pub use registry::Registry;

use crate::{Error, Image, Reference};

/// A place that takes images.
pub trait Sink {
    /// Stores an image under a name. When it fails, what was there before is still there, whole, and nothing else.
    ///
    /// # Errors
    /// The place cannot be written, or the reference carries the digest of another image.
    fn write(&mut self, image: &Image, reference: &Reference) -> Result<(), Error>;
}
