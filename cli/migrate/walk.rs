//! The way through the stages that lead to the image.

use std::collections::{BTreeMap, BTreeSet};

use parse_dockerfile::Instruction;

use super::copied::{self, Copied, Copies, Deed};
use super::dockerfile::{Dockerfile, Lines, Stage, Step};
use super::image::Draft;
use super::keys::Keys;
use super::run::{self, Surroundings};
use super::stages::Stages;
use super::systems::OF_FLAGS;
use super::variables::{Variables, predefined};
use super::verdict::{Rows, Verdict};
use super::words::{Word, words};
use super::workshop::{System, Workshop};
use super::{Migration, Question, Trouble, c};

/// What has been found out so far.
pub struct Walk<'a, 'text> {
    pub question: &'a Question<'a>,
    pub file: &'a Dockerfile<'text>,
    pub stages: Stages,
    lines: Lines,
    globals: Variables,
    /// Names of variables that stand somewhere.
    used: BTreeSet<&'a str>,
    pub rows: Rows,
    pub keys: Keys,
    pub draft: Draft,
    /// Variables with flags of the compiler, each with its row.
    flags: Vec<(usize, String)>,
    /// Stages that have been gone through, by their numbers.
    pub workshops: BTreeMap<usize, Workshop>,
}

/// Why what only prepares a build is not needed.
pub const IN_PLACE: &str = "the build works where the project is";

impl<'a, 'text> Walk<'a, 'text> {
    #[must_use]
    pub fn new(question: &'a Question<'a>, file: &'a Dockerfile<'text>) -> Self {
        let mut walk = Self {
            question,
            file,
            stages: Stages::of(file, &vec![String::new(); file.stages.len()]),
            lines: Lines::of(question.text),
            globals: Variables::default(),
            used: used(question.text),
            rows: Rows::default(),
            keys: Keys::default(),
            draft: Draft::default(),
            flags: Vec::new(),
            workshops: BTreeMap::new(),
        };
        for name in ["BUILDPLATFORM", "TARGETPLATFORM", "TARGETARCH", "TARGETOS", "BUILDARCH", "BUILDOS"] {
            walk.globals.set_arg(name, predefined(name));
        }
        walk
    }

    /// Goes it.
    ///
    /// # Errors
    /// The image has no module.
    pub fn go(mut self) -> Result<Migration, Trouble> {
        for (line, text) in &self.file.directives {
            self.rows.add(*line, text, Verdict::not_needed("there is no Dockerfile to be read any more"));
        }
        for step in &self.file.globals {
            if let Instruction::Arg(arg) = &step.what {
                let mut globals = std::mem::take(&mut self.globals);
                self.arg(step, &arg.arguments.value, &mut globals, Place::Before);
                self.globals = globals;
            }
        }
        let images: Vec<String> = self.file.stages.iter().map(|stage| self.image_of(stage)).collect();
        self.stages = Stages::of(self.file, &images);
        let last = self.file.stages.len() - 1;
        let is_of_windows =
            ["windows", "nanoserver"].iter().any(|word| images[last].to_lowercase().contains(word));
        if is_of_windows {
            return Err(Trouble::Windows { line: self.file.stages[last].line, image: images[last].clone() });
        }
        for (number, stage) in self.file.stages.iter().enumerate() {
            if self.stages.leading.contains(&number) {
                self.stage(number, stage, &images[number]);
            } else {
                let end = stage.steps.last().map_or(stage.line, |step| step.line);
                let why = format!("nothing of this stage, up to line {end}, gets into the image");
                self.rows.add(stage.line, &stage.text, Verdict::not_needed(why));
            }
        }
        self.finish()
    }

    /// What a stage begins with, without variables.
    fn image_of(&self, stage: &Stage<'_>) -> String {
        let words = words(&stage.image, self.file.escape, &self.globals);
        words.into_iter().map(|word| word.text).collect()
    }

    fn stage(&mut self, number: usize, stage: &Stage<'_>, image: &str) {
        let parent = self.stages.parents[number];
        let inherited = parent.and_then(|parent| self.workshops.get(&parent)).cloned();
        let mut workshop =
            inherited.unwrap_or_else(|| Workshop { folder: "/".into(), ..Workshop::default() });
        workshop.number = number;
        let is_image = self.stages.image.contains(&number);
        let is_last = number == self.file.stages.len() - 1;
        let verdict = match parent {
            Some(_) => Verdict::not_needed("it goes on with another stage"),
            None if is_image => super::image::base(image, is_last),
            None => Verdict::not_needed("the compilers of this machine build it"),
        };
        let row = self.rows.add(stage.line, &stage.text, verdict);
        for step in &stage.steps {
            self.step(step, &mut workshop, is_image);
        }
        self.flags_of_variables(&mut workshop);
        if is_image && !workshop.builds.is_empty() && parent.is_none() {
            self.rows.change(row, Verdict::not_needed("the compilers of this machine build it"));
        }
        self.workshops.insert(number, workshop);
    }

    /// What variables such as `CFLAGS` say, builds say that read them.
    fn flags_of_variables(&mut self, workshop: &mut Workshop) {
        for (row, name) in std::mem::take(&mut self.flags) {
            let value = workshop.variables.get(&name).unwrap_or_default();
            let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            for number in 0..workshop.builds.len() {
                let mut build = workshop.builds[number].clone();
                if !matches!(build.system, System::Cmake | System::Configure | System::Make) {
                    continue;
                }
                let lost = c::take_flags(&words, &mut build, workshop);
                workshop.builds[number] = build;
                let verdict =
                    if lost.is_empty() { Verdict::became("`[build]`") } else { c::not_known(&lost) };
                self.rows.change(row, verdict);
            }
        }
    }

    fn step(&mut self, step: &Step<'_>, workshop: &mut Workshop, is_image: bool) {
        match &step.what {
            Instruction::Arg(arg) => {
                self.arg(step, &arg.arguments.value, &mut workshop.variables, Place::Stage);
            }
            Instruction::Env(env) => self.env(step, &env.arguments.value, workshop, is_image),
            Instruction::Workdir(workdir) => self.workdir(step, &workdir.arguments.value, workshop, is_image),
            Instruction::Copy(copy) => {
                let (options, sources, destination) = (&copy.options, &copy.src, &*copy.dest.value);
                let said = copied::Said { deed: Deed::Copy, options, sources, destination };
                self.copy(step, &said, workshop, is_image);
            }
            Instruction::Add(add) => {
                let (options, sources, destination) = (&add.options, &add.src, &*add.dest.value);
                let said = copied::Said { deed: Deed::Add, options, sources, destination };
                self.copy(step, &said, workshop, is_image);
            }
            Instruction::Run(run) => {
                let mut around = Surroundings {
                    rows: &mut self.rows,
                    keys: &mut self.keys,
                    lines: &self.lines,
                    escape: self.file.escape,
                    context: self.question.context,
                    stage: &|name| self.stages.find(name),
                };
                run::judge(run, step, workshop, &mut around);
            }
            _ if is_image => self.say(step, workshop),
            _ => {
                self.rows.add(
                    step.line,
                    &step.text,
                    Verdict::not_needed("it is of a stage that only builds"),
                );
            }
        }
    }

    fn arg(&mut self, step: &Step<'_>, said: &str, variables: &mut Variables, place: Place) {
        for Word { text, .. } in words(said, self.file.escape, variables) {
            let (name, default) =
                text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
            let given = self.question.given.get(name).map(String::as_str);
            let global = self.globals.get(name).filter(|_| place == Place::Stage);
            let said = given.or(default).or(global).map(str::to_owned);
            let value = said.or_else(|| predefined(name));
            variables.set_arg(name, value.clone());
            let verdict = match value {
                // Before the first stage, a stage has to name it again.
                None if place == Place::Before || !self.used.contains(name) => {
                    Verdict::not_needed("nothing that is kept uses it")
                }
                None => Verdict::cannot(
                    format!("nobody says what `{name}` is, and it is empty"),
                    format!("migrate with `--build-arg {name}=VALUE`"),
                ),
                Some(_) => Verdict::not_needed("its value stands where it is used"),
            };
            self.rows.add(step.line, format!("ARG {text}"), verdict);
        }
    }

    fn env(&mut self, step: &Step<'_>, said: &str, workshop: &mut Workshop, is_image: bool) {
        for pair in pairs(said, self.file.escape, &workshop.variables) {
            let Pair { name, value, unset, arguments, unknown } = pair;
            let verdict = if let Some(unknown) = unknown.filter(|_| is_image) {
                not_told(&unknown, &format!("image.env.{name}"))
            } else if is_image {
                self.say_variable(&name, &value, &unset).written_down(&arguments, &format!("--env {name}=…"))
            } else if matches!(&*name, "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS") {
                Verdict::cannot(
                    "flags of rustc are cargo's affair",
                    "write `build.rustflags` into the project's `.cargo/config.toml`",
                )
            } else {
                Verdict::not_needed("it is of a stage that only builds")
            };
            let row = self.rows.add(step.line, format!("ENV {name}={value}"), verdict);
            if OF_FLAGS.contains(&&*name) && !is_image {
                self.flags.push((row, name.clone()));
            }
            workshop.variables.set_env(&name, value);
        }
    }

    fn workdir(&mut self, step: &Step<'_>, said: &str, workshop: &mut Workshop, is_image: bool) {
        let path = words(said, self.file.escape, &workshop.variables).into_iter().map(|word| word.text);
        workshop.folder = workshop.path(&path.collect::<Vec<_>>().join(" "));
        let row = self.rows.add(step.line, &step.text, Verdict::not_needed(IN_PLACE));
        if is_image {
            self.draft.folders.push((row, workshop.folder.clone()));
        }
    }

    fn copy(
        &mut self,
        step: &Step<'_>,
        said: &copied::Said<'_, '_>,
        workshop: &mut Workshop,
        is_image: bool,
    ) {
        let (question, file) = (self.question, self.file);
        let stage = |name: &str| self.stages.find(name);
        let copies = copied::read(said, workshop, &stage, file.escape, question.context);
        let row = self.rows.add(step.line, &step.text, Verdict::not_needed(IN_PLACE));
        copies.put(workshop);
        let Copies { all, problems, lost, .. } = copies;
        let problem = problems.into_iter().find(|problem| is_image || problem.is_of_any_stage);
        if let Some(problem) = problem {
            self.rows.change(row, problem.verdict);
        }
        if is_image {
            self.draft.copies.extend(all.into_iter().map(|copied: Copied| (row, copied)));
        }
        for flag in lost.iter().filter(|_| is_image) {
            let verdict = match &**flag {
                "--chown" => Verdict::cannot(
                    "files of an image belong to root",
                    "let the program read them as anybody may",
                ),
                flag => {
                    Verdict::cannot(format!("an image has no `{flag}`"), "look at what `image.files` names")
                }
            };
            self.rows.add(step.line, format!("    {flag}"), verdict);
        }
    }
}

/// Where `ARG` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Stage,
}

/// Names behind a `$`.
pub fn used(text: &str) -> BTreeSet<&str> {
    let names = text.split('$').skip(1).map(|behind| {
        let name = behind.strip_prefix('{').unwrap_or(behind);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
        &name[..end]
    });
    names.collect()
}

/// A name and a value.
pub struct Pair {
    pub name: String,
    pub value: String,
    /// Variables in the value that nobody has set.
    pub unset: Vec<String>,
    /// Variables in it that each build may be given another value of.
    pub arguments: Vec<String>,
    /// What only another reader could tell, such as `${VERSION%%.*}`.
    pub unknown: Option<String>,
}

/// That a value cannot be told.
pub fn not_told(unknown: &str, key: &str) -> Verdict {
    Verdict::cannot(format!("nobody here can tell what `{unknown}` is"), format!("say it in `{key}`"))
}

/// `NAME=VALUE` of any number, or one `NAME VALUE`.
pub fn pairs(said: &str, escape: char, variables: &Variables) -> Vec<Pair> {
    let words = words(said, escape, variables);
    let Some((first, others)) = words.split_first() else { return Vec::new() };
    if !first.text.contains('=') {
        let unset = others.iter().flat_map(|word| word.unset.clone()).collect();
        let value = others.iter().map(|word| &*word.text).collect::<Vec<_>>().join(" ");
        let arguments = others.iter().flat_map(|word| word.arguments.clone()).collect();
        let unknown = others.iter().find_map(|word| word.unknown.clone());
        return vec![Pair { name: first.text.clone(), value, unset, arguments, unknown }];
    }
    let pair = |word: &Word| {
        let (name, value) = word.text.split_once('=').unwrap_or((&word.text, ""));
        let (name, value) = (name.to_owned(), value.to_owned());
        let Word { unset, arguments, unknown, .. } = word.clone();
        Pair { name, value, unset, arguments, unknown }
    };
    words.iter().map(pair).collect()
}
