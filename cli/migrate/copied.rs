//! What `COPY` and `ADD` bring into a stage.

use camino::Utf8Path;
use parse_dockerfile::{Flag, Source};

use super::places::{Origin, absolute, file_name, joined, normal, parent};
use super::tools::is_about_a_toolchain;
use super::verdict::Verdict;
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
    /// What cannot be copied.
    pub problems: Vec<Problem>,
    /// Flags that an image of ours cannot have.
    pub lost: Vec<String>,
    /// Whether there is nothing that says whether this is a file.
    is_unsure: bool,
}

/// Why something cannot be copied.
#[derive(Debug)]
pub struct Problem {
    pub verdict: Verdict,
    /// Whether it counts in a stage that only builds, too.
    pub is_of_any_stage: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Copy,
    /// Archives are unpacked.
    Add,
}

/// What an instruction consists of.
pub struct Said<'a, 'b> {
    pub deed: Deed,
    pub options: &'b [Flag<'a>],
    pub sources: &'b [Source<'a>],
    pub destination: &'b str,
}

/// Reads it. `stage` is the number of a stage by its name, `context` the folder of the project.
pub fn read(
    said: &Said<'_, '_>,
    workshop: &Workshop,
    stage: &dyn Fn(&str) -> Option<usize>,
    escape: char,
    context: &Utf8Path,
) -> Copies {
    let expanded = |text: &str| {
        let words = words(text, escape, &workshop.variables);
        words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    };
    let mut copies = Copies::default();
    let (mut from, mut mode) = (None, None);
    for flag in said.options {
        let value = flag.value.as_ref().map(|value| expanded(&value.value)).unwrap_or_default();
        match &*flag.name.value {
            "from" => match stage(&value) {
                Some(number) => from = Some(number),
                None => {
                    copies.cannot(
                        format!("it is of another image, `{value}`"),
                        "keep the file in the project",
                        false,
                    );
                    return copies;
                }
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
            copies.cannot("the file is in the Dockerfile alone", "write it into the project", true);
            continue;
        };
        let path = expanded(&path.value);
        if path.contains("://") || path.starts_with("git@") {
            let is_of_any_stage = !is_about_a_toolchain(&path);
            copies.cannot(
                format!("`{path}` is not in the project"),
                "keep it in the project",
                is_of_any_stage,
            );
            continue;
        }
        let origin = match (from, normal(path.trim_start_matches('/'))) {
            (Some(number), _) => Origin::Stage(number, absolute("/", &path)),
            (None, Some(path)) if said.deed == Deed::Add && is_archive(&path) => {
                copies.cannot(format!("`{path}` would be unpacked"), "unpack it in the project", true);
                continue;
            }
            (None, Some(path)) => Origin::Project(path),
            (None, None) => {
                copies.cannot(format!("`{path}` is outside the project"), "copy it into the project", true);
                continue;
            }
        };
        copies.take(origin, &place, is_folder, context, mode.clone());
    }
    copies
}

/// Whether `ADD` unpacks it.
fn is_archive(path: &str) -> bool {
    let ends = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"];
    ends.iter().any(|end| path.ends_with(end))
}

impl Copies {
    fn cannot(&mut self, why: impl Into<String>, instead: &str, is_of_any_stage: bool) {
        let instead = format!("{instead}, and name what the program reads in `image.files`");
        self.problems.push(Problem { verdict: Verdict::cannot(why, instead), is_of_any_stage });
    }

    fn take(&mut self, from: Origin, place: &str, is_folder: bool, context: &Utf8Path, mode: Option<String>) {
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
        self.all.push(Copied { from, to: absolute("/", &to), mode });
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
