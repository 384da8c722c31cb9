//! The JSON schema of the configuration, by which editors complete and check it.
//!
//! The types that read the configuration know no more of most keys than that they are texts; what may stand there is written
//! here, in one table. Tests hold it against them: every key is in both, and what one takes the other takes too.

use serde_json::{Value, json};

/// Where the schema of the newest release is kept, beside the documentation.
pub const ID: &str =
    "https://raw.githubusercontent.com/cargo-wasmpack/cargo-wasmpack/main/docs/wasmpack.schema.json";

/// The whole schema.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": ID,
        "title": "cargo wasmpack",
        "description": "Configuration of cargo wasmpack: `wasmpack.toml`, `[package.metadata.wasmpack]` or \
            `[workspace.metadata.wasmpack]`. Every key is optional.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "wasmpack-version": either(
                "The oldest version of cargo wasmpack that understands this: an older one says so.",
                &[json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]+){0,2}$"}), json!({"type": "integer", "minimum": 0})],
            ),
            "build": table("How sources become a module. Of all this, Cargo packages know `target`, `toolchain`, `stack-size`, `launcher` and the caches; the rest their manifests say.", build()),
            "optimize": table("How the module becomes smaller.", optimize()),
            "image": table("What the image says.", image()),
            "budget": table("What an image may weigh: all its layers together, as stored.", budget()),
            "policy": table("What programs may ask their host for.", policy()),
        },
    })
}

fn build() -> Value {
    json!({
        "target": words("What is built for: a module, or with `wasm32-wasip2` a component.", &["wasm32-wasip1", "wasm32-wasip2"]),
        "system": words("What builds the folder; by the files in it otherwise.", &["c", "cmake", "configure", "make", "go", "zig", "command"]),
        "command": either("The command, if nothing else builds it: a line for the shell, or a program and its arguments.", &[text(), list(text())]),
        "arguments": texts("Further arguments of the build system."),
        "module": said("The module that the command leaves; without a command, one that is there already.", text()),
        "bin": said("Which of several programs becomes the image.", text()),
        "toolchain": said("`clang`, `clang-19` and so on, `wasi-sdk`, `zig`, or the path of a clang or a wasi-sdk; the first that is found otherwise.", text()),
        "sources": texts("Source files, folders and patterns, instead of all that are found; what begins with `!` is left out."),
        "include": texts("Folders with headers, besides `include`."),
        "define": texts("Macros, `NAME` or `NAME=VALUE`."),
        "std": texts("Language standards, such as `c17` and `c++20`; each concerns the sources of its language."),
        "flags": texts("Further flags for the compiler."),
        "exceptions": flag("Whether there are exceptions in C++, and `setjmp` in C."),
        "lto": flag("Whether the linker optimizes over all sources."),
        "stack-size": said("Size of the stack, in bytes; 983040 otherwise.", json!({"type": "integer", "minimum": 0, "maximum": u32::MAX})),
        "launcher": said("A program that is given the compiler's command line, such as `ccache`; rustc's as well, if it is `sccache`.", text()),
        "link": texts("Libraries to link, such as `m` or `wasi-emulated-signal`."),
        "cache-from": said("Repositories of registries in which optimized modules and layers are looked for, `REGISTRY/REPOSITORY`.", list(word())),
        "cache-to": said("A repository of a registry that optimized modules and layers are brought into.", word()),
    })
}

fn optimize() -> Value {
    let levels = json!({"enum": ["none", "0", "1", "2", "3", "s", "z", "size", "speed", 0, 1, 2, 3]});
    json!({
        "level": said("`none` (the module as it is), 0 (no Binaryen), 1, 2, 3, s, z, `size` (the smallest of several ways) or `speed` (the fastest); `size` otherwise.", levels),
        "keep": texts("Exports that stay, besides those the kind of module needs."),
        "keep-names": flag("Whether the names of functions stay in the module."),
        "snapshot": said("An exported function that runs now, so that the program begins with what it leaves in memory.", text()),
        "wasm-opt": said("Which Binaryen: `embedded`, `system` (the `wasm-opt` on the search path), `off`, or the path of one; `embedded` otherwise.", text()),
        "time-limit": said("Seconds that Binaryen has, for each way it tries; 1800 otherwise.", json!({"type": "number", "minimum": 0})),
    })
}

fn image() -> Value {
    let formats = json!({"enum": ["everywhere", "image", "wasm-layer", "artifact"]});
    json!({
        "name": said("The image's name; the package's or folder's otherwise.", word()),
        "format": either("The shape of the image, or several of them; `everywhere` otherwise.", &[formats.clone(), list(formats)]),
        "platform": said("The platform of an image of one manifest, `OS/ARCHITECTURE`.", text()),
        "compress": words("How layers are compressed; `gzip` otherwise.", &["none", "fast", "gzip", "best", "zstd"]),
        "sbom": words("The form of the bill of materials; `spdx` otherwise.", &["spdx", "cyclonedx", "none"]),
        "provenance": flag("Whether the provenance is stated; it is otherwise."),
        "debug-module": flag("Whether the debug module goes wherever the image goes; it does otherwise. It is beside the layout in any case."),
        "entrypoint": said("Where the module stands in the image; `/app.wasm` otherwise.", json!({"type": "string", "pattern": "^/"})),
        "with": texts("Other programs of the project that go into the same image, each as `/NAME.wasm`."),
        "files": said("What of the project goes into the image besides modules.", list(files())),
        "args": texts("Arguments used when none are given."),
        "env": pairs("Environment variables."),
        "user": said("Whom it runs as, in numbers: `UID` or `UID:GID`.", word()),
        "ports": said("Ports it listens on: `8080`, `53/udp`.", list(word())),
        "volumes": said("Folders that outlive a container.", list(json!({"type": "string", "pattern": "^/"}))),
        "stop-signal": said("The signal that asks it to end, instead of `SIGTERM`.", word()),
        "labels": pairs("Labels."),
        "annotations": pairs("Annotations; `licenses` and the like stand for `org.opencontainers.image.licenses`. An empty value takes away what is said without asking."),
    })
}

fn files() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["from"],
        "properties": {
            "from": said("A file, a folder or a pattern, relative to the folder of the configuration that says it.", text()),
            "to": said("Where it goes in the image; the same path below `/` otherwise.", text()),
            "mode": said("Permission bits in octal, as text; `\"644\"` otherwise.", json!({"type": "string", "pattern": "^(0o)?[0-7]{1,4}$"})),
        },
    })
}

fn budget() -> Value {
    let bytes = json!({"type": "integer", "minimum": 0});
    json!({
        "max-size": either("How many bytes the layers may have: `800 kB`, `512 KiB`, or a number of bytes.", &[text(), bytes.clone()]),
        "max-growth": either("By how much they may grow, as `size --diff OLD` finds it: `2 %`, or a size.", &[text(), bytes]),
    })
}

fn policy() -> Value {
    json!({
        "allow": said("All that programs may ask for: capabilities such as `stdio`, `files`, `network`, or imports by their names. Without it, whatever is not denied.", list(word())),
        "deny": said("What they may not ask for, even if it is allowed.", list(word())),
    })
}

fn table(description: &str, properties: Value) -> Value {
    let mut table = json!({"type": "object", "additionalProperties": false});
    table["properties"] = properties;
    said(description, table)
}

/// What it is, and what may stand there.
fn said(description: &str, mut what: Value) -> Value {
    what["description"] = description.into();
    what
}

fn text() -> Value {
    json!({"type": "string"})
}

/// Where a word is read, a number will do.
fn word() -> Value {
    json!({"type": ["string", "integer"]})
}

fn list(items: impl Into<Value>) -> Value {
    json!({"type": "array", "items": items.into()})
}

fn texts(description: &str) -> Value {
    said(description, list(text()))
}

fn flag(description: &str) -> Value {
    said(description, json!({"type": "boolean"}))
}

fn words(description: &str, words: &[&str]) -> Value {
    said(description, json!({"enum": words}))
}

fn pairs(description: &str) -> Value {
    said(description, json!({"type": "object", "additionalProperties": {"type": "string"}}))
}

fn either(description: &str, ways: &[Value]) -> Value {
    said(description, json!({"anyOf": ways}))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::{self, Config};

    fn is_valid(value: &Value) -> bool {
        jsonschema::validator_for(&schema()).unwrap().is_valid(value)
    }

    fn is_read(value: &Value) -> bool {
        config::apply(&mut Config::default(), value, "here").is_ok()
    }

    /// A configuration that says this one thing.
    fn one(table: &str, key: &str, value: &Value) -> Value {
        json!({table: {key: value}})
    }

    /// All but the one key that is in no table.
    fn tables(all: &Value) -> impl Iterator<Item = (&String, &Value)> {
        all.as_object().unwrap().iter().filter(|(name, _)| *name != "wasmpack-version")
    }

    #[test]
    fn the_version_is_a_number_with_dots_for_both() {
        for (written, is_one) in [
            (json!("0.1"), true),
            (json!("0.1.0"), true),
            (json!("0"), true),
            (json!(0), true),
            (json!(0.1), false),
            (json!("v0"), false),
            (json!("0."), false),
            (json!([]), false),
            (json!(true), false),
        ] {
            let value = json!({"wasmpack-version": written});
            assert_eq!((is_valid(&value), is_read(&value)), (is_one, is_one), "{value}");
        }
    }

    #[test]
    fn every_key_that_is_read_is_described_and_no_other() {
        let read = config::as_json(&Config::default());
        let schema = schema();
        let keys = |table: &Value| table.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(keys(&schema["properties"]), keys(&read));
        for (name, table) in tables(&read) {
            let described = &schema["properties"][name];
            assert_eq!(keys(&described["properties"]), keys(table), "{name}");
            for (key, described) in described["properties"].as_object().unwrap() {
                assert!(described["description"].as_str().unwrap().ends_with('.'), "{name}.{key}");
            }
        }
        let file: config::Files = serde_json::from_value(json!({"from": "a"})).unwrap();
        let file = serde_json::to_value(file).unwrap();
        assert_eq!(
            keys(&schema["properties"]["image"]["properties"]["files"]["items"]["properties"]),
            keys(&file)
        );
    }

    #[test]
    fn every_word_that_is_offered_is_read() {
        for (name, table) in tables(&schema()["properties"]) {
            for (key, described) in table["properties"].as_object().unwrap() {
                let ways = [described, &described["anyOf"][0], &described["anyOf"][1]["items"]];
                for word in ways.iter().filter_map(|way| way["enum"].as_array()).flatten() {
                    assert!(is_read(&one(name, key, word)), "{name}.{key} = {word}");
                }
            }
        }
    }

    #[test]
    fn both_refuse_and_take_the_same_types() {
        let values = [
            json!(true),
            json!(7),
            json!(-1),
            json!(1.5),
            json!("7"),
            json!(["7"]),
            json!([["7"]]),
            json!([7]),
            json!([true]),
            json!({}),
            json!({"A": "7"}),
            json!({"A": 7}),
            json!([{"from": "a"}]),
            json!([{"from": "a", "mode": 644}]),
            json!([{"from": "a", "mode": "644", "to": "/b"}]),
            json!([{"to": "/b"}]),
            json!([{"from": "a", "more": "b"}]),
        ];
        // Words that are no words, and names that are none, are found when they are read.
        let by_content = [
            "name",
            "platform",
            "target",
            "user",
            "ports",
            "entrypoint",
            "stop-signal",
            "toolchain",
            "allow",
            "deny",
            "max-size",
            "max-growth",
            "annotations",
            "cache-from",
            "cache-to",
        ];
        for (name, table) in tables(&schema()["properties"]) {
            for key in table["properties"].as_object().unwrap().keys() {
                for value in &values {
                    let value = one(name, key, value);
                    let (valid, read) = (is_valid(&value), is_read(&value));
                    let is_excused = by_content.contains(&key.as_str()) && valid;
                    assert!(valid == read || is_excused, "{value}: valid {valid}, read {read}");
                }
            }
        }
    }

    #[test]
    fn every_configuration_around_here_that_is_read_is_valid() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut seen = 0;
        let mut folders = vec![root.join("examples"), root.join("tests/cli")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if entry.file_name() == config::FILE_NAME {
                    let value: Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                    seen += usize::from(is_read(&value));
                    assert!(is_valid(&value) || !is_read(&value), "{}", path.display());
                }
            }
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn the_file_beside_the_documentation_is_this_schema() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wasmpack.schema.json");
        let told = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            written, told,
            "write it anew: `cargo wasmpack config schema > docs/wasmpack.schema.json`"
        );
    }
}
