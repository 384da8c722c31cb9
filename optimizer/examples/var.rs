//! Scratch.
#![allow(warnings, clippy::all, clippy::pedantic)]
use std::time::*; use wasm_opt::*;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let spec = &a[2];
    let mut input = a[0].clone();
    let t = Instant::now();
    for step in spec.split(';') {
        let mut it = step.split('+');
        let l = it.next().unwrap();
        let (lv, defaults) = match l.strip_prefix('-') { Some(x) => (x, false), None => (l, true) };
        let mut o = match lv { "1" => OptimizationOptions::new_opt_level_1(), "2" => OptimizationOptions::new_opt_level_2(), "3" => OptimizationOptions::new_opt_level_3(), "4" => OptimizationOptions::new_opt_level_4(), "s" => OptimizationOptions::new_optimize_for_size(), _ => OptimizationOptions::new_optimize_for_size_aggressively() };
        o.add_default_passes(defaults);
        for p in it { if p == "conv" { o.set_converge(); } else { o.add_pass(pass(p)); } }
        o.mvp_features_only();
        for f in [Feature::BulkMemory, Feature::ReferenceTypes, Feature::ExtendedConst, Feature::Multivalue, Feature::MutableGlobals, Feature::TruncSat, Feature::SignExt] { o.enable_feature(f); }
        o.run(&input, &a[1]).unwrap();
        input = a[1].clone();
    }
    print!("{:40} {:>8} {:>6} ms ", spec, std::fs::metadata(&a[1]).unwrap().len(), t.elapsed().as_millis());
}

fn pass(p: &str) -> Pass { match p { "gufa" => Pass::Gufa, "gufa-optimizing" => Pass::GufaOptimizing, "reorder-functions" => Pass::ReorderFunctions, "rse" => Pass::Rse, "vacuum" => Pass::Vacuum, "dae-optimizing" => Pass::DaeOptimizing, "dae" => Pass::Dae, "ssa" => Pass::SsaNomerge, "cse" => Pass::LocalCse, "directize" => Pass::Directize, "inline" => Pass::InliningOptimizing, "licm" => Pass::Licm, "merge" => Pass::MergeSimilarFunctions, "rume" => Pass::RemoveUnusedModuleElements, x => panic!("{x}") } }
