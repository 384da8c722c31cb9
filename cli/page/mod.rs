//! The page `size --html` writes: a map of what a module's bytes are, in one file that needs no network.
//!
//! All that is drawn is drawn by the scripts beside this file, from the data alone: there is no second way in which the
//! name of a function could become part of the page.

use std::collections::BTreeMap;
use std::io::Read as _;

use camino::Utf8Path;
use serde::Serialize;
use serde_json::{Value, json};
use wasmpack_optimizer::{Anatomy, Function, Node};

use crate::breakdown::{Breakdown, Kept};
use crate::error::Error;

/// What a page shows.
#[derive(Debug)]
pub struct Page {
    /// What the module is called.
    pub name: String,
    /// The module it is compared with, if there is one.
    pub before: Option<Side>,
    /// The module.
    pub after: Side,
    /// By whom the functions of the module are kept.
    pub ways: Ways,
}

/// One of the modules that a page compares.
#[derive(Debug)]
pub struct Side {
    /// Its bytes.
    pub tree: Node,
    /// Length of the layers it is stored in, in bytes, if it is in an image.
    pub stored_bytes: Option<u64>,
}

/// The ways to functions from an export. Many begin alike, so each step is there once.
#[derive(Debug, Default, Serialize)]
pub struct Ways {
    /// A name, and the step before it, by its place; none before an export.
    steps: Vec<(String, Option<usize>)>,
    /// By the name of a function, where the way to it ends; nowhere if it is exported itself.
    ends: BTreeMap<String, Option<usize>>,
}

/// In the order in which each needs what is before it.
const SCRIPTS: [&str; 16] = [
    include_str!("format.js"),
    include_str!("elements.js"),
    include_str!("tree.js"),
    include_str!("search.js"),
    include_str!("names.js"),
    include_str!("ways.js"),
    include_str!("squarify.js"),
    include_str!("layout.js"),
    include_str!("map.js"),
    include_str!("maps.js"),
    include_str!("keyboard.js"),
    include_str!("table.js"),
    include_str!("header.js"),
    include_str!("tip.js"),
    include_str!("address.js"),
    include_str!("page.js"),
];

impl Page {
    /// A page that compares an image or module with another.
    #[must_use]
    pub fn comparing(old: &Breakdown, new: &Breakdown) -> Self {
        Self {
            name: new.name.clone(),
            before: Some(Side::of(old)),
            after: Side::of(new),
            ways: Ways::to(&new.functions),
        }
    }

    /// The page of an image or module, compared with what the toolchain left, if that is known.
    #[must_use]
    pub fn of(new: &Breakdown, linked: Option<&Anatomy>) -> Self {
        let after = Side::of(new);
        let before = linked.map(|linked| {
            let mut tree = linked.tree(&new.name);
            if new.component && !linked.component {
                tree = within(tree, &after.tree);
            }
            Side { tree, stored_bytes: None }
        });
        Self { name: new.name.clone(), before, after, ways: Ways::to(&new.functions) }
    }

    /// The file. It depends on what it shows and on nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        // The data last: names in it are not looked through for places to fill in.
        include_str!("page.html")
            .replace("{{style}}", include_str!("style.css"))
            .replace("{{script}}", &SCRIPTS.concat())
            .replace("{{data}}", &self.data())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When something else is there, or it cannot be written.
    pub fn write(&self, path: &Utf8Path) -> Result<(), Error> {
        // Whoever forgets the FILE of `--html` gives it the module they meant to look at.
        if is_something_else(path).map_err(|source| Error::ReadFile { path: path.to_owned(), source })? {
            return Err(Error::NotAPage { path: path.to_owned() });
        }
        wasmpack_packager::write_whole(path.as_std_path(), self.to_html().as_bytes())?;
        Ok(())
    }

    fn data(&self) -> String {
        let data = json!({
            "name": self.name,
            "before": self.before.as_ref().map(Side::data),
            "after": self.after.data(),
            "ways": self.ways,
        });
        // Whatever a function is called, it cannot end the element it is in, nor begin a comment there.
        data.to_string().replace('<', "\\u003c")
    }
}

impl Ways {
    fn to(functions: &[Kept<Function>]) -> Self {
        let mut ways = Self::default();
        let mut places = BTreeMap::new();
        for Kept { part, kept_by, .. } in functions {
            let Some(names) = kept_by else { continue };
            let mut end = None;
            for name in names {
                let place = *places.entry((end, name)).or_insert_with(|| {
                    ways.steps.push((name.clone(), end));
                    ways.steps.len() - 1
                });
                end = Some(place);
            }
            // Of several with one name, the largest tells.
            ways.ends.entry(part.to_string()).or_insert(end);
        }
        ways
    }
}

impl Side {
    fn of(breakdown: &Breakdown) -> Self {
        let stored_bytes = breakdown.image.as_ref().map(|image| image.stored_bytes);
        Self { tree: breakdown.tree.clone(), stored_bytes }
    }

    fn data(&self) -> Value {
        json!({ "stored": self.stored_bytes, "tree": compact(&self.tree) })
    }
}

/// Whether there is a file that does not begin as pages do.
fn is_something_else(path: &Utf8Path) -> std::io::Result<bool> {
    const START: &[u8] = b"<!doctype html";
    let mut head = Vec::new();
    // What is no regular file, `write_whole` refuses by itself.
    if !path.is_file() {
        return Ok(false);
    }
    std::fs::File::open(path)?.take(START.len() as u64).read_to_end(&mut head)?;
    Ok(!head.is_empty() && !head.eq_ignore_ascii_case(START))
}

/// A module as the only part of a component, under the name of that part which it became: what was made of it is found
/// at the same place.
fn within(module: Node, component: &Node) -> Node {
    let has_code = |part: &&Node| part.children.iter().any(|section| section.name == "code");
    let Some(became) = component.children.iter().find(has_code) else { return module };
    let (name, bytes) = (module.name.clone(), module.bytes);
    Node { name, bytes, children: vec![Node { name: became.name.clone(), ..module }] }
}

/// `[name, bytes, children]`: thousands of parts need not say thousands of times what their fields are called.
fn compact(Node { name, bytes, children }: &Node) -> Value {
    if children.is_empty() {
        return json!([name, bytes]);
    }
    json!([name, bytes, children.iter().map(compact).collect::<Vec<_>>()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, bytes: u64, children: Vec<Node>) -> Node {
        Node { name: name.to_owned(), bytes, children }
    }

    fn page(name: &str) -> String {
        let after = Side { tree: node("app", 3, vec![node(name, 3, vec![])]), stored_bytes: Some(2) };
        Page { name: name.to_owned(), before: None, after, ways: Ways::default() }.to_html()
    }

    #[test]
    fn names_stay_in_the_data() {
        let plain = page("name");
        for name in [
            "</script><img src=x onerror=alert(1)>",
            "<!--<script>",
            "{{script}}{{data}}{{style}}",
            "]]>&quot;\u{2028}",
        ] {
            let page = page(name);
            for tag in ["<script", "</script", "<img", "<!--", "<style"] {
                assert_eq!(page.matches(tag).count(), plain.matches(tag).count(), "{tag} {name}");
            }
            let (_, data) = page.split_once("application/json\">").unwrap();
            let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
            let after = json!({ "stored": 2, "tree": ["app", 3, [[name, 3]]] });
            let ways = json!({ "steps": [], "ends": {} });
            assert_eq!(data, json!({ "name": name, "before": null, "after": after, "ways": ways }));
        }
    }

    #[test]
    fn ways_that_begin_alike_share_their_steps() {
        let wasm = wat::parse_str("(module (func $a) (func $b) (func $c) (func $d))").unwrap();
        let anatomy = Anatomy::of(&wasm).unwrap();
        let ways = [Some(vec![]), Some(vec!["a"]), Some(vec!["a", "b"]), None];
        let kept = |(function, way): (&Function, Option<Vec<&str>>)| Kept {
            module: None,
            part: function.clone(),
            kept_by: way.map(|names| names.into_iter().map(str::to_owned).collect()),
        };
        let ways = Ways::to(&anatomy.functions().iter().zip(ways).map(kept).collect::<Vec<_>>());
        let expected = json!({ "steps": [["a", null], ["b", 0]], "ends": { "a": null, "b": 0, "c": 1 } });
        assert_eq!(json!(ways), expected);
    }

    #[test]
    fn what_became_a_part_of_a_component_is_compared_with_that_part() {
        let code = |bytes| node("code", bytes, vec![node("f", bytes, vec![])]);
        let component =
            node("c", 9, vec![node("(header)", 2, vec![]), node("core module main", 7, vec![code(7)])]);
        let expected = node("m", 20, vec![node("core module main", 20, vec![code(20)])]);
        assert_eq!(within(node("m", 20, vec![code(20)]), &component), expected);
    }

    #[test]
    fn scripts_and_styles_end_only_where_the_page_ends_them() {
        for part in SCRIPTS.iter().chain([&include_str!("style.css")]) {
            assert!(!part.contains("</") && !part.contains("<!--") && !part.contains("{{data}}"));
        }
    }

    #[test]
    fn the_page_asks_nobody_for_anything() {
        let page = page("name");
        for way in ["http:", "https:", "//fonts", "src=", "@import", "url(", "fetch("] {
            assert!(!page.contains(way), "{way}");
        }
    }
}
