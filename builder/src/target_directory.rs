//! The target directory, made as cargo makes it: backups and searches are told to leave it out.

use std::fs;
use std::io::{self, ErrorKind};

use camino::Utf8Path;

/// What cargo writes (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This file is a cache directory tag created by cargo.\n\
    # For information about cache directory tags see https://bford.info/cachedir/\n";

/// Makes it, unless it is there: cargo marks none that it finds.
pub(crate) fn make(folder: &Utf8Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), fs::create_dir_all)?;
    match fs::create_dir(folder) {
        Ok(()) => fs::write(folder.join("CACHEDIR.TAG"), TAG),
        // Another build was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_new_one_is_marked_and_one_that_is_there_stays_as_it_is() {
        let folder = Folder::with(&["old/app.wasm"]);
        for (name, is_marked) in [("new/target", true), ("old", false)] {
            make(&folder.root.join(name)).unwrap();
            assert_eq!(folder.root.join(name).join("CACHEDIR.TAG").is_file(), is_marked, "{name}");
        }
    }
}
