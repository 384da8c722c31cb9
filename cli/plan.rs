//! What is meant, resolved before anything runs: flags over environment over configuration over
//! defaults. A plan has no `Option` with a default left in it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use wasmpack_builder::{
    CSettings, CargoSettings, Color, Goal, Machine, Package, Project, Settings, Source, SystemSettings,
    Target, Toolchain,
};
use wasmpack_optimizer::{Binaryen, Level, Pipeline};
use wasmpack_packager::signature::PrivateKey;
use wasmpack_packager::{Compression, Reference};

use crate::args::{OptimizeArguments, SourceArguments, Std, Typed};
use crate::budget::Budget;
use crate::config::{self, BuiltBy, Config};
use crate::context::Context;
use crate::created::Created;
use crate::engine;
use crate::error::Error;
use crate::git::{self, Checkout};
use crate::image_plan::{ImagePlan, Origin};
use crate::kinds::{self, Kind};
use crate::make::Made;
use crate::output::{Form, Output};
use crate::shell::Verbosity;

/// Everything a build needs to know.
#[derive(Debug)]
pub struct Plan {
    /// The machine's toolchains.
    pub machine: Machine,
    /// The sources.
    pub project: Project,
    /// How they become modules; once for each target, if packages are built for different ones.
    pub settings: Vec<Settings>,
    /// Where the images go, besides the target directory.
    pub outputs: Vec<Output>,
    /// What signs the images, if they are to be signed.
    pub key: Option<PrivateKey>,
    /// `<target directory>/wasmpack`: one layout per image.
    pub layouts: Utf8PathBuf,
    /// Where results of slow work are found again.
    pub cache: Utf8PathBuf,
    /// What becomes of the modules of each package; of C and C++ sources, which have none, under its own key.
    packages: BTreeMap<Option<String>, ModulePlan>,
    /// The programs that were named; none, if all are meant.
    named: Vec<String>,
    /// The commit of the sources, if there is one.
    pub checkout: Option<git::Checkout>,
    /// What the user should know, and stops nothing.
    pub warnings: Vec<String>,
}

/// What becomes of a module.
#[derive(Debug)]
pub struct ModulePlan {
    /// How it becomes smaller.
    pub pipeline: Pipeline,
    /// What its image says.
    pub image: ImagePlan,
    /// What it may weigh.
    pub budget: Budget,
    /// Whether a program that others go with was named.
    has_starter: bool,
}

impl Plan {
    /// Locates the project, reads its configuration and settles every question.
    ///
    /// # Errors
    /// When there is no project, or its manifest, the configuration or an option cannot be understood.
    #[expect(
        clippy::too_many_lines,
        reason = "one question after the other, each with the answers before it"
    )]
    pub fn resolve(typed: &Typed<'_>, context: &Context) -> Result<Self, Error> {
        let environment = &context.environment;
        let machine = Machine::read(&environment.current_dir, environment.variables());
        let mut settings = settings(typed.source, context);
        let key = typed.image.sign.as_ref().map(|key| key.private(environment)).transpose()?;
        if let (Some(path), Some(manifest)) = (typed.path, &typed.source.manifest_path) {
            return Err(Error::TwoProjects { path: path.to_owned(), manifest: manifest.clone() });
        }
        let path = typed.source.manifest_path.as_deref().or(typed.path).unwrap_or(Utf8Path::new(""));
        // Where the sources are may be written in the folder that is still to be understood.
        let folder = environment.current_dir.join(path);
        let build = config::load(&folder, &Value::Null, &Value::Null)?.build;
        let typed_target = typed.source.triple.as_deref().map(str::parse::<Target>).transpose()?;
        let target = build.target.as_ref().map(|target| target.value);
        settings.target = typed_target.or(target).unwrap_or_default();
        settings.system = system_settings(&build);
        settings.c = c_settings(build, &folder);
        let typed_toolchain = typed.source.toolchain.as_deref().map(str::parse).transpose()?;
        let typed_toolchain = typed_toolchain.map(|asked| below(asked, &environment.current_dir));
        if let Some(toolchain) = &typed_toolchain {
            settings.c.toolchain = toolchain.clone();
        }
        let source = Source::detect(path, &settings, &machine)?;
        if !matches!(source, Source::Cargo { .. })
            && let Some(flag) = typed.source.cargo_only()
        {
            return Err(Error::CargoFlag { flag, dir: source.dir().to_owned() });
        }
        // git answers while cargo does.
        let (project, checkout) = std::thread::scope(|scope| {
            let checkout = scope.spawn(|| git::checkout(source.dir()));
            let project = Project::open(source.clone(), &settings, &machine);
            (project, checkout.join().expect("asking git does not panic"))
        });
        let project = project?;
        let (checkout, mut warnings) = told(checkout, source.dir());
        let created = Created::find(environment, checkout.as_ref().and_then(|checkout| checkout.time))?;
        let layouts = project.target_directory.join("wasmpack");
        // No image can have this name: a component of a name begins with a letter or digit.
        let cache = layouts.join(".cache");
        let named = named(typed.source, &settings, &project);
        let mut added: Vec<String> = Vec::new();
        let mut packages = BTreeMap::new();
        let mut kinds = BTreeMap::new();
        for (package, folder, config) in configurations(&project)? {
            let of_package = config.build.target.as_ref().map(|target| target.value);
            let from = if config.build.has_toolchain_of_workspace { &project.root } else { &folder };
            let toolchain = config.build.toolchain.clone().map(|asked| below(asked.value, from));
            let member = project.packages.iter().find(|one| Some(&one.name) == package.as_ref());
            let (project, checkout) = (&project, checkout.as_ref());
            let origin = Origin { project, package: member, folder: &folder, checkout, created };
            let image = ImagePlan::resolve(typed, config.image, origin, environment)?;
            // Whoever names the program that is started means those that go with it, too.
            let is_starter = |program: &String| {
                let is_its_own = |package: &Package| package.programs.contains(program);
                !image.with.contains(program) && member.is_none_or(is_its_own)
            };
            let has_starter = named.iter().any(is_starter);
            if has_starter {
                added.extend(image.with.iter().cloned());
            }
            let jobs = typed.source.jobs;
            let pipeline =
                pipeline(typed.optimize, config.optimize, jobs, image.compression, &cache, context)?;
            let kind = Kind {
                target: typed_target.or(of_package).or(target).unwrap_or_default(),
                goal: kinds::goal(pipeline.level),
                toolchain: typed_toolchain.clone().or(toolchain).unwrap_or_default(),
            };
            kinds.insert(package.clone(), kind);
            let budget = config.budget;
            packages.insert(package, ModulePlan { pipeline, image, budget, has_starter });
        }
        added.retain(|program| !named.contains(program));
        if !added.is_empty() {
            settings.cargo.bin = named.iter().chain(&added).cloned().collect();
        }
        let outputs: Vec<Output> =
            typed.outputs.iter().map(|output| output.below(&environment.current_dir)).collect();
        let archives = outputs.iter().filter(|output| key.is_some() && output.form != Form::OciLayout);
        warnings.extend(archives.map(|Output { dest, .. }| {
            format!("`{dest}` will hold no signature: in an archive is the image alone")
        }));
        let settings = kinds::split(&settings, &project, &kinds);
        warnings.extend(
            built(&project, &settings).flat_map(|package| packages[&package].image.about.warnings.clone()),
        );
        // Packages of one workspace often have the same to say.
        let mut told = BTreeSet::new();
        warnings.retain(|warning| told.insert(warning.clone()));
        Ok(Self {
            machine,
            project,
            settings,
            outputs,
            key,
            layouts,
            cache,
            packages,
            named,
            checkout,
            warnings,
        })
    }

    /// What becomes of the modules of a package.
    #[must_use]
    pub fn of(&self, package: Option<&str>) -> &ModulePlan {
        let plan = self.packages.get(&package.map(ToOwned::to_owned));
        plan.expect("every package of the project has a plan")
    }

    /// Further names of an image.
    #[must_use]
    pub fn also(&self, made: &Made) -> &[Reference] {
        &self.of(made.package.as_deref()).image.also
    }

    /// What becomes of the modules of all packages.
    pub fn packages(&self) -> impl Iterator<Item = &ModulePlan> {
        self.packages.values()
    }

    /// Whether a program that is built has an image of its own: one that goes into the image of another has none, unless it was
    /// named and that other was not.
    #[must_use]
    pub fn has_image(&self, package: Option<&str>, program: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|name| name == program);
        let ModulePlan { image, has_starter, .. } = self.of(package);
        !is_in(&image.with) || (is_in(&self.named) && !has_starter)
    }

    /// A name for the image of each of these programs, before work goes into any: two in one place would overwrite each other.
    ///
    /// # Errors
    /// A name that is no reference, or two images in one place.
    pub fn names<'a>(
        &self,
        programs: impl IntoIterator<Item = (Option<&'a str>, &'a str)>,
    ) -> Result<Vec<Reference>, Error> {
        let mut names: Vec<Reference> = Vec::new();
        for (package, program) in programs {
            let name = self.of(package).image.name(program)?;
            let layout = self.layout(&name);
            match names.iter().find(|other| self.layout(other) == layout) {
                Some(other) if *other == name => {
                    return Err(Error::OneNameForSeveral { name: name.to_string() });
                }
                Some(other) => {
                    let [one, other] = [other, &name].map(Reference::to_string);
                    return Err(Error::OneLayoutForTwo { layout, one, other });
                }
                None => names.push(name),
            }
        }
        Ok(names)
    }

    /// How many images may be made at once.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.settings.first().map_or(1, Settings::workers)
    }

    /// Where the image of this name is written in any case.
    #[must_use]
    pub fn layout(&self, name: &Reference) -> Utf8PathBuf {
        self.layouts.join(name.repository().rsplit('/').next().unwrap_or_default())
    }
}

/// What git told, and what it did not, in words.
fn told(answer: Result<Option<Checkout>, String>, folder: &Utf8Path) -> (Option<Checkout>, Vec<String>) {
    match answer {
        Ok(Some(checkout)) if checkout.time.is_none() => {
            let warning = "the commit is from before 1970, which an image cannot say: it says 1970";
            (Some(checkout), vec![warning.to_owned()])
        }
        Ok(checkout) => (checkout, Vec::new()),
        Err(refusal) => (None, vec![format!("git tells nothing of `{folder}`: {refusal}")]),
    }
}

/// The programs that were named, by flags or, where cargo does not build them, in the configuration.
fn named(typed: &SourceArguments, settings: &Settings, project: &Project) -> Vec<String> {
    if typed.bins {
        Vec::new()
    } else if typed.bin.is_empty() && project.packages.is_empty() {
        settings.system.bin.clone().into_iter().collect()
    } else {
        typed.bin.clone()
    }
}

/// The packages of which anything is built, as their plans are found.
fn built<'a>(project: &'a Project, settings: &'a [Settings]) -> impl Iterator<Item = Option<String>> + 'a {
    let packages = settings.iter().flat_map(|settings| project.built(settings));
    let folder = project.packages.is_empty().then_some(None);
    packages.map(|package| Some(package.name.clone())).chain(folder)
}

/// The configuration of each package; of the folder, if it has no packages.
fn configurations(project: &Project) -> Result<Vec<(Option<String>, Utf8PathBuf, Config)>, Error> {
    if project.packages.is_empty() {
        let config = config::load(&project.root, &Value::Null, &Value::Null)?;
        return Ok(vec![(None, project.root.clone(), config)]);
    }
    let of_package = |package: &wasmpack_builder::Package| {
        let folder = package.manifest.parent().unwrap_or(&project.root);
        let config = config::load(folder, &package.metadata, &project.workspace_metadata)?;
        Ok((Some(package.name.clone()), folder.to_owned(), config))
    };
    project.packages.iter().map(of_package).collect()
}

fn settings(typed: &SourceArguments, context: &Context) -> Settings {
    let verbosity = context.shell.verbosity();
    Settings {
        cargo: CargoSettings {
            package: typed.package.clone(),
            workspace: typed.workspace,
            exclude: typed.exclude.clone(),
            bin: typed.bin.clone(),
            bins: typed.bins,
            example: typed.example.clone(),
            examples: typed.examples,
            lib: typed.lib,
            features: typed.features.features.clone(),
            all_features: typed.features.all_features,
            no_default_features: typed.features.no_default_features,
            profile: if typed.release { Some("release".to_owned()) } else { typed.profile.clone() },
            std: match typed.std {
                Some(Std::Minimal) => wasmpack_builder::Std::Minimal,
                Some(Std::Full) | None => wasmpack_builder::Std::Full,
            },
            locked: typed.locked,
            offline: typed.offline,
            frozen: typed.frozen,
            config: typed.config.clone(),
        },
        c: CSettings::default(),
        system: SystemSettings::default(),
        target: Target::default(),
        goal: Goal::default(),
        target_dir: typed.target_dir.clone(),
        jobs: typed.jobs,
        color: if context.shell.colored() { Color::Always } else { Color::Never },
        verbose: u8::from(verbosity == Verbosity::Verbose),
        quiet: verbosity == Verbosity::Quiet,
    }
}

fn system_settings(config: &config::Build) -> SystemSettings {
    let asked = config.system.as_ref().map(|system| system.value);
    let system = match asked {
        Some(BuiltBy::System(system)) => Some(system),
        Some(BuiltBy::Compiler) | None => None,
    };
    SystemSettings {
        system,
        c: asked == Some(BuiltBy::Compiler),
        command: config.command.clone().map(config::CommandLine::into_words).unwrap_or_default(),
        arguments: config.arguments.clone().unwrap_or_default(),
        module: config.module.clone().map(Into::into),
        bin: config.bin.clone(),
    }
}

/// What the configuration of `folder` says.
fn c_settings(config: config::Build, folder: &Utf8Path) -> CSettings {
    let paths = |paths: Option<Vec<String>>| paths.unwrap_or_default().into_iter().map(Into::into).collect();
    let toolchain = config.toolchain.map(|asked| below(asked.value, folder));
    CSettings {
        sources: config.sources.unwrap_or_default(),
        include: paths(config.include),
        define: config.define.unwrap_or_default(),
        std: config.std.unwrap_or_default(),
        flags: config.flags.unwrap_or_default(),
        link: config.link.unwrap_or_default(),
        exceptions: config.exceptions.unwrap_or_default(),
        lto: config.lto.unwrap_or_default(),
        stack_size_bytes: config.stack_size,
        launcher: config.launcher,
        toolchain: toolchain.unwrap_or_default(),
    }
}

/// The toolchain that was asked for; a path starts from `folder`.
fn below(asked: Toolchain, folder: &Utf8Path) -> Toolchain {
    match asked {
        Toolchain::At(path) => Toolchain::At(folder.join(path)),
        other => other,
    }
}

/// For each way it tries: long enough for the largest modules on a slow machine.
const BINARYEN_TIME_LIMIT: Duration = Duration::from_secs(30 * 60);

/// How a module is made smaller, from flags over configuration.
///
/// # Errors
/// When the level is unknown.
pub fn pipeline(
    typed: &OptimizeArguments,
    config: config::Optimize,
    jobs: Option<NonZeroUsize>,
    compression: Compression,
    scratch: &Utf8Path,
    context: &Context,
) -> Result<Pipeline, Error> {
    let level = typed.level.as_deref().map(str::parse::<Level>).transpose().map_err(Error::Level)?;
    let level = level.or(config.level.map(|level| level.value)).unwrap_or_default();
    let keep = if typed.keep.is_empty() { config.keep.unwrap_or_default() } else { typed.keep.clone() };
    let in_config = config.time_limit.map(|seconds| seconds.0);
    let time_limit = typed.time_limit.or(in_config).unwrap_or(BINARYEN_TIME_LIMIT);
    let engine = typed.wasm_opt.as_deref().or(config.wasm_opt.as_deref());
    let binaryen = Binaryen {
        engine: engine::find(engine, &context.environment)?,
        cores: jobs.map(NonZeroUsize::get),
        time_limit,
        scratch: scratch.into(),
    };
    let keep_names = typed.keep_names || config.keep_names.unwrap_or_default();
    Ok(Pipeline { level, keep, binaryen, keep_names, weigh: compression.weigher() })
}
