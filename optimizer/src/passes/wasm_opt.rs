//! Makes the code itself smaller or faster.

use crate::faults::Seen;
use crate::lines::{self, Lines};
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
        !matches!(settings.level, Level::None | Level::O0) && settings.binaryen.engine != Engine::Off
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error> {
        // Binaryen knows lines from source maps only, and DWARF makes it leave things out.
        let (lines, wasm) = (Lines::of(wasm)?, lines::without(wasm)?);
        let seen = Seen::in_module(&wasm, settings.features)?;
        seen.refuse(&settings.binaryen.engine)?;
        let recipes = Recipe::all(settings.level, wasm.len(), seen.is_closed());
        let mut best: Option<Attempt> = None;
        let (mut failure, mut unfinished) = (Error::BadRequest, None);
        for recipe in &recipes {
            match attempt(&wasm, &lines, *recipe, settings) {
                // Of two that weigh the same, the first.
                Ok(next) if best.as_ref().is_none_or(|best| next.weight < best.weight) => best = Some(next),
                Ok(_) => {}
                Err(error) => {
                    let is_late = matches!(error, Error::TimeLimit { .. });
                    unfinished =
                        is_late.then(|| format!("`{recipe}` {}", error.why_left_out())).or(unfinished);
                    failure = error;
                }
            }
        }
        let Attempt { wasm, lines, recipe, .. } = best.ok_or(failure)?;
        let by = (recipes.len() > 1).then(|| recipe.to_string());
        Ok(Changed { by, unfinished, ..Changed::from(lines.put_into(&wasm)?) })
    }
}

/// What a recipe makes of the module and its lines.
struct Attempt {
    /// Without names.
    weight: u64,
    wasm: Vec<u8>,
    lines: Lines,
    recipe: Recipe,
}

fn attempt(wasm: &[u8], lines: &Lines, recipe: Recipe, settings: &Settings) -> Result<Attempt, Error> {
    let optimize = |lines| settings.binaryen.optimize(wasm, lines, recipe, settings.features);
    let (output, lines) = match optimize(lines) {
        // Should it be for the lines, the module is worth more.
        Err(Error::Child { .. }) if !lines.is_empty() => optimize(&Lines::default())?,
        optimized => optimized?,
    };
    check::check(wasm, &output, settings)?;
    let weight = (settings.weigh)(&names::without(&output)?);
    Ok(Attempt { weight, wasm: output, lines, recipe })
}
