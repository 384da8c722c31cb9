//! What `size` tells: what the bytes of an image or module are, and why they are there.

pub mod difference;
pub mod markdown;
mod table;
mod text;
mod way;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use wasmpack_optimizer::{Anatomy, Contents, Function, Group, Item, Node, Reasons, Segment};
use wasmpack_packager::Stored;

use crate::breakdown::table::{Row, Table};
use crate::error::Error;
use crate::printable::printable;
use crate::size::grouped;
use crate::target::Target;

/// How a component calls a section that is a module.
const CORE_MODULE: &str = "core module";

/// Everything `size` knows. The field names are the keys of `--json`.
#[derive(Debug, Serialize)]
pub struct Breakdown {
    /// The image's name or digest, or the file's name.
    pub name: String,
    /// The image, unless the target is a bare module.
    pub image: Option<ImageSize>,
    /// Length of the module or component.
    pub bytes: u64,
    /// Whether it is a component.
    pub component: bool,
    /// Whether functions have names, in the module or beside the image. None at all have them too.
    pub named: bool,
    /// The modules in a component, by name or number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<String>,
    /// In file order.
    pub sections: Vec<Section>,
    /// Where the functions come from, the largest first.
    pub groups: Vec<Group>,
    /// The largest first.
    pub functions: Vec<Kept<Function>>,
    /// Data segments, the largest first.
    pub segments: Vec<Kept<Segment>>,
    /// All of it in one, for the page.
    #[serde(skip)]
    pub tree: Node,
}

/// The image's part.
#[derive(Debug, Serialize)]
pub struct ImageSize {
    /// Its digest, if it has one: not in an archive of Docker's own.
    pub digest: Option<String>,
    /// All layers together, as stored.
    pub stored_bytes: u64,
    /// Lowest first.
    pub layers: Vec<LayerSize>,
}

/// A layer's part.
#[derive(Debug, Serialize)]
pub struct LayerSize {
    /// Digest of the bytes as stored.
    pub digest: String,
    /// Length as stored.
    pub stored_bytes: u64,
}

/// A section of the file, or of a module in it.
#[derive(Debug, Serialize)]
pub struct Section {
    /// In a component, the module it is a section of, by its place; none for sections of the component itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<usize>,
    /// As the specification spells it; a custom section's own name.
    pub name: String,
    /// Whether it is a custom section.
    pub custom: bool,
    /// Length in the file with its header.
    pub bytes: u64,
}

/// A part of a module, and who keeps it there.
#[derive(Debug, Serialize)]
pub struct Kept<T> {
    /// In a component, the module it is in, by its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<usize>,
    /// What it is.
    #[serde(flatten)]
    pub part: T,
    /// The way to it from an export: empty if it is exported itself, nothing if no way leads there. `…` stands for the
    /// middle of a long one.
    pub kept_by: Option<Vec<String>>,
}

impl Breakdown {
    /// Takes the target apart.
    ///
    /// # Errors
    /// When the image has no module, or the module cannot be read.
    pub fn of(target: &Target) -> Result<Self, Error> {
        let image = match target {
            Target::Image { image, .. } => Some(ImageSize::of(image)),
            Target::Module { .. } => None,
        };
        let (wasm, anatomy) = target.anatomy()?;
        let mut breakdown = Self {
            name: target.name(),
            image,
            bytes: anatomy.bytes,
            component: anatomy.component,
            named: false,
            modules: Vec::new(),
            sections: Vec::new(),
            groups: anatomy.groups(),
            functions: Vec::new(),
            segments: Vec::new(),
            tree: anatomy.tree(&target.name()),
        };
        breakdown.add_sections(&anatomy, None);
        for (number, module) in anatomy.modules().into_iter().enumerate() {
            let bytes = &wasm[module.offset..module.offset + module.bytes as usize];
            let number = breakdown.component.then_some(number);
            let failed = |source| Error::Inspect { name: target.name(), source };
            breakdown.add_module(module, number, &Reasons::of(bytes, module).map_err(failed)?);
        }
        let mut symbols = breakdown.functions.iter().map(|function| function.part.symbol.is_some());
        breakdown.named = breakdown.functions.is_empty() || symbols.any(|is_some| is_some);
        breakdown.functions.sort_by_key(|function| Reverse(function.part.bytes));
        breakdown.segments.sort_by_key(|segment| Reverse(segment.part.bytes));
        Ok(breakdown)
    }

    /// For people at a terminal, with the largest `top` of what there may be many of.
    #[must_use]
    pub fn to_text(&self, top: usize) -> String {
        let mut text = format!(
            "{:<10} {}\n",
            if self.image.is_some() { "image" } else { "file" },
            printable(&self.name)
        );
        for layer in self.image.iter().flat_map(|image| &image.layers) {
            text += &text::row(
                "layer",
                &Row::new(format!("as stored, {}", layer.digest), layer.stored_bytes),
                None,
            );
        }
        let whole = Row { count: Some(self.functions.len() as u64), ..Row::new("", self.bytes) };
        text += &text::row(self.kind(), &whole, None);
        self.tables(top).iter().for_each(|table| text += &text::table(table, self.bytes));
        text
    }

    /// For a comment on a pull request.
    #[must_use]
    pub fn to_markdown(&self, top: usize) -> String {
        let stored = self.image.as_ref().map(|image| format!(", {} as stored", grouped(image.stored_bytes)));
        let stored = stored.unwrap_or_default();
        let title = format!("### {}: {} bytes{stored}\n", markdown::code(&self.name), grouped(self.bytes));
        let tables = self.tables(top);
        let tables = tables.iter().filter(|table| !table.rows.is_empty());
        std::iter::once(title)
            .chain(tables.map(|table| markdown::table(table, self.bytes)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn kind(&self) -> &'static str {
        if self.component { "component" } else { "module" }
    }

    fn tables(&self, top: usize) -> [Table; 4] {
        let groups = self.groups.iter().map(|group| Row {
            count: Some(group.functions.into()),
            ..Row::new(group.name.clone(), group.bytes)
        });
        let functions = self.functions.iter().map(|Kept { part, kept_by, .. }| Row {
            about: Some(way::of(kept_by.as_deref())),
            ..Row::new(way::shortened(&part.to_string(), way::NAME), part.bytes)
        });
        let segments = self.segments.iter().map(|Kept { part, kept_by, .. }| Row {
            // That a memory holds its contents goes without saying.
            about: Some(kept_by.as_deref())
                .filter(|names| names.and_then(<[_]>::last).is_none_or(|last| last != "memory"))
                .map(way::of),
            ..Row::new(part.to_string(), part.bytes)
        });
        [
            Table { label: "section", rows: self.sections() },
            Table::of_largest("group", groups, top),
            Table::of_largest("function", functions, top),
            Table::of_largest("data", segments, top),
        ]
    }

    /// What an image or module weighs where it is stored and sent: its layers, or its own bytes.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.image.as_ref().map_or(self.bytes, |image| image.stored_bytes)
    }

    fn add_sections(&mut self, anatomy: &Anatomy, module: Option<usize>) {
        for part in &anatomy.parts {
            let mut section =
                Section { module, name: part.name.clone(), custom: part.custom, bytes: part.bytes };
            let Contents::Inner(inner) = &part.contents else {
                self.sections.push(section);
                continue;
            };
            let number = (!inner.component).then_some(self.modules.len());
            if let Some(number) = number {
                let name = part.name.strip_prefix(CORE_MODULE).unwrap_or_default().trim();
                let name = if name.is_empty() { number.to_string() } else { name.to_owned() };
                section.name = format!("{CORE_MODULE} {name}");
                self.modules.push(name);
            }
            // A component further in counts with the one around it.
            if !inner.component || anatomy.offset == 0 {
                self.sections.push(section);
            }
            self.add_sections(inner, number);
        }
    }

    /// The name of a section, told apart from that of other modules' sections.
    fn title(&self, section: &Section) -> String {
        match section.module.and_then(|module| self.modules.get(module)) {
            Some(module) => format!("{} of module {module}", section.name),
            None => section.name.clone(),
        }
    }

    /// The sections, several of one name as one, the largest first.
    fn sections(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut places = BTreeMap::new();
        for section in &self.sections {
            let title = self.title(section);
            let place = *places.entry(title.clone()).or_insert(rows.len());
            match rows.get_mut(place) {
                Some(row) => row.bytes += section.bytes,
                None => rows.push(Row::new(title, section.bytes)),
            }
        }
        rows.sort_by_key(|row| Reverse(row.bytes));
        rows
    }

    /// What takes most: layers, if there are several, and functions.
    #[must_use]
    pub fn largest(&self, top: usize) -> Vec<(String, String)> {
        let layers = self.image.iter().flat_map(|image| &image.layers).enumerate();
        let layers =
            layers.map(|(number, layer)| (layer.stored_bytes, format!("layer {}, as stored", number + 1)));
        let layers = layers.filter(|_| self.image.as_ref().is_some_and(|image| image.layers.len() > 1));
        let functions = self.functions.iter().take(top);
        let functions = functions
            .map(|function| (function.part.bytes, way::shortened(&function.part.to_string(), way::NAME)));
        layers.chain(functions).map(|(bytes, name)| (grouped(bytes), name)).collect()
    }

    fn add_module(&mut self, anatomy: &Anatomy, module: Option<usize>, reasons: &Reasons) {
        self.functions.extend(anatomy.functions().iter().map(|function| Kept {
            module,
            part: function.clone(),
            kept_by: reasons.kept_by(Item::Function(function.index)),
        }));
        self.segments.extend(anatomy.segments().iter().map(|segment| Kept {
            module,
            part: segment.clone(),
            kept_by: reasons.kept_by(Item::Data(segment.index)),
        }));
    }
}

impl ImageSize {
    fn of(image: &Stored) -> Self {
        let layers = image.layers.iter();
        Self {
            digest: image.form.has_manifests().then(|| image.digest.to_string()),
            stored_bytes: layers.clone().map(|layer| layer.size_bytes).sum(),
            layers: layers
                .map(|layer| LayerSize { digest: layer.digest.to_string(), stored_bytes: layer.size_bytes })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_in_a_component_counts_once() {
        let wasm = wat::parse_str("(component (component (component (component (core module)))))").unwrap();
        let breakdown = Breakdown::of(&Target::Module { name: "app.wasm".to_owned(), wasm }).unwrap();
        let components = breakdown.sections().into_iter().find(|row| row.name == "component").unwrap();
        // All but the header.
        assert_eq!(components.bytes, breakdown.bytes - 8);
    }
}
