//! Which of the files a build system left are modules.

use std::fs;
use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};
use wasmparser::{Parser, Payload};

use crate::Error;

/// Every module below `out`, sorted by path. CMake keeps what it tries out in folders of its own.
pub(super) fn modules(out: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Error> {
    let mut modules = Vec::new();
    collect(out, &mut modules)?;
    modules.sort();
    Ok(modules)
}

fn collect(folder: &Utf8Path, modules: &mut Vec<Utf8PathBuf>) -> Result<(), Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    for entry in folder.read_dir_utf8().map_err(read)? {
        let entry = entry.map_err(read)?;
        let kind = entry.file_type().map_err(read)?;
        let is_passed_over = entry.file_name().starts_with('.') || entry.file_name() == "CMakeFiles";
        if kind.is_dir() && !is_passed_over {
            collect(entry.path(), modules)?;
        } else if kind.is_file() && is_module(entry.path()) {
            modules.push(entry.path().to_owned());
        }
    }
    Ok(())
}

/// Objects and shared libraries are wasm files too; they have a section for whoever links them.
fn is_module(path: &Utf8Path) -> bool {
    let mut magic = [0; 4];
    let is_wasm =
        fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok()) && magic == *b"\0asm";
    is_wasm && fs::read(path).is_ok_and(|bytes| !is_for_linkers(&bytes))
}

fn is_for_linkers(wasm: &[u8]) -> bool {
    let mut sections = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    sections.any(|payload| {
        matches!(payload, Payload::CustomSection(section) if ["linking", "dylink.0"].contains(&section.name()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn modules_are_told_from_objects_and_from_anything_else() {
        let folder = Folder::with(&["notes.txt", "empty.wasm"]);
        let write = |name: &str, wat: &str| {
            folder.write(name, "");
            fs::write(folder.root.join(name), wat::parse_str(wat).unwrap()).unwrap();
        };
        write("bin/tool", "(module)");
        write("a.wasm", "(module)");
        write("a.o", "(module (@custom \"linking\" \"\\02\"))");
        write("lib.so", "(module (@custom \"dylink.0\" \"\"))");
        write("CMakeFiles/try/a.wasm", "(module)");
        let found = modules(&folder.root).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(&folder.root).unwrap()).collect();
        assert_eq!(names, ["a.wasm", "bin/tool"]);
    }
}
