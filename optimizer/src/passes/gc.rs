//! Removes everything that no root reaches. The only file that knows walrus.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::thread;

use walrus::{CodeTransform, CustomSection, IdsToIndices, ModuleConfig};

use crate::lines::{self, Lines};
use crate::passes::Changed;
use crate::{Engine, Error, Graph, Level, Pass, Settings, census, names};

/// Removes functions, globals, tables, segments, types and imports that no root reaches, with walrus.
///
/// Roots are the exports, the start function, active segments, and every function in a table that is used.
#[derive(Debug)]
pub(crate) struct Gc;

/// Compiled without optimization, walrus has large frames and overflows the 2 MiB that a thread has by default. The
/// system hands out only the part that is touched.
const STACK_BYTES: usize = 64 * 1024 * 1024;

impl Pass for Gc {
    fn name(&self) -> &'static str {
        "gc"
    }

    fn run(&self, wasm: &[u8], settings: &Settings) -> Result<Changed, Error> {
        // Lines are no part of what the module weighs.
        if !pays(&lines::without(wasm)?, settings)? {
            return Ok(wasm.to_vec().into());
        }
        let collected = thread::scope(|scope| {
            let thread = thread::Builder::new().name("walrus".into()).stack_size(STACK_BYTES);
            let thread = thread.spawn_scoped(scope, || collect(wasm));
            thread.map_err(|source| Error::Thread { source })?.join().map_err(|_| Error::Panicked)?
        });
        collected.map(Changed::from)
    }
}

/// Up to this length, walrus takes less memory than Binaryen would.
const CHEAP_BYTES: usize = 2 * 1024 * 1024;

/// Whether there is enough to remove: a hundredth of the module. Linkers have removed what they could; walrus takes 40
/// times the module in memory, and puts functions into an order that compresses less well. Binaryen, where it runs,
/// finds the rest by itself.
fn pays(wasm: &[u8], settings: &Settings) -> Result<bool, Error> {
    let unreached = Graph::of(wasm, &settings.roots)?.unreached();
    let is_last = settings.binaryen.engine == Engine::Off || settings.level == Level::O0;
    if is_last && wasm.len() <= CHEAP_BYTES {
        return Ok(!unreached.is_empty());
    }
    let weights = census::weights(wasm)?;
    let bytes: usize = unreached.iter().map(|item| weights.get(item).copied().unwrap_or_default()).sum();
    Ok(bytes * 100 >= wasm.len())
}

fn collect(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let mut config = ModuleConfig::new();
    // What is not written need not be removed.
    config.generate_name_section(true).generate_producers_section(false);
    let lines = Lines::of(wasm)?;
    if lines.is_empty() {
        return emit(&config, wasm, |_| {});
    }
    // Only then, because it takes room for each instruction.
    config.preserve_code_transform(true);
    let moves = Moves::default();
    let output = emit(&config, wasm, |module| {
        module.customs.add(moves.clone());
    })?;
    let (from, to) = (lines::code(wasm)?, lines::code(&output)?);
    let (Some((from, _)), Some((to, _)), Some(moves)) = (from, to, moves.0.get()) else {
        return names::only_names(&output);
    };
    let mut places: Vec<_> = moves.iter().map(|(before, after)| (after - to, Some(before - from))).collect();
    places.sort_by_key(|(after, _)| *after);
    lines.moved(places).put_into(&names::only_names(&output)?)
}

fn emit(
    config: &ModuleConfig,
    wasm: &[u8],
    prepare: impl FnOnce(&mut walrus::Module),
) -> Result<Vec<u8>, Error> {
    let mut module = config.parse(wasm).map_err(|error| Error::Walrus { source: error.into() })?;
    walrus::passes::gc::run(&mut module);
    prepare(&mut module);
    Ok(module.emit_wasm())
}

/// From where to where each instruction was moved, in bytes from the start of the module. Walrus tells it to custom
/// sections and to nobody else.
#[derive(Debug, Clone, Default)]
struct Moves(Arc<OnceLock<Vec<(usize, usize)>>>);

impl CustomSection for Moves {
    fn name(&self) -> &'static str {
        "moves"
    }

    fn data(&self, _: &IdsToIndices) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn apply_code_transform(&mut self, transform: &CodeTransform) {
        let moves = transform.instruction_map.iter().map(|(before, after)| (before.data() as usize, *after));
        // Called once.
        let _ = self.0.set(moves.collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    #[test]
    fn little_is_left_to_binaryen_where_it_runs() {
        let wat = format!(
            r#"(module (memory 1) (data (i32.const 0) "{}") (func (export "_start") (drop (i32.load (i32.const 0)))) (func))"#,
            "much text ".repeat(50)
        );
        let wasm = wat::parse_str(wat).unwrap();
        let pays = |level| {
            let settings = Settings::resolve(&wasm, &Pipeline { level, ..Pipeline::for_tests() });
            pays(&wasm, &settings.unwrap()).unwrap()
        };
        assert!(pays(Level::O0) && !pays(Level::Z));
    }

    #[test]
    fn lines_follow_their_functions() {
        let text = "(module\n(func)\n(func (export \"small\")\nunreachable)\n(func (export \"_start\")\nnop\nnop\nunreachable))";
        let wasm = wat::Parser::new()
            .generate_dwarf(wat::GenerateDwarf::Lines)
            .parse_str(Some("a.wat".as_ref()), text);
        let collected = collect(&wasm.unwrap()).unwrap();
        let symbols = crate::Symbols::of(&collected).unwrap();
        let traps = (0..collected.len()).filter(|place| collected[*place..].starts_with(b"\x00\x0b"));
        let lines = traps.filter_map(|place| Some(symbols.at(place)?.line?.to_string()));
        // The function before them is gone.
        assert_eq!(lines.collect::<Vec<_>>(), ["at a.wat:4", "at a.wat:8"]);
        assert!(!collected.windows(5).any(|bytes| bytes == b"moves"));
    }

    #[test]
    fn deep_nesting_does_not_end_the_process() {
        const DEPTH: usize = 100_000;
        let mut body = wasm_encoder::Function::new([]);
        for _ in 0..DEPTH {
            body.instructions().block(wasm_encoder::BlockType::Empty);
        }
        for _ in 0..=DEPTH {
            body.instructions().end();
        }
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut code = wasm_encoder::CodeSection::new();
        code.function(&body);
        let mut exports = wasm_encoder::ExportSection::new();
        exports.export("_start", wasm_encoder::ExportKind::Func, 0);
        let mut functions = wasm_encoder::FunctionSection::new();
        functions.function(0);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&exports).section(&code);
        let wasm = module.finish();
        assert_eq!(collect(&wasm).unwrap().len(), wasm.len());
    }
}
