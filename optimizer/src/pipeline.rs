//! Runs the passes in order, and uses of each only what keeps its promises.

use std::collections::BTreeSet;

use crate::check::check;
use crate::component::Interface;
use crate::{
    Binaryen, Census, Error, Features, Level, ModuleKind, Outcome, PASSES, Pass, PassReport, Report, exports,
    features, roots,
};

/// What is to be done to a module: plain values, resolved by the caller.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// How much work, and for what.
    pub level: Level,
    /// Exports a command keeps besides those its host needs. A reactor keeps all of its exports anyway.
    pub keep: Vec<String>,
    /// How to start Binaryen.
    pub binaryen: Binaryen,
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
    /// How to start Binaryen.
    pub binaryen: Binaryen,
}

impl Settings {
    /// Reads and validates the module, and resolves the pipeline for it.
    ///
    /// # Errors
    /// Where the bytes are no valid module, or a name to keep is not exported.
    pub fn resolve(wasm: &[u8], pipeline: &Pipeline) -> Result<Self, Error> {
        Ok(Self {
            level: pipeline.level,
            features: features(wasm)?,
            roots: roots::resolve(&exports(wasm)?, &pipeline.keep)?,
            binaryen: pipeline.binaryen.clone(),
        })
    }
}

/// A module that went through the pipeline.
#[derive(Debug, Clone)]
pub struct Optimized {
    /// The module, never larger than it came in.
    pub wasm: Vec<u8>,
    /// What was done to it.
    pub report: Report,
}

/// Makes a module smaller and keeps what it does.
///
/// # Errors
/// Where the bytes are no valid module, or a name to keep is not exported. A pass that fails is no error: the
/// module stays as it was, and the report says why.
pub fn optimize(wasm: &[u8], pipeline: &Pipeline) -> Result<Optimized, Error> {
    let mut settings = Settings::resolve(wasm, pipeline)?;
    let Some(interface) = Interface::of(wasm)? else { return run_passes(wasm, PASSES, &settings) };
    interface.restrict(&mut settings.roots);
    let mut optimized = run_passes(wasm, PASSES, &settings)?;
    optimized.wasm = interface.encode(&optimized.wasm)?;
    optimized.report.kind = ModuleKind::Component;
    optimized.report.after.bytes = optimized.wasm.len() as u64;
    optimized.report.dropped_export = interface.dropped;
    Ok(optimized)
}

fn run_passes(wasm: &[u8], passes: &[&dyn Pass], settings: &Settings) -> Result<Optimized, Error> {
    let mut module = wasm.to_vec();
    let mut reports = Vec::new();
    for pass in passes.iter().filter(|pass| pass.runs_at(settings.level)) {
        let before = Census::of(&module)?;
        let result = pass.run(&module, settings).and_then(|output| {
            check(&module, &output, settings)?;
            Ok((Census::of(&output)?, output))
        });
        let (after, outcome) = match result {
            Ok((after, output)) if after.bytes <= before.bytes => {
                module = output;
                (after, Outcome::Kept)
            }
            Ok((after, _)) => (before, Outcome::Dropped { bytes: after.bytes }),
            Err(error) => (before, Outcome::Failed { reason: error.reason() }),
        };
        reports.push(PassReport { name: pass.name().to_owned(), before, after, outcome });
    }
    let report = Report {
        kind: ModuleKind::of(&exports(wasm)?),
        before: Census::of(wasm)?,
        after: Census::of(&module)?,
        passes: reports,
        dropped_export: None,
    };
    Ok(Optimized { wasm: module, report })
}

/// What else decides the output, besides the module and the [`Pipeline`]: a part of any cache key.
///
/// The revision is raised with every change to a pass that changes its output.
pub fn identity() -> &'static str {
    "pipeline 2, walrus 0.28.0, binaryen 116 (wasm-opt 0.116.1), wit-component 0.254.2"
}

#[cfg(test)]
impl Pipeline {
    /// A pipeline whose Binaryen cannot start.
    pub(crate) fn for_tests() -> Self {
        let binaryen = Binaryen {
            executable: "/nonexistent/executable".into(),
            arguments: Vec::new(),
            cores: Some(1),
            time_limit: std::time::Duration::from_secs(1),
            scratch: "/nonexistent/folder".into(),
        };
        Self { level: Level::Z, keep: Vec::new(), binaryen }
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

        fn run(&self, wasm: &[u8], _settings: &Settings) -> Result<Vec<u8>, Error> {
            (self.0)(wasm)
        }
    }

    /// The outcome of one fake pass over a small command, which must stay as it was.
    fn outcome_of_bad(pass: fn(&[u8]) -> Result<Vec<u8>, Error>) -> Outcome {
        let wasm = wat::parse_str(r#"(module (func (export "_start")))"#).unwrap();
        let settings = Settings::resolve(&wasm, &Pipeline::for_tests()).unwrap();
        let mut optimized = run_passes(&wasm, &[&Fake(pass)], &settings).unwrap();
        assert_eq!(optimized.wasm, wasm);
        assert_eq!(optimized.report.before, optimized.report.after);
        optimized.report.passes.remove(0).outcome
    }

    fn failure(reason: &str) -> Outcome {
        Outcome::Failed { reason: reason.into() }
    }

    #[test]
    fn a_pass_that_makes_the_module_larger_is_dropped() {
        let grown = outcome_of_bad(|wasm| Ok([wasm, b"\0\x05\x04note"].concat()));
        assert_eq!(grown, Outcome::Dropped { bytes: 43 });
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
        let optimized = run_passes(&wasm, &[&Fake(|_| Err(Error::Panicked)), PASSES[0]], &settings).unwrap();
        let outcomes: Vec<_> = optimized.report.passes.iter().map(|pass| &pass.outcome).collect();
        assert_eq!(outcomes, [&failure("failed to finish, a library panicked"), &Outcome::Kept]);
        assert_eq!(optimized.report.after.custom_bytes, 0);
    }

    #[test]
    fn level_0_does_without_binaryen() {
        let wasm = wat::parse_str(r#"(module (func (export "_start")))"#).unwrap();
        let pipeline = Pipeline { level: Level::O0, ..Pipeline::for_tests() };
        let report = optimize(&wasm, &pipeline).unwrap().report;
        let names: Vec<&str> = report.passes.iter().map(|pass| pass.name.as_str()).collect();
        assert_eq!(names, ["sections", "roots", "gc"]);
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
            assert!(identity().contains(&format!("{name} {version}")), "{name}");
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name}");
        }
    }
}
