//! Cargo's configuration, read only as far as needed not to override it.
//!
//! Cargo merges `--config` values, `.cargo/config.toml` in the current folder and in every folder above it, and the
//! one in its home: <https://doc.rust-lang.org/cargo/reference/config.html>. What cannot be read or parsed is passed
//! over here, because cargo is about to say so itself, and better.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

/// The configuration that holds when cargo runs in `dir`, from the strongest to the weakest. `given` are the values of
/// `--config`, with absolute paths.
pub(crate) fn read(dir: &Utf8Path, cargo_home: Option<&Utf8Path>, given: &[String]) -> Vec<Table> {
    [read_given(given), read_files(dir, cargo_home)].concat()
}

/// The same of `--config` alone, which goes before variables.
pub(crate) fn read_given(given: &[String]) -> Vec<Table> {
    let tables = |value: &String| {
        if value.contains('=') { value.parse().into_iter().collect() } else { read_file(value.as_ref()) }
    };
    // A later one beats an earlier one.
    given.iter().rev().flat_map(tables).collect()
}

/// The files of cargo's configuration that hold in `dir`, the nearest first; before them go variables, and `--config`.
#[must_use]
pub fn read_files(dir: &Utf8Path, cargo_home: Option<&Utf8Path>) -> Vec<Table> {
    // The name without an extension is the older one, and wins where both are.
    let read = |[old, new]: [Utf8PathBuf; 2]| read_file(if old.is_file() { &old } else { &new });
    places(dir, cargo_home).flat_map(read).collect()
}

/// All files that are there and may have a part in it.
pub(crate) fn files(dir: &Utf8Path, cargo_home: Option<&Utf8Path>, given: &[String]) -> Vec<Utf8PathBuf> {
    let mut files = candidates(dir, cargo_home, given);
    files.retain(|path| path.is_file());
    files
}

/// The same, and where others may come to be.
pub(crate) fn candidates(
    dir: &Utf8Path,
    cargo_home: Option<&Utf8Path>,
    given: &[String],
) -> Vec<Utf8PathBuf> {
    let given = given.iter().map(Utf8PathBuf::from);
    let mut found: Vec<_> = places(dir, cargo_home).flatten().chain(given).collect();
    let mut next = 0;
    while let Some(path) = found.get(next) {
        next += 1;
        let more: Vec<_> = parse(path).iter().flat_map(|table| included(path, table)).collect();
        found.extend(more.into_iter().filter(|path| !found.contains(path)).collect::<Vec<_>>());
    }
    found
}

/// Where files may be, by both their names.
fn places(dir: &Utf8Path, cargo_home: Option<&Utf8Path>) -> impl Iterator<Item = [Utf8PathBuf; 2]> {
    let above = dir.ancestors().map(|folder| folder.join(".cargo"));
    let folders = above.chain(cargo_home.map(ToOwned::to_owned));
    folders.map(|folder| ["config", "config.toml"].map(|name| folder.join(name)))
}

/// What a file says, and behind it what those say that it includes, of which the last goes before the others.
fn read_file(path: &Utf8Path) -> Vec<Table> {
    // Deeper than anybody nests them, for files that include themselves.
    const DEPTH: usize = 8;
    fn read(path: &Utf8Path, depth: usize) -> Vec<Table> {
        let Some(table) = parse(path).filter(|_| depth > 0) else { return Vec::new() };
        let included: Vec<_> = included(path, &table).collect();
        let below = included.iter().rev().flat_map(|path| read(path, depth - 1)).collect::<Vec<_>>();
        [vec![table], below].concat()
    }
    read(path, DEPTH)
}

/// `include`: paths of other files, or tables with a `path`, from the folder of the file.
fn included(file: &Utf8Path, table: &Table) -> impl Iterator<Item = Utf8PathBuf> {
    let folder = file.parent().unwrap_or(file).to_owned();
    let listed = match table.get("include") {
        Some(Value::Array(several)) => several.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let path = |one: Value| Some(one.as_str().or_else(|| one.get("path")?.as_str())?.to_owned());
    listed.into_iter().filter_map(path).map(move |path| folder.join(path))
}

fn parse(path: &Utf8Path) -> Option<Table> {
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
    fn included_files_come_behind_the_one_that_includes_them_the_last_first() {
        let folder = Folder::with(&[]);
        folder.write(
            ".cargo/config.toml",
            "from = 'project'\ninclude = ['a.toml', { path = 'b.toml', optional = true }, 'none.toml']",
        );
        folder.write(".cargo/a.toml", "from = 'a'\ninclude = 'deep/c.toml'");
        folder.write(".cargo/b.toml", "from = 'b'\ninclude = 'b.toml'");
        folder.write(".cargo/deep/c.toml", "from = 'c'");
        let mut order: Vec<_> = read(&folder.root, None, &[])
            .iter()
            .filter_map(|table| Some(table.get("from")?.as_str()?.to_owned()))
            .collect();
        order.dedup();
        assert_eq!(order, ["project", "b", "a", "c"]);
        let files = files(&folder.root, None, &[]);
        let expected = ["config.toml", "a.toml", "b.toml", "deep/c.toml"];
        assert_eq!(files, expected.map(|path| folder.root.join(".cargo").join(path)));
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
