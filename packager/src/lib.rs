//! Makes OCI images of WebAssembly modules from scratch, writes them, and reads them back.
//!
//! ```text
//! File* -> Tar -> Layer ---> Image -> Sink        what is written
//! open(path) -> Stored -> module()                what is read, every digest and size checked
//! validate(path) -> Violation*                    what is wrong with bytes on disk
//! open(path) -> Stored -> image() -> Sink          the same image, somewhere else
//! survey(path) -> Survey -> consumers             who takes it, and why not
//! registry::{push, pull}                          to where others find it, and from there
//! sign(image, key), verify(digest, key)           who made it
//! ```
//!
//! An [`Image`] is a value: the same files, settings and times give the same digest again, because
//! entries and keys are sorted, times are given and not taken from the clock, and one compressor at one level
//! is pinned. The formats are those of the OCI image specification 1.1.
//!
//! # Example
//!
//! ```
//! use wasmpack_packager::sinks::{Archive, Sink};
//! use wasmpack_packager::{Compression, File, Image, Layer, Platform, Tar, open, validate};
//!
//! let wasm = b"\0asm\x01\0\0\0".to_vec();
//! let tar = Tar::from_files([File::executable("/app.wasm", wasm.clone())])?;
//! let image = Image::scratch(Platform::WASI_WASM)
//!     .with_layer(Layer::new(&tar, Compression::Gzip)?)
//!     .with_entrypoint(["/app.wasm"])
//!     .build_everywhere()?;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("app.tar");
//! Archive::at(&path).write(&image, &"acme/app:v1".parse()?)?;
//!
//! let stored = open(&path)?;
//! assert_eq!(stored.digest, image.digest());
//! assert_eq!(stored.module()?, wasm);
//! assert!(validate(&path).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

mod annotations;
mod artifact;
pub mod bill;
mod blob;
mod choose;
mod compression;
pub mod consumers;
mod digest;
mod docker_archive;
mod documents;
mod draft;
mod error;
mod execution;
mod files;
#[cfg(test)]
mod fixture;
mod format;
mod gzip;
mod image;
mod json;
mod layer;
mod layout;
mod license;
mod limits;
mod module;
mod naming;
mod platform;
pub mod provenance;
mod reference;
mod referrer;
pub mod registry;
mod reread;
mod rootfs;
pub mod signature;
pub mod sinks;
mod store;
mod stored;
pub mod survey;
mod tarball;
mod time;
mod validate;
mod walk;
mod whiteout;

pub use annotations::{Annotations, keys};
pub use artifact::{Artifact, World};
pub use blob::Blob;
pub use compression::{Compression, ZOPFLI_LIMIT_BYTES};
pub use digest::Digest;
pub use draft::Draft;
pub use error::Error;
pub use execution::{ModulePath, Port, StopSignal, User, Volume};
pub use files::write_whole;
pub use format::Format;
pub use image::Image;
pub use layer::Layer;
pub use layout::Form;
pub use license::spdx_license;
pub use limits::{ARCHIVE_LIMIT_BYTES, DOCUMENT_LIMIT_BYTES, INFLATE_LIMIT_BYTES, MODULE_LIMIT_BYTES};
pub use naming::{WORDS, annotation_name};
pub use platform::Platform;
pub use reference::Reference;
pub use referrer::{DEBUG_MODULE, Referrer};
pub use rootfs::Content;
pub use sinks::Sink;
pub use stored::{Stored, StoredLayer, open, open_reference};
pub use survey::{Survey, survey};
pub use tarball::{File, Tar};
pub use time::{is_rfc3339, rfc3339};
pub use validate::{Gravity, Violation, validate};
