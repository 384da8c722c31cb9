//! The file that gets the configuration: what is in it stays, comments too.

use std::io::ErrorKind;

use camino::Utf8Path;
use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use super::error::MigrateError;
use super::keys::{Key, Keys};
use crate::scaffold::NewFile;
use crate::workspace;

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Nobody had said it.
    Set,
    /// It said the same.
    Same,
    /// It says something else, and still does.
    Kept,
    /// It said something else.
    Replaced,
}

/// What becomes of a key that says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    Keep,
    Replace,
}

/// A key, what it is to say, and what became of that.
#[derive(Debug)]
pub struct Entry {
    pub key: Key,
    pub value: Value,
    pub deed: Deed,
    /// What it said before.
    pub said: Option<Value>,
}

/// What is to be written.
#[derive(Debug)]
pub struct Written {
    /// The file; nothing, if it says all of it already.
    pub file: Option<NewFile>,
    /// Whether it was there before.
    pub is_new: bool,
    pub entries: Vec<Entry>,
}

/// A place where it can be configured: a document, what it was before, and the way to its table.
struct Place {
    name: String,
    before: String,
    document: DocumentMut,
    way: &'static [&'static str],
}

/// Where the manifest of a workspace has what is said for all its packages.
const OF_WORKSPACE: &[&str] = &["workspace", "metadata", "wasmpack"];

/// Adds the keys to the configuration of a folder: to the file that is for it if there is one, else to the manifest of a package, else
/// to a new file, which begins with `head`.
///
/// # Errors
/// What is there cannot be read, or leaves no room.
pub fn written(
    folder: &Utf8Path,
    name: &str,
    head: &str,
    keys: &Keys,
    present: Present,
) -> Result<Written, MigrateError> {
    let file = read(folder, name, &[])?;
    let manifest = read(folder, "Cargo.toml", &["package", "metadata", "wasmpack"])?.map(|mut place| {
        if !place.document.contains_key("package") {
            place.way = OF_WORKSPACE;
        }
        place
    });
    // What is said for a whole workspace holds for a package of it, too.
    let is_package = manifest.as_ref().is_some_and(|place| place.document.contains_key("package"));
    let of_workspace = is_package.then(|| workspace::above(folder)).flatten().map(|(path, document)| Place {
        name: path.into_string(),
        before: String::new(),
        document,
        way: OF_WORKSPACE,
    });
    let is_new = file.is_none() && manifest.is_none();
    let (mut place, below) = match (file, manifest) {
        (Some(file), manifest) => (file, manifest),
        (None, Some(manifest)) => (manifest, None),
        (None, None) => {
            let (name, before) = (name.to_owned(), String::new());
            (Place { name, before, document: DocumentMut::new(), way: &[] }, None)
        }
    };
    let mut entries = Vec::new();
    for (key, value) in &keys.0 {
        let places = [Some(&place), below.as_ref(), of_workspace.as_ref()];
        let said = places.into_iter().flatten().find_map(|place| place.get(key));
        let deed = match &said {
            None => Deed::Set,
            Some(said) if said == value => Deed::Same,
            Some(_) if present == Present::Keep => Deed::Kept,
            Some(_) => Deed::Replaced,
        };
        if matches!(deed, Deed::Set | Deed::Replaced) {
            place.set(key, value).ok_or_else(|| MigrateError::InTheWay {
                path: folder.join(&place.name),
                key: key.to_string(),
            })?;
        }
        entries.push(Entry { key: key.clone(), value: value.clone(), deed, said });
    }
    let has_changed = entries.iter().any(|entry| matches!(entry.deed, Deed::Set | Deed::Replaced));
    let head = if is_new { head } else { "" };
    let text = format!("{head}{}", place.document);
    let file = NewFile::edited(&place.name, &place.before, &text);
    Ok(Written { file: has_changed.then_some(file), is_new, entries })
}

fn read(folder: &Utf8Path, name: &str, way: &'static [&'static str]) -> Result<Option<Place>, MigrateError> {
    let path = folder.join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(MigrateError::Read { path, source }),
    };
    let document = text.parse().map_err(|source| MigrateError::Edit { path, source: Box::new(source) })?;
    Ok(Some(Place { name: name.to_owned(), before: text, document, way }))
}

impl Place {
    /// What a key says.
    fn get(&self, key: &Key) -> Option<Value> {
        let way = self.way.iter().copied().chain(key.parts());
        let mut item = self.document.as_item();
        for part in way {
            item = item.get(part)?;
        }
        Some(as_json(item))
    }

    /// Has a key say it; nothing, if something stands in its way.
    fn set(&mut self, key: &Key, value: &Value) -> Option<()> {
        let mut way: Vec<&str> = self.way.iter().copied().chain(key.parts()).collect();
        let last = way.pop()?;
        let depth = way.len();
        let mut table: &mut dyn TableLike = self.document.as_table_mut();
        for (number, part) in way.into_iter().enumerate() {
            let is_entry = key.entry.is_some() && number + 1 == depth;
            let new = if is_entry {
                Item::Value(InlineTable::new().into())
            } else {
                header(number + 1, depth - usize::from(key.entry.is_some()))
            };
            table = table.entry(part).or_insert(new).as_table_like_mut()?;
        }
        table.insert(last, Item::Value(as_toml(value)));
        Some(())
    }
}

/// Only the last table of a way gets a header.
fn header(number: usize, depth: usize) -> Item {
    let mut table = Table::new();
    table.set_implicit(number < depth);
    Item::Table(table)
}

/// As JSON has it.
fn as_json(item: &Item) -> Value {
    let text = format!(
        "it = {}",
        item.clone().into_value().map_or_else(|_| String::from("\"\""), |value| value.to_string())
    );
    let parsed: Option<toml::Table> = toml::from_str(text.trim()).ok();
    parsed.and_then(|mut table| serde_json::to_value(table.remove("it")?).ok()).unwrap_or(Value::Null)
}

/// As TOML has it.
#[must_use]
pub fn as_toml(value: &Value) -> toml_edit::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64().unwrap_or_default().into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(as_toml).collect::<Array>().into(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| (toml_edit::Key::new(name), as_toml(value)));
            entries.collect::<InlineTable>().into()
        }
        Value::Null => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys() -> Keys {
        let mut keys = Keys::default();
        keys.set("image", "args", json!(["a"]));
        let entry = |name, entry: &str| Key { table: "image", name, entry: Some(entry.to_owned()) };
        keys.set_key(entry("env", "LANG"), json!("C"));
        keys.set_key(entry("labels", "com.acme.team"), json!("x"));
        keys
    }

    fn deeds(written: &Written) -> Vec<Deed> {
        written.entries.iter().map(|entry| entry.deed).collect()
    }

    #[test]
    fn a_manifest_keeps_its_comments_and_what_it_says() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        let manifest = "# Ours.\n[package] # the one\nname = \"a\"\n\n[package.metadata.wasmpack.image]\nargs = [\"b\"] # not a\n";
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        let written = super::written(folder, "wasmpack.toml", "", &keys(), Present::Keep).unwrap();
        assert_eq!(deeds(&written), [Deed::Kept, Deed::Set, Deed::Set]);
        let added = "env = { LANG = \"C\" }\nlabels = { \"com.acme.team\" = \"x\" }\n";
        assert_eq!(written.file.unwrap().text, format!("{manifest}{added}"));
        let replaced = super::written(folder, "wasmpack.toml", "", &keys(), Present::Replace).unwrap();
        assert_eq!(deeds(&replaced), [Deed::Replaced, Deed::Set, Deed::Set]);
        assert!(replaced.file.unwrap().text.contains("args = [\"a\"]"));
    }

    #[test]
    fn a_file_of_its_own_counts_more_and_the_manifest_is_looked_at() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        let manifest = "[package]\nname = \"a\"\n[package.metadata.wasmpack.image.env]\nLANG = \"C\"\n";
        std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(folder.join("wasmpack.toml"), "image.args = [\"a\"]\n").unwrap();
        let written = super::written(folder, "wasmpack.toml", "", &keys(), Present::Keep).unwrap();
        assert_eq!(deeds(&written), [Deed::Same, Deed::Same, Deed::Set]);
        assert_eq!(written.file.unwrap().path, "wasmpack.toml");
    }

    #[test]
    fn what_the_workspace_says_is_said() {
        let temporary = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temporary.path()).unwrap();
        let workspace = "[workspace]\nmembers = [\"a\"]\n[workspace.metadata.wasmpack.image]\nargs = [\"b\"]\nenv.LANG = \"C\"\n";
        std::fs::write(root.join("Cargo.toml"), workspace).unwrap();
        let folder = root.join("a");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("Cargo.toml"), "[package]\nname = \"a\"\n").unwrap();
        let written = super::written(&folder, "wasmpack.toml", "", &keys(), Present::Keep).unwrap();
        assert_eq!(deeds(&written), [Deed::Kept, Deed::Same, Deed::Set]);
        let replaced = super::written(&folder, "wasmpack.toml", "", &keys(), Present::Replace).unwrap();
        assert_eq!(deeds(&replaced), [Deed::Replaced, Deed::Same, Deed::Set]);
    }

    #[test]
    fn lines_end_as_they_did() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        let before = "# Ours.\r\n[image]\r\nname = \"a\" # short\r\n";
        std::fs::write(folder.join("wasmpack.toml"), before).unwrap();
        let written = super::written(folder, "wasmpack.toml", "", &keys(), Present::Keep).unwrap();
        let text = written.file.unwrap().text;
        assert!(text.starts_with(before), "{text:?}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
    }

    #[test]
    fn what_cannot_be_read_is_no_file_that_is_not_there() {
        for name in ["wasmpack.toml", "Cargo.toml"] {
            let temporary = tempfile::tempdir().unwrap();
            let folder = Utf8Path::from_path(temporary.path()).unwrap();
            std::fs::write(folder.join(name), b"# caf\xe9\n").unwrap();
            let error = super::written(folder, "wasmpack.toml", "", &keys(), Present::Replace).unwrap_err();
            assert_eq!(error.to_string(), format!("failed to read `{}`", folder.join(name)));
        }
    }

    #[test]
    fn what_stands_in_the_way_is_told() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        std::fs::write(folder.join("wasmpack.toml"), "image = 1\n").unwrap();
        let error = super::written(folder, "wasmpack.toml", "", &keys(), Present::Keep).unwrap_err();
        assert!(error.to_string().contains("`image.args`"), "{error}");
    }
}
