//! The debug modules beside an image: `<name>.debug.wasm`, and `<name>+<program>.debug.wasm` of each program that goes along.

use std::io::{Read as _, Seek as _, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_optimizer::BuildId;
use wasmpack_packager::Stored;

use crate::error::Error;

/// Where it is, beside the layout of the image.
#[must_use]
pub fn path(layout: &Utf8Path) -> Utf8PathBuf {
    format!("{layout}{END}").into()
}

/// Where that of another program in the same image is. No image has a `+` in its name.
#[must_use]
pub fn path_of(layout: &Utf8Path, program: &str) -> Utf8PathBuf {
    format!("{layout}+{program}{END}").into()
}

const END: &str = ".debug.wasm";

/// Those of all programs that go along.
fn others(layout: &Utf8Path) -> Vec<Utf8PathBuf> {
    let folder = layout.parent().filter(|folder| *folder != "").unwrap_or(Utf8Path::new("."));
    let start = format!("{}+", layout.file_name().unwrap_or_default());
    let is_one = |name: &str| name.starts_with(&start) && name.ends_with(END);
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut paths: Vec<_> =
        entries.filter(|entry| is_one(entry.file_name())).map(|entry| entry.path().to_owned()).collect();
    paths.sort();
    paths
}

/// Removes those of programs that go along no more: they would be taken for ones that do.
pub fn keep_only(layout: &Utf8Path, kept: &[Utf8PathBuf]) {
    for path in others(layout).iter().filter(|path| !kept.contains(path)) {
        drop(std::fs::remove_file(path));
    }
}

pub use wasmpack_packager::DEBUG_MODULE as ARTIFACT_TYPE;

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

/// The debug module beside an image that is this module's, of whichever program: the same code, with names and lines.
#[must_use]
pub fn beside(layout: &Utf8Path, module: &[u8]) -> Option<Vec<u8>> {
    let id = BuildId::of(module);
    let path = [path(layout)].into_iter().chain(others(layout)).find(|path| is_of(path, id))?;
    std::fs::read(path).ok()
}

/// The same among what refers to the image, which has it with it wherever it goes.
#[must_use]
pub fn referring(image: &Stored, module: &[u8]) -> Option<Vec<u8>> {
    let id = BuildId::of(module);
    let image = image.image_unread().ok()?;
    let ours = image.referrers().iter().filter(|referrer| referrer.artifact_type() == ARTIFACT_TYPE);
    let bytes = ours.filter_map(|referrer| referrer.blobs().first()?.bytes().ok());
    bytes.map(std::borrow::Cow::into_owned).find(|debug| belongs(debug, id))
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
