//! Runs the passes in order, and uses of each only what keeps its promises.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::{check, validate};
use crate::component::{Interface, is_component};
use crate::parts::optimize_parts;
use crate::{
    Binaryen, Census, Changed, Error, Features, Level, ModuleKind, Outcome, PASSES, Pass, PassReport, Report,
    bounds, custom, debug, exports, features, lines, names, roots, section,
};

/// What is to be done to a module: plain values, resolved by the caller.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// How much work, and for what.
    pub level: Level,
    /// Exports a command keeps besides those its host needs. A reactor keeps all of its exports anyway.
    pub keep: Vec<String>,
    /// Which Binaryen is run, and how.
    pub binaryen: Binaryen,
    /// Whether the names of functions stay in the module.
    pub keep_names: bool,
    /// How many bytes a module takes as it will be stored: of several results, the lightest is taken. Always the same
    /// for the same bytes.
    pub weigh: fn(&[u8]) -> u64,
}

/// A [`Pipeline`] resolved for one module: what a pass may look at.
#[derive(Debug)]
pub struct Settings {
    /// How much work, and for what.
    pub level: Level,
    /// The exports that must stay alive.
    pub roots: BTreeSet<String>,
    /// The features of the module, which every pass's output is validated with.
    pub features: Features,
    /// Which Binaryen is run, and how.
    pub binaryen: Binaryen,
    /// How many bytes a module takes as it will be stored.
    pub weigh: fn(&[u8]) -> u64,
}

impl Settings {
    /// Reads and validates the module, and resolves the pipeline for it.
    ///
    /// # Errors
    /// Where the bytes are no valid module, or one that cannot start, or a name to keep is not exported.
    pub fn resolve(wasm: &[u8], pipeline: &Pipeline) -> Result<Self, Error> {
        let features = features(wasm)?;
        bounds::check(wasm)?;
        Ok(Self {
            level: pipeline.level,
            features,
            roots: roots::resolve(&exports(wasm)?, &pipeline.keep)?,
            binaryen: pipeline.binaryen.clone(),
            weigh: pipeline.weigh,
        })
    }
}

/// A module that went through the pipeline.
#[derive(Debug, Clone)]
pub struct Optimized {
    /// The module, never larger than it came in.
    pub wasm: Vec<u8>,
    /// The same code with the names of its functions and its lines, if it had any: see [`crate::BuildId`].
    pub debug: Option<Vec<u8>>,
    /// What was done to it.
    pub report: Report,
}

/// Makes a module smaller and keeps what it does.
///
/// # Errors
/// Where the bytes are no valid module, or a name to keep is not exported. A pass that fails is no error: the
/// module stays as it was, and the report says why.
pub fn optimize(wasm: &[u8], pipeline: &Pipeline) -> Result<Optimized, Error> {
    if pipeline.level == Level::None {
        return as_it_is(wasm);
    }
    if is_component(wasm) {
        return optimize_parts(wasm, pipeline);
    }
    let mut settings = Settings::resolve(wasm, pipeline)?;
    let interface = Interface::of(wasm)?;
    if let Some(interface) = &interface {
        interface.restrict(&mut settings.roots);
    }
    let (mut named, mut report) = run_passes(wasm, PASSES, &settings)?;
    let mut module = if pipeline.keep_names { lines::without(&named)? } else { names::without(&named)? };
    for kept in custom::kept(wasm)? {
        report.kept_sections.extend(kept.as_custom().map(|custom| custom.name().to_owned()));
        if kept.name() == DYLINK {
            // In the debug module as well, whose code has to be at the same place.
            for wasm in [&mut module, &mut named] {
                drop(wasm.splice(HEADER, kept.whole.iter().copied()));
            }
        } else {
            module.extend_from_slice(kept.whole);
        }
    }
    report.after = Census::of(&module)?;
    let debug;
    if let Some(interface) = interface {
        module =
            if pipeline.keep_names { interface.encode(&module)? } else { interface.encode_bare(&module)? };
        report.kind = ModuleKind::Component;
        report.after.bytes = module.len() as u64;
        report.dropped_export = interface.dropped;
        debug = debug::component_of(&module, &named)?;
    } else {
        debug = debug::module(&named, &module)?;
    }
    Ok(Optimized { wasm: module, debug, report })
}

/// What says of a library how it is loaded, which is looked for in front of all else
/// (<https://github.com/WebAssembly/tool-conventions/blob/main/DynamicLinking.md#the-dylink0-section>).
const DYLINK: &str = "dylink.0";

/// Where a module's first section begins.
const HEADER: Range<usize> = section::HEADER_BYTES..section::HEADER_BYTES;

/// The module or component, looked at and not changed.
fn as_it_is(wasm: &[u8]) -> Result<Optimized, Error> {
    let (kind, census) = if is_component(wasm) {
        (ModuleKind::Component, Census { bytes: wasm.len() as u64, ..Census::default() })
    } else {
        (ModuleKind::of(&exports(wasm)?), Census::of(wasm)?)
    };
    validate(wasm)?;
    if kind != ModuleKind::Component {
        bounds::check(wasm)?;
    }
    let report = Report {
        kind,
        before: census,
        after: census,
        passes: Vec::new(),
        kept_sections: Vec::new(),
        dropped_export: None,
    };
    Ok(Optimized { wasm: wasm.to_vec(), debug: None, report })
}

/// The module as the passes leave it, with the names that are carried along.
fn run_passes(wasm: &[u8], passes: &[&dyn Pass], settings: &Settings) -> Result<(Vec<u8>, Report), Error> {
    let mut module = wasm.to_vec();
    // Debug information counts for nothing: it was never meant to be in the image, and compilers are asked for it here.
    let mut before = Census::of(&lines::without(wasm)?)?;
    let mut report = Report {
        kind: ModuleKind::of(&exports(wasm)?),
        before,
        after: before,
        passes: Vec::new(),
        kept_sections: Vec::new(),
        dropped_export: None,
    };
    // What is lighter as it is stored may be a little longer, but not than it was in the beginning.
    let first = Census::without_custom(wasm)?.bytes;
    let limit = |before: u64, changed: &Changed| match changed.weights {
        Some((old, new)) if new < old => first,
        _ => before,
    };
    for pass in passes.iter().filter(|pass| pass.runs_at(settings)) {
        let result = pass.run(&module, settings).and_then(|changed| {
            check(&module, &changed.wasm, settings)?;
            Ok((Census::without_custom(&changed.wasm)?, changed))
        });
        let (mut after, mut by, mut weights, mut unfinished) = (before, None, None, None);
        let outcome = match result {
            Ok((figures, changed)) if figures.bytes <= limit(before.bytes, &changed) => {
                (module, after) = (changed.wasm, figures);
                (by, weights, unfinished) = (changed.by, changed.weights, changed.unfinished);
                Outcome::Kept
            }
            Ok((figures, _)) => Outcome::Dropped { bytes: figures.bytes },
            Err(error) => Outcome::Failed { reason: error.why_left_out() },
        };
        let name = pass.name().to_owned();
        report.passes.push(PassReport { name, before, after, outcome, by, weights, unfinished });
        before = after;
    }
    report.after = before;
    Ok((module, report))
}

impl Pipeline {
    /// What decides the output besides the module and [`Self::weigh`]: a part of any cache key.
    ///
    /// The revision is raised with every change to a pass that changes its output.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self { level, keep, keep_names, .. } = self;
        let engine = self.binaryen.engine.identity();
        let libraries = format!("walrus {WALRUS}, wit-component {WIT_COMPONENT}");
        format!("pipeline 9, {libraries}, {engine}, level {level}, keep {keep:?}, names {keep_names}")
    }

    /// The programs and libraries that may change a module, with their versions.
    #[must_use]
    pub fn tools(&self) -> Vec<(&'static str, String)> {
        let binaryen = self.binaryen.engine.version().filter(|_| self.level != Level::O0);
        let walrus = ("walrus", WALRUS.to_owned());
        binaryen.map(|version| ("binaryen", version)).into_iter().chain([walrus]).collect()
    }
}

/// The libraries that change modules, in the releases that are compiled in.
const WALRUS: &str = "0.28.0";
const WIT_COMPONENT: &str = "0.254.2";

#[cfg(test)]
use crate::Engine;

#[cfg(test)]
impl Pipeline {
    /// A pipeline whose Binaryen cannot start.
    pub(crate) fn for_tests() -> Self {
        let engine = Engine::Embedded { executable: "/nonexistent/executable".into(), arguments: Vec::new() };
        let binaryen = Binaryen {
            engine,
            cores: Some(1),
            time_limit: std::time::Duration::from_secs(1),
            scratch: "/nonexistent/folder".into(),
        };
        Self {
            level: Level::Z,
            keep: Vec::new(),
            binaryen,
            keep_names: false,
            weigh: |wasm| wasm.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pass made of a function.
    struct Fake(fn(&[u8]) -> Result<Vec<u8>, Error>);

    impl Pass for Fake {
        fn name(&self) -> &'static str {
            "fake"
        }

        fn run(&self, wasm: &[u8], _settings: &Settings) -> Result<Changed, Error> {
            (self.0)(wasm).map(Changed::from)
        }
    }

    /// The outcome of one fake pass over a small command, which must stay as it was.
    fn outcome_of_bad(pass: fn(&[u8]) -> Result<Vec<u8>, Error>) -> Outcome {
        let wasm = wat::parse_str(r#"(module (func (export "_start")))"#).unwrap();
        let settings = Settings::resolve(&wasm, &Pipeline::for_tests()).unwrap();
        let (left, mut report) = run_passes(&wasm, &[&Fake(pass)], &settings).unwrap();
        assert_eq!(left, wasm);
        assert_eq!(report.before, report.after);
        report.passes.remove(0).outcome
    }

    fn failure(reason: &str) -> Outcome {
        Outcome::Failed { reason: reason.into() }
    }

    #[test]
    fn how_a_library_is_loaded_stays_in_front() {
        let text = r#"(module (@custom "other" "o") (@custom "dylink.0" (before first) "d")
            (func $f (export "f")) (@custom "last" "l"))"#;
        let wasm = wat::parse_str(text).unwrap();
        let pipeline = Pipeline { level: Level::O0, ..Pipeline::for_tests() };
        let Optimized { wasm, debug, .. } = optimize(&wasm, &pipeline).unwrap();
        for wasm in [wasm, debug.unwrap()] {
            let sections = section::walk(&wasm).unwrap();
            assert_eq!(sections[0].name(), DYLINK);
        }
    }

    #[test]
    fn a_pass_that_makes_the_module_larger_is_dropped() {
        let grown =
            outcome_of_bad(|_| Ok(wat::parse_str(r#"(module (func (export "_start") nop))"#).unwrap()));
        assert_eq!(grown, Outcome::Dropped { bytes: 37 });
    }

    #[test]
    fn a_pass_that_writes_garbage_fails() {
        let garbage = outcome_of_bad(|_| Ok(b"garbage".to_vec()));
        assert_eq!(garbage, failure("failed to read module: it does not begin with `\\0asm`"));
    }

    #[test]
    fn a_pass_that_loses_a_root_fails() {
        let lost = outcome_of_bad(|_| Ok(wat::parse_str("(module)").unwrap()));
        assert_eq!(lost, failure("failed to keep root `_start`"));
    }

    #[test]
    fn the_pass_after_a_failed_one_gets_the_module_as_it_was() {
        let wasm = wat::parse_str(r#"(module (func (export "_start")) (@custom "note" "1"))"#).unwrap();
        let settings = Settings::resolve(&wasm, &Pipeline::for_tests()).unwrap();
        let (_, report) =
            run_passes(&wasm, &[&Fake(|_| Err(Error::Panicked)), PASSES[0]], &settings).unwrap();
        let outcomes: Vec<_> = report.passes.iter().map(|pass| &pass.outcome).collect();
        assert_eq!(outcomes, [&failure("failed to finish, a library panicked"), &Outcome::Kept]);
        assert_eq!(report.after.custom_bytes, 0);
    }

    #[test]
    fn level_0_does_without_binaryen() {
        let wasm = wat::parse_str(r#"(module (func (export "_start")))"#).unwrap();
        let pipeline = Pipeline { level: Level::O0, ..Pipeline::for_tests() };
        let report = optimize(&wasm, &pipeline).unwrap().report;
        let names: Vec<&str> = report.passes.iter().map(|pass| pass.name.as_str()).collect();
        assert_eq!(names, ["sections", "roots", "gc"]);
        let tools = |pipeline: &Pipeline| pipeline.tools().iter().map(|tool| tool.0).collect::<Vec<_>>();
        assert_eq!(tools(&pipeline), ["walrus"]);
        assert_eq!(tools(&Pipeline::for_tests()), ["binaryen", "walrus"]);
    }

    #[test]
    fn level_none_changes_nothing_and_refuses_what_is_no_module() {
        let pipeline = Pipeline { level: Level::None, ..Pipeline::for_tests() };
        for text in [r#"(module (func) (@custom "name" "x"))"#, "(component (core module (func)))"] {
            let wasm = wat::parse_str(text).unwrap();
            let optimized = optimize(&wasm, &pipeline).unwrap();
            assert_eq!((optimized.wasm, optimized.debug), (wasm, None));
            assert!(optimized.report.passes.is_empty());
            assert_eq!(optimized.report.before, optimized.report.after);
        }
        let invalid = wat::parse_str("(module (func (result i32)))").unwrap();
        let never_starts = wat::parse_str(r#"(module (memory 0) (data (i32.const 0) "x"))"#).unwrap();
        for wasm in [&b"garbage"[..], &invalid, &never_starts] {
            assert!(optimize(wasm, &pipeline).is_err());
        }
    }

    #[test]
    fn binaryen_that_does_not_start_is_reported_and_survived() {
        let wasm = wat::parse_str(r#"(module (func) (func (export "_start")))"#).unwrap();
        let optimized = optimize(&wasm, &Pipeline::for_tests()).unwrap();
        assert!(matches!(&optimized.report.passes[3].outcome, Outcome::Failed { .. }));
        assert_eq!(optimized.report.after.functions, 1);
    }

    #[test]
    fn the_identity_names_the_versions_that_are_compiled_in() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap().replace("\r\n", "\n");
        for (name, version) in [("walrus", "0.28.0"), ("wasm-opt", "0.116.1"), ("wit-component", "0.254.2")] {
            assert!(Pipeline::for_tests().identity().contains(&format!("{name} {version}")), "{name}");
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name}");
        }
    }
}
