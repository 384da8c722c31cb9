//! Scratch.
#![allow(warnings, clippy::all, clippy::pedantic)]
use std::time::*; use wasmpack_optimizer::*;
fn min<T>(what: &str, mut f: impl FnMut() -> T) -> T { let mut best = Duration::MAX; let mut r = None; for _ in 0..15 { let t = cpu(); r = Some(f()); best = best.min(Duration::from_nanos(cpu() - t)); } println!("{what:20} {:.1} ms", best.as_secs_f64()*1e3); r.unwrap() }
fn main() {
    let a: Vec<_> = std::env::args_os().skip(1).collect();
    let wasm = std::fs::read(&a[0]).unwrap();
    let p = Pipeline { level: Level::O0, keep: vec![], binaryen: Binaryen { executable: std::env::current_exe().unwrap(), arguments: vec!["child".into()], cores: None, time_limit: Duration::from_secs(900), scratch: std::env::temp_dir() } };
    println!("{}", wasm.len());
    let s = min("resolve", || Settings::resolve(&wasm, &p).unwrap());
    let mut m = wasm.clone();
    for pass in &PASSES[..3] { let o = min(pass.name(), || pass.run(&m, &s).unwrap()); m = o; min("census", || Census::of(&m)); min("features", || features(&wasm)); }
    let mut c = walrus::ModuleConfig::new(); c.generate_name_section(false).generate_producers_section(false);
    min("walrus parse", || c.parse(&m).unwrap());
    let mut w = c.parse(&m).unwrap(); min("walrus gc", || walrus::passes::gc::run(&mut w)); 
    min("walrus emit", || w.emit_wasm());
    min("all", || optimize(&wasm, &p).unwrap().wasm.len());
}

fn cpu() -> u64 { std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse().unwrap() }
