//! SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>), as JSON.

use serde_json::{Value, json};

use super::{Bill, Component, File, OUR_VERSION, OURSELVES, Tool, id, plain, timestamp, uuid};
use crate::license;

const UNKNOWN: &str = "NOASSERTION";

pub(super) fn document(bill: &Bill) -> Value {
    let components =
        bill.components.iter().enumerate().map(|(place, component)| package(place, component, bill));
    let tools = (bill.components.len()..).zip(&bill.tools).map(|(place, tool)| of_tool(place, tool));
    let files = files(bill).map(|(place, file)| of_file(place, file));
    let name = &bill.components[0].name;
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "creationInfo": {
            "created": timestamp(bill),
            "creators": [format!("Tool: {OURSELVES}-{OUR_VERSION}")],
        },
        "packages": components.chain(tools).chain(files).collect::<Vec<_>>(),
        "relationships": relationships(bill),
    });
    let namespace = format!("https://spdx.org/spdxdocs/{}-{}", plain(name), uuid(&document));
    document["documentNamespace"] = namespace.into();
    document
}

fn package(place: usize, component: &Component, bill: &Bill) -> Value {
    let mut package = json!({
        "SPDXID": reference(place, &component.name),
        "name": component.name,
        "downloadLocation": component.download.as_deref().unwrap_or(UNKNOWN),
        "filesAnalyzed": false,
        "primaryPackagePurpose": "LIBRARY",
    });
    let mut sha256 = component.sha256.clone();
    if place == 0 {
        package["primaryPackagePurpose"] = "APPLICATION".into();
        sha256 = Some(bill.module.hex());
    }
    if let Some(version) = &component.version {
        package["versionInfo"] = version.as_str().into();
    }
    if let Some(sha256) = sha256 {
        package["checksums"] = json!([{ "algorithm": "SHA256", "checksumValue": sha256 }]);
    }
    if let Some(license) = &component.license {
        let expression = license::listed(license);
        if expression.is_none() {
            package["licenseComments"] = format!("The manifest says `{license}`.").into();
        }
        package["licenseDeclared"] = expression.as_deref().unwrap_or(UNKNOWN).into();
    }
    if let Some(purl) = &component.purl {
        package["externalRefs"] = json!([{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }]);
    }
    package
}

fn of_tool(place: usize, tool: &Tool) -> Value {
    let mut package = json!({
        "SPDXID": reference(place, &tool.name),
        "name": tool.name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "primaryPackagePurpose": "APPLICATION",
    });
    if let Some(version) = &tool.version {
        package["versionInfo"] = version.as_str().into();
    }
    package
}

/// Files are packages here: as files, they would need a SHA-1 each.
fn of_file(place: usize, file: &File) -> Value {
    json!({
        "SPDXID": reference(place, &file.name),
        "name": file.name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": false,
        "primaryPackagePurpose": if file.count.is_some() { "ARCHIVE" } else { "FILE" },
        "checksums": [{ "algorithm": "SHA256", "checksumValue": file.digest.hex() }],
        "comment": file.comment(),
    })
}

/// Behind tools, in the order of their names.
fn files(bill: &Bill) -> impl Iterator<Item = (usize, &File)> {
    (bill.components.len() + bill.tools.len()..).zip(&bill.files)
}

fn relationships(bill: &Bill) -> Vec<Value> {
    let of = |place: usize| reference(place, &bill.components[place].name);
    let relationship = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut relationships = vec![relationship("SPDXRef-DOCUMENT", "DESCRIBES", &of(0))];
    for (place, component) in bill.components.iter().enumerate() {
        let uses =
            component.dependencies.iter().map(|used| relationship(&of(place), "DEPENDS_ON", &of(*used)));
        relationships.extend(uses);
    }
    let tools = (bill.components.len()..).zip(&bill.tools);
    let made =
        tools.map(|(place, tool)| relationship(&reference(place, &tool.name), "BUILD_TOOL_OF", &of(0)));
    relationships.extend(made);
    // They are in the image, not in the module.
    let beside = files(bill)
        .map(|(place, file)| relationship("SPDXRef-DOCUMENT", "DESCRIBES", &reference(place, &file.name)));
    relationships.extend(beside);
    relationships
}

fn reference(place: usize, name: &str) -> String {
    format!("SPDXRef-{}", id(place, name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::bill;
    use super::*;

    #[test]
    fn licences_that_are_none_are_words() {
        let document = document(&bill());
        let licenses =
            document["packages"].as_array().unwrap().iter().map(|package| &package["licenseDeclared"]);
        let licenses: Vec<_> = licenses.collect();
        assert_eq!(
            licenses[..4],
            [&json!("MIT OR Apache-2.0"), &json!("MIT"), &json!(UNKNOWN), &Value::Null]
        );
        assert_eq!(document["packages"][2]["licenseComments"], "The manifest says `ask me`.");
    }

    #[test]
    fn everything_is_related_to_the_program() {
        let relationships = relationships(&bill());
        let said = relationships.iter().map(|relationship| {
            let word =
                |key: &str| relationship[key].as_str().unwrap().trim_start_matches("SPDXRef-").to_owned();
            [word("spdxElementId"), word("relationshipType"), word("relatedSpdxElement")].join(" ")
        });
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                "DOCUMENT DESCRIBES 0-app",
                "0-app DEPENDS_ON 1-libc",
                "0-app DEPENDS_ON 2-odd-one",
                "2-odd-one DEPENDS_ON 1-libc",
                "3-rustc BUILD_TOOL_OF 0-app",
                "DOCUMENT DESCRIBES 4--etc-app.toml",
                "DOCUMENT DESCRIBES 5-files",
            ]
        );
    }
}
