//! Cargo's configuration, read only as far as needed not to override it.
//!
//! Cargo merges `--config` values, `.cargo/config.toml` in the current folder and in every folder above it, and the
//! one in its home: <https://doc.rust-lang.org/cargo/reference/config.html>. What cannot be read or parsed is passed
//! over here, because cargo is about to say so itself, and better.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use toml::Table;

/// The configuration that holds when cargo runs in `dir`, from the strongest to the weakest. `given` are the values of
/// `--config`, with absolute paths.
pub(crate) fn read(dir: &Utf8Path, cargo_home: Option<&Utf8Path>, given: &[String]) -> Vec<Table> {
    [read_given(given), read_files(dir, cargo_home)].concat()
}

/// The same of `--config` alone, which goes before variables.
pub(crate) fn read_given(given: &[String]) -> Vec<Table> {
    let table = |value: &String| {
        if value.contains('=') { value.parse().ok() } else { read_file(value.as_ref()) }
    };
    // A later one beats an earlier one.
    given.iter().rev().filter_map(table).collect()
}

/// The files of cargo's configuration that hold in `dir`, the nearest first; before them go variables, and `--config`.
#[must_use]
pub fn read_files(dir: &Utf8Path, cargo_home: Option<&Utf8Path>) -> Vec<Table> {
    // The name without an extension is the older one, and wins where both are.
    let read = |[old, new]: [Utf8PathBuf; 2]| read_file(&old).or_else(|| read_file(&new));
    places(dir, cargo_home).filter_map(read).collect()
}

/// All files that are there and may have a part in it.
pub(crate) fn files(dir: &Utf8Path, cargo_home: Option<&Utf8Path>, given: &[String]) -> Vec<Utf8PathBuf> {
    let given = given.iter().map(Utf8PathBuf::from);
    let files = places(dir, cargo_home).flatten().chain(given);
    files.filter(|path| path.is_file()).collect()
}

/// Where files may be, by both their names.
pub(crate) fn places(
    dir: &Utf8Path,
    cargo_home: Option<&Utf8Path>,
) -> impl Iterator<Item = [Utf8PathBuf; 2]> {
    let above = dir.ancestors().map(|folder| folder.join(".cargo"));
    let folders = above.chain(cargo_home.map(ToOwned::to_owned));
    folders.map(|folder| ["config", "config.toml"].map(|name| folder.join(name)))
}

fn read_file(path: &Utf8Path) -> Option<Table> {
    fs::read_to_string(path).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_strongest_comes_first() {
        let folder = Folder::with(&[]);
        folder.write("a/b/.cargo/config.toml", "from = 'project'");
        folder.write("a/.cargo/config", "from = 'above, old name'");
        folder.write("home/config.toml", "from = 'home'");
        let file = folder.write("extra.toml", "from = 'file'");
        let given = ["from = 'first'".to_owned(), file.into_string()];
        let tables = read(&folder.root.join("a/b"), Some(&folder.root.join("home")), &given);
        let order: Vec<_> = tables.iter().map(|table| table["from"].as_str().unwrap()).collect();
        assert_eq!(order, ["file", "first", "project", "above, old name", "home"]);
    }

    #[test]
    fn every_file_that_is_there_has_a_part() {
        let folder = Folder::with(&["a/.cargo/config", "a/.cargo/config.toml", "home/config.toml"]);
        let file = folder.write("extra.toml", "");
        let given = ["from = 'first'".to_owned(), file.to_string()];
        let files = files(&folder.root.join("a/b"), Some(&folder.root.join("home")), &given);
        let expected = ["a/.cargo/config", "a/.cargo/config.toml", "home/config.toml", "extra.toml"];
        assert_eq!(files, expected.map(|path| folder.root.join(path)));
    }

    #[test]
    fn a_broken_file_is_left_for_cargo_to_report() {
        let folder = Folder::with(&[]);
        folder.write(".cargo/config.toml", "from = ");
        assert!(read(&folder.root, None, &[]).iter().all(|table| !table.contains_key("from")));
    }
}
