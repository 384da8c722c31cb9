//! What Debian's compiler-rt takes and its libc does not have: the division of 128-bit numbers was compiled there with
//! stack protection. Whatever divides these (`std::format` does) could not be linked.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;
use crate::compiler::Compiler;

/// An object with the two symbols, in the text format.
const OBJECT: &str = include_str!("stack_guard.wat");

/// The object, if this compiler's libraries take it; it lies in `folder`. The linker leaves out what nobody uses.
pub(crate) fn path(compiler: &Compiler, folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let lacks = compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.lacks_stack_guard);
    lacks.then(|| folder.join(".stack-guard.o"))
}

/// Sees to it that the object is there.
pub(crate) fn put(compiler: &Compiler, folder: &Utf8Path) -> Result<(), Error> {
    let Some(path) = path(compiler, folder) else { return Ok(()) };
    if path.exists() {
        return Ok(());
    }
    let object = wat::parse_str(OBJECT).expect("the text is a module");
    // Under another name first: somebody may look for it meanwhile.
    let draft = path.with_extension("new");
    fs::write(&draft, object)
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(|source| Error::Write { path, source })
}
