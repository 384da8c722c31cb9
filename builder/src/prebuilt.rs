//! Modules that are there already, in binary or in text form.

use std::fs;

use camino::Utf8Path;

use crate::{Error, Module, Project};

/// Reads the module in `file`.
pub(crate) fn read(file: &Utf8Path, project: &Project) -> Result<Module, Error> {
    let bytes = fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    // What is not text is taken as it is; whether it is a module is seen by whoever looks into it.
    let wasm = if bytes.starts_with(b"\0asm") {
        bytes
    } else {
        let text = |problem: String| Error::Text { path: file.to_owned(), problem };
        wat::parse_bytes(&bytes).map_err(|error| text(error.to_string()))?.into_owned()
    };
    let name = project.name().to_owned();
    Ok(Module { name, wasm, path: file.to_owned(), language: None, package: None, version: None })
}
