//! The JSON documents that machines read: what each is called, which verbs print it, and its schema.
//!
//! The schemas are the files of `docs/schemas/`, written by hand. Tests hold what is printed against them.

use clap::builder::PossibleValue;
use serde::Serialize;

use crate::error::Error;
use crate::shell::Shell;

/// Where the schemas of the newest release are kept, beside the documentation.
const FOLDER: &str = "https://raw.githubusercontent.com/cargo-wasmpack/cargo-wasmpack/main/docs/schemas";

/// A kind of document.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    name: &'static str,
    /// Verbs that print it, besides one of its own name.
    verbs: &'static [&'static str],
    schema: &'static str,
}

macro_rules! documents {
    ($($constant:ident $name:literal $verbs:expr;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: Document = Document {
                name: $name,
                verbs: &$verbs,
                schema: include_str!(concat!("../docs/schemas/", $name, ".schema.json")),
            };
        )*
        /// All of them.
        pub const ALL: &[Document] = &[$($constant),*];
    };
}

documents! {
    BUILD_PLAN "build-plan" [];
    CHECK "check" [];
    CHECK_POLICY "check-policy" [];
    CONFIG_SHOW "config-show" [];
    DOCTOR "doctor" [];
    IMAGES "images" ["build", "pack", "push", "pull", "load", "sign"];
    INIT "init" [];
    INSPECT "inspect" [];
    INSPECT_DIFF "inspect-diff" [];
    MESSAGE "message" [];
    METADATA "metadata" ["merge"];
    MIGRATE "migrate" [];
    OPTIMIZE "optimize" [];
    RUN "run" [];
    SIZE "size" [];
    SIZE_DIFF "size-diff" [];
    SIZES "sizes" [];
    SYMBOLIZE "symbolize" [];
    TAGS "tags" [];
    TEMPLATES "templates" [];
    USER "user" [];
    VALIDATE "validate" [];
    VERIFY "verify" [];
}

/// What is told, and which document it is.
#[derive(Serialize)]
struct Named<'a, T> {
    #[serde(rename = "$schema")]
    schema: String,
    #[serde(flatten)]
    told: &'a T,
}

impl Document {
    /// The one that is called so, or that this verb prints.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|document| document.name == name || document.verbs.contains(&name))
    }

    /// The names of all, for the command line; a verb stands for what it prints.
    pub fn names() -> impl Iterator<Item = PossibleValue> {
        ALL.iter().map(|document| PossibleValue::new(document.name).aliases(document.verbs))
    }

    /// Its schema, as JSON.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        self.schema
    }

    /// One JSON object, indented; it says first which document it is.
    pub fn text(&self, told: &impl Serialize) -> String {
        serde_json::to_string_pretty(&self.named(told)).expect("a document is an object of plain data")
    }

    /// The same, as a part of another document.
    pub fn value(&self, told: &impl Serialize) -> serde_json::Value {
        serde_json::to_value(self.named(told)).expect("a document is an object of plain data")
    }

    fn named<'a, T>(&self, told: &'a T) -> Named<'a, T> {
        Named { schema: format!("{FOLDER}/{}.schema.json", self.name), told }
    }

    /// Prints it.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub fn tell(&self, told: &impl Serialize, shell: &mut Shell) -> Result<(), Error> {
        shell.result(self.text(told)).map_err(Error::WriteResult)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// All descriptions in a schema; none where one is missing.
    fn descriptions<'a>(schema: &'a Value, found: &mut Vec<Option<&'a str>>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if name != "$schema" {
                let of_reference = || property["$ref"].as_str().map(|_| "A part of its own.");
                found.push(property["description"].as_str().or_else(of_reference).or_else(|| {
                    // Something, or nothing.
                    property["anyOf"][0]["$ref"].as_str()
                }));
            }
        }
        match schema {
            Value::Object(table) => table.values().for_each(|inner| descriptions(inner, found)),
            Value::Array(items) => items.iter().for_each(|inner| descriptions(inner, found)),
            _ => {}
        }
    }

    #[test]
    fn every_schema_is_one_and_describes_every_field() {
        for document in ALL {
            let schema: Value = serde_json::from_str(document.schema).unwrap();
            assert_eq!(schema["$id"], format!("{FOLDER}/{}.schema.json", document.name));
            assert!(jsonschema::meta::is_valid(&schema), "{}", document.name);
            let mut found = Vec::new();
            descriptions(&schema, &mut found);
            assert!(!found.contains(&None), "{}: {found:?}", document.name);
        }
    }

    #[test]
    fn every_schema_in_the_folder_is_one_of_a_document() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
        let files = std::fs::read_dir(folder).unwrap().count();
        assert_eq!(files, ALL.len());
    }

    #[test]
    fn a_verb_stands_for_what_it_prints() {
        assert_eq!(Document::find("push"), Some(&IMAGES));
        assert_eq!(Document::find("images"), Some(&IMAGES));
        assert_eq!(Document::find("man"), None);
    }
}
