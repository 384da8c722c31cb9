//! What the last run of the same build left. As long as every file looks as it did, a build with nothing to do ends when cargo
//! does, and reads neither modules nor images. (Whoever pushes or runs an image looks at each of its bytes.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use wasmpack_builder::{FileState, Source};

use crate::cache::Key;
use crate::context::Context;
use crate::make::Made;
use crate::plan::{ModulePlan, Plan};
use crate::shell::{Line, Shell, Verbosity};

/// How files look, by their paths: those of a large workspace take milliseconds to compare as paths.
pub type States = BTreeMap<String, FileState>;

/// The names of each image.
pub type Names = Vec<Vec<String>>;

/// What was done, and of which files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What was to be done.
    key: String,
    inputs: States,
    outputs: States,
    pub names: Names,
    /// What was said.
    pub told: Vec<Line>,
}

impl Note {
    /// Whether it is of files that look like this.
    #[must_use]
    pub fn is_of(&self, inputs: &States) -> bool {
        self.inputs == *inputs
    }

    /// Whether what was made is still there: somebody else may have been at work while cargo was. Blobs are what they are called.
    #[must_use]
    pub fn stands(&self) -> bool {
        let is_blob = |path: &str| Utf8Path::new(path).iter().any(|part| part == "blobs");
        self.outputs.iter().filter(|(path, _)| !is_blob(path)).all(is_same)
    }
}

/// A build that can be found unchanged.
#[derive(Debug)]
pub struct Unchanged<'a> {
    plan: &'a Plan,
    kept: Utf8PathBuf,
    tool: FileState,
    /// Known when it is needed: there is time while cargo is at work.
    key: OnceLock<String>,
}

impl<'a> Unchanged<'a> {
    /// None where files have a part that cargo does not tell of, where an image goes elsewhere, too, and where more is to be
    /// said than was.
    #[must_use]
    pub fn of(plan: &'a Plan, context: &Context) -> Option<Self> {
        let [settings] = &plan.settings[..] else { return None };
        let is_of_cargo =
            matches!(plan.project.source, Source::Cargo { .. }) && settings.c.launcher.is_none();
        let stays = plan.outputs.is_empty() && plan.key.is_none() && plan.sharing.is_empty();
        let has_files = |of: &ModulePlan| of.image.files.is_some();
        if !is_of_cargo || !stays || !is_shown(&context.shell) || plan.packages().any(has_files) {
            return None;
        }
        let tool = FileState::of(Utf8Path::from_path(&context.environment.executable)?).ok()?;
        let asked = format!("{settings:?} {:?}", plan.share);
        let name = Key::of(&[asked.as_bytes()]);
        let kept = plan.layouts.join(".unchanged").join(&name.hex()[..16]).with_extension("json");
        Some(Self { plan, kept, tool, key: OnceLock::new() })
    }

    /// The note of the last run, if this one is to do the same and nothing of what was made looks different.
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        let note: Note = serde_json::from_slice(&fs::read(&self.kept).ok()?).ok()?;
        (note.key == self.key() && note.outputs.iter().all(is_same)).then_some(note)
    }

    fn key(&self) -> &str {
        let key = || Key::of(&[format!("{:?}", self.tool).as_bytes(), self.plan.identity().as_bytes()]);
        self.key.get_or_init(|| key().hex().to_owned())
    }

    /// What can be noted of images that are made of files that look like this.
    #[must_use]
    pub fn draft(&self, inputs: States, told: Vec<Line>) -> Draft<'_> {
        Draft { of: self, inputs, told }
    }

    /// How all that was written of these images looks: their layouts, and what is beside those.
    fn outputs(&self, made: &[Made]) -> io::Result<States> {
        let names: BTreeSet<_> = made.iter().filter_map(|made| made.layout.file_name()).collect();
        let is_theirs = |file: &str| {
            let of_name = |name: &&str| {
                file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '+']))
            };
            names.iter().any(of_name)
        };
        let mut states = States::new();
        for entry in self.plan.layouts.read_dir_utf8()? {
            let path = entry?.into_path();
            if path.file_name().is_some_and(is_theirs) {
                add(path, &mut states)?;
            }
        }
        Ok(states)
    }
}

/// A note of images that have been made, but may still be refused: that is to be said the next time, too.
#[derive(Debug)]
pub struct Draft<'a> {
    of: &'a Unchanged<'a>,
    inputs: States,
    told: Vec<Line>,
}

impl Draft<'_> {
    /// Keeps the note. What cannot be kept is done again next time.
    pub fn keep(self, made: &[Made]) {
        let Self { of, inputs, told } = self;
        let Ok(outputs) = of.outputs(made) else { return };
        // Another build may have written there meanwhile.
        if !made.iter().all(is_there) {
            return;
        }
        let names = |made: &Made| made.names().map(|name| name.to_string()).collect();
        let names = made.iter().map(names).collect();
        let note = Note { key: of.key().to_owned(), inputs, outputs, names, told };
        let text = serde_json::to_vec(&note).expect("a note is plain data");
        let folder = of.kept.parent().unwrap_or(&of.plan.layouts);
        if fs::create_dir_all(folder).is_ok() {
            drop(wasmpack_packager::write_whole(of.kept.as_std_path(), &text));
        }
    }
}

/// How these files look. One that is not there is none of them.
#[must_use]
pub fn states(paths: &[Utf8PathBuf]) -> States {
    let state = |path: &Utf8PathBuf| Some((path.to_string(), FileState::of(path).ok()?));
    paths.iter().filter_map(state).collect()
}

/// Whether nothing is said but for people, and no more than usual.
fn is_shown(shell: &Shell) -> bool {
    !shell.speaks_json() && !shell.is_in_job() && shell.verbosity() < Verbosity::Verbose
}

fn is_same((path, state): (&String, &FileState)) -> bool {
    FileState::of(path.as_ref()).is_ok_and(|now| now == *state)
}

/// A file, or all below a folder.
fn add(path: Utf8PathBuf, states: &mut States) -> io::Result<()> {
    if path.is_dir() {
        return path.read_dir_utf8()?.try_for_each(|entry| add(entry?.into_path(), states));
    }
    let state = FileState::of(&path)?;
    states.insert(path.into_string(), state);
    Ok(())
}

/// Whether the layout has the image.
fn is_there(made: &Made) -> bool {
    let index = fs::read_to_string(made.layout.join("index.json")).unwrap_or_default();
    made.reference.digest().is_some_and(|digest| index.contains(&digest.to_string()))
}
