//! CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>), as JSON.

use serde_json::{Value, json};

use super::{Bill, Component, File, OUR_VERSION, OURSELVES, Tool, id, timestamp, uuid};
use crate::license;

pub(super) fn document(bill: &Bill) -> Value {
    let described = |(place, component): (usize, &Component)| component_of(place, component, bill);
    let mut components = bill.components.iter().enumerate().map(described);
    let program = components.next();
    let files = bill.files.iter().map(of_file);
    let tools: Vec<_> = bill.tools.iter().map(of_tool).collect();
    let ourselves = Tool { name: OURSELVES.to_owned(), version: Some(OUR_VERSION.to_owned()) };
    let mut document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": timestamp(bill),
            "lifecycles": [{ "phase": "build" }],
            "tools": { "components": [of_tool(&ourselves)] },
            "component": program,
        },
        "components": components.chain(files).collect::<Vec<_>>(),
        "dependencies": dependencies(bill),
        "formulation": [{ "components": tools }],
    });
    document["serialNumber"] = format!("urn:uuid:{}", uuid(&document)).into();
    document
}

fn component_of(place: usize, component: &Component, bill: &Bill) -> Value {
    let mut described = json!({
        "type": if place == 0 { "application" } else { "library" },
        "bom-ref": id(place, &component.name),
        "name": component.name,
    });
    let sha256 = if place == 0 { Some(bill.module.hex()) } else { component.sha256.clone() };
    if let Some(version) = &component.version {
        described["version"] = version.as_str().into();
    }
    if let Some(purl) = &component.purl {
        described["purl"] = purl.as_str().into();
    }
    if let Some(sha256) = sha256 {
        described["hashes"] = json!([{ "alg": "SHA-256", "content": sha256 }]);
    }
    if let Some(license) = &component.license {
        described["licenses"] = match license::listed(license) {
            Some(expression) => json!([{ "expression": expression }]),
            None => json!([{ "license": { "name": license } }]),
        };
    }
    if let Some(download) = &component.download {
        // A commit of a repository is written with the scheme in front that names its kind.
        let kind = if download.starts_with("git+") { "vcs" } else { "distribution" };
        described["externalReferences"] = json!([{ "type": kind, "url": download }]);
    }
    described
}

fn of_tool(tool: &Tool) -> Value {
    let mut described = json!({ "type": "application", "name": tool.name });
    if let Some(version) = &tool.version {
        described["version"] = version.as_str().into();
    }
    described
}

fn of_file(file: &File) -> Value {
    json!({
        "type": "file",
        "bom-ref": format!("file:{}", file.name),
        "name": file.name,
        "description": file.comment(),
        "hashes": [{ "alg": "SHA-256", "content": file.digest.hex() }],
    })
}

fn dependencies(bill: &Bill) -> Vec<Value> {
    let of = |place: usize| id(place, &bill.components[place].name);
    let uses = |(place, component): (usize, &Component)| {
        let used: Vec<_> = component.dependencies.iter().map(|used| of(*used)).collect();
        json!({ "ref": of(place), "dependsOn": used })
    };
    bill.components.iter().enumerate().map(uses).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::bill;
    use super::*;
    use crate::Digest;

    #[test]
    fn licences_are_expressions_or_names() {
        let document = document(&bill());
        assert_eq!(
            document["metadata"]["component"]["licenses"],
            json!([{ "expression": "MIT OR Apache-2.0" }])
        );
        assert_eq!(document["components"][1]["licenses"], json!([{ "license": { "name": "ask me" } }]));
    }

    #[test]
    fn the_graph_is_told_by_names_that_are_there() {
        let document = document(&bill());
        assert_eq!(
            document["dependencies"][0],
            json!({ "ref": "0-app", "dependsOn": ["1-libc", "2-odd-one"] })
        );
        assert_eq!(document["components"][0]["bom-ref"], "1-libc");
        assert_eq!(document["components"][2]["name"], "/etc/app.toml");
        assert_eq!(document["components"][2]["hashes"][0]["content"], Digest::of(b"file").hex());
        assert_eq!(document["formulation"][0]["components"][0]["name"], "rustc");
    }
}
