//! The JSON schemas of the OCI image specification.

use std::fs;
use std::path::Path;

use jsonschema::{Draft, Retrieve, Uri};
use serde_json::Value;

use crate::images::{Built, blob_path, json};

/// Where Debian's `golang-github-opencontainers-image-spec-dev` has them.
const FOLDER: &str = "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema";

pub fn missing() -> Option<String> {
    let there = Path::new(FOLDER).join("image-manifest-schema.json").is_file();
    (!there).then(|| "the OCI schemas are missing; `cargo xtask test` installs them".to_owned())
}

/// Every document of the layout and of the archives is as its schema says.
pub fn accept(built: &Built) {
    let formats = [&built.everywhere, &built.image, &built.wasm_layer, &built.artifact];
    for layout in formats.map(|format| &format.unpacked).into_iter().chain([&built.layout]) {
        check("image-layout-schema.json", &json(layout, "oci-layout"));
        index(layout, &json(layout, "index.json"));
    }
    refuses_what_is_wrong(&json(&built.layout, &blob_path(&built.image.digest)));
}

fn index(layout: &Path, document: &Value) {
    check("image-index-schema.json", document);
    for entry in document["manifests"].as_array().unwrap() {
        let blob = |descriptor: &Value| json(layout, &blob_path(descriptor["digest"].as_str().unwrap()));
        let document = blob(entry);
        if entry["mediaType"] == "application/vnd.oci.image.index.v1+json" {
            index(layout, &document);
            continue;
        }
        check("image-manifest-schema.json", &document);
        // That of an artifact is of its own kind.
        if document["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json" {
            check("config-schema.json", &blob(&document["config"]));
        }
    }
}

fn check(schema: &str, document: &Value) {
    let wrong = errors(schema, document);
    assert!(wrong.is_empty(), "{schema}: {wrong:#?}\n{document:#}");
}

/// A schema that is not understood accepts everything, so each of the things it must see is broken once.
fn refuses_what_is_wrong(manifest: &Value) {
    let broken: [(&str, Value); 3] =
        [("/schemaVersion", 1.into()), ("/config/digest", "sha256".into()), ("/layers/0/size", "1".into())];
    for (pointer, value) in broken {
        let mut manifest = manifest.clone();
        *manifest.pointer_mut(pointer).unwrap() = value;
        assert!(!errors("image-manifest-schema.json", &manifest).is_empty(), "{pointer} is not looked at");
    }
}

fn errors(schema: &str, document: &Value) -> Vec<String> {
    let schema = read(schema).unwrap();
    // The schemas spell the draft with `https`, which is not its name.
    let options = jsonschema::options().with_draft(Draft::Draft4).with_retriever(Files);
    let validator = options.build(&schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Schemas refer to each other by file name, relative to identifiers that are no addresses.
struct Files;

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        read(uri.path().as_str().rsplit('/').next().unwrap_or_default())
    }
}

fn read(name: &str) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    let mut schema: Value = serde_json::from_slice(&fs::read(Path::new(FOLDER).join(name))?)?;
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
    }
    Ok(schema)
}
