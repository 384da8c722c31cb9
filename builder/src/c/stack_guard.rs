//! What Debian's compiler-rt takes and its libc does not have: the division of 128-bit numbers was compiled there with
//! stack protection. Whatever divides these (`std::format` does) could not be linked.

use camino::{Utf8Path, Utf8PathBuf};

use crate::compiler::Compiler;
use crate::{Error, whole};

/// An object with the two symbols, in the text format.
const OBJECT: &str = include_str!("stack_guard.wat");

fn path(target_directory: &Utf8Path) -> Utf8PathBuf {
    target_directory.join("wasmpack/.sysroot/stack-guard.o")
}

/// The object, if this compiler's libraries take it. The linker leaves out what nobody uses.
pub(crate) fn object(compiler: &Compiler, target_directory: &Utf8Path) -> Option<Utf8PathBuf> {
    let lacks = compiler.sysroot.as_ref().is_some_and(|sysroot| sysroot.lacks_stack_guard);
    lacks.then(|| path(target_directory))
}

/// Sees to it that the object is there.
pub(crate) fn put(target_directory: &Utf8Path) -> Result<(), Error> {
    let path = path(target_directory);
    if path.exists() {
        return Ok(());
    }
    whole::write(&path, &wat::parse_str(OBJECT).expect("the text is a module"))
}
