//! Stamps: what a file was made from, so that it is not made again as long as that holds.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::{Error, FileState};

/// The command that made a file, and how every file it read looked at the time, with the file itself among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    command: Vec<String>,
    files: BTreeMap<Utf8PathBuf, FileState>,
}

/// Whether `output` was made by `command` from files that have not changed since.
pub(crate) fn is_fresh(output: &Utf8Path, command: &[String]) -> bool {
    let Ok(text) = fs::read(stamp_path(output)) else { return false };
    let Ok(stamp) = serde_json::from_slice::<Stamp>(&text) else { return false };
    let is_same =
        |(path, state): (&Utf8PathBuf, &FileState)| FileState::of(path).is_ok_and(|now| now == *state);
    stamp.command == command && stamp.files.contains_key(output) && stamp.files.iter().all(is_same)
}

/// What `output` was made from, and itself; nothing, if that is not known.
pub(crate) fn files(output: &Utf8Path) -> Option<Vec<Utf8PathBuf>> {
    let stamp: Stamp = serde_json::from_slice(&fs::read(stamp_path(output)).ok()?).ok()?;
    Some(stamp.files.into_keys().collect())
}

/// Puts the finished file `made` in the place of `output`, and its stamp beside it. `inputs` are what it was made
/// from; `started` is how a file looked that was written just before.
///
/// An input that was changed after the start may have been read before that or after: no stamp is left then, so that
/// `output` is used now and made again next time.
pub(crate) fn put(
    made: &Utf8Path,
    output: &Utf8Path,
    command: &[String],
    inputs: &[Utf8PathBuf],
    started: FileState,
) -> Result<(), Error> {
    let stamp_file = stamp_path(output);
    let written = |path: &Utf8Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    // First of all, so that no moment has a new file with an old stamp.
    match fs::remove_file(&stamp_file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(written(&stamp_file)(error)),
        _ => {}
    }
    fs::rename(made, output).map_err(written(output))?;
    let states = inputs.iter().map(|path| Some((path.clone(), FileState::of(path).ok()?)));
    let Some(mut files) = states.collect::<Option<BTreeMap<_, _>>>() else { return Ok(()) };
    if files.values().any(|state| state.modified_ns > started.modified_ns) {
        return Ok(());
    }
    files.insert(output.to_owned(), FileState::of(output).map_err(written(output))?);
    let text = serde_json::to_vec(&Stamp { command: command.to_vec(), files })
        .map_err(|e| written(&stamp_file)(e.into()))?;
    let draft = made.with_extension("stamp");
    fs::write(&draft, text).map_err(written(&draft))?;
    fs::rename(&draft, &stamp_file).map_err(written(&stamp_file))
}

fn stamp_path(output: &Utf8Path) -> Utf8PathBuf {
    format!("{output}.stamp").into()
}

/// Writes an empty file and returns how it looks: the time on the clock of the file system, which is the one that
/// counts, and may be another machine's.
pub(crate) fn start(path: &Utf8Path) -> Result<FileState, Error> {
    let written = |source| Error::Write { path: path.to_owned(), source };
    fs::write(path, "").map_err(written)?;
    FileState::of(path).map_err(written)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::Folder;

    struct Made {
        folder: Folder,
        output: Utf8PathBuf,
        input: Utf8PathBuf,
        command: Vec<String>,
    }

    /// An output of one input, made just now.
    fn made() -> Made {
        let folder = Folder::with(&[]);
        let input = folder.write("a.c", "int a;");
        let started = start(&folder.root.join("new")).unwrap();
        let (new, output) = (folder.write("new", "object"), folder.root.join("a.o"));
        let command = vec!["cc".to_owned(), "a.c".to_owned()];
        put(&new, &output, &command, std::slice::from_ref(&input), started).unwrap();
        Made { folder, output, input, command }
    }

    fn touch(path: &Utf8Path) {
        let later = fs::metadata(path).unwrap().modified().unwrap() + Duration::from_secs(2);
        fs::File::options().append(true).open(path).unwrap().set_modified(later).unwrap();
    }

    #[test]
    fn what_has_not_changed_is_fresh() {
        let made = made();
        assert!(is_fresh(&made.output, &made.command));
        assert!(!made.folder.root.join("new").exists());
    }

    #[test]
    fn another_command_is_not_fresh() {
        let made = made();
        assert!(!is_fresh(&made.output, &["cc".to_owned(), "-g".to_owned(), "a.c".to_owned()]));
    }

    #[test]
    fn a_changed_or_vanished_input_is_not_fresh() {
        let made = made();
        touch(&made.input);
        assert!(!is_fresh(&made.output, &made.command));
        fs::remove_file(&made.input).unwrap();
        assert!(!is_fresh(&made.output, &made.command));
    }

    #[test]
    fn a_changed_output_is_not_fresh() {
        let made = made();
        fs::write(&made.output, "cut").unwrap();
        assert!(!is_fresh(&made.output, &made.command));
    }

    #[test]
    fn an_input_changed_while_it_was_read_leaves_no_stamp() {
        let made = made();
        let started = start(&made.folder.root.join("new")).unwrap();
        touch(&made.input);
        let new = made.folder.root.join("new");
        put(&new, &made.output, &made.command, std::slice::from_ref(&made.input), started).unwrap();
        assert!(made.output.exists());
        assert!(!is_fresh(&made.output, &made.command));
    }

    #[test]
    fn a_broken_stamp_is_not_fresh() {
        let made = made();
        made.folder.write("a.o.stamp", "{");
        assert!(!is_fresh(&made.output, &made.command));
    }
}
