//! Sources to images, as the plan says: build, optimize, pack, write.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_builder::{Module, Settings, Std, Step};
use wasmpack_optimizer::{BuildId, Capabilities, Level, Optimized, Policy, Report, Symbols};
use wasmpack_packager::{Blob, Format, Image, Layer, Reference, Sink, Stored, Tar, sinks, survey};

use crate::attestations::Facts;
use crate::budget::Budget;
use crate::cache::Cache;
use crate::context::Context;
use crate::error::Error;
use crate::image_record::ImageRecord;
use crate::layers::ModuleLayer;
use crate::output::{Form, Output};
use crate::partition::Share;
use crate::plan::{ModulePlan, Plan};
use crate::ruling::Ruling;
use crate::shared_cache::Registries;
use crate::shell::{Shell, Verbosity};
use crate::size::Size;
use crate::unchanged::{self, Draft, Names, Note, States, Unchanged};
use crate::{attestations, debug_module, gate, image_plan, layers, messages, report, shapes, snapshot};

/// An image that has been written.
#[derive(Debug)]
pub struct Made {
    /// Its name, with tag and digest.
    pub reference: Reference,
    /// The names of its other formats.
    pub others: Vec<Reference>,
    /// The layout it can be read from.
    pub layout: Utf8PathBuf,
    /// Its module as the toolchain left it, before it was made smaller.
    pub linked: Vec<u8>,
    /// What it may weigh.
    pub budget: Budget,
    /// What it may ask its host for.
    pub policy: Policy,
    /// How far its modules were made smaller, and the exports that stayed for that.
    pub level: Level,
    pub keep: Vec<String>,
    /// The Cargo package it is of.
    pub package: Option<String>,
    /// The name of its program.
    pub program: String,
}

impl Made {
    /// What is told of it on stdout, its own format first: `name@sha256:…`. Further formats have their tags as well, by
    /// which one tells them apart.
    pub fn names(&self) -> impl Iterator<Item = Reference> {
        [self.reference.without_tag()].into_iter().chain(self.others.iter().cloned())
    }

    /// What machines are told of it; `also` are its further names, and `references` what stdout names it by.
    ///
    /// # Errors
    /// When somebody has removed or damaged it already.
    pub fn records(&self, also: &[Reference], references: &[String]) -> Result<Vec<ImageRecord>, Error> {
        let names = [self.reference.without_digest()].into_iter().chain(also.iter().cloned());
        let names: Vec<_> = names.collect();
        ImageRecord::all(&self.stored()?, &names, references, Some(&self.linked))
    }

    /// It, as it is stored: by its digest, as another build may have written an image of the same name there meanwhile.
    ///
    /// # Errors
    /// When somebody has replaced, removed or damaged it already.
    pub fn stored(&self) -> Result<Stored, Error> {
        let Self { layout, reference, .. } = self;
        wasmpack_packager::open_reference(layout.as_std_path(), reference).map_err(|error| match error {
            wasmpack_packager::Error::NoSuchImage { .. } => {
                Error::Replaced { layout: layout.clone(), name: reference.without_digest().to_string() }
            }
            error => error.into(),
        })
    }
}

/// Builds every module of the project and writes an image of each.
///
/// # Errors
/// At the first thing that fails; images written before stay.
pub fn images(plan: &Plan, context: &mut Context) -> Result<Vec<Made>, Error> {
    let shell = &mut context.shell;
    let made = match plan.share.as_ref().filter(|_| plan.settings.is_empty()) {
        Some(Share { partition, images, .. }) => {
            let noun = if *images == 1 { "image" } else { "images" };
            shell.note(format_args!("part {partition} is empty: all parts together have {images} {noun}"));
            Ok(Vec::new())
        }
        None => {
            forewarn(plan, shell);
            build(plan, shell).and_then(|modules| written(modules, plan, shell))
        }
    };
    let told = messages::finish(made.as_deref(), plan, shell);
    // A build that failed has failed, whether anybody reads so or not.
    made.and_then(|made| told.map(|()| made))
}

/// What came of a build that may have had nothing to do.
pub enum Changed<'a> {
    /// Images, and what can be noted of them for the next time.
    Images(Vec<Made>, Option<Draft<'a>>),
    /// Nothing has changed since images of these names were made.
    Nothing(Names),
}

/// The same, unless nothing has changed.
///
/// # Errors
/// As above.
pub fn changed_images<'a>(
    unchanged: &'a Unchanged<'_>,
    plan: &Plan,
    shell: &mut Shell,
) -> Result<Changed<'a>, Error> {
    forewarn(plan, shell);
    shell.keep();
    let (mut inputs, mut note) = (States::new(), None);
    let modules = thread::scope(|scope| {
        // What is there is looked at while cargo is at work.
        let mut looking = Some(scope.spawn(|| unchanged.note()));
        wasmpack_builder::build_unless_known(
            &plan.project,
            &plan.settings[0],
            &plan.machine,
            &mut |step| tell_step(step, plan, shell),
            &mut |files| {
                inputs = unchanged::states(files);
                let found =
                    looking.take().and_then(|looking| looking.join().expect("looking does not panic"));
                note = found.filter(|note| note.is_of(&inputs) && note.stands());
                note.is_some()
            },
        )
    })?;
    if let Some(Note { names, told, .. }) = note {
        shell.repeat(&told);
        return Ok(Changed::Nothing(names));
    }
    let made = written(modules.unwrap_or_default(), plan, shell)?;
    let draft = shell.kept().map(|told| unchanged.draft(inputs, told));
    Ok(Changed::Images(made, draft))
}

/// Says what is known before anything is built.
fn forewarn(plan: &Plan, shell: &mut Shell) {
    let is_minimal = |settings: &Settings| settings.cargo.std == Std::Minimal;
    if plan.settings.iter().any(is_minimal) {
        shell.note("with `--std minimal` a panic ends the program without a message");
    }
    for warning in &plan.warnings {
        shell.warn(warning);
    }
    for of in plan.packages().filter(|of| of.image.is_too_large_for_zopfli()) {
        let bytes = Size(of.image.files.as_ref().map_or(0, Tar::size_bytes));
        shell.note(format_args!(
            "the files of the image have {bytes}: `best` leaves what is as large to libdeflate"
        ));
    }
}

/// Images of these modules.
fn written(mut modules: Vec<Module>, plan: &Plan, shell: &mut Shell) -> Result<Vec<Made>, Error> {
    modules.retain(|module| plan.is_wanted(module.package.as_deref(), &module.name));
    for module in &mut modules {
        report::foreign_imports(module, shell);
        if let Some(initializer) = &plan.of(module.package.as_deref()).snapshot {
            module.wasm = snapshot::of(&module.wasm, initializer, &module.name, shell)?;
            module.parameters.insert("snapshot".to_owned(), vec![initializer.clone()]);
        }
    }
    let programs = programs(modules, plan)?;
    let modules = programs.iter().map(|program| &program.module);
    let names = plan.names(modules.map(|module| (module.package.as_deref(), &*module.name)))?;
    if programs.len() > 1
        && let Some(output) = plan.outputs.iter().find(|output| output.form != Form::OciLayout)
    {
        return Err(Error::OneArchiveForSeveral { dest: output.dest.clone() });
    }
    let is_made = |format| plan.packages().any(|of| of.image.formats.contains(&format));
    for output in &plan.outputs {
        if let Some(format) = output.format.filter(|format| !is_made(*format)) {
            return Err(Error::NotMade { dest: output.dest.clone(), format });
        }
    }
    let registries = Registries::of(&plan.sharing);
    // The optimizer's child process needs a folder for its files.
    std::fs::create_dir_all(&plan.cache)
        .map_err(|source| Error::WriteFile { path: plan.cache.clone(), source })?;
    let named: Vec<_> = programs.iter().zip(names).collect();
    let references = registries.behind(&plan.cache, |cache| {
        let make = |program: &Program, name: &Reference| {
            pack(program, name, plan, cache).and_then(|packed| keep(packed, program, plan, cache))
        };
        in_order(
            &named,
            plan.workers(),
            |(program, name)| make(program, name),
            |number, packed| {
                registries.tell(shell);
                tell(&packed?, &programs[number], plan, shell)
            },
        )
    });
    registries.conclude(shell);
    let references = references?;
    let made = |((reference, others), Program { module, .. }): ((Reference, Vec<Reference>), Program)| {
        let ModulePlan { pipeline, budget, policy, .. } = plan.of(module.package.as_deref());
        Made {
            layout: plan.layout(&reference),
            reference,
            others,
            budget: *budget,
            policy: policy.clone(),
            level: pipeline.level,
            keep: pipeline.keep.clone(),
            linked: module.wasm,
            package: module.package,
            program: module.name,
        }
    };
    Ok(references.into_iter().zip(programs).map(made).collect())
}

/// The modules of the project, from all its kinds.
fn build(plan: &Plan, shell: &mut Shell) -> Result<Vec<Module>, Error> {
    let mut modules = Vec::new();
    for settings in &plan.settings {
        let on_step = &mut |step: Step<'_>| tell_step(step, plan, shell);
        modules.extend(wasmpack_builder::build(&plan.project, settings, &plan.machine, on_step)?);
    }
    Ok(modules)
}

fn tell_step(step: Step<'_>, plan: &Plan, shell: &mut Shell) {
    match step {
        Step::Compiling { source, command, .. } => {
            shell.status("Compiling", source);
            shell.detail("Running", command);
        }
        Step::Linking { module, command } => {
            shell.status("Linking", module);
            shell.detail("Running", command);
        }
        Step::Waiting { folder } => {
            shell.status("Blocking", format_args!("waiting for another build in `{folder}`"));
        }
        Step::Fresh { module } => shell.detail("Fresh", module),
        Step::Running { command } => shell.status("Running", command),
        Step::NotLaunched { launcher, reason } => {
            shell.warn(format_args!("`{launcher}` does not start, so all is compiled here: {reason}"));
        }
        Step::Reused { hits: 0, misses: 0 } => {}
        Step::Reused { hits, misses } => {
            let all = hits + misses;
            shell.status("Reused", format_args!("{hits} of {all} compilations, by sccache"));
        }
        Step::Unlisted { module, folder } => shell.warn(format_args!(
            "what is linked into `{module}` is not told: cargo does not show a package in `{folder}`"
        )),
        Step::Diagnostics(text) => messages::of_c(text, &plan.project, shell),
        Step::Message(line) => messages::of_cargo(line, &plan.project.root, shell),
    }
}

/// Does `work` for each item, several at once, and hands the results to `take` one by one, in the items' order and as
/// soon as may be. Nothing more is begun after `take` has failed.
fn in_order<T: Sync, W: Send, R>(
    items: &[T],
    workers: usize,
    work: impl Fn(&T) -> W + Sync,
    mut take: impl FnMut(usize, W) -> Result<R, Error>,
) -> Result<Vec<R>, Error> {
    let next = AtomicUsize::new(0);
    let (done, finished) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((number, item)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    items.get(number).map(|item| (number, item))
                } {
                    // Nobody listens any more after a failure.
                    let _ = done.send((number, work(item)));
                }
            });
        }
        drop(done);
        let (mut waiting, mut results) = (BTreeMap::new(), Vec::new());
        for (number, result) in finished {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&results.len()) {
                results.push(
                    take(results.len(), result)
                        .inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?,
                );
            }
        }
        Ok(results)
    })
}

/// The module that an image starts, and those that go with it.
struct Program {
    module: Module,
    with: Vec<Module>,
}

/// Those that go into the images of others have none of their own.
fn programs(modules: Vec<Module>, plan: &Plan) -> Result<Vec<Program>, Error> {
    let names: Vec<_> = modules.iter().map(|module| module.name.clone()).collect();
    let has_image = |module: &Module| plan.makes(module.package.as_deref(), &module.name);
    let (started, others): (Vec<_>, Vec<_>) = modules.into_iter().partition(has_image);
    if started.is_empty() {
        return Err(Error::NothingStarts { names: names.join("`, `") });
    }
    let program = |module: Module| {
        let of_package = |name: &String| {
            let is_meant = |other: &&Module| other.package == module.package && other.name == *name;
            let missing = || Error::NoSuchProgram { name: name.clone(), names: names.clone() };
            others.iter().find(is_meant).cloned().ok_or_else(missing)
        };
        let with = plan.with(module.package.as_deref(), &module.name);
        Ok(Program { with: with.iter().map(of_package).collect::<Result<_, Error>>()?, module })
    };
    started.into_iter().map(program).collect()
}

/// An image that is still to be written.
struct Packed {
    first: Formatted,
    /// Its other formats.
    others: Vec<Formatted>,
    report: Report,
    build_id: Option<BuildId>,
    /// What was done to the modules that go with it, in the order of the program's.
    with: Vec<(Report, Option<BuildId>)>,
    /// `layer 11.1 kB`
    stored: String,
    /// What is told of it besides: what kind of thing, and the thing itself.
    attestations: Vec<(&'static str, Blob)>,
}

/// An image in one of its formats, and the name of that.
struct Formatted {
    format: Format,
    name: Reference,
    image: Image,
}

impl Formatted {
    /// What it is called where its digest stands beside: the first of several formats needs no tag to be told apart.
    fn told(&self, place: usize) -> String {
        let name = if place == 0 { self.name.without_tag() } else { self.name.clone() };
        name.without_digest().to_string()
    }
}

impl Packed {
    fn formats(&self) -> impl Iterator<Item = &Formatted> {
        [&self.first].into_iter().chain(&self.others)
    }
}

fn pack(program: &Program, name: &Reference, plan: &Plan, cache: &Cache<'_>) -> Result<Packed, Error> {
    let Program { module, with } = program;
    let ModulePlan { pipeline, image, .. } = plan.of(module.package.as_deref());
    // Files in a layer of their own, below: a change of the code sends the module again, and only that.
    let files = image.files.iter().map(|files| layers::of_files(files, image.compression, cache));
    let mut layers = files.collect::<Result<Vec<_>, Error>>()?;
    let files = layers.first().and_then(Layer::diff_id);
    let mut all_needs = image.files.as_ref().map(needs_of_files).transpose()?.unwrap_or_default();
    let mut reports = Vec::new();
    for other in with {
        let path = image_plan::path_of(&other.name)?;
        let ModuleLayer { layer, report, build_id, needs, .. } =
            layers::of_module(other, &path, pipeline, image, cache)?;
        layers.push(layer);
        all_needs.add(needs);
        reports.push((report, build_id));
    }
    let ModuleLayer { layer, report, build_id, needs, module: optimized, linked } =
        layers::of_module(module, &image.entrypoint, pipeline, image, cache)?;
    layers.push(layer);
    all_needs.add(needs);
    let noun = if layers.len() > 1 { "layers" } else { "layer" };
    let stored = format!("{noun} {}", Size(layers.iter().map(Layer::size_bytes).sum()));
    let wasm = || Ok(layers::optimized(module, pipeline, image.compression, cache)?.wasm);
    let images = shapes::images(module, &layers, image, &all_needs, wasm)?;
    let mut formats = Vec::new();
    for (format, image) in images {
        // The first has the plain name.
        let name = if formats.is_empty() { name.clone() } else { name.for_format(format)? };
        formats.push(Formatted { format, name, image });
    }
    let facts = Facts {
        images: formats
            .iter()
            .enumerate()
            .map(|(place, one)| (one.told(place), one.image.digest()))
            .collect(),
        module,
        linked,
        optimized,
        pipeline,
        image,
        with,
        files,
        source: plan.checkout.as_ref(),
    };
    let attestations = image.attestations.of(&facts)?;
    let first = formats.remove(0);
    Ok(Packed { first, others: formats, report, build_id, with: reports, stored, attestations })
}

/// What modules among the files of an image need: whoever runs it may start one of those. One that cannot be read starts
/// nowhere.
fn needs_of_files(files: &Tar) -> Result<Capabilities, Error> {
    let mut needs = Capabilities::default();
    for module in files.modules()?.values() {
        needs.add(Capabilities::of(module).unwrap_or_default());
    }
    Ok(needs)
}

/// Writes the image where it is in any case, with its debug modules and what is told of it: each has a place of its own
/// there; and into archives.
fn keep(mut packed: Packed, program: &Program, plan: &Plan, cache: &Cache<'_>) -> Result<Packed, Error> {
    // Who asked for it in another place wants to give it away.
    if !plan.outputs.is_empty() {
        obey(&packed.first.name, program, plan, cache)?;
    }
    let layout = plan.layout(&packed.first.name);
    let ModulePlan { pipeline, image, .. } = plan.of(program.module.package.as_deref());
    let put = |module: &Module, path: &Utf8Path, build_id| {
        debug_module::put(path, build_id, || {
            Ok(layers::optimized(module, pipeline, image.compression, cache)?.debug)
        })
    };
    let mut debug = vec![put(&program.module, &debug_module::path(&layout), packed.build_id)?];
    let mut paths = Vec::new();
    for (other, (_, build_id)) in program.with.iter().zip(&packed.with) {
        let path = debug_module::path_of(&layout, &other.name);
        debug.push(put(other, &path, *build_id)?);
        paths.push(path);
    }
    debug_module::keep_only(&layout, &paths);
    attestations::put(&layout, &packed.attestations)?;
    let debug = debug.into_iter().flatten().filter(|_| image.attestations.has_debug_module);
    let debug = debug.map(|debug| (debug_module::ARTIFACT_TYPE, Blob::new(layers::MEDIA_TYPE, debug)));
    let told: Vec<_> = packed.attestations.drain(..).chain(debug).collect();
    for Formatted { image, .. } in [&mut packed.first].into_iter().chain(&mut packed.others) {
        let refer = |image, (kind, blob): &(&str, Blob)| Image::with_referrer(image, kind, blob.clone());
        *image = told.iter().fold(image.clone(), refer);
        if let Some(key) = &plan.key {
            *image = image.clone().signed(key)?;
        }
    }
    thread::scope(|scope| {
        let archives = plan.outputs.iter().filter(|output| output.form != Form::OciLayout);
        // An archive holds one image, so it need not wait for those of other programs, as a layout does to be the same
        // each time.
        let archives: Vec<_> = archives.map(|output| scope.spawn(|| write(output, &packed))).collect();
        let also = &image.also;
        for chosen in [&packed.first.name].into_iter().chain(also) {
            let mut layout = sinks::Layout::at(&layout).beside(chosen);
            for (number, Formatted { format, image, .. }) in packed.formats().enumerate() {
                let name = if number == 0 { chosen.clone() } else { chosen.for_format(*format)? };
                layout.write(image, &name)?;
            }
        }
        archives.into_iter().try_for_each(|archive| archive.join().expect("writing does not panic"))
    })?;
    Ok(packed)
}

/// Whether the programs of an image ask for no more than they may, before anything of it is written.
fn obey(name: &Reference, program: &Program, plan: &Plan, cache: &Cache<'_>) -> Result<(), Error> {
    let Program { module, with } = program;
    let ModulePlan { pipeline, image, policy, .. } = plan.of(module.package.as_deref());
    if policy.is_empty() {
        return Ok(());
    }
    let (mut programs, mut symbols) = (Vec::new(), BTreeMap::new());
    let others = with.iter().map(|other| Ok((image_plan::path_of(&other.name)?, other)));
    let others = others.collect::<Result<Vec<_>, Error>>()?;
    for (path, module) in [(image.entrypoint.clone(), module)].into_iter().chain(others) {
        let Optimized { wasm, debug, .. } = layers::optimized(module, pipeline, image.compression, cache)?;
        symbols.insert(wasm.clone(), debug);
        programs.push(survey::Program { path: path.to_string(), bytes: wasm });
    }
    let files = image.files.as_ref().map(Tar::modules).transpose()?.unwrap_or_default();
    programs
        .extend(files.into_iter().map(|(path, bytes)| survey::Program { path: format!("/{path}"), bytes }));
    let known = |wasm: &[u8]| Symbols::of(symbols.get(wasm)?.as_deref().unwrap_or(wasm)).ok();
    let name = name.without_digest().fully_qualified().to_string();
    let ruling = Ruling::of(name, &programs, policy, known, &pipeline.keep);
    gate::verdict(ruling.refused(gate::place(&module.wasm, pipeline.level)).into_iter().collect())
}

/// Writes the formats of an image that go there.
fn write(output: &Output, packed: &Packed) -> Result<(), Error> {
    for (number, Formatted { format, name, image }) in packed.formats().enumerate() {
        if output.takes(*format, number == 0) {
            output.sink(&packed.first.name).write(image, name)?;
        }
    }
    Ok(())
}

/// Says what was done, writes the image into other layouts, and tells its names.
fn tell(
    packed: &Packed,
    program: &Program,
    plan: &Plan,
    shell: &mut Shell,
) -> Result<(Reference, Vec<Reference>), Error> {
    for (Module { name, .. }, (report, _)) in program.with.iter().zip(&packed.with) {
        report::passes(report, shell);
        let bytes = report::shrunk(report.before.bytes, report.after.bytes);
        shell.status("Added", format_args!("{name} {bytes}"));
    }
    report::passes(&packed.report, shell);
    let name = &packed.first.name;
    let layout = plan.layout(name);
    shell.file(Verbosity::Verbose, "Wrote", &layout, &layout);
    for output in &plan.outputs {
        if output.form == Form::OciLayout {
            write(output, packed)?;
        }
        shell.file(Verbosity::Verbose, "Wrote", &output.dest, &output.dest);
    }
    let Report { before, after, .. } = &packed.report;
    let module_bytes = report::shrunk(before.bytes, after.bytes);
    shell.status("Packed", format_args!("{} {module_bytes}, {}", name.without_tag(), packed.stored));
    let reference = |Formatted { name, image, .. }: &Formatted| name.with_digest(image.digest());
    Ok((reference(&packed.first), packed.others.iter().map(reference).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_ends_in_any_order_is_taken_in_the_items_order() {
        let items: Vec<u64> = (0..20).collect();
        let work = |item: &u64| {
            thread::sleep(std::time::Duration::from_millis(item * 7 % 5));
            item * item
        };
        let squares = in_order(&items, 4, work, |number, square| Ok((number as u64, square))).unwrap();
        assert_eq!(squares, items.iter().map(|item| (*item, item * item)).collect::<Vec<_>>());
        assert!(in_order(&items[..0], 4, work, |_, square| Ok(square)).unwrap().is_empty());
    }

    #[test]
    fn the_first_failure_in_order_counts_and_ends_the_rest() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let work = |item: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(std::time::Duration::from_micros(200));
            *item
        };
        let failed = in_order(&items, 2, work, |number, _| match number {
            0..3 => Ok(()),
            _ => Err(Error::NotATarget { path: number.to_string().into() }),
        });
        assert!(matches!(failed, Err(Error::NotATarget { path }) if path == "3"));
        assert!(begun.into_inner() < 900);
    }
}
