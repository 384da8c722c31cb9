//! Components that are there already: the modules inside go through the passes, and everything around them stays as it is.
//!
//! Binary format: <https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md>.

use std::borrow::Cow;

use wasm_encoder::Encode as _;

use crate::check;
use crate::custom::Fate;
use crate::section::{self, COMPONENT, CORE_MODULE, CUSTOM, HEADER_BYTES, Section};
use crate::{
    Census, Error, ModuleKind, Optimized, Outcome, PassReport, Pipeline, Report, Weights, component, debug,
    exports, optimize,
};

/// Makes the modules in a component smaller. What the component does with their exports is not looked into, so that
/// all of these stay.
pub(crate) fn optimize_parts(component: &[u8], pipeline: &Pipeline) -> Result<Optimized, Error> {
    section::check_depth(component)?;
    check::validate(component)?;
    let mut report = Report {
        kind: ModuleKind::Component,
        before: Census::default(),
        after: Census::default(),
        passes: Vec::new(),
        kept_sections: Vec::new(),
        dropped_export: None,
    };
    let mut named = Vec::new();
    let wasm = rewrite(component, pipeline, &mut report, &mut named)?;
    check::validate(&wasm)?;
    let debug = debug::component(&wasm, &named)?;
    report.before.bytes = component.len() as u64;
    report.after.bytes = wasm.len() as u64;
    Ok(Optimized { wasm, debug, report })
}

/// The modules in a component and in components inside it, in file order, and where each begins.
pub(crate) fn modules(component: &[u8]) -> Result<Vec<(usize, &[u8])>, Error> {
    section::check_depth(component)?;
    let mut modules = Vec::new();
    collect(component, 0, &mut modules)?;
    Ok(modules)
}

fn collect<'a>(component: &'a [u8], start: usize, modules: &mut Vec<(usize, &'a [u8])>) -> Result<(), Error> {
    for section in section::walk_component(component)? {
        match section.id {
            CORE_MODULE => modules.push((start + section.offset, section.contents)),
            COMPONENT => collect(section.contents, start + section.offset, modules)?,
            _ => {}
        }
    }
    Ok(())
}

/// The component with its modules made smaller. What is known of each is put into `named`, in file order.
fn rewrite(
    component: &[u8],
    pipeline: &Pipeline,
    report: &mut Report,
    named: &mut Vec<Option<Vec<u8>>>,
) -> Result<Vec<u8>, Error> {
    let mut result = component[..HEADER_BYTES].to_vec();
    for section in section::walk_component(component)? {
        let contents = section.contents;
        let changed = match section.id {
            CORE_MODULE => {
                let Optimized { wasm, debug, .. } = module(contents, pipeline, report)?;
                let is_smaller = wasm.len() < contents.len();
                named.push(if is_smaller { debug } else { Some(contents.to_vec()) });
                Cow::Owned(wasm)
            }
            COMPONENT => Cow::Owned(rewrite(contents, pipeline, report, named)?),
            CUSTOM if !stays(&section, pipeline, report) => continue,
            _ => Cow::Borrowed(contents),
        };
        if changed.len() < contents.len() {
            result.push(section.id);
            changed.encode(&mut result);
        } else {
            // As it was, with its header.
            result.extend_from_slice(section.whole);
        }
    }
    Ok(result)
}

fn module(wasm: &[u8], pipeline: &Pipeline, report: &mut Report) -> Result<Optimized, Error> {
    let keep = exports(wasm)?.into_iter().map(|export| export.name).collect();
    let mut optimized = optimize(wasm, &Pipeline { keep, ..pipeline.clone() })?;
    report.before += optimized.report.before;
    report.after += optimized.report.after;
    report.kept_sections.append(&mut optimized.report.kept_sections);
    for pass in optimized.report.passes.drain(..) {
        match report.passes.iter_mut().find(|other| other.name == pass.name) {
            Some(sum) => add(sum, pass),
            None => report.passes.push(pass),
        }
    }
    Ok(optimized)
}

/// One line for a pass, however many modules it ran over; a failure is told before anything else.
fn add(sum: &mut PassReport, pass: PassReport) {
    sum.before += pass.before;
    sum.after += pass.after;
    sum.by = None;
    let both = |a: Weights, b: Weights| (a.0 + b.0, a.1 + b.1);
    sum.weights =
        sum.weights.zip(pass.weights).map_or(sum.weights.or(pass.weights), |(a, b)| Some(both(a, b)));
    sum.unfinished = sum.unfinished.take().or(pass.unfinished);
    let is_failure = |outcome: &Outcome| matches!(outcome, Outcome::Failed { .. });
    if is_failure(&pass.outcome) || (pass.outcome == Outcome::Kept && !is_failure(&sum.outcome)) {
        sum.outcome = pass.outcome;
    }
}

fn stays(section: &Section<'_>, pipeline: &Pipeline, report: &mut Report) -> bool {
    let Some(custom) = section.as_custom() else { return false };
    if pipeline.keep_names && custom.name() == component::NAMES {
        return true;
    }
    let stays = Fate::of(custom.name()) == Fate::Kept;
    report.kept_sections.extend(stays.then(|| custom.name().to_owned()));
    stays
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Census;

    #[test]
    fn what_a_pass_did_to_several_modules_is_one_line() {
        let pass = |bytes: u64, outcome: Outcome, weights: Option<Weights>| PassReport {
            name: "a".to_owned(),
            before: Census { bytes: 2 * bytes, ..Census::default() },
            after: Census { bytes, ..Census::default() },
            outcome,
            by: Some("-Oz".to_owned()),
            weights,
            unfinished: None,
        };
        let failed = || Outcome::Failed { reason: "no".into() };
        let mut sum = pass(10, Outcome::Dropped { bytes: 99 }, Some((3, 2)));
        add(&mut sum, pass(5, Outcome::Kept, Some((30, 20))));
        assert_eq!((sum.before.bytes, sum.after.bytes), (30, 15));
        assert_eq!((sum.weights, &sum.outcome, &sum.by), (Some((33, 22)), &Outcome::Kept, &None));
        add(&mut sum, pass(1, failed(), None));
        add(&mut sum, pass(1, Outcome::Kept, None));
        assert_eq!((sum.weights, sum.outcome), (Some((33, 22)), failed()));
    }
}
