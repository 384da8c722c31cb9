//! What the bytes of a file are, as a tree of names and lengths.

use std::cmp::Reverse;

use serde::Serialize;

use crate::anatomy::{self, Anatomy, Contents, Function, Part};

/// A part of a whole, with the parts that make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is called.
    pub name: String,
    /// Its length. Children, if there are any, have as much together.
    pub bytes: u64,
    /// The largest first.
    pub children: Vec<Node>,
}

impl Anatomy {
    /// The whole as a tree: file, sections, groups, functions.
    pub fn tree(&self, name: &str) -> Node {
        Node::of(name.to_owned(), self.bytes, self.parts.iter().map(Part::node).collect())
    }
}

impl Part {
    fn node(&self) -> Node {
        let leaf = |name: String, bytes: u64| Node { name, bytes, children: Vec::new() };
        let children = match &self.contents {
            Contents::Whole => Vec::new(),
            Contents::Code(functions) => {
                let group = |(name, functions): (&str, Vec<&Function>)| {
                    let leaves: Vec<_> =
                        functions.iter().map(|function| leaf(function.to_string(), function.bytes)).collect();
                    Node::of(name.to_owned(), leaves.iter().map(|leaf| leaf.bytes).sum(), leaves)
                };
                anatomy::grouped(functions).into_iter().map(group).collect()
            }
            Contents::Data(segments) => {
                segments.iter().map(|segment| leaf(segment.to_string(), segment.bytes)).collect()
            }
            Contents::Inner(inner) => inner.parts.iter().map(Self::node).collect(),
        };
        Node::of(self.name.clone(), self.bytes, children)
    }
}

impl Node {
    /// A node of these children and, as another one, what of its bytes is in none of them: headers and counts.
    fn of(name: String, bytes: u64, mut children: Vec<Self>) -> Self {
        let own = bytes - children.iter().map(|child| child.bytes).sum::<u64>();
        if own > 0 && !children.is_empty() {
            children.push(Self { name: "(header)".to_owned(), bytes: own, children: Vec::new() });
        }
        children.sort_by_key(|child| Reverse(child.bytes));
        Self { name, bytes, children }
    }
}
