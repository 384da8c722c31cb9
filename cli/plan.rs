//! What is meant, resolved before anything runs: flags over environment over the project's configuration over the user's
//! over defaults. A plan has no `Option` with a default left in it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use wasmpack_builder::{Machine, Package, Product, Project, Settings};
use wasmpack_optimizer::{Binaryen, Level, Pipeline, Policy};
use wasmpack_packager::signature::PrivateKey;
use wasmpack_packager::{Compression, Reference};

use crate::args::{OptimizeArguments, SourceArguments, Typed};
use crate::budget::Budget;
use crate::build_settings::{self, Asked};
use crate::config::{self, Config};
use crate::context::Context;
use crate::created::Created;
use crate::engine;
use crate::error::Error;
use crate::git::{self, Checkout};
use crate::image_plan::{ImagePlan, Origin};
use crate::kinds;
use crate::make::Made;
use crate::output::{Form, Output};
use crate::partition::{Partition, Share};
use crate::sharing::Sharing;
use crate::user_config::UserConfig;

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
    /// Which registries have such results, too.
    pub sharing: Sharing,
    /// What becomes of the modules of each package; of C and C++ sources, which have none, under its own key.
    packages: BTreeMap<Option<String>, ModulePlan>,
    /// The programs that were named; none, if all are meant.
    named: Vec<String>,
    /// Which of the images this run makes, if others make the rest.
    pub share: Option<Share>,
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
    /// The initializer that runs now.
    pub snapshot: Option<String>,
    /// What its image says.
    pub image: ImagePlan,
    /// What it may weigh.
    pub budget: Budget,
    /// What it may ask its host for.
    pub policy: Policy,
    /// Whether a program that others go with was named.
    has_starter: bool,
}

impl ModulePlan {
    /// Settles it for the package of `origin`; `named` are the programs that were named.
    fn resolve(
        typed: &Typed<'_>,
        config: Config,
        origin: Origin<'_>,
        named: &[String],
        cache: &Utf8Path,
        user: &UserConfig,
        context: &Context,
    ) -> Result<Self, Error> {
        let environment = &context.environment;
        let image = ImagePlan::resolve(typed, config.image, origin, user, environment)?;
        let jobs = typed.source.jobs.or(user.jobs(environment));
        let snapshot = typed.optimize.snapshot.clone().or_else(|| config.optimize.snapshot.clone());
        let pipeline = pipeline(typed.optimize, config.optimize, jobs, image.compression, cache, context)?;
        let is_starter = |program: &String| {
            let is_its_own = |package: &Package| package.programs.contains(program);
            !image.with.contains(program) && origin.package.is_none_or(is_its_own)
        };
        let has_starter = named.iter().any(is_starter);
        let (budget, policy) = (config.budget, config.policy.into());
        Ok(Self { pipeline, snapshot, image, budget, policy, has_starter })
    }
}

impl Plan {
    /// Locates the project, reads its configuration and settles every question.
    ///
    /// # Errors
    /// When there is no project, or its manifest, the configuration or an option cannot be understood.
    pub fn resolve(typed: &Typed<'_>, context: &Context) -> Result<Self, Error> {
        let environment = &context.environment;
        let machine = Machine::read(&environment.current_dir, environment.variables());
        let key = typed.image.sign.as_ref().map(|key| key.private(environment)).transpose()?;
        let asked = Asked::of(typed.source, environment)?;
        let user = UserConfig::read(environment)?;
        let (source, mut settings) = build_settings::find(typed, &asked, &machine, &user, context)?;
        // git answers while cargo does.
        let (project, checkout) = std::thread::scope(|scope| {
            let checkout = scope.spawn(|| git::checkout(source.dir(), environment));
            let project = Project::open(source.clone(), &settings, &machine);
            (project, checkout.join().expect("asking git does not panic"))
        });
        let project = project?;
        project.spell_out(&mut settings);
        let (checkout, mut warnings) = told(checkout, source.dir());
        let created = Created::find(environment, checkout.as_ref().and_then(|checkout| checkout.time))?;
        let layouts = project.target_directory.join("wasmpack");
        // No image can have this name: a component of a name begins with a letter or digit.
        let cache = layouts.join(".cache");
        let named = named(typed.source, &settings, &project);
        let (mut packages, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        let mut sharing = Sharing::typed(typed, &user, environment)?;
        for Configured { package, folder, config } in configurations(&project, &user)? {
            let member = project.packages.iter().find(|one| Some(&one.name) == package.as_ref());
            let checkout = checkout.as_ref();
            let origin = Origin { project: &project, package: member, folder: &folder, checkout, created };
            let build = config.build.clone();
            sharing.add(&build);
            let plan = ModulePlan::resolve(typed, config, origin, &named, &cache, &user, context)?;
            let goal = kinds::goal(plan.pipeline.level);
            kinds.insert(package.clone(), asked.kind(build, origin, goal, settings.target));
            packages.insert(package, plan);
        }
        // Whoever names the program that is started means those that go with it, too.
        let starters = packages.values().filter(|plan| plan.has_starter);
        let mut added: Vec<_> = starters.flat_map(|plan| plan.image.with.iter().cloned()).collect();
        added.retain(|program| !named.contains(program));
        if !added.is_empty() {
            settings.cargo.bin = named.iter().cloned().chain(added).collect();
        }
        let outputs: Vec<Output> =
            typed.outputs.iter().map(|output| output.below(&environment.current_dir)).collect();
        let archives = outputs.iter().filter(|output| key.is_some() && output.form != Form::OciLayout);
        warnings.extend(archives.map(|Output { dest, .. }| {
            format!("`{dest}` will hold no signature: in an archive is the image alone")
        }));
        let settings = kinds::split(&settings, &project, &kinds);
        let mut plan = Self {
            machine,
            project,
            settings,
            outputs,
            key,
            layouts,
            cache,
            sharing,
            packages,
            named,
            share: None,
            checkout,
            warnings,
        };
        if let Some(partition) = typed.partition {
            plan.take(partition)?;
        }
        let of_package = |package| plan.packages[&package].image.about.warnings.clone();
        let of_packages = built(&plan.project, &plan.settings).flat_map(of_package).collect::<Vec<_>>();
        plan.warnings.extend(of_packages);
        // Packages of one workspace often have the same to say.
        let mut told = BTreeSet::new();
        plan.warnings.retain(|warning| told.insert(warning.clone()));
        Ok(plan)
    }

    /// All that decides what comes of the same modules, and what cargo makes them of.
    #[must_use]
    pub fn identity(&self) -> String {
        let of_package = |(package, of): (&Option<String>, &ModulePlan)| {
            let ModulePlan { pipeline, snapshot, image, budget, policy, .. } = of;
            format!("{package:?} {} {snapshot:?} {image:?} {budget:?} {policy:?}\n", pipeline.identity())
        };
        let Self { machine, settings, named, share, checkout, layouts, .. } = self;
        // Where cargo and compilers are is cargo's affair.
        let Machine { rustflags, encoded_rustflags, cargo_variables, native_variables, .. } = machine;
        let variables = (rustflags, encoded_rustflags, cargo_variables, native_variables);
        let all = format!("{variables:?} {settings:?} {named:?} {share:?} {checkout:?} {layouts}\n");
        all + &self.packages.iter().map(of_package).collect::<String>()
    }

    /// What would be built, for each of the settings, as cargo tells.
    fn products(&self) -> Result<Vec<Vec<Product>>, Error> {
        let products = |settings| self.project.products(settings, &self.machine);
        Ok(self.settings.iter().map(products).collect::<Result<_, _>>()?)
    }

    /// Those that have an image of their own.
    fn images(&self, products: &[Vec<Product>]) -> Vec<Product> {
        let has_image = |product: &&Product| self.has_image(Some(&product.package), &product.name);
        products.iter().flatten().filter(has_image).cloned().collect()
    }

    /// The programs that images of this run are likely to be of. Only cargo knows of which it has all features.
    pub fn programs(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let programs = self.settings.iter().flat_map(|settings| self.project.programs(settings));
        programs.filter(|(package, program)| self.makes(*package, program))
    }

    /// The names of the images, if there will be several: what is meant for one need not be begun then.
    ///
    /// # Errors
    /// Cargo refuses the manifest; or as [`Self::names`].
    pub fn several(&self) -> Result<Option<Vec<Reference>>, Error> {
        if self.programs().nth(1).is_none() {
            return Ok(None);
        }
        let images = self.images(&self.products()?);
        if images.len() < 2 {
            return Ok(None);
        }
        self.names(images.iter().map(|Product { package, name }| (Some(&**package), &**name))).map(Some)
    }

    /// Leaves one part of the images, and builds no more than they need.
    fn take(&mut self, partition: Partition) -> Result<(), Error> {
        let products = self.products()?;
        let images = self.images(&products);
        if images.is_empty() {
            // A build says best what is wrong with all.
            return Ok(());
        }
        // Each part says so if two images are in each other's way, though they may be in different ones.
        self.names(images.iter().map(|Product { package, name }| (Some(&**package), &**name)))?;
        let revision = self.checkout.as_ref().map(|checkout| checkout.revision.clone());
        let share = Share::of(partition, &images, revision);
        let mut wanted: BTreeSet<_> = share.products().cloned().collect();
        for Product { package, name } in share.products() {
            let with = self.with(Some(package), name).iter();
            wanted.extend(with.map(|name| Product { package: package.clone(), name: name.clone() }));
        }
        let narrowed = self.settings.iter().zip(products).filter_map(|(settings, mut products)| {
            products.retain(|product| wanted.contains(product));
            (!products.is_empty()).then(|| self.project.only(settings, &products))
        });
        self.settings = narrowed.collect();
        self.share = Some(share);
        Ok(())
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
    fn has_image(&self, package: Option<&str>, program: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|name| name == program);
        let ModulePlan { image, has_starter, .. } = self.of(package);
        !is_in(&image.with) || (is_in(&self.named) && !has_starter)
    }

    /// Whether a program that is built has an image of its own, and this run makes it.
    #[must_use]
    pub fn makes(&self, package: Option<&str>, program: &str) -> bool {
        let is_ours = |share: &Share| share.place(package, program).is_some();
        self.has_image(package, program) && self.share.as_ref().is_none_or(is_ours)
    }

    /// Whether it is for an image of this run that a program is built, or may be: more is built than one asks for where cargo
    /// cannot be asked for less.
    #[must_use]
    pub fn is_wanted(&self, package: Option<&str>, program: &str) -> bool {
        self.makes(package, program) || !self.has_image(package, program)
    }

    /// The programs that go into the image of this one; none, if it is one of those itself and somebody asks for it alone.
    #[must_use]
    pub fn with(&self, package: Option<&str>, program: &str) -> &[String] {
        let with = &self.of(package).image.with;
        if with.iter().any(|name| name == program) { &[] } else { with }
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
        let name = name.repository().rsplit('/').next().unwrap_or_default();
        // In the same folder cargo has what it builds for this machine with a profile of this name.
        let is_cargos = CARGO_FOLDERS.contains(&name);
        self.layouts.join(if is_cargos { format!("{name}.image") } else { name.to_owned() })
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
        settings.cargo.bin.clone()
    }
}

/// The packages of which anything is built, as their plans are found.
fn built<'a>(project: &'a Project, settings: &'a [Settings]) -> impl Iterator<Item = Option<String>> + 'a {
    let packages = settings.iter().flat_map(|settings| project.built(settings));
    let folder = project.packages.is_empty().then_some(None);
    packages.map(|package| Some(package.name.clone())).chain(folder)
}

/// What is configured of a package, or of a folder without packages.
pub struct Configured {
    /// Its name.
    pub package: Option<String>,
    /// Where the file of its configuration would be.
    pub folder: Utf8PathBuf,
    /// All that it says.
    pub config: Config,
}

/// The configuration of each package; of the folder, if it has no packages.
///
/// # Errors
/// When a file cannot be read, or what it says cannot be understood.
pub fn configurations(project: &Project, user: &UserConfig) -> Result<Vec<Configured>, Error> {
    if project.packages.is_empty() {
        let config = config::load(&project.root, &Value::Null, &Value::Null, user)?;
        return Ok(vec![Configured { package: None, folder: project.root.clone(), config }]);
    }
    let of_package = |package: &Package| {
        let folder = package.manifest.parent().unwrap_or(&project.root).to_owned();
        let config = config::load(&folder, &package.metadata, &project.workspace_metadata, user)?;
        Ok(Configured { package: Some(package.name.clone()), folder, config })
    };
    project.packages.iter().map(of_package).collect()
}

/// What cargo keeps in the folder of a profile.
const CARGO_FOLDERS: [&str; 4] = ["build", "deps", "examples", "incremental"];

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
