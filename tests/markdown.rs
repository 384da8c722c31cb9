//! What the tests read of a page: fenced blocks, links and headings.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A fenced block.
pub struct Fence {
    /// What stands behind the backticks: a language, and behind commas what is to be done with the block.
    pub info: String,
    /// Where its lines are in the page.
    pub body: Range<usize>,
}

impl Fence {
    /// The language by which it is highlighted.
    pub fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default().trim()
    }

    /// What stands behind a word such as `file=` or `norun:`.
    pub fn said(&self, word: &str) -> Option<&str> {
        self.info.split(',').find_map(|part| part.trim().strip_prefix(word)).map(str::trim)
    }
}

/// The fenced blocks of a page, in order.
pub fn fences(page: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut is_inside = false;
    for (event, range) in Parser::new_ext(page, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let first = page[range.start..].find('\n').map_or(range.end, |end| range.start + end + 1);
                fences.push(Fence { info: info.to_string(), body: first..first });
                is_inside = true;
            }
            Event::Text(_) if is_inside => {
                if let Some(fence) = fences.last_mut() {
                    fence.body.end = range.end;
                }
            }
            Event::End(TagEnd::CodeBlock) => is_inside = false,
            _ => {}
        }
    }
    fences
}

/// Where links and images of a page lead, as it is written there.
pub fn links(page: &str) -> Vec<String> {
    let links = Parser::new_ext(page, options()).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    links.collect()
}

/// The anchors of a page's headings, as forges and mdBook name them.
pub fn anchors(page: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut heading: Option<String> = None;
    let mut anchors = Vec::new();
    for event in Parser::new_ext(page, options()) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
            (Event::End(TagEnd::Heading(_)), Some(text)) => {
                let anchor = anchor(text);
                let before = seen.entry(anchor.clone()).or_default();
                anchors.push(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
                *before += 1;
                heading = None;
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let letters = heading.trim().to_lowercase();
    let letters = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    letters.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn options() -> Options {
    Options::ENABLE_TABLES
}

#[test]
fn blocks_links_and_headings_are_found_where_they_are() {
    let page = "# A `b`, c\n\n[x](y.md#z)\n\n```rust,file=src/a.rs\nlet a = \"# [no](link)\";\n```\n\n## A b c\n\n```sh,norun: needs x\n```\n";
    let fences = fences(page);
    assert_eq!(&page[fences[0].body.clone()], "let a = \"# [no](link)\";\n");
    assert_eq!((fences[0].language(), fences[0].said("file=")), ("rust", Some("src/a.rs")));
    assert_eq!((fences[1].said("norun:"), fences[1].body.len()), (Some("needs x"), 0));
    assert_eq!(links(page), ["y.md#z"]);
    assert_eq!(anchors(page), ["a-b-c", "a-b-c-1"]);
}
