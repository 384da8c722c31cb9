//! youki, which runs WebAssembly if it was built so.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a youki looks for in a container that is to run WebAssembly. One that was built without does not know the word, and
/// says nowhere how it was built (read from the source of 0.5 and 0.7).
const WORD: &[u8] = b"run.oci.handler";

/// That of the search path.
pub(super) fn find(search_path: &OsStr) -> Found {
    let Some(path) = which::which_in_global("youki", Some(search_path)).into_iter().flatten().next() else {
        return Found::Nothing;
    };
    if knows_webassembly(&path) { Found::Able(path) } else { Found::Unable(path) }
}

/// What there is of it.
pub(super) enum Found {
    Nothing,
    /// One that was built without WebAssembly.
    Unable(PathBuf),
    Able(PathBuf),
}

fn knows_webassembly(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let mut buffer = vec![0; 1 << 16];
    // The end of what was read before, in which the word may begin.
    let mut kept = 0;
    while let Ok(count @ 1..) = file.read(&mut buffer[kept..]) {
        let known = kept + count;
        if buffer[..known].windows(WORD.len()).any(|window| window == WORD) {
            return true;
        }
        let rest = known.min(WORD.len() - 1);
        buffer.copy_within(known - rest..known, 0);
        kept = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_found_across_what_is_read_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("youki");
        for (before, expected) in [(0, true), ((1 << 16) - 7, true), ((1 << 16) + 100, true)] {
            std::fs::write(&path, [&vec![b'x'; before], WORD, b"yyy"].concat()).unwrap();
            assert_eq!(knows_webassembly(&path), expected, "{before}");
        }
        std::fs::write(&path, [&vec![b'x'; 1 << 17], &WORD[1..]].concat()).unwrap();
        assert!(!knows_webassembly(&path));
    }
}
