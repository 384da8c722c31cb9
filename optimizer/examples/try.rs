//! Scratch driver.
#![allow(warnings, clippy::all, clippy::pedantic)]
use std::time::*;
use wasmpack_optimizer::*;
fn main() {
    let a: Vec<_> = std::env::args_os().skip(1).collect();
    if a[0] == "child" {
        if let Err(e) = binaryen::serve(&a[1..]) {
            eprintln!("{e}: {}", std::error::Error::source(&e).map(|s| s.to_string()).unwrap_or_default());
            std::process::exit(1)
        }
        return;
    }
    let wasm = std::fs::read(&a[0]).unwrap();
    let level: Level = a[1].to_str().unwrap().parse().unwrap();
    let p = Pipeline {
        level,
        keep: vec![],
        binaryen: Binaryen {
            executable: std::env::current_exe().unwrap(),
            arguments: vec!["child".into()],
            cores: None,
            time_limit: Duration::from_secs(900),
            scratch: std::env::temp_dir(),
        },
    };
    if a.get(2).is_some_and(|x| x == "one") {
        let o = optimize(&wasm, &p).unwrap();
        println!("{}", serde_json::to_string(&o.report).unwrap());
        return;
    }
    let t = Instant::now();
    let s = Settings::resolve(&wasm, &p).unwrap();
    println!("{:12} {:>9} {:>6} ms  {}", "input", wasm.len(), t.elapsed().as_millis(), s.features);
    let t = Instant::now();
    let o = optimize(&wasm, &p).unwrap();
    let total = t.elapsed();
    let mut m = wasm.clone();
    for (pass, r) in PASSES.iter().filter(|p| p.runs_at(level)).zip(&o.report.passes) {
        let t = Instant::now();
        if pass.name() == "wasm-opt" {
            if let Some(f) = a.get(3) {
                std::fs::write(f, &m).unwrap();
            }
        }
        let out = pass.run(&m, &s);
        let e = t.elapsed();
        if r.outcome == Outcome::Kept {
            m = out.unwrap();
        }
        println!(
            "{:12} {:>9} {:>6} ms  fn {} imp {} exp {} {:?}",
            pass.name(),
            r.after.bytes,
            e.as_millis(),
            r.after.functions,
            r.after.imports,
            r.after.exports,
            r.outcome
        );
    }
    assert_eq!(m, o.wasm);
    println!(
        "total optimize {} ms; hwm {}",
        total.as_millis(),
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .find(|l| l.starts_with("VmHWM"))
            .unwrap()
    );
    if let Some(f) = a.get(2) {
        std::fs::write(f, &o.wasm).unwrap();
    }
}
