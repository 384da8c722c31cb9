//! Which module the image starts, and which build makes it.

use super::choice::{Choice, Found};
use super::copied::Copied;
use super::places::{Origin, below, file_name, joined};
use super::programs::{Programs, member};
use super::verdict::Verdict;
use super::walk::Walk;
use super::workshop::{Build, System};
use super::{Migration, Trouble, fallback};

/// Where a module stands unless something else is said.
const APP: &str = "/app.wasm";

/// Where something comes from in the end.
#[derive(Debug)]
pub struct Source {
    /// The last stage on the way.
    pub stage: Option<usize>,
    /// The path in that stage.
    pub path: String,
    /// The path in the project, if it could be there.
    pub project: Option<String>,
}

/// The module that is started.
pub struct Chosen {
    /// Its row, if it was copied.
    pub row: Option<usize>,
    pub source: Source,
    /// Where it stands in the image.
    pub place: String,
}

impl Walk<'_, '_> {
    /// Finds the module and its build, and says what is left to say.
    ///
    /// # Errors
    /// There is none.
    pub fn finish(mut self) -> Result<Migration, Trouble> {
        let (started, arguments) = self.started();
        let chosen = self.choose(started.as_deref())?;
        let Found { mut build, others, is_sure } = self.build_of(&chosen);
        self.tell_others(&others);
        let flags = self.flags(&build, file_name(&chosen.source.path));
        self.enter_member(&mut build, &flags);
        self.keys.extend(self.built_keys(&build));
        self.tell_module(&chosen, &build);
        if !is_sure {
            self.tell_doubt(&chosen);
        }
        self.tell_start(started.as_deref(), &arguments, &chosen);
        self.tell_copies(&chosen, &build);
        self.tell_folders();
        let Self { rows, mut keys, .. } = self;
        keys.sort();
        Ok(Migration { rows: rows.in_order(), folder: build.folder, keys, flags })
    }

    fn choose(&self, started: Option<&str>) -> Result<Chosen, Trouble> {
        let is_module = |path: &str| path.ends_with(".wasm") || path.ends_with(".wat");
        let named = |origin: &Origin| {
            let (Origin::Project(path) | Origin::Stage(_, path)) = origin;
            is_module(path)
        };
        let copies = &self.draft.copies;
        let copied = |row: usize, copied: &Copied, place: &str| Chosen {
            row: Some(row),
            source: self.source(&copied.from),
            place: place.to_owned(),
        };
        let at = |place: &str| {
            copies
                .iter()
                .rev()
                .find(|(_, copied)| copied.to == place && (named(&copied.from) || is_module(place)))
        };
        if let Some((row, one)) = started.and_then(at) {
            return Ok(copied(*row, one, &one.to));
        }
        if let Some((row, one)) = copies.iter().find(|(_, one)| named(&one.from) || is_module(&one.to)) {
            let place = if is_module(&one.to) {
                one.to.clone()
            } else {
                joined(&one.to, file_name(&self.source(&one.from).path))
            };
            // Of a pattern, nobody knows the name.
            let place = if place.contains('*') { started.unwrap_or(APP).to_owned() } else { place };
            return Ok(copied(*row, one, &place));
        }
        let last = self.file.stages.len() - 1;
        // A whole folder was copied, or the module is built in the last stage itself.
        let inside = started.filter(|path| is_module(path) || self.makes_modules()).map(|path| {
            let into = copies.iter().rev().find(|(_, one)| below(path, &one.to).is_some());
            let row = into.map(|(row, _)| *row).filter(|_| !self.builds_in(last));
            // Where it was built in the last stage, nothing else counts on its place.
            let place = if row.is_some() { path } else { APP }.to_owned();
            Chosen { row, source: self.source(&Origin::Stage(last, path.to_owned())), place }
        });
        if let Some(chosen) = inside {
            return Ok(chosen);
        }
        let is_about_wasm = self.makes_modules() || self.question.text.to_lowercase().contains("wasm");
        let line = self.file.stages[last].line;
        Err(if is_about_wasm { Trouble::NoModule { line } } else { Trouble::Native })
    }

    fn makes_modules(&self) -> bool {
        self.workshops.values().flat_map(|workshop| &workshop.builds).any(|build| build.is_wasm == Some(true))
    }

    pub fn builds_in(&self, stage: usize) -> bool {
        self.workshops.get(&stage).is_some_and(|workshop| !workshop.builds.is_empty())
    }

    /// Follows what was copied to where it was made.
    pub fn source(&self, origin: &Origin) -> Source {
        let (mut stage, mut origin) = (None, origin.clone());
        // No file comes further around than there are things to copy it.
        for _ in 0..1000 {
            let Origin::Stage(number, path) = &origin else { break };
            stage = Some((*number, path.clone()));
            let Some(workshop) = self.workshops.get(number) else { break };
            match workshop.places.find(path) {
                Some(next) if next != origin => origin = next,
                _ => break,
            }
        }
        match (stage, origin) {
            (None, Origin::Project(path)) => Source { stage: None, path: path.clone(), project: Some(path) },
            (Some((number, path)), Origin::Project(project)) => {
                Source { stage: Some(number), path, project: Some(project) }
            }
            (_, Origin::Stage(number, path)) => Source { stage: Some(number), path, project: None },
        }
    }

    /// The build that makes the module.
    fn build_of(&mut self, chosen: &Chosen) -> Found {
        let Source { stage, path, project } = &chosen.source;
        if let Some(workshop) = stage.and_then(|stage| self.workshops.get(&stage)) {
            // Of a pattern, the image has the name.
            let file = if path.contains('*') { &chosen.place } else { path };
            let name = file_name(file).trim_end_matches(".wasm");
            let (project, context) = (project.as_deref(), self.question.context);
            let choice = Choice { workshop, path, project, name, context };
            if let Some(found) = choice.by_place() {
                return found;
            }
            // Who says where its module goes has not made another.
            let is_made_otherwise = choice.builds().all(|build| build.output.is_some());
            let fallback =
                is_made_otherwise.then(|| fallback::find(workshop, path, &mut self.rows)).flatten();
            if let Some(build) = fallback {
                return Found::sure(build);
            }
            if let Some(found) = choice.among(choice.builds().collect()) {
                return found;
            }
        }
        Found::sure(self.unbuilt(chosen))
    }

    /// A module that no stage builds.
    fn unbuilt(&self, chosen: &Chosen) -> Build {
        let Source { stage, project, .. } = &chosen.source;
        match project {
            Some(path) if stage.is_none() || self.question.context.join(path).is_file() => {
                self.prebuilt(path)
            }
            _ => Build::default(),
        }
    }

    /// What is in the project already; a build of cargo's, if it lies where cargo puts modules.
    fn prebuilt(&self, path: &str) -> Build {
        let mut build = Build::default();
        let of_cargo = path.split_once("target/").map(|(folder, _)| folder.trim_end_matches('/'));
        match of_cargo.filter(|folder| self.question.context.join(folder).join("Cargo.toml").is_file()) {
            Some(folder) => {
                build.system = System::Cargo;
                folder.clone_into(&mut build.folder);
                if path.contains("wasm32-wasip2") {
                    build.keys.set("build", "target", "wasm32-wasip2");
                }
            }
            None => build.keys.set("build", "module", path),
        }
        build
    }

    /// What is to be configured of a build.
    fn built_keys(&self, build: &Build) -> super::keys::Keys {
        let mut keys = build.keys.clone();
        if let Some(name) = build.system.name() {
            let kind = (self.question.kind)(&self.question.context.join(&build.folder));
            // C++ is compiled as C is.
            let kind = if kind == Some("c++") { Some("c") } else { kind };
            if kind != Some(name) && kind.is_some() {
                keys.set("build", "system", name);
            }
        }
        if self.keys.get("optimize", "level").is_some() {
            keys.remove("optimize", "level");
        }
        keys
    }

    /// What `cargo wasmpack build` is given to build the module of this name alone.
    fn flags(&self, build: &Build, file: &str) -> Vec<String> {
        let mut flags = build.flags.clone();
        let chooses =
            |flag: &String| ["--bin", "--bins", "--package", "--example", "--lib"].contains(&flag.as_str());
        let Some(programs) = Programs::of(&self.question.context.join(&build.folder)) else { return flags };
        if build.system != System::Cargo || flags.iter().any(chooses) {
            return flags;
        }
        let name = file.trim_end_matches(".wasm");
        let is_program = programs.names.iter().any(|program| program == name) && programs.names.len() > 1;
        if is_program || programs.package.is_none() && !name.contains('*') {
            flags.extend(["--bin".to_owned(), name.to_owned()]);
        }
        flags
    }

    /// In a workspace without a package of its own, what the image says belongs to one of the members.
    fn enter_member(&self, build: &mut Build, flags: &[String]) {
        let root = self.question.context.join(&build.folder);
        if build.system != System::Cargo
            || Programs::of(&root).is_none_or(|programs| programs.package.is_some())
        {
            return;
        }
        let value = |flag: &str| flags.iter().skip_while(|word| *word != flag).nth(1);
        let member =
            [value("--package"), value("--bin")].into_iter().flatten().find_map(|name| member(&root, name));
        if let Some(member) = member {
            build.folder = joined(&build.folder, &member);
        }
    }

    /// Builds of other programs.
    fn tell_others(&mut self, rows: &[usize]) {
        for row in rows {
            if let Verdict::Became { .. } = self.rows.0[*row].verdict {
                self.rows.change(*row, Verdict::not_needed("the image starts another program"));
            }
        }
    }

    /// That several builds could make the module.
    fn tell_doubt(&mut self, chosen: &Chosen) {
        let started = [&self.draft.entrypoint, &self.draft.cmd].into_iter().flatten().next();
        let Some(row) = chosen.row.or(started.map(|started| started.row)) else { return };
        let name = file_name(&chosen.source.path);
        let why = format!("several builds could make `{name}`, and the last one counts");
        self.rows.change(row, Verdict::cannot(why, "look whether it is the one that is meant"));
    }

    fn tell_module(&mut self, chosen: &Chosen, build: &Build) {
        let place = &chosen.place;
        let problem = (place != APP)
            .then(|| self.try_set("image", "entrypoint", None, place.as_str().into()).err())
            .flatten();
        let Some(row) = chosen.row else { return };
        let module = match build.system {
            System::None if build.keys.0.is_empty() => {
                let why = format!("nothing is known that makes `{}`", file_name(&chosen.source.path));
                return self.rows.change(row, Verdict::cannot(why, "say in `build.command` what does"));
            }
            System::None if self.is_missing(&chosen.source) => {
                let why = format!("`{}` is not in the project", chosen.source.path);
                let instead = "put it there before the build, or say in `build.command` what makes it";
                return self.rows.change(row, Verdict::cannot(why, instead));
            }
            System::None => "`build.module`",
            _ => "the module",
        };
        self.rows.change(
            row,
            match problem {
                Some(problem) => Verdict::cannot(problem, format!("it stands at `{APP}`")),
                None if place == APP => Verdict::became(format!("{module}; it stands at `{APP}` anyway")),
                None => Verdict::became(format!("{module}; `image.entrypoint`")),
            },
        );
    }
}

impl Walk<'_, '_> {
    /// Whether a module that is taken as it is is not there.
    fn is_missing(&self, source: &Source) -> bool {
        let is_missing = |path: &String| !path.contains('*') && !self.question.context.join(path).exists();
        source.project.as_ref().is_some_and(is_missing)
    }
}
