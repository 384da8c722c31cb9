//! What a policy refuses, as it is told: which import, who calls it, and the way out.

use std::fmt;

use wasmpack_optimizer::{Capability, Cause, Frame, Refusal, Usage};

use crate::printable::printable;
use crate::trace;

/// An image or module with more than it may have.
#[derive(Debug)]
pub struct Refused {
    name: String,
    place: Place,
    items: Vec<Item>,
    /// Imports that optimization would take out.
    idle: Vec<String>,
    /// What would have to be allowed.
    lacking: Vec<String>,
    /// Entries that would have to go.
    denying: Vec<String>,
    /// Whether files are refused for writing that are allowed for reading.
    only_reads: bool,
}

/// Where what is refused comes from, for the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It was built just now, as this says.
    Project {
        /// Whether the module is as the compiler left it.
        as_it_was: bool,
    },
    /// A module was given.
    Module,
    /// An image that was there already.
    Image,
}

/// One thing that is refused.
#[derive(Debug)]
struct Item {
    text: String,
    frames: Vec<Frame>,
}

impl Refused {
    /// Nothing yet.
    #[must_use]
    pub fn new(name: String, place: Place) -> Self {
        Self {
            name,
            place,
            items: Vec::new(),
            idle: Vec::new(),
            lacking: Vec::new(),
            denying: Vec::new(),
            only_reads: false,
        }
    }

    /// Whether nothing is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What cannot be known cannot be allowed.
    pub fn add_problem(&mut self, text: String) {
        self.items.push(Item { text, frames: Vec::new() });
    }

    /// Something that a program asks for; `path` is its, if there are several.
    pub fn add(&mut self, path: Option<&str>, refusal: &Refusal, is_module: bool) {
        let Refusal { request, cause, usage } = refusal;
        let of = path.map(|path| format!("`{path}`: ")).unwrap_or_default();
        let mut text = format!("{of}{refusal}");
        match usage {
            Some(Usage { is_reached: false, .. }) => text += "; nothing that runs calls it",
            Some(Usage { frames, .. }) if !frames.is_empty() => text += "; it is called by",
            _ => {}
        }
        let is_idle = usage.as_ref().is_some_and(|usage| !usage.is_reached);
        let goes = match self.place {
            Place::Project { as_it_was } => as_it_was,
            Place::Module | Place::Image => is_module,
        };
        if is_idle && goes {
            self.idle.push(request.name.clone());
        }
        match cause {
            Cause::Denied { rule, .. } => self.denying.push(rule.to_string()),
            Cause::NotAllowed { gives } => {
                self.only_reads |= gives[..] == [Capability::FilesWrite] && request.gives.len() == 2;
                self.lacking.extend(gives.iter().map(ToString::to_string));
            }
            Cause::Unknown => self.lacking.push(request.name.clone()),
        }
        let frames = usage.as_ref().map(|usage| usage.frames.clone()).unwrap_or_default();
        self.items.push(Item { text, frames });
    }

    /// The way out.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        if let Some(idle) = self.idle.first() {
            let way = match self.place {
                Place::Project { .. } => "build it with another level than `none`, and it is removed",
                Place::Module => "`cargo wasmpack optimize` removes it",
                Place::Image => "build the image again with optimization, which removes it",
            };
            return Some(format!("nothing that runs calls `{}`: {way}", printable(idle)));
        }
        if self.only_reads {
            return Some(
                "no import opens files for reading only: allow `files`, and give the program its folders read-only".into(),
            );
        }
        let mut ways = Vec::new();
        if !self.lacking.is_empty() {
            ways.push(format!("add {} to `allow`", listed(&self.lacking)));
        }
        if !self.denying.is_empty() {
            ways.push(format!("take {} out of `deny`", listed(&self.denying)));
        }
        (!ways.is_empty()).then(|| format!("leave out what calls it; or {}", ways.join(", and ")))
    }

    /// So many are told in full.
    const TOLD: usize = 10;

    /// So much of the way to each.
    const FRAMES: usize = 8;
}

/// Each once, in their order: `` `files-read`, `clock` ``.
fn listed(names: &[String]) -> String {
    let mut told: Vec<String> = Vec::new();
    for name in names {
        let name = format!("`{}`", printable(name));
        if !told.contains(&name) {
            told.push(name);
        }
    }
    told.join(", ")
}

/// The image, a line for each thing that is refused, and below it the functions that lead there.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is refused by its policy", printable(&self.name))?;
        for Item { text, frames } in self.items.iter().take(Self::TOLD) {
            write!(f, "\n    {}", printable(text))?;
            for Frame { name, line } in frames.iter().take(Self::FRAMES) {
                write!(f, "\n    - {}{}", printable(name), printable(&trace::at(line.as_ref())))?;
            }
            if frames.len() > Self::FRAMES {
                write!(f, "\n    - …")?;
            }
        }
        match self.items.len().saturating_sub(Self::TOLD) {
            0 => Ok(()),
            more => write!(f, "\n    and {more} more, which `check --policy` lists"),
        }
    }
}
