//! Modules that are there already, in binary or in text form.

use std::fs;

use camino::Utf8Path;

use crate::{Error, Module, Project};

/// The module in `file`, as the module of the project that it is.
pub(crate) fn read(file: &Utf8Path, project: &Project) -> Result<Module, Error> {
    let (name, path) = (project.name().to_owned(), file.to_owned());
    let wasm = read_module(file)?;
    // Seen here, where it is known which file it is, and before anything is written beside it.
    if wasm.starts_with(b"\0asm") {
        Ok(Module { name, wasm, path, ..Module::default() })
    } else {
        Err(Error::NotWasm { path })
    }
}

/// The bytes of a module; text is assembled. Whether other bytes are a module is seen by whoever looks into them.
///
/// # Errors
/// The file cannot be read, or is no valid text.
pub fn read_module(file: &Utf8Path) -> Result<Vec<u8>, Error> {
    let bytes = fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    if file.extension() != Some("wat") {
        return Ok(bytes);
    }
    let text = |mut error: wat::Error| {
        error.set_path(file.file_name().unwrap_or_default());
        Error::Text { path: file.to_owned(), problem: error.to_string() }
    };
    Ok(wat::parse_bytes(&bytes).map_err(text)?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_assembled_and_all_else_is_taken_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = Utf8Path::from_path(folder.path()).unwrap().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        assert_eq!(read_module(&write("a.wat", "(module)")).unwrap(), b"\0asm\x01\0\0\0");
        assert_eq!(read_module(&write("a.wasm", "(module)")).unwrap(), b"(module)");
        assert!(matches!(read_module(&write("b.wat", "(modul)")), Err(Error::Text { .. })));
        assert!(matches!(read_module("/nonexistent/a.wasm".into()), Err(Error::Read { .. })));
    }
}
