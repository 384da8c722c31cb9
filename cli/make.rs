//! Sources to images, as the plan says: build, optimize, pack, write.

use camino::Utf8PathBuf;
use wasmpack_builder::{Module, Settings, Std, Step};
use wasmpack_optimizer::{Optimized, Outcome, PassReport, Pipeline};
use wasmpack_packager::{COMPRESSOR, Draft, File, Image, Layer, Platform, Reference, Sink, Tar, keys, sinks};

use crate::cache::Cache;
use crate::context::Context;
use crate::error::Error;
use crate::image_plan::ImagePlan;
use crate::output::{Form, Output};
use crate::plan::{ModulePlan, Plan};
use crate::report;
use crate::shell::Shell;
use crate::size::Size;

/// Where a module stands in its image, and how it is started.
const ENTRYPOINT: &str = "/app.wasm";

/// An image that has been written.
#[derive(Debug)]
pub struct Made {
    /// Its name, with tag and digest.
    pub reference: Reference,
    /// The layout it can be read from.
    pub layout: Utf8PathBuf,
}

/// Builds every module of the project and writes an image of each.
///
/// # Errors
/// At the first thing that fails; images written before stay.
pub fn images(plan: &Plan, context: &mut Context) -> Result<Vec<Made>, Error> {
    let shell = &mut context.shell;
    let is_minimal = |settings: &Settings| settings.cargo.std == Std::Minimal;
    if plan.settings.iter().any(is_minimal) {
        shell.note("with `--std minimal` a panic ends the program without a message");
    }
    let mut modules = Vec::new();
    for settings in &plan.settings {
        let on_step = &mut |step: Step<'_>| match step {
            Step::Compiling { source, .. } => shell.status("Compiling", source),
            Step::Linking { module } => shell.status("Linking", module),
            Step::Fresh { module } => shell.detail("Fresh", module),
            Step::Running { command } => shell.status("Running", command),
            Step::Diagnostics(text) => shell.verbatim(text),
        };
        modules.extend(wasmpack_builder::build(&plan.project, settings, &plan.machine, on_step)?);
    }
    let names = names(&modules, plan)?;
    modules.iter().zip(names).map(|(module, name)| image(module, &name, plan, shell)).collect()
}

/// A name for each module, before work goes into any: two images of one name would overwrite each other.
fn names(modules: &[Module], plan: &Plan) -> Result<Vec<Reference>, Error> {
    let mut names: Vec<Reference> = Vec::new();
    for module in modules {
        let name = plan.of(module.package.as_deref()).image.name(&module.name)?;
        if names.contains(&name) {
            return Err(Error::OneNameForSeveral { name: name.to_string() });
        }
        names.push(name);
    }
    Ok(names)
}

fn image(module: &Module, name: &Reference, plan: &Plan, shell: &mut Shell) -> Result<Made, Error> {
    let ModulePlan { pipeline, image } = plan.of(module.package.as_deref());
    let cache = Cache::at(plan.cache.clone());
    // The optimizer's child process needs a folder for its files.
    std::fs::create_dir_all(&plan.cache)
        .map_err(|source| Error::WriteFile { path: plan.cache.clone(), source })?;
    let Optimized { wasm, report } = optimized(module, pipeline, &cache)?;
    report::passes(&report, shell);

    // Files in a layer of their own, below: a change of the code sends the module again, and only that.
    let files =
        (!image.files.is_empty()).then(|| Tar::from_files_at(image.created.files, image.files.clone()));
    let module_tar = Tar::from_files_at(image.created.files, [File::executable(ENTRYPOINT, wasm)])?;
    let tars = files.transpose()?.into_iter().chain([module_tar]);
    let layers: Vec<Layer> = tars.map(|tar| compressed(&tar, &cache)).collect();
    let noun = if layers.len() > 1 { "layers" } else { "layer" };
    let stored = Size(layers.iter().map(Layer::size_bytes).sum());
    let image = described(layers, module, image)?;

    let layout = plan.layout(name);
    let outputs = plan.outputs.iter().cloned();
    for output in std::iter::once(Output { form: Form::OciLayout, dest: layout.clone() }).chain(outputs) {
        sink(&output).write(&image, name)?;
        shell.detail("Wrote", &output.dest);
    }
    let module_bytes = report::shrunk(report.before.bytes, report.after.bytes);
    shell.status("Packed", format_args!("{} {module_bytes}, {noun} {stored}", name.without_tag()));
    Ok(Made { reference: name.with_digest(image.digest()), layout })
}

/// The optimized module and what each pass did, from the cache if these very bytes went this way before.
fn optimized(module: &Module, pipeline: &Pipeline, cache: &Cache) -> Result<Optimized, Error> {
    let Pipeline { level, keep, .. } = pipeline;
    let options = format!("{level} {keep:?}");
    let inputs = [wasmpack_optimizer::identity().as_bytes(), options.as_bytes(), &module.wasm];
    if let Some(kept) = cache.get(&inputs).and_then(|entry| from_entry(&entry)) {
        return Ok(kept);
    }
    let optimized = wasmpack_optimizer::optimize(&module.wasm, pipeline)
        .map_err(|source| Error::Optimize { name: module.name.clone(), source })?;
    // What failed once, for want of time or memory, may work next time.
    let failed = |pass: &PassReport| matches!(pass.outcome, Outcome::Failed { .. });
    if !optimized.report.passes.iter().any(failed) {
        cache.put(&inputs, &to_entry(&optimized));
    }
    Ok(optimized)
}

/// The report as one line of JSON, then the module.
fn to_entry(optimized: &Optimized) -> Vec<u8> {
    let mut entry = serde_json::to_vec(&optimized.report).expect("a report is plain data");
    entry.push(b'\n');
    entry.extend_from_slice(&optimized.wasm);
    entry
}

fn from_entry(entry: &[u8]) -> Option<Optimized> {
    let end = entry.iter().position(|byte| *byte == b'\n')?;
    let report = serde_json::from_slice(&entry[..end]).ok()?;
    Some(Optimized { report, wasm: entry[end + 1..].to_vec() })
}

/// The layer of a tar: compression is the slowest part of packing, and the same tar has the same layer.
fn compressed(tar: &Tar, cache: &Cache) -> Layer {
    let diff_id = tar.diff_id().to_string();
    let inputs = [COMPRESSOR.as_bytes(), diff_id.as_bytes()];
    let kept = cache.get(&inputs).and_then(|stored| Layer::restored(tar.diff_id(), stored).ok());
    kept.unwrap_or_else(|| {
        let layer = Layer::gzip(tar);
        cache.put(&inputs, layer.blob().bytes());
        layer
    })
}

fn described(layers: Vec<Layer>, module: &Module, plan: &ImagePlan) -> Result<Image, Error> {
    let ImagePlan { args, env, labels, created, .. } = plan;
    let scratch = Image::scratch(Platform::WASI_WASM);
    let mut draft = layers
        .into_iter()
        .fold(scratch, Draft::with_layer)
        .with_entrypoint([ENTRYPOINT])
        .with_cmd(args.iter().cloned())
        .with_created(created.image)
        .with_annotation(keys::TITLE, &module.name);
    if let Some(version) = &module.version {
        draft = draft.with_annotation(keys::VERSION, version);
    }
    for (name, value) in env {
        draft = draft.with_env(name, value);
    }
    for (name, value) in labels {
        draft = draft.with_label(name, value);
    }
    Ok(draft.build()?)
}

fn sink(output: &Output) -> Box<dyn Sink> {
    match output.form {
        Form::OciLayout => Box::new(sinks::Layout::at(&output.dest)),
        Form::OciArchive => Box::new(sinks::Archive::at(&output.dest)),
    }
}
