//! The Binaryen that is compiled in: how a module goes through it.
//!
//! It has ways of its own. Extensions of signs are kept from it: see [`stages`]. And it ends with a change to the order of
//! instructions (Stack IR) that it leaves out where it writes a source map (later releases do not). The lines must not cost that, and a
//! second run would take as long as the first. So what the run has made is written twice, and [`crate::align`] finds each
//! instruction of one in the other.

use std::path::Path;

use wasm_opt::base::{
    Feature, FeatureSet, InliningOptions, Module, ModuleReader, ModuleWriter, PassOptions, PassRunner,
    validate_wasm,
};
use wasm_opt::{Feature as Known, OptimizationError, OptimizationOptions, Pass};

use crate::Level;
use crate::recipe::Recipe;

/// What is read and what is written, by name.
pub(crate) struct Files<'a> {
    pub(crate) input: &'a str,
    pub(crate) output: &'a str,
    pub(crate) maps: Option<Maps<'a>>,
}

/// Where lines are.
pub(crate) struct Maps<'a> {
    /// The source map of the input.
    pub(crate) input: &'a str,
    /// The output as it was before its last change.
    pub(crate) mapped: &'a str,
    /// The source map of that.
    pub(crate) output: &'a str,
}

/// Takes a module with these features through a recipe.
pub(crate) fn run(recipe: Recipe, features: &[Known], files: &Files<'_>) -> Result<(), OptimizationError> {
    let options = options(recipe);
    let mut module = Module::new();
    apply(features, &mut module);
    let mut reader = ModuleReader::new();
    reader.set_dwarf(options.passopts.debug_info);
    reader
        .read_binary(
            Path::new(files.input),
            &mut module,
            files.maps.as_ref().map(|maps| Path::new(maps.input)),
        )
        .map_err(|error| OptimizationError::Read { source: error.into() })?;
    if options.passopts.validate && !validate_wasm(&mut module) {
        return Err(OptimizationError::ValidateWasmInput);
    }
    for Stage { first, defaults } in stages(recipe, features.contains(&Known::SignExt)) {
        apply(features, &mut module);
        let mut runner = PassRunner::new_with_options(&mut module, pass_options(&options));
        first.iter().for_each(|pass| runner.add(pass.name()));
        if defaults {
            runner.add_default_optimization_passes();
        }
        runner.run();
    }
    if options.passopts.validate && !validate_wasm(&mut module) {
        return Err(OptimizationError::ValidateWasmOutput);
    }
    write(&mut module, files.output, None)?;
    files.maps.as_ref().map_or(Ok(()), |maps| write(&mut module, maps.mapped, Some(maps.output)))
}

/// Passes that run over all of the module, and then perhaps those of the level.
struct Stage {
    first: Vec<Pass>,
    defaults: bool,
}

/// What is done of a recipe, one after the other.
///
/// From level 2 on Binaryen chooses whether a load extends its sign by what is done with the value, and takes
/// `i32.extend8_s (call $f (local.get $loaded))` for an extension of what was loaded
/// (<https://github.com/WebAssembly/binaryen/commit/f6cfc56472>, which is in version 121). Written as two shifts, an extension is seen
/// for what it is; so they are written like that at first, which also turns the feature off, and as instructions again in the end.
/// Shifts leave locals that are not needed then.
fn stages(recipe: Recipe, has_extensions: bool) -> Vec<Stage> {
    let are_lowered = has_extensions && recipe.level != Level::O1;
    let lower = are_lowered.then_some(Pass::SignextLowering);
    let gufa = recipe.gufa.then_some(Pass::Gufa);
    let mut stages = vec![Stage { first: lower.into_iter().chain(gufa).collect(), defaults: true }];
    if are_lowered {
        let first = vec![
            Pass::OptimizeInstructions,
            Pass::CoalesceLocals,
            // So the crate calls `reorder-locals`.
            Pass::RecorderLocals,
            Pass::GenerateStackIr,
            Pass::OptimizeStackIr,
        ];
        stages.push(Stage { first, defaults: false });
    }
    stages
}

fn options(recipe: Recipe) -> OptimizationOptions {
    let mut options = match recipe.level {
        Level::None | Level::O0 => OptimizationOptions::new_opt_level_0(),
        Level::O1 => OptimizationOptions::new_opt_level_1(),
        Level::O2 | Level::Speed => OptimizationOptions::new_opt_level_2(),
        Level::O3 => OptimizationOptions::new_opt_level_3(),
        Level::S => OptimizationOptions::new_optimize_for_size(),
        Level::Z | Level::Size => OptimizationOptions::new_optimize_for_size_aggressively(),
    };
    if let Some(size) = recipe.inlined {
        options.one_caller_inline_max_size(size);
    }
    // Names go along, so that functions can be told apart afterwards.
    options.debug_info(true);
    options
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
