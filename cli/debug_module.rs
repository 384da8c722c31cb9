//! The debug module beside an image: `<name>.debug.wasm`.

use std::io::{Read as _, Seek as _, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_optimizer::BuildId;

use crate::error::Error;

/// Where it is, beside the layout of the image.
#[must_use]
pub fn path(layout: &Utf8Path) -> Utf8PathBuf {
    format!("{layout}.debug.wasm").into()
}

/// What kind of thing a debug module is to those who ask what refers to an image.
pub const ARTIFACT_TYPE: &str = "application/vnd.wasmpack.debug-module.v1+wasm";

/// Sees to it that the debug module there is that of the module with this id, and gives it; of a module that has none,
/// none is left.
///
/// # Errors
/// When it cannot be made, or the file not be written.
pub fn put(
    path: &Utf8Path,
    build_id: Option<BuildId>,
    make: impl FnOnce() -> Result<Option<Vec<u8>>, Error>,
) -> Result<Option<Vec<u8>>, Error> {
    match build_id {
        Some(id) if is_of(path, id) => {
            let read = std::fs::read(path);
            read.map(Some).map_err(|source| Error::ReadFile { path: path.to_owned(), source })
        }
        Some(_) => {
            let debug = make()?;
            if let Some(debug) = &debug {
                wasmpack_packager::write_whole(path.as_std_path(), debug)?;
            }
            Ok(debug)
        }
        None => {
            // What is left of another build would be taken for this one's.
            drop(std::fs::remove_file(path));
            Ok(None)
        }
    }
}

/// Whether these bytes are the debug module of the module with this id.
#[must_use]
pub fn belongs(debug: &[u8], id: BuildId) -> bool {
    debug.ends_with(&id.bytes())
}

/// The debug module beside an image, if it is this module's: the same code, with names and lines.
#[must_use]
pub fn beside(layout: &Utf8Path, module: &[u8]) -> Option<Vec<u8>> {
    let debug = std::fs::read(path(layout)).ok()?;
    belongs(&debug, BuildId::of(module)).then_some(debug)
}

/// Whether the file ends with this id, as debug modules do.
fn is_of(path: &Utf8Path, id: BuildId) -> bool {
    let mut end = [0; BuildId::BYTES];
    let read = std::fs::File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::End(-(BuildId::BYTES as i64)))?;
        file.read_exact(&mut end)
    });
    read.is_ok() && end == id.bytes()
}
