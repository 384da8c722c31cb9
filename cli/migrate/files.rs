//! What goes into the image besides the module.

use serde_json::json;

use super::copied::Copied;
use super::module::Chosen;
use super::places::{Origin, below, file_name, parent};
use super::start::RUNTIMES;
use super::tools::{is_about_a_toolchain, names_a_toolchain};
use super::verdict::Verdict;
use super::walk::Walk;
use super::workshop::{Build, System};

impl Walk<'_, '_> {
    /// What was copied besides the module.
    pub fn tell_copies(&mut self, chosen: &Chosen, build: &Build) {
        let mut rows: Vec<(usize, Vec<Result<&str, Verdict>>)> = Vec::new();
        for (row, copied) in self.draft.copies.clone() {
            let is_module = Some(row) == chosen.row && self.source(&copied.from).path == chosen.source.path;
            if is_module || self.is_built_from(&copied) {
                continue;
            }
            let outcome = self.file_of(&copied, chosen, build);
            match rows.last_mut().filter(|(one, _)| *one == row) {
                Some((_, outcomes)) => outcomes.push(outcome),
                None => rows.push((row, vec![outcome])),
            }
        }
        for (row, outcomes) in rows {
            let module = match &self.rows.0[row].verdict {
                // Something else of it is lost.
                Verdict::Cannot { .. } => continue,
                Verdict::Became { what } if Some(row) == chosen.row => format!("{what}; "),
                _ => String::new(),
            };
            let verdict = match outcomes.into_iter().collect::<Result<Vec<_>, _>>() {
                Err(verdict) => verdict,
                Ok(mut keys) => {
                    keys.dedup();
                    Verdict::became(format!("{module}`image.{}`", keys.join("`, `image.")))
                }
            };
            self.rows.change(row, verdict);
        }
    }

    /// Whether the last stage builds something of it itself: it stands where that is built, or brings tools.
    fn is_built_from(&self, copied: &Copied) -> bool {
        let Copied { from, to, .. } = copied;
        let last = self.workshops.get(&(self.file.stages.len() - 1));
        let Some(workshop) = last.filter(|workshop| !workshop.builds.is_empty()) else { return false };
        let (Origin::Project(path) | Origin::Stage(_, path)) = from;
        let is_of_stage = matches!(from, Origin::Stage(..));
        let brings_tools = is_of_stage && (is_about_a_toolchain(to) || names_a_toolchain(file_name(to)));
        let is_beside = |folder: &String| match parent(folder) {
            // Everything is below the root: only what has the same place in the project belongs to it.
            "" if folder == "/" => is_of_stage || to == "/" || below(to, "/") == Some(path.as_str()),
            "" => below(to, folder).is_some(),
            // What one project takes from another stands beside it.
            above => below(to, above).is_some(),
        };
        let has_it = |folder: &String| {
            below(folder, to).is_some_and(|inside| self.question.context.join(path).join(inside).exists())
        };
        brings_tools
            || workshop.built_in.iter().any(|folder| is_beside(folder) || !is_of_stage && has_it(folder))
    }

    /// Has a file or folder go into the image.
    fn file_of(&mut self, copied: &Copied, chosen: &Chosen, build: &Build) -> Result<&'static str, Verdict> {
        let Copied { from, to, mode } = copied;
        let source = self.source(from);
        let (Origin::Project(named) | Origin::Stage(_, named)) = from;
        let name = file_name(named).to_owned();
        if RUNTIMES.contains(&&*name) {
            return Err(Verdict::not_needed("the runtime is where the image runs, and not in it"));
        }
        if name.ends_with(".wasm") && source.stage.is_some() {
            let stem = name.trim_end_matches(".wasm");
            if source.stage == chosen.source.stage
                && build.system == System::Cargo
                && *to == format!("/{name}")
            {
                self.keys.push("image", "with", stem);
                return Ok("with");
            }
            return Err(Verdict::cannot(
                format!("`{name}` is another module"),
                "give it a project and an image of its own, or name it in `image.with`",
            ));
        }
        let is_there = |path: &String| path.contains('*') || self.question.context.join(path).exists();
        let Some(path) = source.project.filter(|path| source.stage.is_none() || is_there(path)) else {
            return Err(Verdict::cannot(
                format!("`{name}` is made in a stage, or belongs to its base image"),
                "bring it into the project, and name it in `image.files`",
            ));
        };
        let Some(from) = from_folder(&path, build) else {
            return Err(Verdict::cannot(
                format!("`{path}` is outside the project in `{}`", build.folder),
                "move it there, and name it in `image.files`",
            ));
        };
        if from.is_empty() {
            return Err(Verdict::cannot(
                "the whole project is more than the program reads",
                "name what it reads in `image.files`",
            ));
        }
        let mut file = json!({ "from": from });
        if *to != format!("/{from}") {
            file["to"] = to.as_str().into();
        }
        if let Some(mode) = mode {
            file["mode"] = mode.as_str().into();
        }
        let key = super::keys::Key { table: "image", name: "files", entry: None };
        if let Some(problem) = (self.question.problem)(&key, &json!([file])) {
            return Err(Verdict::cannot(problem, "say it in `image.files`"));
        }
        self.keys.push("image", "files", file);
        Ok("files")
    }

    /// Programs of WASI begin in the root.
    pub fn tell_folders(&mut self) {
        let reads_files =
            self.keys.get("image", "files").is_some() || self.keys.get("image", "volumes").is_some();
        for (row, folder) in self.draft.folders.clone() {
            let verdict = match &*folder {
                "/" => Verdict::not_needed("a module begins in the root anyway"),
                _ if reads_files => Verdict::cannot(
                    "a module begins in the root; paths that are configured are whole ones",
                    "let the program open files by whole paths",
                ),
                _ => Verdict::not_needed(
                    "a module begins in the root; paths that are configured are whole ones",
                ),
            };
            self.rows.change(row, verdict);
        }
    }
}

/// A path of the context as the folder of a build has it. Members of a workspace have what is beside them, too.
fn from_folder(path: &str, build: &Build) -> Option<String> {
    if build.folder.is_empty() {
        return Some(path.to_owned());
    }
    let up = || format!("{}{path}", "../".repeat(build.folder.split('/').count()));
    let is_beside = build.system == System::Cargo && !path.contains('*');
    below(path, &build.folder).map(str::to_owned).or_else(|| is_beside.then(up))
}
