//! Documents that machines read, held against their schemas.

use serde_json::Value;

/// The document that a verb has printed, after it was held against its schema: what is not described there fails.
pub fn documented(text: impl AsRef<[u8]>) -> Value {
    let document: Value = serde_json::from_slice(text.as_ref()).unwrap();
    let id = document["$schema"].as_str().unwrap_or_else(|| panic!("it says what it is: {document:#}"));
    let name = id.rsplit('/').next().and_then(|file| file.strip_suffix(".schema.json"));
    assert_fits(&document, name.unwrap());
    document
}

/// Panics where a document is not as the schema of this name says.
pub fn assert_fits(document: &Value, name: &str) {
    let path = format!("{}/docs/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{document:#}");
}

/// What is published leaves room for later fields; a test does not.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(table) => {
            table.values_mut().for_each(close);
            if table.get("properties").is_some_and(Value::is_object) {
                table.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
