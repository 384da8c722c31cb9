//! Makes the code itself smaller or faster.

use crate::passes::Changed;
use crate::recipe::Recipe;
use crate::{Engine, Error, Level, Pass, Settings, check, names};

/// Runs Binaryen's optimizer in a child process, in every way that belongs to the level, and takes what is the
/// smallest as it will be stored: which way that is, nobody can tell beforehand.
#[derive(Debug)]
pub(crate) struct WasmOpt;

impl Pass for WasmOpt {
    fn name(&self) -> &'static str {
        "wasm-opt"
    }

    fn runs_at(&self, settings: &Settings) -> bool {
        settings.level != Level::O0 && settings.binaryen.engine != Engine::Off
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error> {
        let recipes = Recipe::all(settings.level, wasm.len());
        let mut best: Option<(u64, Changed)> = None;
        let mut failure = Error::BadRequest;
        for recipe in &recipes {
            match attempt(wasm, *recipe, settings) {
                // Of two that weigh the same, the first.
                Ok((weight, output)) if best.as_ref().is_none_or(|(least, _)| weight < *least) => {
                    let by = (recipes.len() > 1).then(|| recipe.to_string());
                    best = Some((weight, Changed { by, ..Changed::from(output) }));
                }
                Ok(_) => {}
                Err(error) => failure = error,
            }
        }
        best.map(|(_, changed)| changed).ok_or(failure)
    }
}

/// What a recipe makes of the module, and its weight without names.
fn attempt(wasm: &[u8], recipe: Recipe, settings: &Settings) -> Result<(u64, Vec<u8>), Error> {
    let output = settings.binaryen.optimize(wasm, recipe, settings.features)?;
    check::check(wasm, &output, settings)?;
    Ok(((settings.weigh)(&names::without(&output)?), output))
}
