//! What cargo has answered, kept until something looks different that the answer depends on: to ask it takes half as long as a
//! build with nothing to do.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::c::stamp;
use crate::{FileState, Machine, whole};

/// What was asked, and how all that the answer depends on looked then. The answer itself follows in the next line.
#[derive(Serialize, Deserialize)]
struct Asked {
    words: Vec<String>,
    /// By their paths, which as such would take much longer to compare.
    looks: BTreeMap<String, Option<FileState>>,
}

/// All that is asked: the command, and the variables that have a say in the answer.
pub(crate) fn words(command: &Command, machine: &Machine) -> Vec<String> {
    let of_command =
        command.get_envs().filter(|(name, _)| *name == "CARGO_HOME" || *name == "CARGO_TARGET_DIR");
    let of_command = of_command.map(|(name, value)| format!("{name:?}={value:?}"));
    let Machine { cargo_places, cargo_variables, .. } = machine;
    let named = cargo_places.iter().chain(cargo_variables).map(|(name, value)| format!("{name}={value}"));
    let Machine { rustup_toolchain, rustflags, encoded_rustflags, .. } = machine;
    // They decide which dependencies there are, for some configurations.
    let flags = [rustup_toolchain, rustflags, encoded_rustflags].map(|value| format!("{value:?}"));
    let typed = std::iter::once(command.get_program()).chain(command.get_args());
    let typed = typed.map(|word| word.to_string_lossy().into_owned());
    of_command.chain(named).chain(flags).chain(typed).collect()
}

/// The time on the clock of the file system, before something is asked.
pub(crate) fn start(kept: &Utf8Path) -> Option<FileState> {
    let file = Utf8PathBuf::from(format!("{kept}.{}", std::process::id()));
    let started = stamp::start(&file).ok();
    let _ = fs::remove_file(file);
    started
}

/// The answer that is kept there, if the same was asked and all looks the same.
pub(crate) fn known(kept: &Utf8Path, words: &[String]) -> Option<String> {
    let text = fs::read_to_string(kept).ok()?;
    let (asked, answer) = text.split_once('\n')?;
    let asked: Asked = serde_json::from_str(asked).ok()?;
    let is_same = |(path, state): (&String, &Option<FileState>)| look(path.as_ref()) == *state;
    (asked.words == words && asked.looks.iter().all(is_same)).then(|| answer.to_owned())
}

/// What cannot be kept is asked again next time; so is what depends on something that may have changed while cargo looked at it.
pub(crate) fn keep(
    kept: &Utf8Path,
    words: Vec<String>,
    paths: impl IntoIterator<Item = Utf8PathBuf>,
    started: FileState,
    answer: &str,
) {
    let looks: BTreeMap<_, _> = paths.into_iter().map(|path| (path.to_string(), look(&path))).collect();
    let is_older = |state: &FileState| state.modified_ns < started.modified_ns;
    if looks.values().flatten().all(is_older) {
        let asked = serde_json::to_string(&Asked { words, looks }).expect("what is kept is plain data");
        let _ = whole::write(kept, format!("{asked}\n{answer}").as_bytes());
    }
}

/// How a file or folder looks, or that it is not there.
fn look(path: &Utf8Path) -> Option<FileState> {
    FileState::of(path).ok()
}
