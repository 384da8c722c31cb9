//! The layers of an image, found again if they were made before: compression is the slowest part of packing, and
//! Binaryen slower than all the rest.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasmpack_builder::Module;
use wasmpack_optimizer::{Optimized, Outcome, PassReport, Pipeline, Report};
use wasmpack_packager::{Digest, File, LAYER_FORM, Layer, Tar};

use crate::cache::{Cache, Key};
use crate::error::Error;

/// Where a module stands in its image, and how it is started.
pub const ENTRYPOINT: &str = "/app.wasm";

/// The layer of these files, all changed last at one time, in seconds since 1970.
///
/// # Errors
/// When two of them have one place.
pub fn of_files(files: &[File], mtime_seconds: u64, cache: &Cache) -> Result<Layer, Error> {
    let tar = Tar::from_files_at(mtime_seconds, files.iter().cloned())?;
    let key = Key::of(&[LAYER_FORM.as_bytes(), tar.diff_id().to_string().as_bytes()]);
    if let Some(stored) = cache.get(&key) {
        return Ok(Layer::restored(stored, tar.diff_id(), files.iter().map(|file| file.path.clone())));
    }
    let layer = Layer::gzip(&tar);
    cache.put(&key, layer.blob().bytes());
    Ok(layer)
}

/// What is kept of a module's layer besides its bytes.
#[derive(Serialize, Deserialize)]
struct Kept {
    report: Report,
    diff_id: String,
}

/// The layer of a module that has been made smaller, and what was done to it.
///
/// # Errors
/// When the optimizer refuses the module.
pub fn of_module(
    module: &Module,
    pipeline: &Pipeline,
    mtime_seconds: u64,
    cache: &Cache,
) -> Result<(Layer, Report), Error> {
    let options = format!("{} {:?}", pipeline.level, pipeline.keep);
    let optimizer = wasmpack_optimizer::identity();
    let optimized_key = Key::of(&[optimizer.as_bytes(), options.as_bytes(), &module.wasm]);
    // As long as all that goes in is the same, there is no need to look at what comes between.
    let made_of = format!("{LAYER_FORM}, {ENTRYPOINT}, {mtime_seconds}");
    let key = Key::of(&[made_of.as_bytes(), optimized_key.as_bytes()]);
    if let Some((Kept { report, diff_id }, stored)) = cache.get(&key).and_then(parted)
        && let Ok(diff_id) = diff_id.parse::<Digest>()
    {
        return Ok((Layer::restored(stored, diff_id, [ENTRYPOINT.to_owned()]), report));
    }
    let Optimized { wasm, report } = optimized(module, pipeline, &optimized_key, cache)?;
    let tar = Tar::from_files_at(mtime_seconds, [File::executable(ENTRYPOINT, wasm)])?;
    let layer = Layer::gzip(&tar);
    if is_final(&report) {
        let kept = Kept { report: report.clone(), diff_id: layer.diff_id().to_string() };
        cache.put(&key, &joined(&kept, layer.blob().bytes()));
    }
    Ok((layer, report))
}

/// The optimized module and what each pass did, from the cache if these very bytes went this way before.
fn optimized(module: &Module, pipeline: &Pipeline, key: &Key, cache: &Cache) -> Result<Optimized, Error> {
    if let Some((report, wasm)) = cache.get(key).and_then(parted) {
        return Ok(Optimized { wasm, report });
    }
    let optimized = wasmpack_optimizer::optimize(&module.wasm, pipeline)
        .map_err(|source| Error::Optimize { name: module.name.clone(), source })?;
    if is_final(&optimized.report) {
        cache.put(key, &joined(&optimized.report, &optimized.wasm));
    }
    Ok(optimized)
}

/// What failed once, for want of time or memory, may work next time.
fn is_final(report: &Report) -> bool {
    let failed = |pass: &PassReport| matches!(pass.outcome, Outcome::Failed { .. });
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
