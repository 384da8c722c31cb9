//! A run of the embedded Binaryen whose result is written twice: as it is to be, and with a source map.
//!
//! Binaryen 116 ends with a change to the order of instructions (Stack IR) that it leaves out where it writes a source map
//! (later releases do not). The lines must not cost that, and a second run would take as long as the first. So what the
//! run has made is written twice, and [`crate::align`] finds each instruction of one in the other.

use std::path::Path;

use wasm_opt::base::{
    Feature, FeatureSet, InliningOptions, Module, ModuleReader, ModuleWriter, PassOptions, PassRunner,
    validate_wasm,
};
use wasm_opt::{Feature as Known, OptimizationError, OptimizationOptions};

/// What is read and what is written, by name.
pub(crate) struct Files<'a> {
    pub(crate) input: &'a str,
    pub(crate) input_map: &'a str,
    pub(crate) output: &'a str,
    /// The output as it was before its last change.
    pub(crate) mapped: &'a str,
    /// The source map of that.
    pub(crate) map: &'a str,
}

/// What [`OptimizationOptions::run_with_sourcemaps`] does, but for the second output.
pub(crate) fn run(
    options: &OptimizationOptions,
    features: &[Known],
    files: &Files<'_>,
) -> Result<(), OptimizationError> {
    let mut module = Module::new();
    apply(features, &mut module);
    let mut reader = ModuleReader::new();
    reader.set_dwarf(options.passopts.debug_info);
    reader
        .read_binary(Path::new(files.input), &mut module, Some(Path::new(files.input_map)))
        .map_err(|error| OptimizationError::Read { source: error.into() })?;
    if options.passopts.validate && !validate_wasm(&mut module) {
        return Err(OptimizationError::ValidateWasmInput);
    }
    let mut runner = PassRunner::new_with_options(&mut module, pass_options(options));
    if options.passes.add_default_passes {
        runner.add_default_optimization_passes();
    }
    for pass in &options.passes.more_passes {
        runner.add(pass.name());
    }
    runner.run();
    drop(runner);
    if options.passopts.validate && !validate_wasm(&mut module) {
        return Err(OptimizationError::ValidateWasmOutput);
    }
    write(&mut module, files.output, None)?;
    write(&mut module, files.mapped, Some(files.map))
}

fn write(module: &mut Module, path: &str, map: Option<&str>) -> Result<(), OptimizationError> {
    let mut writer = ModuleWriter::new();
    writer.set_debug_info(true);
    let map = map.map_or(Ok(()), |map| writer.set_source_map_filename(Path::new(map)));
    map.and_then(|()| writer.write_binary(module, Path::new(path)))
        .map_err(|error| OptimizationError::Write { source: error.into() })
}

/// These features, and no other.
fn apply(features: &[Known], module: &mut Module) {
    let (mut enabled, mut disabled) = (FeatureSet::new(), FeatureSet::new());
    enabled.set_mvp();
    disabled.set_all();
    for feature in features.iter().filter_map(|feature| feature_of(*feature)) {
        enabled.set(feature, true);
        disabled.set(feature, false);
    }
    module.apply_features(enabled, disabled);
}

fn feature_of(known: Known) -> Option<Feature> {
    Some(match known {
        Known::Atomics => Feature::Atomics,
        Known::MutableGlobals => Feature::MutableGlobals,
        Known::TruncSat => Feature::TruncSat,
        Known::Simd => Feature::Simd,
        Known::BulkMemory => Feature::BulkMemory,
        Known::SignExt => Feature::SignExt,
        Known::ExceptionHandling => Feature::ExceptionHandling,
        Known::TailCall => Feature::TailCall,
        Known::ReferenceTypes => Feature::ReferenceTypes,
        Known::Multivalue => Feature::Multivalue,
        Known::Gc => Feature::Gc,
        Known::Memory64 => Feature::Memory64,
        Known::RelaxedSimd => Feature::RelaxedSimd,
        Known::ExtendedConst => Feature::ExtendedConst,
        Known::Strings => Feature::Strings,
        Known::MultiMemory => Feature::MultiMemory,
        // Names for several, and for none.
        Known::None | Known::Mvp | Known::Default | Known::All => return None,
    })
}

fn pass_options(options: &OptimizationOptions) -> PassOptions {
    let (given, inlining) = (&options.passopts, &options.inlining);
    let mut inline = InliningOptions::new();
    inline.set_always_inline_max_size(inlining.always_inline_max_size);
    inline.set_one_caller_inline_max_size(inlining.one_caller_inline_max_size);
    inline.set_flexible_inline_max_size(inlining.flexible_inline_max_size);
    inline.set_allow_functions_with_loops(inlining.allow_functions_with_loops);
    inline.set_partial_inlining_ifs(inlining.partial_inlining_ifs);
    let mut passes = PassOptions::new();
    passes.set_validate(given.validate);
    passes.set_validate_globally(given.validate_globally);
    passes.set_optimize_level(given.optimize_level as i32);
    passes.set_shrink_level(given.shrink_level as i32);
    passes.set_traps_never_happen(given.traps_never_happen);
    passes.set_low_memory_unused(given.low_memory_unused);
    passes.set_fast_math(given.fast_math);
    passes.set_zero_filled_memory(given.zero_filled_memory);
    passes.set_debug_info(given.debug_info);
    passes.set_inlining_options(inline);
    passes
}
