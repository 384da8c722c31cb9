//! What `COPY` and `ADD` bring into a stage.

use camino::Utf8Path;
use parse_dockerfile::{Flag, Source};

use super::places::{Origin, absolute, file_name, joined, normal, parent};
use super::words::words;
use super::workshop::Workshop;

/// A file, folder or pattern, and where it comes to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub from: Origin,
    /// An absolute path; of a folder and a pattern, where what is in it goes.
    pub to: String,
    pub mode: Option<String>,
}

/// All of one instruction.
#[derive(Debug, Default)]
pub struct Copies {
    pub all: Vec<Copied>,
    /// What is in the Dockerfile itself, and nowhere else.
    pub has_here_documents: bool,
    /// Addresses.
    pub remote: Vec<String>,
    /// Another image, which is none of the stages.
    pub image: Option<String>,
    /// What leads out of the project.
    pub outside: Vec<String>,
    /// Flags that an image of ours cannot have.
    pub lost: Vec<String>,
    /// Whether there is nothing that says whether this is a file.
    is_unsure: bool,
}

/// What an instruction consists of.
pub struct Said<'a, 'b> {
    pub options: &'b [Flag<'a>],
    pub sources: &'b [Source<'a>],
    pub destination: &'b str,
    pub escape: char,
}

/// Reads it. `stage` is the number of a stage by its name, `context` the folder of the project.
pub fn read(
    said: &Said<'_, '_>,
    workshop: &Workshop,
    stage: &dyn Fn(&str) -> Option<usize>,
    context: &Utf8Path,
) -> Copies {
    let expanded = |text: &str| {
        let words = words(text, said.escape, &workshop.variables);
        words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    };
    let mut copies = Copies::default();
    let (mut from, mut mode) = (None, None);
    for flag in said.options {
        let value = flag.value.as_ref().map(|value| expanded(&value.value)).unwrap_or_default();
        match &*flag.name.value {
            "from" => match stage(&value) {
                Some(number) => from = Some(number),
                None => copies.image = Some(value),
            },
            "chmod" => mode = Some(value),
            "link" => {}
            name => copies.lost.push(format!("--{name}")),
        }
    }
    let destination = expanded(said.destination);
    let is_folder = destination.ends_with('/')
        || matches!(&*destination, "." | "..")
        || said.sources.len() > 1
        || destination == workshop.folder;
    let place = workshop.path(&destination);
    for source in said.sources {
        let Source::Path(path) = source else {
            copies.has_here_documents = true;
            continue;
        };
        let path = expanded(&path.value);
        if path.contains("://") || path.starts_with("git@") {
            copies.remote.push(path);
            continue;
        }
        let origin = match from {
            Some(number) => Origin::Stage(number, absolute("/", &path)),
            None => match normal(path.trim_start_matches('/')) {
                Some(path) => Origin::Project(path),
                None => {
                    copies.outside.push(path);
                    continue;
                }
            },
        };
        copies.take(origin, &place, is_folder, context, &mode);
    }
    copies
}

impl Copies {
    fn take(
        &mut self,
        from: Origin,
        place: &str,
        is_folder: bool,
        context: &Utf8Path,
        mode: &Option<String>,
    ) {
        let (Origin::Project(path) | Origin::Stage(_, path)) = &from;
        let name = file_name(path).to_owned();
        let is_pattern = name.contains(['*', '?', '[']);
        let is_file = match &from {
            Origin::Project(path) => !context.join(path).is_dir(),
            // Nobody knows what a stage has made; most files have something behind a dot.
            Origin::Stage(_, path) => file_name(path).contains('.'),
        };
        let to = if is_file && !is_pattern && (is_folder || place == "/") {
            joined(place, &name)
        } else {
            place.to_owned()
        };
        self.is_unsure = !is_file && matches!(from, Origin::Stage(..)) && is_folder;
        self.all.push(Copied { from, to: absolute("/", &to), mode: mode.clone() });
    }

    /// Says in the stage what stands where.
    pub fn put(&self, workshop: &mut Workshop) {
        for Copied { from, to, .. } in &self.all {
            let (Origin::Project(path) | Origin::Stage(_, path)) = from;
            let is_pattern = file_name(path).contains(['*', '?', '[']);
            let folder = |path: &str| {
                if path.starts_with('/') { absolute("/", parent(path)) } else { parent(path).to_owned() }
            };
            let origin = match from {
                Origin::Project(path) if is_pattern => Origin::Project(folder(path)),
                Origin::Stage(number, path) if is_pattern => Origin::Stage(*number, folder(path)),
                other => other.clone(),
            };
            workshop.places.put(to.clone(), origin.clone());
            if self.is_unsure {
                workshop.places.put(joined(to, file_name(path)), origin);
            }
        }
    }
}
