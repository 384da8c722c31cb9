//! What programs said once: to ask one takes as long as a build with nothing to do.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::{FileState, whole};

/// An answer, and how the program looked that gave it.
#[derive(Serialize, Deserialize)]
struct Said {
    program: Utf8PathBuf,
    state: FileState,
    answer: String,
}

/// What `program` said that still looks as it did then, or else says now. The answer is kept in the file `kept`.
pub(crate) fn once(
    program: &Utf8Path,
    kept: &Utf8Path,
    ask: impl FnOnce() -> Option<String>,
) -> Option<String> {
    known(program, kept).or_else(|| {
        let answer = ask()?;
        keep(program, &answer, kept);
        Some(answer)
    })
}

fn known(program: &Utf8Path, kept: &Utf8Path) -> Option<String> {
    let said: Said = serde_json::from_slice(&fs::read(kept).ok()?).ok()?;
    let is_same = said.program == program && FileState::of(program).is_ok_and(|now| now == said.state);
    is_same.then_some(said.answer)
}

/// What cannot be kept is asked again next time.
fn keep(program: &Utf8Path, answer: &str, kept: &Utf8Path) {
    let Ok(state) = FileState::of(program) else { return };
    let said = Said { program: program.to_owned(), state, answer: answer.to_owned() };
    let _ = whole::write(kept, &serde_json::to_vec(&said).expect("what is kept is plain data"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn what_was_said_counts_as_long_as_the_program_looks_the_same() {
        let folder = Folder::with(&["t/bin/rustc"]);
        let (rustc, kept) = (folder.root.join("t/bin/rustc"), folder.root.join("kept/rustc.json"));
        let says = |answer: &str| once(&rustc, &kept, || Some(answer.to_owned()));
        assert_eq!(says("abc").as_deref(), Some("abc"));
        assert_eq!(says("not asked").as_deref(), Some("abc"));
        folder.write("t/bin/rustc", "another");
        assert_eq!(once(&rustc, &kept, || None), None);
        assert_eq!(says("def").as_deref(), Some("def"));
    }
}
