//! The page `size --html` writes: a map of what a module's bytes are, in one file that needs no network.
//!
//! All that is drawn is drawn by the scripts beside this file, from the data alone: there is no second way in which the
//! name of a function could become part of the page.

use serde_json::{Value, json};
use wasmpack_optimizer::Node;

/// What a page shows.
#[derive(Debug)]
pub struct Page<'a> {
    /// What the module is called.
    pub name: &'a str,
    /// The module it is compared with, if there is one.
    pub before: Option<&'a Node>,
    /// The module.
    pub after: &'a Node,
    /// Length of the layer it is stored in, in bytes, if it is in an image.
    pub stored_bytes: Option<u64>,
}

/// In the order in which each needs what is before it.
const SCRIPTS: [&str; 15] = [
    include_str!("format.js"),
    include_str!("elements.js"),
    include_str!("tree.js"),
    include_str!("search.js"),
    include_str!("names.js"),
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

impl Page<'_> {
    /// The file. It depends on what it shows and on nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        // The data last: names in it are not looked through for places to fill in.
        include_str!("page.html")
            .replace("{{style}}", include_str!("style.css"))
            .replace("{{script}}", &SCRIPTS.concat())
            .replace("{{data}}", &self.data())
    }

    fn data(&self) -> String {
        let data = json!({
            "name": self.name,
            "stored": self.stored_bytes,
            "before": self.before.map(compact),
            "after": compact(self.after),
        });
        // Whatever a function is called, it cannot end the element it is in, nor begin a comment there.
        data.to_string().replace('<', "\\u003c")
    }
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
        let after = node("app", 3, vec![node(name, 3, vec![])]);
        Page { name, before: None, after: &after, stored_bytes: Some(2) }.to_html()
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
            assert_eq!(
                data,
                json!({ "name": name, "stored": 2, "before": null, "after": ["app", 3, [[name, 3]]] })
            );
        }
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
