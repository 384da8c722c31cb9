//! The section `producers`, in which compilers write that they had a part in a module
//! (<https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md>).

use wasmparser::{CustomSectionReader, KnownCustom};

use super::Tool;

/// The tools that any of the sections names.
pub(super) fn tools(sections: &[CustomSectionReader<'_>]) -> Vec<Tool> {
    let mut tools = Vec::new();
    for section in sections {
        let KnownCustom::Producers(fields) = section.as_known() else { continue };
        // The rest of the fields are languages.
        let fields =
            fields.into_iter().flatten().filter(|field| ["processed-by", "sdk"].contains(&field.name));
        for value in fields.flat_map(|field| field.values.into_iter().flatten()) {
            let version = Some(value.version.trim()).filter(|version| !version.is_empty());
            tools.push(Tool { name: value.name.to_owned(), version: version.map(ToOwned::to_owned) });
        }
    }
    tools
}
