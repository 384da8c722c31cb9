//! The layers of an image, found again if they were made before: compression is the slowest part of packing, and
//! Binaryen slower than all the rest.

use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasmpack_builder::Module;
use wasmpack_optimizer::{BuildId, Capabilities, Level, Optimized, Outcome, PassReport, Pipeline, Report};
use wasmpack_packager::{Blob, Compression, Digest, File, Layer, MODULE_LIMIT_BYTES, ModulePath, Tar};

use crate::cache::{Cache, Entry, Key};
use crate::error::Error;
use crate::image_plan::ImagePlan;

/// The media type of a module.
pub const MEDIA_TYPE: &str = "application/wasm";

/// The layer of these files, kept in the cache, where its bytes stay: they are never in memory together.
///
/// # Errors
/// When a file cannot be read, or another size than it had when the build was planned; when there is no room for the layer.
pub fn of_files(tar: &Tar, compression: Compression, cache: &Cache<'_>) -> Result<Layer, Error> {
    let key = |diff_id: Digest| {
        let key = Key::of(&[compression.identity().as_bytes(), diff_id.to_string().as_bytes()]);
        key.named("a layer of files".to_owned())
    };
    let diff_id = tar.diff_id()?;
    let restored = |entry: &Entry| Ok(Layer::restored(entry.layer(compression)?, diff_id, tar.paths()));
    let check = |entry: &Entry| {
        let layer: io::Result<Layer> = restored(entry);
        layer.and_then(|layer| layer.read(tar.size_bytes(), |_, _| Ok(()))).map_err(|cause| cause.to_string())
    };
    if let Some(Ok(layer)) = cache.open(&key(diff_id), &check).as_ref().map(restored) {
        return Ok(layer);
    }
    let draft = cache.draft().and_then(|draft| Ok((draft.as_file().try_clone()?, draft)));
    // A cache that cannot be written must not fail the work.
    let Ok((file, draft)) = draft else { return Ok(Layer::new(tar, compression)?) };
    let layer = Layer::in_file(tar, compression, file)?;
    // What was read now may be newer than what was read before.
    cache.keep(draft, &key(layer.diff_id().unwrap_or(diff_id)), layer.digest());
    Ok(layer)
}

/// The layer of a module that has been made smaller.
#[derive(Debug)]
pub struct ModuleLayer {
    /// The layer.
    pub layer: Layer,
    /// What was done to the module.
    pub report: Report,
    /// The id in its debug module, if it has one.
    pub build_id: Option<BuildId>,
    /// What it asks its host for.
    pub needs: Capabilities,
    /// The digest of the module in it, and of what that was before.
    pub module: Digest,
    pub linked: Digest,
}

/// What is kept of a module's layer besides its bytes.
#[derive(Serialize, Deserialize)]
struct Kept {
    report: Report,
    diff_id: String,
    build_id: Option<BuildId>,
    needs: Capabilities,
    module: String,
}

/// The layer of a module that stands at `path`, made smaller.
///
/// # Errors
/// When the optimizer refuses the module.
pub fn of_module(
    module: &Module,
    path: &ModulePath,
    pipeline: &Pipeline,
    plan: &ImagePlan,
    cache: &Cache<'_>,
) -> Result<ModuleLayer, Error> {
    let ImagePlan { created, compression, .. } = plan;
    let linked = Digest::of(&module.wasm);
    // As long as all that goes in is the same, there is no need to look at what comes between.
    let made_of =
        format!("{}, {}, {path}, {}", compression.identity(), Capabilities::IDENTITY, created.files);
    let optimized_key = optimized_key(module, linked, pipeline, *compression);
    let key = || {
        let key = Key::of(&[made_of.as_bytes(), optimized_key.as_bytes()]);
        key.named(format!("the layer of `{}`", module.name))
    };
    // To look for it would take longer than to make it.
    let is_quick = pipeline.level == Level::None && *compression == Compression::None;
    let key = (!is_quick).then(key);
    let read = |entry| restored(entry, *compression, path, linked);
    let check = |found: &ModuleLayer| check_layer(found, module, path, created.files);
    if let Some(found) = key.as_ref().and_then(|key| cache.get(key, read, check)) {
        // Whoever has the layer wants the debug module as well.
        cache.offer(&optimized_key);
        return Ok(found);
    }
    let Optimized { wasm, debug, report } = optimized(module, pipeline, *compression, cache)?;
    let build_id = debug.map(|_| BuildId::of(&wasm));
    let needs =
        Capabilities::of(&wasm).map_err(|source| Error::Inspect { name: module.name.clone(), source })?;
    let digest = if wasm == module.wasm { linked } else { Digest::of(&wasm) };
    let tar = Tar::from_files_at(created.files, [File::executable(path.as_str(), wasm)])?;
    let layer = Layer::new(&tar, *compression)?;
    if let Some(key) = key.filter(|_| is_final(&report))
        && let (Some(diff_id), Ok(stored)) = (layer.diff_id(), layer.blob().bytes())
    {
        let (diff_id, module) = (diff_id.to_string(), digest.to_string());
        let needs = needs.clone();
        let kept = Kept { report: report.clone(), diff_id, build_id, needs, module };
        cache.put(&key, &joined(&kept, &stored));
    }
    Ok(ModuleLayer { layer, report, build_id, needs, module: digest, linked })
}

/// The layer that an entry holds, if it is one.
fn restored(
    entry: Vec<u8>,
    compression: Compression,
    path: &ModulePath,
    linked: Digest,
) -> Option<ModuleLayer> {
    let (Kept { report, diff_id, build_id, needs, module }, stored) = parted(entry)?;
    let (diff_id, module) = (diff_id.parse().ok()?, module.parse().ok()?);
    let layer = Layer::restored(Blob::new(compression.media_type(), stored), diff_id, [path.as_str()]);
    Some(ModuleLayer { layer, report, build_id, needs, module, linked })
}

/// Whether what somebody else has kept is what it says: a layer of one module, at its place, that could come of this one.
fn check_layer(
    found: &ModuleLayer,
    module: &Module,
    path: &ModulePath,
    mtime_seconds: u64,
) -> Result<(), String> {
    let mut wasm = Vec::new();
    let read = found.layer.read(MODULE_LIMIT_BYTES, |_, content| content.read_to_end(&mut wasm).map(drop));
    read.map_err(|cause| cause.to_string())?;
    check_module(&wasm, module)?;
    let tar = Tar::from_files_at(mtime_seconds, [File::executable(path.as_str(), wasm.clone())]);
    let diff_id = tar.and_then(|tar| tar.diff_id()).map_err(|error| error.to_string())?;
    let is_right = found.layer.diff_id() == Some(diff_id)
        && found.module == Digest::of(&wasm)
        && found.build_id.is_none_or(|id| id == BuildId::of(&wasm))
        && Capabilities::of(&wasm).is_ok_and(|needs| needs == found.needs);
    if is_right { Ok(()) } else { Err("it holds another thing than it says".to_owned()) }
}

/// Whether these bytes could come of a module.
fn check_module(wasm: &[u8], module: &Module) -> Result<(), String> {
    wasmpack_optimizer::check_foreign(&module.wasm, wasm).map_err(|error| error.to_string())
}

/// What is kept of an optimized module besides its own bytes and, behind them, those of its debug module.
#[derive(Serialize, Deserialize)]
struct Head {
    report: Report,
    module_bytes: usize,
    has_debug: bool,
}

/// The optimized module and what each pass did, from the cache if these very bytes went this way before.
///
/// # Errors
/// When the optimizer refuses the module.
pub fn optimized(
    module: &Module,
    pipeline: &Pipeline,
    compression: Compression,
    cache: &Cache<'_>,
) -> Result<Optimized, Error> {
    let optimize = || {
        let name = module.name.clone();
        wasmpack_optimizer::optimize(&module.wasm, pipeline).map_err(|source| match pipeline.level {
            // It is read, and nothing else.
            Level::None => Error::Inspect { name, source },
            _ => Error::Optimize { name, source },
        })
    };
    if pipeline.level == Level::None {
        return optimize();
    }
    let key = optimized_key(module, Digest::of(&module.wasm), pipeline, compression);
    let read = |entry| {
        let (Head { report, module_bytes, has_debug }, mut wasm) = parted(entry)?;
        let debug = (module_bytes <= wasm.len()).then(|| wasm.split_off(module_bytes))?;
        Some(Optimized { wasm, debug: has_debug.then_some(debug), report })
    };
    if let Some(optimized) = cache.get(&key, read, |found| check_module(&found.wasm, module)) {
        return Ok(optimized);
    }
    let optimized = optimize()?;
    let Optimized { wasm, debug, report } = &optimized;
    if is_final(report) {
        let head = Head { report: report.clone(), module_bytes: wasm.len(), has_debug: debug.is_some() };
        let bytes = [wasm.as_slice(), debug.as_deref().unwrap_or_default()].concat();
        cache.put(&key, &joined(&head, &bytes));
    }
    Ok(optimized)
}

/// The compression belongs to it, because it decides which of several ways makes the lightest module.
fn optimized_key(module: &Module, linked: Digest, pipeline: &Pipeline, compression: Compression) -> Key {
    let linked = linked.to_string();
    let key =
        Key::of(&[pipeline.identity().as_bytes(), compression.identity().as_bytes(), linked.as_bytes()]);
    key.named(format!("optimized `{}`", module.name))
}

/// What failed once, for want of time or memory, may work next time.
fn is_final(report: &Report) -> bool {
    let failed =
        |pass: &PassReport| matches!(pass.outcome, Outcome::Failed { .. }) || pass.unfinished.is_some();
    !report.passes.iter().any(failed)
}

/// An entry of the cache: one line of JSON, then bytes.
fn joined(head: &impl Serialize, bytes: &[u8]) -> Vec<u8> {
    let mut entry = serde_json::to_vec(head).expect("what is kept is plain data");
    entry.push(b'\n');
    entry.extend_from_slice(bytes);
    entry
}

fn parted<H: DeserializeOwned>(mut entry: Vec<u8>) -> Option<(H, Vec<u8>)> {
    let end = entry.iter().position(|byte| *byte == b'\n')?;
    let bytes = entry.split_off(end + 1);
    Some((serde_json::from_slice(&entry).ok()?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_apart_as_it_was_joined() {
        let entry = joined(&["head"], b"by\ntes");
        assert_eq!(parted(entry), Some((["head".to_owned()], b"by\ntes".to_vec())));
        assert_eq!(parted::<Vec<String>>(b"no line".to_vec()), None);
        assert_eq!(parted::<Vec<String>>(b"no json\nbytes".to_vec()), None);
    }
}
